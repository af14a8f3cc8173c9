;; What the threads share
(module
  (memory (export "memory") 1 40 shared))
