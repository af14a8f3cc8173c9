;; What compilers get wrong because it is "undefined" where they come from: here it is not.
;; levels: all
;;
;; Loads that are out of bounds trap, whatever becomes of their value.
;;
;; trap: dropped 65536 = out of bounds memory access
;; trap: dropped8 65536 = out of bounds memory access
;; trap: dropped64 65529 = out of bounds memory access
;; trap: droppedv 65521 = out of bounds memory access
;; trap: nothing_of_it 65533 = out of bounds memory access
;; trap: times_zero 65533 = out of bounds memory access
;; trap: minus_itself 65533 = out of bounds memory access
;; trap: one_path 0 65533 = out of bounds memory access
;; trap: one_path 1 65533 = out of bounds memory access
;; trap: select 0 65533 = out of bounds memory access
;; trap: select 1 65533 = out of bounds memory access
;; trap: one_call 0 65533 = out of bounds memory access
;; trap: one_call 1 65533 = out of bounds memory access
;; trap: one_call_sum 0 65530 = out of bounds memory access
;; trap: one_store 0 65533 = out of bounds memory access
;; trap: switch 1 65533 = out of bounds memory access
;; trap: switch 5 65533 = out of bounds memory access
;; trap: early_exit 0 65533 = out of bounds memory access
;; trap: dead_local 65533 = out of bounds memory access
;; trap: dead_sum 65533 = out of bounds memory access
;; trap: same_either_way 65533 = out of bounds memory access
;; trap: xor_twice 65533 = out of bounds memory access
;; trap: byte_above_all 65536 = out of bounds memory access
;; trap: never_set 65533 = out of bounds memory access
;; trap: peeked 65533 = out of bounds memory access
;; trap: peeked_through 65533 = out of bounds memory access
;; trap: argument_ignored 65533 = out of bounds memory access
;;
;; Those of which a part is used have their whole width.
;;
;; trap: low_byte 65533 = out of bounds memory access
;; trap: low_byte 65535 = out of bounds memory access
;; trap: bit 65534 = out of bounds memory access
;; trap: middle 65533 = out of bounds memory access
;; trap: wrapped 65530 = out of bounds memory access
;; trap: wrapped_sum 65530 = out of bounds memory access
;; trap: shifted_out 65533 = out of bounds memory access
;; trap: swapped 65533 = out of bounds memory access
;; trap: lane0 65524 = out of bounds memory access
;; trap: low_half 65525 = out of bounds memory access
;; trap: changed_byte 65533 1 = out of bounds memory access
;; trap: set_bit 65533 = out of bounds memory access
;; call: low_byte 65532 = 0
;; call: wrapped 65528 = 0
;; call: lane0 65520 = 0
;;
;; In loops: the trap comes in its turn, and a loop that does not run traps not.
;;
;; call: hoisted 0 65536 = 0
;; trap: hoisted 1 65536 = out of bounds memory access
;; trap: hoisted_dead 3 65536 = out of bounds memory access
;; call: turns 4 = 4
;; trap: turns 16385 = out of bounds memory access
;; trap: fill 16385 = out of bounds memory access
;; trap: sum 16385 = out of bounds memory access
;;
;; Other instructions that trap, unused.
;;
;; trap: div 1 0 = integer divide by zero
;; trap: div -2147483648 -1 = integer overflow
;; trap: rem 1 0 = integer divide by zero
;; call: rem -2147483648 -1 = 0
;; trap: div_u64 1 0 = integer divide by zero
;; trap: trunc 1e30 = integer overflow
;; trap: trunc nan = invalid conversion to integer
;; trap: table 7 = out of bounds table access
;; trap: div_in_loop 0 0 5 = integer divide by zero
;; call: div_in_loop 0 0 0 = 0
;;
;; Recursion without end exhausts the stack.
;;
;; trap: count 1 = call stack exhausted
;; trap: plain 0 = call stack exhausted
;; trap: mutual 1 = call stack exhausted
;; trap: accumulate 1 1 = call stack exhausted
;; trap: nothing = call stack exhausted
;;
;; Stores: what is stored before a trap is there afterwards, if an effect lies between.
;;
;; call: twice 7 = 7
(module
  (type $v (func))
  (memory 1 1)
  (table 2 funcref)
  (global $g (mut i32) (i32.const 0))

  (func (export "dropped") (param i32) (drop (i32.load (local.get 0))))
  (func (export "dropped8") (param i32) (drop (i32.load8_s (local.get 0))))
  (func (export "dropped64") (param i32) (drop (f64.load (local.get 0))))
  (func (export "droppedv") (param i32) (drop (v128.load (local.get 0))))
  (func (export "nothing_of_it") (param i32) (result i32)
    (i32.and (i32.load (local.get 0)) (i32.const 0)))
  (func (export "times_zero") (param i32) (result i32)
    (i32.mul (i32.load (local.get 0)) (i32.const 0)))
  (func (export "minus_itself") (param i32) (result i32)
    (local i32)
    (local.set 1 (i32.load (local.get 0)))
    (i32.sub (local.get 1) (local.get 1)))
  (func (export "one_path") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.load (local.get 1)))
    (if (result i32) (local.get 0) (then (local.get 2)) (else (i32.const 5))))
  (func (export "select") (param i32 i32) (result i32)
    (select (i32.load (local.get 1)) (i32.const 5) (local.get 0)))
  (func $work (param i32) (result i32)
    (global.set $g (local.get 0))
    (i32.mul (local.get 0) (local.get 0)))
  (func (export "one_call") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.load (local.get 1)))
    (if (result i32) (local.get 0) (then (call $work (local.get 2))) (else (i32.const 5))))
  (func (export "one_call_sum") (param i32 i32) (result i32)
    (local i64)
    (local.set 2 (i64.mul (i64.add (i64.load (local.get 1)) (i64.const 3)) (i64.const 7)))
    (if (result i32) (local.get 0) (then (call $work (i32.wrap_i64 (local.get 2)))) (else (i32.const 5))))
  (func (export "one_store") (param i32 i32)
    (local i32)
    (local.set 2 (i32.load (local.get 1)))
    (if (local.get 0) (then (i32.store (i32.const 0) (local.get 2)))))
  (func (export "switch") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.load (local.get 1)))
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (call $work (local.get 2))))
      (return (i32.const 7)))
    (i32.const 9))
  (func (export "early_exit") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.load (local.get 1)))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (call $work (i32.add (local.get 2) (i32.const 1))))
  (func (export "dead_local") (param i32) (result i32)
    (local i32)
    (local.set 1 (i32.load (local.get 0)))
    (local.set 1 (i32.const 3))
    (local.get 1))
  (func (export "dead_sum") (param i32)
    (drop (i32.add (i32.const 1) (i32.mul (i32.load (local.get 0)) (i32.const 3)))))

  (func (export "low_byte") (param i32) (result i32)
    (i32.and (i32.load (local.get 0)) (i32.const 255)))
  (func (export "bit") (param i32) (result i32)
    (if (result i32) (i32.and (i32.load (local.get 0)) (i32.const 4))
      (then (i32.const 1)) (else (i32.const 2))))
  (func (export "middle") (param i32) (result i32)
    (i32.and (i32.shr_u (i32.load (local.get 0)) (i32.const 8)) (i32.const 255)))
  (func (export "wrapped") (param i32) (result i32)
    (i32.wrap_i64 (i64.load (local.get 0))))
  (func (export "wrapped_sum") (param i32) (result i32)
    (i32.wrap_i64 (i64.add (i64.const 5) (i64.load (local.get 0)))))
  (func (export "shifted_out") (param i32) (result i32)
    (i32.shl (i32.load (local.get 0)) (i32.const 24)))
  (func (export "swapped") (param i32) (result i32)
    (i32.or
      (i32.shl (i32.and (i32.load (local.get 0)) (i32.const 0xff)) (i32.const 8))
      (i32.and (i32.shr_u (i32.load (local.get 0)) (i32.const 8)) (i32.const 0xff))))
  (func (export "lane0") (param i32) (result i32)
    (i32x4.extract_lane 0 (v128.load (local.get 0))))
  (func (export "low_half") (param i32) (result i32)
    (i16x8.extract_lane_s 0 (i16x8.extend_low_i8x16_s (v128.load (local.get 0)))))
  (func (export "changed_byte") (param i32 i32)
    (i32.store (local.get 0)
      (i32.or (i32.and (i32.load (local.get 0)) (i32.const 0xffffff00))
              (i32.and (local.get 1) (i32.const 255)))))
  (func (export "set_bit") (param i32)
    (i32.store (local.get 0) (i32.or (i32.load (local.get 0)) (i32.const 1))))

  (func (export "hoisted") (param $n i32) (param $p i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  (func (export "hoisted_dead") (param $n i32) (param $p i32)
    (loop $next
      (drop (i32.load (local.get $p)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "turns") (param $n i32) (result i32)
    (local $i i32)
    (loop $next
      (global.set $g (local.get $i))
      (drop (i32.load (i32.shl (local.get $i) (i32.const 2))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (i32.add (global.get $g) (i32.const 1)))
  (func (export "fill") (param $n i32)
    (local $i i32)
    (loop $next
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))
  (func (export "sum") (param $n i32) (result i32)
    (local $i i32) (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s)
        (i32.and (i32.load (i32.shl (local.get $i) (i32.const 2))) (i32.const 255))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s))

  (func (export "div") (param i32 i32) (drop (i32.div_s (local.get 0) (local.get 1))))
  (func (export "rem") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "div_u64") (param i64 i64)
    (drop (i64.div_u (local.get 0) (local.get 1)))
    (drop (i64.rem_u (local.get 0) (local.get 1))))
  (func (export "trunc") (param f64) (drop (i32.trunc_f64_s (local.get 0))))
  (func (export "table") (param i32) (drop (table.get 0 (local.get 0))))
  (func (export "div_in_loop") (param $a i32) (param $b i32) (param $n i32) (result i32)
    (local $s i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $s (i32.add (local.get $s) (i32.div_u (local.get $a) (local.get $b))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $s))

  (func $count (export "count") (param i32) (result i32)
    (i32.add (i32.const 1) (call $count (local.get 0))))
  (func $plain (export "plain") (param i32) (result i32)
    (call $plain (i32.add (local.get 0) (i32.const 1))))
  (func $mutual (export "mutual") (param i32) (result i32)
    (i32.mul (i32.const 3) (call $other (local.get 0))))
  (func $other (param i32) (result i32)
    (i32.xor (i32.const 1) (call $mutual (local.get 0))))
  (func $accumulate (export "accumulate") (param i64 i64) (result i64)
    (call $accumulate (i64.mul (local.get 0) (local.get 1)) (i64.add (local.get 1) (i64.const 1))))
  (func $nothing (export "nothing") (call $nothing))

  ;; nothing comes of these, which is seen only after some thought, or after inlining
  (func (export "same_either_way") (param i32) (result i32)
    (select (local.get 0) (local.get 0) (i32.load (local.get 0))))
  (func (export "xor_twice") (param i32) (result i32) (local i32)
    (local.set 1 (i32.load (local.get 0)))
    (i32.xor (i32.mul (local.get 1) (i32.const 5))
      (i32.xor (i32.mul (local.get 1) (i32.const 5)) (local.get 0))))
  (func (export "byte_above_all") (param i32) (result i32)
    (i32.gt_u (i32.load8_u (local.get 0)) (i32.const 255)))
  (func (export "never_set") (param i32) (result i32) (local i32)
    (select (i32.load (local.get 0)) (local.get 0) (local.get 1)))
  (func $peek (param i32) (result i32) (i32.load (local.get 0)))
  (func $identity (param i32) (result i32) (local.get 0))
  (func $ignore (param i32) (result i32) (i32.const 7))
  (func (export "peeked") (param i32) (drop (call $peek (local.get 0))))
  (func (export "peeked_through") (param i32)
    (drop (call $identity (i32.load (local.get 0)))))
  (func (export "argument_ignored") (param i32) (result i32)
    (call $ignore (i32.load (local.get 0))))

  (func $touch (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "twice") (param i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (global.set $g (call $touch (i32.const 16)))
    (global.get $g)))
