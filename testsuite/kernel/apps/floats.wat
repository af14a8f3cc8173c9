;; exits with a code that every one of many floating-point steps went into
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $n i32) (local $x f64) (local $y f64) (local $hash i64)
    (local.set $x (f64.const 0.3))
    (local.set $y (f64.const 1.5))
    (local.set $n (i32.const 20000000))
    (loop $l
      (local.set $x (f64.mul (f64.mul (f64.const 3.99) (local.get $x))
                             (f64.sub (f64.const 1) (local.get $x))))
      (local.set $y (f64.sqrt (f64.add (local.get $y) (local.get $x))))
      (local.set $hash (i64.add (i64.rotl (local.get $hash) (i64.const 5))
                                (i64.reinterpret_f64 (local.get $y))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $proc_exit (i32.add (i32.const 1) (i32.and (i32.const 63) (i32.wrap_i64
      (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32)))))))))
