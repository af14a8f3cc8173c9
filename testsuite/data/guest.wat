;; Imports the memory of owner.wat
(module
  (import "owner" "memory" (memory 8))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "sum") (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 524288))))
    (local.get $sum)))
