;; Loops over arrays, of which the compiler makes copies for when all is in bounds and apart.
;; Most return a checksum of all memory; the numbers are those of another engine.
;;
;; call: copy 5000 100 1000 = 1215853123
;; call: copy 100 96 1000 = -1821082854
;; call: copy 96 100 1000 = -2129306465
;; call: copy 100 100 1000 = -913433054
;; call: copy 5000 100 1 = 1925772235
;; call: copy 5000 100 3 = 1922448684
;; call: copy 5000 100 4 = 526053900
;; call: copy 5000 100 5 = 584765894
;; call: copy 65036 64036 500 = -2083553353
;; trap: copy 65036 64036 501 = out of bounds memory access
;; trap: copy 100 65000 1000 = out of bounds memory access
;; trap: copy -8 100 100 = out of bounds memory access
;; trap: copy 100 -8 100 = out of bounds memory access
;; call: words 4000 100 400 = -1204334264
;; call: words 104 100 400 = 2117762055
;; trap: words 4000 100 402 = out of bounds memory access
;; call: twice 4000 100 400 = -1677839987
;; call: twice 108 100 400 = -1872742451
;; call: twice 96 100 400 = -1983668840
;; trap: twice 4000 65300 400 = out of bounds memory access
;; call: stencil 200 100 = 900911287
;; call: below_unsigned 5000 100 0 100 = 1401594959
;; call: below_unsigned 5000 100 90 10 = -1404205819
;; call: below_unsigned 5000 100 0 103 = 1817448583
;; trap: below_unsigned 5000 100 0 -1 = out of bounds memory access
;; call: below_signed 5000 100 -50 50 = 1979576067
;; call: below_signed 5000 100 50 -50 = -806660034
;; trap: below_signed 5000 100 -200 50 = out of bounds memory access
;; call: down 5000 100 333 = 507017779
;; call: shifted 2000 100 77 = 1999366568
;; call: shifted 100 2000 77 = -143881833
;; trap: shifted 16000 16380 77 = out of bounds memory access
;; call: negative 5000 1000 = 1648997567
;; call: last 300 100 = 841688093 700 100
;; call: sum 300 1000 = 36420
;; call: wide 5000 100 100 = -277373352
;; call: wide 108 100 100 = -1804298495
;; call: strided 64 300 128 = 150292807
;; trap: strided 64 341 8192 = out of bounds memory access
;; call: lookup 5000 100 500 1 = 631136615
;; call: lookup 5000 100 500 255 = -91587142
;; trap: lookup 5000 100 500 256 = out of bounds memory access
;; trap: lookup 5000 100 5 -1 = out of bounds memory access
;; call: lookup 350 100 500 1 = 119502795
;; call: lookup 65036 100 500 3 = 1709538299
;; trap: lookup 65036 100 501 3 = out of bounds memory access
;; call: count 5000 100 1000 = -154804984
;; call: count 100 100 1000 = -129250193
;; trap: count 65281 100 1000 = out of bounds memory access
;; trap: count 65282 100 1000 = out of bounds memory access
;; call: count 64 65000 536 = 794784327
;; trap: count 64 65000 537 = out of bounds memory access
;; call: dropped 5000 100 500 1 = -759405480
;; call: dropped 5000 100 500 257 = -759405480
;; trap: dropped 5000 100 500 258 = out of bounds memory access
;; call: dropped 100 65000 469 1 = -391242875
;; trap: dropped 100 65000 470 1 = out of bounds memory access
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

  ;; bytes, one by one
  (func (export "copy") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $check))

  ;; words; if $n is no multiple of 4, it ends at the end of memory
  (func (export "words") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (i32.store (i32.add (local.get $to) (local.get $i))
        (i32.add (i32.load (i32.add (local.get $from) (local.get $i))) (i32.const 3)))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (call $check))

  ;; the body of a loop, twice
  (func (export "twice") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32) (local $p i32)
    (call $fill)
    (loop
      (i32.store (local.tee $p (i32.add (local.get $to) (local.get $i)))
        (i32.add (i32.load (local.get $p)) (i32.load (i32.add (local.get $from) (local.get $i)))))
      (i32.store (local.tee $p (i32.add (local.get $p) (i32.const 4)))
        (i32.add (i32.load (local.get $p)) (i32.load (i32.add (i32.add (local.get $from) (local.get $i)) (i32.const 4)))))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n))))
    (call $check))

  ;; in place
  (func (export "stencil") (param $p i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i32.store (local.get $p)
        (i32.add (i32.add (i32.load (i32.sub (local.get $p) (i32.const 4))) (i32.load (local.get $p)))
          (i32.load offset=4 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $check))

  (func (export "below_unsigned") (param $to i32) (param $from i32) (param $i i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i32.store16 (i32.add (local.get $to) (local.get $i)) (i32.load16_u (i32.add (local.get $from) (local.get $i))))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $n))))
    (call $check))

  (func (export "below_signed") (param $to i32) (param $from i32) (param $i i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.load8_s (i32.add (local.get $from) (local.get $i))))
      (br_if 0 (i32.ge_s (local.get $n) (local.tee $i (i32.add (local.get $i) (i32.const 1))))))
    (call $check))

  ;; pointers up, counter down
  (func (export "down") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (loop
      (i64.store (local.get $to) (i64.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if 0 (i32.gt_u (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $check))

  (func (export "shifted") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (i32.store offset=4 (i32.shl (i32.add (local.get $to) (local.get $i)) (i32.const 2))
        (i32.load offset=4 (i32.shl (i32.add (local.get $from) (local.get $i)) (i32.const 2))))
      (br_if 0 (i32.eqz (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (call $check))

  ;; from a negative number to zero
  (func (export "negative") (param $end i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (local.set $i (i32.sub (i32.const 0) (i32.shl (local.get $n) (i32.const 2))))
    (loop
      (i32.store (i32.add (local.get $end) (local.get $i)) (local.get $i))
      (br_if 0 (local.tee $i (i32.add (local.get $i) (i32.const 4)))))
    (call $check))

  ;; what is left behind a loop: the last value, the pointer, the count
  (func (export "last") (param $p i32) (param $n i32) (result i32 i32 i32) (local $i i32) (local $v i32)
    (call $fill)
    (loop
      (local.set $v (i32.load (local.get $p)))
      (i32.store offset=8192 (local.get $p) (local.get $i))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $v) (local.get $p) (local.get $i))

  (func (export "sum") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (call $fill)
    (loop
      (local.set $sum (i32.add (local.get $sum) (i32.load16_s (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 2)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func (export "wide") (param $to i32) (param $from i32) (param $n i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (f64.store (i32.add (local.get $to) (local.get $i))
        (f64.add (f64.load (i32.add (local.get $to) (local.get $i)))
          (f64.mul (f64.load (i32.add (local.get $from) (local.get $i))) (f64.load (local.get $from)))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $check))

  ;; columns: a row is $row bytes
  (func (export "strided") (param $p i32) (param $n i32) (param $row i32) (result i32) (local $i i32) (local $a i32)
    (call $fill)
    (local.set $a (local.get $row))
    (loop
      (i32.store (local.get $a) (i32.add (i32.load (local.get $p)) (i32.load offset=192 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 192)))
      (local.set $a (i32.add (local.get $a) (i32.const 12)))
      (br_if 0 (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $check))

  ;; a table of bytes: what is looked up may be anywhere
  (func (export "lookup") (param $to i32) (param $from i32) (param $n i32) (param $scale i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (i32.store8 (i32.add (local.get $to) (local.get $i))
        (i32.load8_u offset=300 (i32.mul (local.get $scale) (i32.load8_u (i32.add (local.get $from) (local.get $i))))))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $check))

  ;; a histogram: what is stored to may be what is read
  (func (export "count") (param $at i32) (param $from i32) (param $n i32) (result i32) (local $i i32) (local $p i32)
    (call $fill)
    (loop
      (local.set $p (i32.add (local.get $at) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (i32.store8 (local.get $p) (i32.add (i32.load8_u (local.get $p)) (i32.const 1)))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $check))

  ;; loads for nothing but their traps, one that is looked up and one in its turn
  (func (export "dropped") (param $to i32) (param $from i32) (param $n i32) (param $scale i32) (result i32) (local $i i32)
    (call $fill)
    (loop
      (drop (i32.load8_u (i32.mul (local.get $scale) (i32.load8_u (i32.add (local.get $from) (local.get $i))))))
      (drop (i32.load offset=64 (i32.add (local.get $from) (local.get $i))))
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (local.get $i))
      (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $check)))
