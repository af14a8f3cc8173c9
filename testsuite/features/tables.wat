;; Indirect calls through tables whose elements the compiler can know, and others that it cannot.
;;
;; call: known 0 10 = 11
;; call: known 1 10 = 20
;; call: known 2 10 = 11
;; call: known 5 10 = 20
;; call: known 6 10 = 100
;; trap: known 3 10 = indirect call type mismatch
;; trap: known 4 10 = uninitialized element
;; trap: known 7 10 = uninitialized element
;; trap: known 8 10 = undefined element
;; trap: known -1 10 = undefined element
;; call: pairs 0 = 1 2 3
;; trap: pairs 1 = indirect call type mismatch
;; call: recurse 5 = 120
;; trap: recurse 100000000 = call stack exhausted
;; call: many 17 = 17
;; trap: many 18 = undefined element
;; call: twelve 0 = 0
;; call: twelve 11 = 11
;; trap: twelve 12 = undefined element
;; call: sum 0 12 = 66
;; call: sum 5 7 = 11
;; trap: sum 0 13 = undefined element
;; call: changed 0 7 = 8
;; call: changed 1 7 = 14
(module
  (type $f (func (param i32) (result i32)))
  (type $three (func (result i32 i32 i32)))
  (type $fact (func (param i32 i64) (result i32)))
  (type $none (func (result i32)))
  (table $known 8 8 funcref)
  (table $pairs 2 2 funcref)
  (table $shared (export "shared") 2 2 funcref)
  (table $many 18 18 funcref)
  ;; the second replaces part of the first
  (elem (table $known) (i32.const 0) func $inc $inc $inc $other)
  (elem (table $known) (i32.const 1) func $double)
  (elem (table $known) (i32.const 5) func $double $square)
  (elem (table $pairs) (i32.const 0) func $three $inc)
  (elem (table $shared) (i32.const 0) func $inc $double)
  (elem (table $many) (i32.const 0) func $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $c10 $c11 $c12 $c13
    $c14 $c15 $c16 $c17)
  (func $inc (type $f) (i32.add (local.get 0) (i32.const 1)))
  (func $double (type $f) (i32.shl (local.get 0) (i32.const 1)))
  (func $square (type $f) (i32.mul (local.get 0) (local.get 0)))
  (func $other (type $none) (i32.const 5))
  (func $three (type $three) (i32.const 1) (i32.const 2) (i32.const 3))
  (func (export "known") (param i32 i32) (result i32)
    (call_indirect $known (type $f) (local.get 1) (local.get 0)))
  (func (export "pairs") (param i32) (result i32 i32 i32)
    (call_indirect $pairs (type $three) (local.get 0)))
  (func (export "changed") (param i32 i32) (result i32)
    (call_indirect $shared (type $f) (local.get 1) (local.get 0)))
  (func (export "many") (param i32) (result i32)
    (call_indirect $many (type $none) (local.get 0)))
  ;; twelve functions: direct calls in a loop, through the table elsewhere
  (table $twelve 12 12 funcref)
  (elem (table $twelve) (i32.const 0) func $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $c10 $c11)
  (func (export "twelve") (param i32) (result i32)
    (call_indirect $twelve (type $none) (local.get 0)))
  (func (export "sum") (param $from i32) (param $to i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call_indirect $twelve (type $none) (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $to))))
    (local.get $sum))
  ;; a function that is only called through the table, by itself
  (table $self 1 1 funcref)
  (elem (table $self) (i32.const 0) func $factorial)
  (func $factorial (type $fact)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1))
      (else (i32.mul (local.get 0)
        (call_indirect $self (type $fact) (i32.sub (local.get 0) (i32.const 1)) (i64.const 0) (i32.const 0))))))
  (func (export "recurse") (param i32) (result i32)
    (call_indirect $self (type $fact) (local.get 0) (i64.const 0) (i32.const 0)))
  (func $c0 (type $none) (i32.const 0))
  (func $c1 (type $none) (i32.const 1))
  (func $c2 (type $none) (i32.const 2))
  (func $c3 (type $none) (i32.const 3))
  (func $c4 (type $none) (i32.const 4))
  (func $c5 (type $none) (i32.const 5))
  (func $c6 (type $none) (i32.const 6))
  (func $c7 (type $none) (i32.const 7))
  (func $c8 (type $none) (i32.const 8))
  (func $c9 (type $none) (i32.const 9))
  (func $c10 (type $none) (i32.const 10))
  (func $c11 (type $none) (i32.const 11))
  (func $c12 (type $none) (i32.const 12))
  (func $c13 (type $none) (i32.const 13))
  (func $c14 (type $none) (i32.const 14))
  (func $c15 (type $none) (i32.const 15))
  (func $c16 (type $none) (i32.const 16))
  (func $c17 (type $none) (i32.const 17)))
