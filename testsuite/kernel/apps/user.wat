;; uses the reactor counter
(module
  (import "counter" "add" (func $add (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "twice") (param i32) (result i32)
    (drop (call $add (local.get 0)))
    (call $add (local.get 0))))
