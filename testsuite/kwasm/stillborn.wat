;; Its start function traps after its function has been put into the library's table
(module
  (import "lib" "table" (table 4 funcref))
  (func $eight (result i32) (i32.const 8))
  (elem (i32.const 2) $eight)
  (func $start unreachable)
  (start $start))
