;; as small, but with a float: its calls go through an FPU region
(module
  (memory (export "memory") 1)
  (func (export "call") (result i32)
    (f64.store (i32.const 0) (f64.add (f64.load (i32.const 0)) (f64.const 1)))
    (i32.load (i32.const 0))))
