;; Without a guard area the comparison proves an access; a mask would hide that, and the function would be generated
;; several times more.
(module
  (memory i64 2)
  (func (export "at") (param $x i32) (result i32)
    (i32.load8_u offset=16 (i64.extend_i32_s (local.get $x)))))
