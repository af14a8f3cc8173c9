;; Loops that look for something, in front of which the compiler puts some that look at more at
;; once. The numbers are those of another engine.
;;
;; levels: all
;; call: zero 100 5000 = 5000
;; call: zero 101 5000 = 4997
;; call: zero 100 101 = 100
;; call: zero 65500 65535 = 65532
;; call: zero 65501 65532 = 65529
;; trap: zero 65501 65500 = out of bounds memory access
;; call: zero 4 4 = 4
;; trap: zero -4 100 = out of bounds memory access
;; call: word 100 10 77 = 10
;; call: word 100 1000 77 = 21
;; call: word 3 9000 257 = 61
;; call: word 65000 120 0 = 120
;; call: word 65000 132 0 = 132
;; trap: word 65001 132 0 = out of bounds memory access
;; trap: word 65000 133 0 = out of bounds memory access
;; trap: word -8 20 0 = out of bounds memory access
;; trap: word -12 20 0 = out of bounds memory access
;; call: compare 5000 100 150 5100 = 1
;; call: compare 5001 100 150 5100 = 1
;; call: compare 5000 100 100 5100 = 1000
;; call: compare 5000 100 101 5100 = 1
;; call: compare 5000 100 200 100 = -1
;; call: compare 5000 100 200 5000 = 1
;; call: compare 5000 100 7 5007 = 1000
;; call: compare 5000 100 8 5007 = 1
;; call: compare 5000 100 0 5150 = 1
;; call: compare 65336 100 200 8 = 1000
;; trap: compare 65336 100 201 8 = out of bounds memory access
;; trap: compare 65336 300 300 8 = out of bounds memory access
;; call: match 1000 3000 5000 = 4000
;; call: match 1000 3000 2000 = 1000
;; call: match 65000 3000 65536 = 536
;; trap: match 65000 3000 65537 = out of bounds memory access
;; call: match 3000 65000 3536 = 536
;; trap: match 3000 65000 3537 = out of bounds memory access
;; trap: match 5 -1 10 = out of bounds memory access
;; trap: match -5 10 -1 = out of bounds memory access
;; call: match -5 65530 5 = 0
;; call: match 65000 3000 64000 = 0
;; call: byte 100 1000 35 = 913
;; call: byte 100 1000 0 = 0
;; call: byte 100 1000 291 = 0
;; call: byte 65000 536 0 = 0
;; trap: byte 65000 537 0 = out of bounds memory access
;; trap: byte 65000 0 256 = out of bounds memory access
;; trap: byte -1 5 0 = out of bounds memory access
;; call: signed 100 1000 -13 = 847
;; call: signed 100 1000 243 = 0
;; call: mixed 0 100 50 = 0
;; call: back 1000 900 35 = 888
;; call: back 1000 1001 0 = 0
;; trap: back 1000 1002 0 = out of bounds memory access
;; call: all 0 = 1157719737
;; call: all 1 = -1296938113
;; call: all 2 = 1188956295
;; call: all 3 = -1661862844
;; call: all 4 = 473831598
(module
  (memory 1 1)

  ;; no zero byte, and many above 0x80
  (func $fill (local i32)
    (loop
      (i32.store8 (local.get 0)
        (i32.or (i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.shr_u (local.get 0) (i32.const 5))) (i32.const 1)))
      (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 65536)))))

  ;; the address of the first word with a zero byte
  (func $zero (param $p i32) (result i32) (local $w i32)
    (local.set $p (i32.sub (local.get $p) (i32.const 4)))
    (loop
      (br_if 0 (i32.eqz (i32.and
        (i32.and
          (i32.xor (local.tee $w (i32.load (local.tee $p (i32.add (local.get $p) (i32.const 4))))) (i32.const -1))
          (i32.sub (local.get $w) (i32.const 0x01010101)))
        (i32.const 0x80808080)))))
    (local.get $p))
  (func (export "zero") (param $p i32) (param $at i32) (result i32)
    (call $fill)
    (i32.store8 (local.get $at) (i32.const 0))
    (call $zero (local.get $p)))

  ;; how many words have no byte $byte, of at most $n words
  (func $word (param $p i32) (param $n i32) (param $byte i32) (result i32) (local $w i32) (local $left i32)
    (local.set $byte (i32.mul (local.get $byte) (i32.const 0x01010101)))
    (local.set $left (i32.shl (local.get $n) (i32.const 2)))
    (block
      (loop
        (br_if 1 (i32.and
          (i32.and (i32.const 0x80808080)
            (i32.add (local.tee $w (i32.xor (i32.load offset=8 (local.get $p)) (local.get $byte))) (i32.const 0xfefefeff)))
          (i32.xor (local.get $w) (i32.const -1))))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if 0 (i32.gt_u (local.tee $left (i32.sub (local.get $left) (i32.const 4))) (i32.const 3)))))
    (i32.sub (local.get $n) (i32.shr_u (local.get $left) (i32.const 2))))
  (func (export "word") (param $p i32) (param $n i32) (param $byte i32) (result i32)
    (call $fill)
    (call $word (local.get $p) (local.get $n) (local.get $byte)))

  ;; memcmp(): the difference of the first bytes that differ
  (func $compare (param $a i32) (param $b i32) (param $n i32) (result i32) (local $v i32) (local $w i32)
    (loop
      (if (i32.ne (local.tee $v (i32.load8_u (local.get $a))) (local.tee $w (i32.load8_u (local.get $b))))
        (then (return (i32.sub (local.get $v) (local.get $w)))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 1000))
  (func (export "compare") (param $a i32) (param $b i32) (param $n i32) (param $at i32) (result i32)
    (call $fill)
    (memory.copy (local.get $a) (local.get $b) (i32.const 200))
    (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
    (call $compare (local.get $a) (local.get $b) (local.get $n)))

  ;; as in compressors: the count first, then the bytes; from where on they differ
  (func $match (param $a i32) (param $b i32) (param $end i32) (result i32) (local $i i32)
    (block
      (loop
        (br_if 1 (i32.ge_u (i32.add (local.get $a) (local.get $i)) (local.get $end)))
        (br_if 1 (i32.ne (i32.load8_u (i32.add (local.get $a) (local.get $i)))
          (i32.load8_u (i32.add (local.get $i) (local.get $b)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br 0)))
    (local.get $i))
  (func (export "match") (param $a i32) (param $b i32) (param $end i32) (result i32)
    (call $match (local.get $a) (local.get $b) (local.get $end)))

  ;; a byte among $n: how many are behind it
  (func $byte (param $p i32) (param $n i32) (param $byte i32) (result i32)
    (block
      (loop
        (br_if 1 (i32.eq (i32.load8_u (local.get $p)) (local.get $byte)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n))
  (func (export "byte") (param $p i32) (param $n i32) (param $byte i32) (result i32)
    (call $fill)
    (call $byte (local.get $p) (local.get $n) (local.get $byte)))

  ;; signed bytes, which are as 255 only if zero-extended; a value above 255 is never found
  (func (export "signed") (param $p i32) (param $n i32) (param $byte i32) (result i32)
    (call $fill)
    (block
      (loop
        (br_if 1 (i32.eq (i32.load8_s (local.get $p)) (local.get $byte)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n))

  ;; one byte is extended by its sign, the other not: the same bytes may differ
  (func (export "mixed") (param $a i32) (param $b i32) (param $n i32) (result i32)
    (block
      (loop
        (br_if 1 (i32.ne (i32.load8_s (local.get $a)) (i32.load8_u (local.get $b))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n))

  ;; downwards, which is no search
  (func (export "back") (param $p i32) (param $n i32) (param $byte i32) (result i32)
    (call $fill)
    (block
      (loop
        (br_if 1 (i32.eq (i32.load8_u (local.get $p)) (local.get $byte)))
        (local.set $p (i32.sub (local.get $p) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $n))

  (func $mix (param $sum i32) (param $v i32) (result i32)
    (i32.add (i32.rotl (i32.mul (local.get $sum) (i32.const 0x9e3779b1)) (i32.const 7)) (local.get $v)))

  ;; each search from all of 24 places to all of 150 ends; a checksum of what is found
  (func (export "all") (param $which i32) (result i32) (local $p i32) (local $at i32) (local $sum i32) (local $old i32)
    (call $fill)
    (memory.copy (i32.const 3001) (i32.const 1000) (i32.const 400))
    (loop $ends
      (local.set $p (i32.const 0))
      (local.set $old (i32.load8_u (i32.add (i32.const 1000) (local.get $at))))
      (i32.store8 (i32.add (i32.const 1000) (local.get $at)) (i32.const 0))
      (loop $places
        (local.set $sum (call $mix (local.get $sum)
          (if (result i32) (i32.eq (local.get $which) (i32.const 0)) (then
            (i32.store8 (i32.add (i32.const 1000) (local.get $at)) (i32.const 0))
            (i32.store (i32.const 1200) (i32.const 0))
            (call $zero (i32.add (i32.const 1000) (local.get $p))))
          (else (if (result i32) (i32.eq (local.get $which) (i32.const 1)) (then
            (call $word (i32.add (i32.const 992) (local.get $p)) (i32.const 30) (i32.const 0)))
          (else (if (result i32) (i32.eq (local.get $which) (i32.const 2)) (then
            (call $compare (i32.add (i32.const 1000) (local.get $p)) (i32.add (i32.const 3001) (local.get $p)) (i32.const 100)))
          (else (if (result i32) (i32.eq (local.get $which) (i32.const 3)) (then
            (call $match (i32.add (i32.const 1000) (local.get $p)) (i32.add (i32.const 3001) (local.get $p)) (i32.const 1120)))
          (else
            (call $byte (i32.add (i32.const 1000) (local.get $p)) (i32.const 111) (i32.const 0)))))))))))) 
        (br_if $places (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 24))))
      (i32.store8 (i32.add (i32.const 1000) (local.get $at)) (local.get $old))
      (br_if $ends (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 150))))
    (local.get $sum)))
