;; features: +multi-memory
(module
  (memory 1)
  (memory 1)
  (func (drop (memory.grow 2 (i32.const 0)))))
