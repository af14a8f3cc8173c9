;; an app as small as they come: a page of memory, a function
(module
  (memory (export "memory") 1)
  (func (export "call") (result i32)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (i32.load (i32.const 0))))
