;; Puts a function of its own into the library's table
(module
  (import "lib" "table" (table 4 funcref))
  (import "lib" "count_up" (func $count_up))
  (import "lib" "three" (func $three (param i32 i32) (result i32 i64 i32)))
  (func $seven (result i32) (i32.const 7))
  (elem (i32.const 1) $seven)
  (export "count_up" (func $count_up))
  (func (export "third") (param i32 i32) (result i32)
    (local $third i32)
    (call $three (local.get 0) (local.get 1))
    (local.set $third)
    (drop) (drop)
    (local.get $third)))
