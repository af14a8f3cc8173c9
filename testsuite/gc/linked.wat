;; Instances that share objects. objects and objects2 have a heap each, with objects in it, before
;; this one imports from both and makes one store of the two.
;; load: objects objects2
;; call: both = 1
;; call: exchange 5 = 47
;; call: pressure 300000 = 1
;; call: own = 1
(module
  (type $box (sub (struct (field $v (mut i32)) (field $any (mut anyref)))))
  (type $larger (sub $box (struct (field $v (mut i32)) (field $any (mut anyref)) (field $w (mut i64)))))
  (import "objects" "first" (global $first (ref $box)))
  (import "objects" "kept" (global $kept (mut anyref)))
  (import "objects2" "kept" (global $kept2 (mut anyref)))
  (import "objects2" "first" (global $first2 (ref $box)))
  (import "objects" "box" (func $box (param i32) (result (ref $box))))
  (import "objects" "value" (func $value (param (ref null $box)) (result i32)))
  (import "objects2" "value" (func $value2 (param (ref null $box)) (result i32)))
  (import "objects" "check" (func $check (param i32) (result i32)))
  (import "objects2" "check" (func $check2 (param i32) (result i32)))
  (import "objects" "t" (table $t 1 anyref))
  (global $own (ref $larger) (struct.new $larger (i32.const 3) (global.get $first2) (i64.const 4)))
  (func $both (export "both") (result i32)
    (i32.and (call $check (i32.const 1000)) (call $check2 (i32.const 2000))))
  ;; objects of one instance in another's fields and table, functions of each
  (func (export "exchange") (param $n i32) (result i32)
    (struct.set $box $any (global.get $first) (struct.new $larger (local.get $n) (ref.null any) (i64.const 1)))
    (table.set $t (i32.const 4) (struct.get $box $any (global.get $first)))
    (i32.add (i32.add (call $value2 (ref.cast (ref null $box) (table.get $t (i32.const 4))))
      (call $value (global.get $first2)))
      (i32.and (call $both) (i32.const 1))))
  (func (export "pressure") (param $n i32) (result i32)
    (local $i i32)
    (global.set $kept2 (struct.new $box (i32.const 2000) (struct.new $box (i32.const 5) (ref.null any))))
    (table.set $t (i32.const 5) (global.get $kept2))
    loop $again
      (drop (call $box (local.get $i)))
      (drop (struct.new $larger (local.get $i) (call $box (i32.const 1)) (i64.const 0)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (call $check (i32.const 1000)))
  (func (export "own") (result i32)
    (i32.and (i32.eq (call $value2 (global.get $own)) (i32.const 3))
      (i32.eq (call $value (ref.cast (ref $box) (struct.get $larger $any (global.get $own)))) (i32.const 41)))))
