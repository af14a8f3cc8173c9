;; Loops that look for a byte in words, as C libraries and Rust's do: from each the compiler goes to
;; one that looks at 32 bytes at once, when it has gone on for 64: with vectors if the module has
;; floats anyway. The numbers are those of another engine.
;;
;; levels: all
;; and: (func (export "float") (result f32) (f32.const 1))
;; ir: ^wide = 8
;; call: one 0 1000 64536 65535 0 = 65532
;; trap: one 0 1000 5000 5003 10 = out of bounds memory access
;; trap: one 0 1001 64535 65535 0 = out of bounds memory access
;; trap: one 0 60000 5536 100 0 = out of bounds memory access
;; trap: one 0 60002 5540 100 0 = out of bounds memory access
;; trap: one 0 -96 4000 100 0 = out of bounds memory access
;; call: grown 0 60000 = 65536
;; call: all 0 0 0 = -543280587
;; call: all 0 1 0 = -543280587
;; call: all 0 0 10 = -1574375200
;; call: one 1 1000 64536 65535 0 = 65487598
;; trap: one 1 1000 5000 5003 10 = out of bounds memory access
;; trap: one 1 1001 64535 65535 0 = out of bounds memory access
;; trap: one 1 60000 5536 100 0 = out of bounds memory access
;; trap: one 1 60002 5540 100 0 = out of bounds memory access
;; trap: one 1 -96 4000 100 0 = out of bounds memory access
;; call: grown 1 60000 = 65535845
;; call: all 1 0 0 = 1774036927
;; call: all 1 1 0 = 1774036927
;; call: all 1 0 10 = 1854995935
;; call: one 2 1000 64536 65535 0 = 65536
;; trap: one 2 1000 5000 5003 10 = out of bounds memory access
;; trap: one 2 1001 64535 65535 0 = out of bounds memory access
;; trap: one 2 60000 5536 100 0 = out of bounds memory access
;; trap: one 2 60002 5540 100 0 = out of bounds memory access
;; trap: one 2 -96 4000 100 0 = out of bounds memory access
;; call: grown 2 60000 = 65544
;; call: all 2 0 0 = 1944536877
;; call: all 2 1 0 = 1944536877
;; call: all 2 0 10 = -1385305569
;; call: one 3 1000 64536 65535 0 = 4
;; call: one 3 1000 5000 5003 10 = 0
;; call: one 3 1001 64535 65535 0 = 3
;; call: one 3 60000 5536 100 0 = 0
;; trap: one 3 60002 5540 100 0 = out of bounds memory access
;; trap: one 3 -96 4000 100 0 = out of bounds memory access
;; call: grown 3 60000 = 64464
;; call: all 3 0 0 = -1851164350
;; call: all 3 1 0 = -1851164350
;; call: all 3 0 10 = 257829061
;; call: one 4 1000 64536 65535 0 = 65532
;; call: one 4 1000 5000 5003 10 = 6000
;; call: one 4 1001 64535 65535 0 = 65533
;; call: one 4 60000 5536 100 0 = 65536
;; trap: one 4 60002 5540 100 0 = out of bounds memory access
;; trap: one 4 -96 4000 100 0 = out of bounds memory access
;; call: grown 4 60000 = 65536
;; call: all 4 0 0 = 517491792
;; call: all 4 1 0 = 517491792
;; call: all 4 0 10 = -1100219629
;; call: one 5 1000 64536 65535 0 = 65532
;; call: one 5 1000 5000 5003 10 = 5000
;; trap: one 5 1001 64535 65535 0 = out of bounds memory access
;; trap: one 5 60000 5536 100 0 = out of bounds memory access
;; trap: one 5 60002 5540 100 0 = out of bounds memory access
;; trap: one 5 -96 4000 100 0 = out of bounds memory access
;; call: grown 5 60000 = 65536
;; call: all 5 0 0 = -543280587
;; call: all 5 1 0 = -543280587
;; call: all 5 0 10 = -543280587
;; call: one 6 1000 64536 65535 0 = 64536
;; call: one 6 1000 5000 5003 10 = 4000
;; call: one 6 1001 64535 65535 0 = 64528
;; call: one 6 60000 5536 100 0 = 5536
;; trap: one 6 60002 5540 100 0 = out of bounds memory access
;; trap: one 6 -96 4000 100 0 = out of bounds memory access
;; call: grown 6 60000 = 70000
;; call: all 6 0 0 = 804883741
;; call: all 6 1 0 = 804883741
;; call: all 6 0 10 = 537925669
;; trap: one 7 1000 64536 65535 0 = out of bounds memory access
;; call: one 7 1000 5000 5003 10 = 4996
;; trap: one 7 1001 64535 65535 0 = out of bounds memory access
;; trap: one 7 60000 5536 100 0 = out of bounds memory access
;; trap: one 7 60002 5540 100 0 = out of bounds memory access
;; trap: one 7 -96 4000 100 0 = out of bounds memory access
;; call: grown 7 60000 = 65532
;; call: all 7 0 0 = 363883834
;; call: all 7 1 0 = 363883834
;; call: all 7 0 10 = 558360466
;; call: one 8 1000 64536 65535 0 = 65532
;; call: all 8 0 0 = 656679790
;; call: all 8 1 0 = 656679790
;; call: all 8 0 10 = -1574375200
;; call: one 9 1000 64536 65535 0 = 1004
;; call: all 9 0 0 = -964902736
;; call: all 9 1 0 = 1217798547
;; call: all 9 0 10 = -964902736
;; call: one 10 1000 64536 65535 0 = 65532
;; call: all 10 0 0 = -1543140790
;; call: all 10 1 0 = -1543140790
;; call: all 10 0 10 = -2040605398
(module
  (memory 1 2)

  ;; no zero byte; if $high, many above 0x80
  (func $fill (param $high i32) (local $p i32) (local $v i32)
    (loop
      (local.set $v (i32.add (i32.mul (local.get $p) (i32.const 7)) (i32.shr_u (local.get $p) (i32.const 5))))
      (i32.store8 (local.get $p)
        (if (result i32) (local.get $high)
          (then (i32.or (local.get $v) (i32.const 1)))
          (else (i32.or (i32.rem_u (local.get $v) (i32.const 95)) (i32.const 32)))))
      (br_if 0 (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 65536)))))

  ;; the word with a zero byte, asked in the first way
  (func $first (param $p i32) (result i32) (local $w i32)
    (local.set $p (i32.sub (local.get $p) (i32.const 4)))
    (loop
      (br_if 0 (i32.eqz (i32.and
        (i32.and
          (i32.xor (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 4))))) (i32.const -1))
          (i32.sub (local.get $w) (i32.const 0x01010101)))
        (i32.const 0x80808080)))))
    (local.get $p))

  ;; and in the second, with a second counter
  (func $second (param $p i32) (result i32) (local $w i32) (local $n i32)
    (loop
      (local.set $n (i32.sub (local.get $n) (i32.const 3)))
      (br_if 0 (i32.eq (i32.const 0x80808080) (i32.and (i32.const 0x80808080)
        (i32.or (i32.sub (i32.const 0x01010100) (local.tee $w (i32.load offset=96
            (i32.add (local.tee $p (i32.add (local.get $p) (i32.const 4))) (i32.const -100)))))
          (local.get $w))))))
    (i32.add (i32.mul (local.get $p) (i32.const 1000)) (local.get $n)))

  ;; 64 bits
  (func $long (param $p i32) (result i32) (local $w i64)
    (loop
      (local.set $w (i64.load (local.get $p)))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if 0 (i64.eq (i64.const 0x8080808080808080)
        (i64.and (i64.or (local.get $w) (i64.sub (i64.const 0x0101010101010100) (local.get $w)))
          (i64.const 0x8080808080808080)))))
    (local.get $p))

  ;; memchr(): counted, and a byte that is given; how many bytes are left
  (func $memchr (param $p i32) (param $byte i32) (param $n i32) (result i32) (local $w i32)
    (local.set $byte (i32.mul (i32.and (local.get $byte) (i32.const 255)) (i32.const 0x01010101)))
    (block
      (loop
        (br_if 1 (i32.lt_u (local.get $n) (i32.const 4)))
        (br_if 1 (i32.and (i32.const 0x80808080) (i32.and
          (i32.sub (local.tee $w (i32.xor (i32.load (local.get $p)) (local.get $byte))) (i32.const 0x01010101))
          (i32.xor (local.get $w) (i32.const -1)))))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $n (i32.sub (local.get $n) (i32.const 4)))
        (br 0)))
    (local.get $n))

  ;; the same with a pointer to the end
  (func $until (param $p i32) (param $byte i32) (param $end i32) (result i32) (local $w i32)
    (local.set $byte (i32.mul (i32.and (local.get $byte) (i32.const 255)) (i32.const 0x01010101)))
    (block
      (loop
        (br_if 1 (i32.ne (i32.const 0x80808080) (i32.and (i32.const 0x80808080) (i32.or
          (i32.sub (i32.const 0x01010100) (local.tee $w (i32.xor (local.get $byte) (i32.load (local.get $p)))))
          (local.get $w)))))
        (br_if 0 (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end)))))
    (local.get $p))

  ;; strchr(): zero, or a byte that is given
  (func $strchr (param $p i32) (param $byte i32) (result i32) (local $w i32) (local $x i32)
    (local.set $byte (i32.mul (i32.and (local.get $byte) (i32.const 255)) (i32.const 0x01010101)))
    (local.set $p (i32.sub (local.get $p) (i32.const 4)))
    (block
      (loop
        (br_if 1 (i32.and (i32.const 0x80808080) (i32.and
          (i32.sub (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 4))))) (i32.const 0x01010101))
          (i32.xor (local.get $w) (i32.const -1)))))
        (br_if 0 (i32.eqz (i32.and (i32.const 0x80808080) (i32.and
          (i32.sub (local.tee $x (i32.xor (local.get $w) (local.get $byte))) (i32.const 0x01010101))
          (i32.xor (local.get $x) (i32.const -1))))))))
    (local.get $p))

  ;; two words at once and a line feed, as Rust does: what it is xored with changes no highest bit
  (func $lines (param $p i32) (param $n i32) (result i32) (local $i i32) (local $at i32) (local $w i32)
    (block
      (loop
        (br_if 1 (i32.ne (i32.const 0x80808080) (i32.and (i32.const 0x80808080) (i32.and
          (i32.or (i32.sub (i32.const 0x01010100) (i32.xor (i32.const 0x0a0a0a0a)
              (local.tee $w (i32.load (local.tee $at (i32.add (local.get $p) (local.get $i)))))))
            (local.get $w))
          (i32.or (i32.sub (i32.const 0x01010100) (i32.xor (i32.const 0x0a0a0a0a)
              (local.tee $w (i32.load (i32.add (local.get $at) (i32.const 4))))))
            (local.get $w))))))
        (br_if 0 (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 8)))
          (i32.sub (local.get $n) (i32.const 8))))))
    (local.get $i))

  ;; a word that is not four times the same byte
  (func $mixed (param $p i32) (param $word i32) (result i32) (local $w i32)
    (loop
      (local.set $w (i32.xor (local.get $word) (i32.load offset=8 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if 0 (i32.eqz (i32.and (i32.const 0x80808080) (i32.and
        (i32.sub (local.get $w) (i32.const 0x01010101))
        (i32.xor (local.get $w) (i32.const -1)))))))
    (local.get $p))

  ;; no searches: other bits, what is xored changes the highest bits, the word goes on by less than it is
  (func $bits (param $p i32) (result i32) (local $w i32)
    (loop
      (br_if 0 (i32.eqz (i32.and (i32.const 0x40404040) (i32.and
        (i32.sub (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 4))))) (i32.const 0x01010101))
        (i32.xor (local.get $w) (i32.const -1)))))))
    (local.get $p))
  (func $changed (param $p i32) (result i32) (local $w i32)
    (loop
      (br_if 0 (i32.eq (i32.const 0x80808080) (i32.and (i32.const 0x80808080)
        (i32.or (i32.sub (i32.const 0x01010100) (i32.xor (i32.const 0x8a8a8a8a)
            (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 4)))))))
          (local.get $w))))))
    (local.get $p))
  (func $near (param $p i32) (result i32) (local $w i32)
    (loop
      (br_if 0 (i32.eq (i32.const 0x80808080) (i32.and (i32.const 0x80808080)
        (i32.or (i32.sub (i32.const 0x01010100)
            (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 2))))))
          (local.get $w))))))
    (local.get $p))

  (func $call (param $which i32) (param $p i32) (param $n i32) (result i32)
    (block (block (block (block (block (block (block (block (block (block (block
      (br_table 0 1 2 3 4 5 6 7 8 9 10 (local.get $which)))
      (return (call $first (local.get $p))))
      (return (call $second (local.get $p))))
      (return (call $long (local.get $p))))
      (return (call $memchr (local.get $p) (i32.const 0) (local.get $n))))
      (return (call $until (local.get $p) (i32.const 0)
        (i32.add (local.get $p) (i32.and (local.get $n) (i32.const -4))))))
      (return (call $strchr (local.get $p) (i32.const 10))))
      (return (call $lines (local.get $p) (local.get $n))))
      (return (call $mixed (local.get $p) (i32.const 0x0a00000a))))
      (return (call $bits (local.get $p))))
      (return (call $changed (local.get $p))))
    (call $near (local.get $p)))

  ;; a search in bytes of which $byte is at $at
  (func (export "one") (param $which i32) (param $p i32) (param $n i32) (param $at i32) (param $byte i32) (result i32)
    (call $fill (i32.and (local.get $p) (i32.const 1)))
    (i32.store8 (local.get $at) (local.get $byte))
    (call $call (local.get $which) (local.get $p) (local.get $n)))

  ;; memory grows: what was beyond it is not
  (func (export "grown") (param $which i32) (param $p i32) (result i32)
    (call $fill (i32.const 0))
    (drop (memory.grow (i32.const 1)))
    (call $call (local.get $which) (local.get $p) (i32.const 70000)))

  (func $mix (param $sum i32) (param $v i32) (result i32)
    (i32.add (i32.rotl (i32.mul (local.get $sum) (i32.const 0x9e3779b1)) (i32.const 7)) (local.get $v)))

  ;; from all of 12 places to all of 330 ends, and with a high byte before; a checksum of what is found
  (func (export "all") (param $which i32) (param $high i32) (param $byte i32) (result i32)
    (local $p i32) (local $at i32) (local $sum i32) (local $old i32)
    (call $fill (local.get $high))
    (i32.store8 (i32.const 1100) (i32.const 0xa5))
    (i64.store (i32.const 2000) (i64.const 0))
    (i64.store (i32.const 2010) (i64.const 0x0a0a0a0a0a0a0a0a))
    (loop $ends
      (local.set $p (i32.const 1000))
      (local.set $old (i32.load8_u (i32.add (i32.const 1000) (local.get $at))))
      (i32.store8 (i32.add (i32.const 1000) (local.get $at)) (local.get $byte))
      (loop $places
        (local.set $sum (call $mix (local.get $sum)
          (call $call (local.get $which) (local.get $p) (i32.sub (i32.const 300) (local.get $at)))))
        (br_if $places (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 1012))))
      (i32.store8 (i32.add (i32.const 1000) (local.get $at)) (local.get $old))
      (br_if $ends (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 330))))
    (local.get $sum)))
