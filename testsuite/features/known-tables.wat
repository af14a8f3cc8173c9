;; Calls through tables that nothing writes to once they are filled: by types that are equal, of functions
;; of the host, with indices that are constant, and that come out of a loop.
;;
;; levels: all
;; call: equal 0 3 = 4
;; call: equal 19 3 = 22
;; trap: equal 20 3 = undefined element
;; trap: equal 21 3 = undefined element
;; call: other 21 = 7
;; trap: other 20 = indirect call type mismatch
;; trap: other 22 = uninitialized element
;; trap: other 23 = uninitialized element
;; trap: other 24 = undefined element
;; trap: other 0x80000000 = undefined element
;; trap: other -1 = undefined element
;; call: constant 1 = 20
;; trap: mismatch = indirect call type mismatch
;; trap: beyond = undefined element
;; call: host 0 = 28
;; trap: host 1 = undefined element
;; call: sum 20 = 381
;; trap: sum 21 = undefined element
;; call: chosen 0 = 1
;; call: chosen 1 = 20
(module
  (type $f (func (param i32) (result i32)))
  (type $g (func (param i32) (result i32)))
  (type $none (func (result i32)))
  (type $long (func (result i64)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (type $f)))
  (memory 1)
  (table $t 24 24 funcref)
  (table $u 20 20 funcref)
  (table $host 1 1 funcref)
  (elem (table $t) (i32.const 0) func $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $c10 $c11 $c12 $c13 $c14 $c15
    $c16 $c17 $c18 $c19 $c19 $seven)
  (elem (table $u) (i32.const 0) func $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $c10 $c11 $c12 $c13 $c14 $c15
    $c16 $c17 $c18 $c19)
  (elem (table $host) (i32.const 0) func $fd_close)
  (func $seven (type $none) (i32.const 7))
  (func (export "equal") (param i32 i32) (result i32)
    (call_indirect $u (type $f) (local.get 1) (local.get 0)))
  (func (export "other") (param i32) (result i32)
    (call_indirect $t (type $none) (local.get 0)))
  (func (export "constant") (param i32) (result i32)
    (call_indirect $t (type $f) (local.get 0) (i32.const 19)))
  (func (export "mismatch") (result i32)
    (i32.wrap_i64 (call_indirect $t (type $long) (i32.const 3))))
  (func (export "beyond") (result i32)
    (call_indirect $t (type $f) (i32.const 5) (i32.const 24)))
  ;; badf
  (func (export "host") (param i32) (result i32)
    (i32.add (i32.const 20) (call_indirect $host (type $f) (i32.const 1000) (local.get 0))))
  ;; of element i with i, for all below n
  (func (export "sum") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect $u (type $f) (local.get $i) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  ;; one of two, as the optimiser may see
  (func (export "chosen") (param i32) (result i32)
    (call_indirect $u (type $g) (local.get 0)
      (select (i32.const 19) (i32.const 1) (local.get 0))))
  (func $c0 (type $f) (i32.add (local.get 0) (i32.const 1)))
  (func $c1 (type $f) (i32.add (local.get 0) (i32.const 1)))
  (func $c2 (type $f) (i32.add (local.get 0) (i32.const 2)))
  (func $c3 (type $f) (i32.add (local.get 0) (i32.const 3)))
  (func $c4 (type $f) (i32.add (local.get 0) (i32.const 4)))
  (func $c5 (type $f) (i32.add (local.get 0) (i32.const 5)))
  (func $c6 (type $f) (i32.add (local.get 0) (i32.const 6)))
  (func $c7 (type $f) (i32.add (local.get 0) (i32.const 7)))
  (func $c8 (type $f) (i32.add (local.get 0) (i32.const 8)))
  (func $c9 (type $f) (i32.add (local.get 0) (i32.const 9)))
  (func $c10 (type $f) (i32.add (local.get 0) (i32.const 10)))
  (func $c11 (type $f) (i32.add (local.get 0) (i32.const 11)))
  (func $c12 (type $f) (i32.add (local.get 0) (i32.const 12)))
  (func $c13 (type $f) (i32.add (local.get 0) (i32.const 13)))
  (func $c14 (type $f) (i32.add (local.get 0) (i32.const 14)))
  (func $c15 (type $f) (i32.add (local.get 0) (i32.const 15)))
  (func $c16 (type $f) (i32.add (local.get 0) (i32.const 16)))
  (func $c17 (type $f) (i32.add (local.get 0) (i32.const 17)))
  (func $c18 (type $f) (i32.add (local.get 0) (i32.const 18)))
  (func $c19 (type $f) (i32.add (local.get 0) (i32.const 19))))
