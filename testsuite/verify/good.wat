;; What mutate.c breaks: a module with some of everything the checker looks at.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "other" "f" (func $imported (param i32) (result i32)))
  (import "other" "g" (global $imported_global (mut i32)))
  (type $binary (func (param i32 i32) (result i32)))
  (memory 1)
  (table $t 8 funcref)
  (elem (i32.const 1) $add $sub)
  (global $g (mut i32) (i32.const 5))
  (global $h (mut i64) (i64.const 6))
  (data (i32.const 64) "some data")

  ;; its body is replaced by the snippets: long, with many accesses, and called by nobody
  (func $victim (export "victim") (param i32 i64) (result i32)
    (local i32)
    (loop $next
      (i32.store offset=4 (local.get 0) (i32.add (i32.load offset=8 (local.get 0)) (local.get 2)))
      (i64.store offset=16 (local.get 0) (i64.mul (i64.load offset=24 (local.get 0)) (local.get 1)))
      (i32.store8 offset=33 (local.get 0) (i32.load16_u offset=34 (local.get 0)))
      (i32.store offset=104 (local.get 0) (i32.xor (i32.load offset=108 (local.get 0)) (local.get 2)))
      (i64.store offset=116 (local.get 0) (i64.add (i64.load offset=124 (local.get 0)) (local.get 1)))
      (i32.store8 offset=133 (local.get 0) (i32.load8_u offset=134 (local.get 0)))
      (i32.store offset=204 (local.get 0) (i32.sub (i32.load offset=208 (local.get 0)) (local.get 2)))
      (i64.store offset=216 (local.get 0) (i64.or (i64.load offset=224 (local.get 0)) (local.get 1)))
      (i32.store8 offset=233 (local.get 0) (i32.load8_u offset=234 (local.get 0)))
      (local.set 2 (i32.add (local.get 2) (i32.load offset=300 (local.get 2))))
      (br_if $next (i32.lt_u (local.get 2) (i32.const 100000000))))
    (i32.load offset=400 (local.get 0)))

  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))

  (func (export "indirect") (param i32 i32) (result i32)
    (i32.add (local.get 0)
      (call_indirect (type $binary) (local.get 0) (local.get 1)
        (i32.add (i32.load (local.get 0)) (global.get $g)))))

  (func (export "imports") (param i32) (result i32)
    (global.set $g (i32.add (call $imported (local.get 0)) (global.get $imported_global)))
    (global.set $imported_global (local.get 0))
    (i32.add (global.get $g) (call $imported (i32.const 7))))

  (func (export "host") (param i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (i32.const 3))
    (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))

  ;; copies, sums: loops whose pointers the optimiser makes run
  (func (export "copy") (param i32 i32 i32)
    (block $end
      (br_if $end (i32.eqz (local.get 2)))
      (loop $next
        (i32.store8 (local.get 0) (i32.load8_u (local.get 1)))
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))))

  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))

  ;; more values than registers, kept across a call
  (func (export "spill") (param i32) (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 )
    (local.set 1 (i32.load offset=4 (local.get 0)))
    (local.set 2 (i32.load offset=8 (local.get 0)))
    (local.set 3 (i32.load offset=12 (local.get 0)))
    (local.set 4 (i32.load offset=16 (local.get 0)))
    (local.set 5 (i32.load offset=20 (local.get 0)))
    (local.set 6 (i32.load offset=24 (local.get 0)))
    (local.set 7 (i32.load offset=28 (local.get 0)))
    (local.set 8 (i32.load offset=32 (local.get 0)))
    (local.set 9 (i32.load offset=36 (local.get 0)))
    (local.set 10 (i32.load offset=40 (local.get 0)))
    (local.set 11 (i32.load offset=44 (local.get 0)))
    (local.set 12 (i32.load offset=48 (local.get 0)))
    (local.set 13 (i32.load offset=52 (local.get 0)))
    (i32.mul (i32.sub (i32.xor (i32.add (i32.rotl (i32.mul (i32.sub (i32.xor (i32.add (i32.rotl (i32.mul (i32.sub (i32.xor (call $imported (local.get 0)) (local.get 1)) (local.get 2)) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6))
      (local.get 7)) (local.get 8)) (local.get 9)) (local.get 10)) (local.get 11))
      (local.get 12)) (local.get 13)))

  (func (export "divide") (param i64 i64) (result i64)
    (i64.div_s (local.get 0) (local.get 1)))

  (func (export "floats") (param f64 i32) (result f64)
    (f64.mul (f64.sqrt (f64.load (local.get 1))) (f64.add (local.get 0) (f64.const 0.5))))

  (func (export "grow") (param i32) (result i32)
    (i32.add (memory.grow (local.get 0)) (memory.size)))

  (func $pair (export "pair") (param i32) (result i32 i64 f64)
    (local.get 0) (global.get $h) (f64.const 1.5))

  (func (export "use_pair") (param i32) (result i32)
    (local f64)
    (call $pair (local.get 0))
    (local.set 1)
    (i32.add (i32.wrap_i64))))
