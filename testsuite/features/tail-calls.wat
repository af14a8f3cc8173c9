;; A billion tail calls, direct and indirect, with more parameters than registers, in constant stack
;; call: loop 1000000000 = 1000000007
;; call: even 3 1 2 3 4 5 6 7 0 0 = -1
(module
  (type $t (func (param i64 i32 i32 i32 i32 i32 i32 i64 f64 f32) (result i64)))
  (table funcref (elem $even $odd))
  (func $even (export "even") (type $t)
    (if (i64.eqz (local.get 0)) (then (return (i64.add (local.get 7) (i64.trunc_f64_s (local.get 8))))))
    (return_call_indirect (type $t) (i64.sub (local.get 0) (i64.const 1)) (local.get 2) (local.get 1) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (i64.add (local.get 7) (i64.const 1)) (f64.add (local.get 8) (f64.const 1)) (local.get 9) (i32.const 1)))
  (func $odd (export "odd") (type $t)
    (if (i64.eqz (local.get 0)) (then (return (i64.const -1))))
    (return_call $even (i64.sub (local.get 0) (i64.const 1)) (local.get 2) (local.get 1) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) ))
  (func (export "loop") (param i64) (result i64) (return_call $even (local.get 0) (i32.const 1) (i32.const 2)(i32.const 3)(i32.const 4)(i32.const 5)(i32.const 6)(i64.const 7)(f64.const 0)(f32.const 2)))
)
