;; Loops that end soon, or whose addresses stay where they are, of which the compiler makes no copies, and
;; such that it does copy. There are no floats: so one copy does for loops that load and store.
;; All return a checksum of memory; the numbers are those of another engine.
;;
;; ir: ^inside: = 2
;; levels: all
;; call: any 5000 100 1000 = 1215853123
;; call: any 100 96 1000 = -1821082854
;; call: any 96 100 1000 = -2129306465
;; call: any 5000 100 3 = 1922448684
;; call: any 65036 64036 500 = -2083553353
;; trap: any 65036 64036 501 = out of bounds memory access
;; trap: any -8 100 100 = out of bounds memory access
;; call: rest 5000 100 7 = 806226412
;; call: rest 5000 100 8 = -913433054
;; call: rest 102 100 15 = -1820722149
;; call: rest 65530 100 6 = -256363470
;; trap: rest 65530 100 7 = out of bounds memory access
;; trap: rest 100 65534 3 = out of bounds memory access
;; trap: rest -2 100 1 = out of bounds memory access
;; call: half 5000 100 15 = -416889256
;; call: half 101 100 31 = -1573296605
;; call: half 65522 100 14 = -1234947878
;; trap: half 65522 100 15 = out of bounds memory access
;; trap: half -3 100 15 = out of bounds memory access
;; call: up 5000 100 4 = -1592195588
;; call: up 104 100 9 = -1627014473
;; call: up 65520 100 4 = -2048900655
;; trap: up 65524 100 4 = out of bounds memory access
;; trap: up 100 -4 1 = out of bounds memory access
;; call: still 5000 100 1000 = 982439716
;; call: still 100 100 9 = -2076469267
;; call: still 65532 100 7 = -1691373853
;; trap: still 65533 100 7 = out of bounds memory access
;; trap: still 100 65535 7 = out of bounds memory access
(module
  (memory 1 1)

  (func $fill (local i32)
    (loop
      (i32.store8 (local.get 0) (i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.shr_u (local.get 0) (i32.const 5))))
      (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 65536)))))

  (func $check (result i32) (local $i i32) (local $sum i32)
    (loop
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 5))
        (i32.xor (local.get $i) (i32.load (local.get $i)))))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
    (local.get $sum))

  ;; any number: a copy
  (func (export "any") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $check))

  ;; what is left over of eight
  (func (export "rest") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (if (local.tee $n (i32.and (local.get $n) (i32.const 7))) (then
      (loop
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (call $check))

  ;; of sixteen: a copy
  (func (export "half") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (if (local.tee $n (i32.and (local.get $n) (i32.const 15))) (then
      (loop
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (call $check))

  ;; counts up to a remainder, in words
  (func (export "up") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (if (local.tee $n (i32.rem_u (local.get $n) (i32.const 5))) (then
      (local.set $n (i32.shl (local.get $n) (i32.const 2)))
      (loop
        (i32.store (i32.add (local.get $to) (local.get $i)) (i32.load (i32.add (local.get $from) (local.get $i))))
        (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))))
    (call $check))

  ;; addresses that stay
  (func (export "still") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i32.store (local.get $to) (i32.add (i32.load (local.get $to)) (i32.load (local.get $from))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $check)))
