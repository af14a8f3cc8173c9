;; imports counter's function with another type
(module
  (import "counter" "add" (func $add (param i64) (result i32)))
  (func (export "g") (result i32) (call $add (i64.const 1))))
