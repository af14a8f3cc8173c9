;; What random modules import: their log, of which only a hash is kept. All NaNs are one there.
(module
  (global $hash (mut i64) (i64.const 0))
  (func $log (param $v i64)
    (global.set $hash
      (i64.xor
        (i64.rotl (i64.mul (global.get $hash) (i64.const 0x9e3779b97f4a7c15)) (i64.const 23))
        (local.get $v))))
  (func (export "logged") (result i64) (global.get $hash))
  (func $log-i32 (export "log-i32") (param i32) (call $log (i64.extend_i32_u (local.get 0))))
  (func $log-i64 (export "log-i64") (param i64) (call $log (local.get 0)))
  (func $log-f32 (export "log-f32") (param f32)
    (call $log-i32
      (select (i32.reinterpret_f32 (local.get 0)) (i32.const 0x7fc00000)
        (f32.eq (local.get 0) (local.get 0)))))
  (func $log-f64 (export "log-f64") (param f64)
    (call $log
      (select (i64.reinterpret_f64 (local.get 0)) (i64.const 0x7ff8000000000000)
        (f64.eq (local.get 0) (local.get 0)))))
  (func (export "log-v128") (param v128)
    (call $log (i64x2.extract_lane 0 (local.get 0)))
    (call $log (i64x2.extract_lane 1 (local.get 0)))))
