(module
  (memory (export "memory") 1)
  (func $inner (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "_start") (i32.store (i32.const 0) (call $inner (i32.const 0x7fffffff)))))
