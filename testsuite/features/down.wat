;; Loops that copy bytes downwards, in front of which the compiler puts some that copy eight at once,
;; and such that are not just that. The first argument is the function. The numbers are those of
;; another engine.
;;
;; ir: ^down: = 3
;;
;; levels: all
;; call: all 0 70 = 36249067
;; call: move 0 5002 5000 3000 = -1871024897
;; call: move 0 5000 5002 3000 = 1487311015
;; call: move 0 5000 5007 999 = 1935462055
;; call: move 0 5000 5008 1000 = -407129815
;; call: move 0 100 30000 20000 = 1301768883
;; call: move 0 65036 100 500 = -1514635655
;; trap: move 0 65037 100 500 = out of bounds memory access
;; call: move 0 100 65036 500 = 1806991318
;; trap: move 0 100 65037 500 = out of bounds memory access
;; call: move 0 0 40 500 = -1022608823
;; call: move 0 40 0 500 = 192859227
;; call: move 0 0 0 64 = -913433054
;; trap: move 0 -20 100 40 = out of bounds memory access
;; trap: move 0 100 -20 40 = out of bounds memory access
;; trap: move 0 -20 100 20 = out of bounds memory access
;; trap: move 0 100 300 -1 = out of bounds memory access
;; call: all 1 70 = 36249067
;; call: move 1 5002 5000 3000 = -1871024897
;; call: move 1 5000 5002 3000 = 1487311015
;; call: move 1 5000 5007 999 = 1935462055
;; call: move 1 5000 5008 1000 = -407129815
;; call: move 1 100 30000 20000 = 1301768883
;; call: move 1 65036 100 500 = -1514635655
;; trap: move 1 65037 100 500 = out of bounds memory access
;; call: move 1 100 65036 500 = 1806991318
;; trap: move 1 100 65037 500 = out of bounds memory access
;; call: move 1 0 40 500 = -1022608823
;; call: move 1 40 0 500 = 192859227
;; call: move 1 0 0 64 = -913433054
;; trap: move 1 -20 100 40 = out of bounds memory access
;; trap: move 1 100 -20 40 = out of bounds memory access
;; trap: move 1 -20 100 20 = out of bounds memory access
;; trap: move 1 100 300 -1 = out of bounds memory access
;; call: all 2 70 = 36249067
;; call: move 2 5002 5000 3000 = -1871024897
;; call: move 2 5000 5002 3000 = 1487311015
;; call: move 2 5000 5007 999 = 1935462055
;; call: move 2 5000 5008 1000 = -407129815
;; call: move 2 100 30000 20000 = 1301768883
;; call: move 2 65036 100 500 = -1514635655
;; trap: move 2 65037 100 500 = out of bounds memory access
;; call: move 2 100 65036 500 = 1806991318
;; trap: move 2 100 65037 500 = out of bounds memory access
;; call: move 2 0 40 500 = -1022608823
;; call: move 2 40 0 500 = 192859227
;; call: move 2 0 0 64 = -913433054
;; trap: move 2 -20 100 40 = out of bounds memory access
;; trap: move 2 100 -20 40 = out of bounds memory access
;; trap: move 2 -20 100 20 = out of bounds memory access
;; trap: move 2 100 300 -1 = out of bounds memory access
;; call: all 3 70 = 688437398
;; call: move 3 5002 5000 3000 = -1871024897
;; call: move 3 5000 5002 3000 = 1487311015
;; call: move 3 5000 5007 999 = 1935462055
;; call: move 3 5000 5008 1000 = -407129815
;; call: move 3 100 30000 20000 = 1301768883
;; call: move 3 65036 100 500 = -1514635655
;; trap: move 3 65037 100 500 = out of bounds memory access
;; call: move 3 100 65036 500 = 1806991318
;; trap: move 3 100 65037 500 = out of bounds memory access
;; call: move 3 0 40 500 = -1022608823
;; call: move 3 40 0 500 = 192859227
;; call: move 3 0 0 64 = -913433054
;; trap: move 3 -20 100 40 = out of bounds memory access
;; trap: move 3 100 -20 40 = out of bounds memory access
;; trap: move 3 -20 100 20 = out of bounds memory access
;; trap: move 3 100 300 -1 = out of bounds memory access
;; call: all 4 70 = -489238875
;; call: move 4 5002 5000 3000 = 822991590
;; call: move 4 5000 5002 3000 = -1017818528
;; call: move 4 5000 5007 999 = 1935462055
;; call: move 4 5000 5008 1000 = -407129815
;; call: move 4 100 30000 20000 = 1301768883
;; call: move 4 65036 100 500 = -1514635655
;; trap: move 4 65037 100 500 = out of bounds memory access
;; call: move 4 100 65036 500 = 1806991318
;; trap: move 4 100 65037 500 = out of bounds memory access
;; call: move 4 0 40 500 = -1022608823
;; call: move 4 40 0 500 = 192859227
;; call: move 4 0 0 64 = -913433054
;; trap: move 4 -20 100 40 = out of bounds memory access
;; trap: move 4 100 -20 40 = out of bounds memory access
;; trap: move 4 -20 100 20 = out of bounds memory access
;; trap: move 4 100 300 -1 = out of bounds memory access
;; call: all 5 70 = 1293558393
;; call: move 5 5002 5000 3000 = -2112674748
;; call: move 5 5000 5002 3000 = 1406522398
;; call: move 5 5000 5007 999 = -294300936
;; call: move 5 5000 5008 1000 = -279345880
;; call: move 5 100 30000 20000 = 59171966
;; call: move 5 65036 100 500 = -1378956090
;; trap: move 5 65037 100 500 = out of bounds memory access
;; call: move 5 100 65036 500 = 1605636085
;; trap: move 5 100 65037 500 = out of bounds memory access
;; call: move 5 0 40 500 = -980283284
;; call: move 5 40 0 500 = 1480616168
;; call: move 5 0 0 64 = -845460914
;; trap: move 5 -20 100 40 = out of bounds memory access
;; trap: move 5 100 -20 40 = out of bounds memory access
;; trap: move 5 -20 100 20 = out of bounds memory access
;; trap: move 5 100 300 -1 = out of bounds memory access
(module
  (memory 1 1)
  (func $fill (local i32)
    (loop
      (i32.store8 (local.get 0) (i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.shr_u (local.get 0) (i32.const 5))))
      (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 65536)))))
  (func $check (param $i i32) (param $end i32) (result i32) (local $sum i32)
    (loop
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 5))
        (i32.xor (local.get $i) (i32.load (local.get $i)))))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $end))))
    (local.get $sum))

  ;; one byte each time
  (func $one (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 0))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 1)))
      (local.set $s (i32.sub (local.get $s) (i32.const 1)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.load8_u  (i32.add (local.get $b) (i32.const 0))))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  ;; two
  (func $two (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 1))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 2)))
      (local.set $s (i32.sub (local.get $s) (i32.const 2)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 1)) (i32.load8_u  (i32.add (local.get $b) (i32.const 1))))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.load8_u  (i32.add (local.get $b) (i32.const 0))))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 2)))))))
  ;; four, as compilers unroll it
  (func $four (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 3))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 4)))
      (local.set $s (i32.sub (local.get $s) (i32.const 4)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 3)) (i32.load8_u  (i32.add (local.get $b) (i32.const 3))))
          (i32.store8 (i32.add (local.get $a) (i32.const 2)) (i32.load8_u  (i32.add (local.get $b) (i32.const 2))))
          (i32.store8 (i32.add (local.get $a) (i32.const 1)) (i32.load8_u  (i32.add (local.get $b) (i32.const 1))))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.load8_u  (i32.add (local.get $b) (i32.const 0))))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))))
  ;; four in another order
  (func $order (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 3))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 4)))
      (local.set $s (i32.sub (local.get $s) (i32.const 4)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 3)) (i32.load8_u  (i32.add (local.get $b) (i32.const 3))))
          (i32.store8 (i32.add (local.get $a) (i32.const 1)) (i32.load8_u  (i32.add (local.get $b) (i32.const 1))))
          (i32.store8 (i32.add (local.get $a) (i32.const 2)) (i32.load8_u  (i32.add (local.get $b) (i32.const 2))))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.load8_u  (i32.add (local.get $b) (i32.const 0))))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))))
  ;; four, upwards
  (func $up (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 3))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 4)))
      (local.set $s (i32.sub (local.get $s) (i32.const 4)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.load8_u  (i32.add (local.get $b) (i32.const 0))))
          (i32.store8 (i32.add (local.get $a) (i32.const 1)) (i32.load8_u  (i32.add (local.get $b) (i32.const 1))))
          (i32.store8 (i32.add (local.get $a) (i32.const 2)) (i32.load8_u  (i32.add (local.get $b) (i32.const 2))))
          (i32.store8 (i32.add (local.get $a) (i32.const 3)) (i32.load8_u  (i32.add (local.get $b) (i32.const 3))))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))))
  ;; changed on the way
  (func $changed (param $d i32) (param $s i32) (param $n i32) (local $a i32) (local $b i32)
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $go
          (br_if $go (i32.eqz (i32.and (local.get $n) (i32.const 1))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 (i32.add (local.get $d) (local.get $n)) (i32.load8_u (i32.add (local.get $s) (local.get $n))))
          (br $head)))
      (local.set $d (i32.sub (local.get $d) (i32.const 2)))
      (local.set $s (i32.sub (local.get $s) (i32.const 2)))
      (loop $each
          (local.set $a (i32.add (local.get $d) (local.get $n)))
          (local.set $b (i32.add (local.get $s) (local.get $n)))
          (i32.store8 (i32.add (local.get $a) (i32.const 1)) (i32.xor (i32.load8_u  (i32.add (local.get $b) (i32.const 1))) (i32.const 85)))
          (i32.store8 (i32.add (local.get $a) (i32.const 0)) (i32.xor (i32.load8_u  (i32.add (local.get $b) (i32.const 0))) (i32.const 85)))
          (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 2)))))))
  (table funcref (elem $one $two $four $order $up $changed))
  (type $move (func (param i32 i32 i32)))

  (func (export "move") (param $which i32) (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (call_indirect (type $move) (local.get $to) (local.get $from) (local.get $n) (local.get $which))
    (call $check (i32.const 0) (i32.const 65536)))

  ;; all sizes up to $most, at all distances up to 20 either way
  (func (export "all") (param $which i32) (param $most i32) (result i32) (local $n i32) (local $to i32) (local $sum i32)
    (call $fill)
    (loop $sizes
      (local.set $to (i32.const 1000))
      (loop $places
        (call_indirect (type $move) (local.get $to) (i32.const 1020) (local.get $n) (local.get $which))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call $check (i32.const 900) (i32.const 1200))))
        (i32.store (local.get $to) (local.get $sum))
        (br_if $places (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 1))) (i32.const 1040))))
      (br_if $sizes (i32.le_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $most))))
    (local.get $sum))
)
