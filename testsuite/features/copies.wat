;; Functions that copy or fill memory, which move little at once, and such that nearly do, which must
;; not. The first argument is the function. The numbers are those of another engine.
;;
;; ir: ^moves: = 5
;;
;; levels: all
;; call: all 0 70 = 1821188095
;; call: move 0 5000 100 41 = 1319934516
;; call: move 0 5003 101 64 = -1154046043
;; call: move 0 101 100 20 = 474678046
;; call: move 0 100 101 64 = -1723968663
;; call: move 0 65472 7 64 = -687545835
;; trap: move 0 65473 7 64 = out of bounds memory access
;; call: move 0 7 65472 64 = -631179128
;; call: move 0 65536 9 0 = -913367518
;; trap: move 0 65536 9 1 = out of bounds memory access
;; trap: move 0 -8 9 16 = out of bounds memory access
;; trap: move 0 9 -8 16 = out of bounds memory access
;; call: move 0 100 100 64 = -913433018
;; call: move 0 100 200 65 = 1857612228
;; trap: move 0 100 300 -1 = out of bounds memory access
;; call: move 0 27 100 50 = -1974223735
;; call: all 1 70 = 1618000169
;; call: move 1 5000 100 41 = 1319934516
;; call: move 1 5003 101 64 = -1154046043
;; call: move 1 101 100 20 = 474678046
;; call: move 1 100 101 64 = -1723968663
;; call: move 1 65472 7 64 = -687545835
;; trap: move 1 65473 7 64 = out of bounds memory access
;; call: move 1 7 65472 64 = -631179128
;; call: move 1 65536 9 0 = -913367518
;; trap: move 1 65536 9 1 = out of bounds memory access
;; trap: move 1 -8 9 16 = out of bounds memory access
;; trap: move 1 9 -8 16 = out of bounds memory access
;; call: move 1 100 100 64 = -913433018
;; call: move 1 100 200 65 = 1857612228
;; trap: move 1 100 300 -1 = out of bounds memory access
;; call: move 1 27 100 50 = -1974223735
;; call: all 2 70 = 1821188095
;; call: move 2 5000 100 41 = 1319934516
;; call: move 2 5003 101 64 = -1154046043
;; call: move 2 101 100 20 = 474678046
;; call: move 2 100 101 64 = -1723968663
;; call: move 2 65472 7 64 = -687545835
;; trap: move 2 65473 7 64 = out of bounds memory access
;; call: move 2 7 65472 64 = -631179128
;; call: move 2 65536 9 0 = -913367518
;; trap: move 2 65536 9 1 = out of bounds memory access
;; trap: move 2 -8 9 16 = out of bounds memory access
;; trap: move 2 9 -8 16 = out of bounds memory access
;; call: move 2 100 100 64 = -913433018
;; call: move 2 100 200 65 = 1857612228
;; trap: move 2 100 300 -1 = out of bounds memory access
;; call: move 2 27 100 50 = -1974223735
;; call: all 3 70 = 2064336651
;; call: move 3 5000 100 41 = 1319934516
;; call: move 3 5003 101 64 = -1154046043
;; call: move 3 101 100 20 = 1398612360
;; call: move 3 100 101 64 = -1723968663
;; call: move 3 65472 7 64 = -687545835
;; trap: move 3 65473 7 64 = out of bounds memory access
;; call: move 3 7 65472 64 = -631179128
;; call: move 3 65536 9 0 = -913367518
;; trap: move 3 65536 9 1 = out of bounds memory access
;; trap: move 3 -8 9 16 = out of bounds memory access
;; trap: move 3 9 -8 16 = out of bounds memory access
;; call: move 3 100 100 64 = -913433018
;; call: move 3 100 200 65 = 1857612228
;; trap: move 3 100 300 -1 = out of bounds memory access
;; call: move 3 27 100 50 = -1974223735
;; call: all 4 70 = -1471774023
;; call: move 4 5000 100 41 = -987677884
;; call: move 4 5003 101 64 = -1259008460
;; call: move 4 101 100 20 = 162566036
;; call: move 4 100 101 64 = 1035133685
;; call: move 4 65472 7 64 = 1425324630
;; trap: move 4 65473 7 64 = out of bounds memory access
;; call: move 4 7 65472 64 = 1451880593
;; call: move 4 65536 9 0 = -913367518
;; trap: move 4 65536 9 1 = out of bounds memory access
;; trap: move 4 -8 9 16 = out of bounds memory access
;; call: move 4 9 -8 16 = 1628128408
;; call: move 4 100 100 64 = 1710377956
;; call: move 4 100 200 65 = -858639050
;; trap: move 4 100 300 -1 = out of bounds memory access
;; call: move 4 27 100 50 = -47322427
;; call: all 5 70 = -1290719512
;; call: move 5 5000 100 41 = 571581685
;; call: move 5 5003 101 64 = -1154046043
;; call: move 5 101 100 20 = 474678046
;; call: move 5 100 101 64 = -1723968663
;; call: move 5 65472 7 64 = -687545835
;; trap: move 5 65473 7 64 = out of bounds memory access
;; call: move 5 7 65472 64 = -631179128
;; call: move 5 65536 9 0 = -913367518
;; call: move 5 27 100 50 = -1974223735
;; call: all 6 70 = 1585807916
;; call: move 6 5000 100 41 = 1319934516
;; call: move 6 5003 101 64 = 1654792529
;; call: move 6 101 100 20 = 474678046
;; call: move 6 100 101 64 = 997788405
;; trap: move 6 65472 7 64 = out of bounds memory access
;; trap: move 6 65473 7 64 = out of bounds memory access
;; trap: move 6 7 65472 64 = out of bounds memory access
;; call: move 6 65536 9 0 = -913367518
;; call: move 6 27 100 50 = -1974223735
;; call: all 7 70 = 1569146036
;; call: move 7 5000 100 41 = 1319934477
;; call: move 7 5003 101 64 = -1154045979
;; call: move 7 101 100 20 = 474678018
;; call: move 7 100 101 64 = -1723968599
;; call: move 7 65472 7 64 = -687530539
;; trap: move 7 65473 7 64 = out of bounds memory access
;; call: move 7 7 65472 64 = -631179064
;; call: move 7 65536 9 0 = -913367518
;; call: move 7 27 100 50 = -1974223649
;; call: all 8 70 = -626619034
;; call: move 8 5000 100 41 = 1201290674
;; call: move 8 5003 101 64 = -223763705
;; call: move 8 101 100 20 = 474678046
;; call: move 8 100 101 64 = -1694849125
;; call: move 8 65472 7 64 = 757966835
;; trap: move 8 65473 7 64 = out of bounds memory access
;; call: move 8 7 65472 64 = 1698566538
;; call: move 8 65536 9 0 = -913367518
;; call: move 8 27 100 50 = -199974351
;; call: all 9 70 = -1551210900
;; call: move 9 5000 100 41 = 1319934516
;; call: move 9 5003 101 64 = -1154046043
;; call: move 9 101 100 20 = 474678046
;; call: move 9 100 101 64 = -1723968663
;; call: move 9 65472 7 64 = -687545835
;; trap: move 9 65473 7 64 = out of bounds memory access
;; call: move 9 7 65472 64 = -631179128
;; call: move 9 65536 9 0 = -913367518
;; call: move 9 27 100 50 = -1974223735
;; call: all 10 70 = 1821188095
;; call: move 10 5000 100 41 = 1319934516
;; call: move 10 5003 101 64 = -1154046043
;; call: move 10 101 100 20 = 474678046
;; call: move 10 100 101 64 = -1723968663
;; call: move 10 65472 7 64 = -687545835
;; trap: move 10 65473 7 64 = out of bounds memory access
;; trap: move 10 7 65472 64 = out of bounds memory access
;; call: move 10 65536 9 0 = -913367518
;; call: move 10 27 100 50 = -1974223735
;; call: all 11 70 = 1821188095
;; call: move 11 5000 100 41 = 1319934516
;; call: move 11 5003 101 64 = -1154046043
;; call: move 11 101 100 20 = 474678046
;; call: move 11 100 101 64 = -1723968663
;; call: move 11 65472 7 64 = -687545835
;; trap: move 11 65473 7 64 = out of bounds memory access
;; call: move 11 7 65472 64 = -631179128
;; call: move 11 65536 9 0 = -913367518
;; call: move 11 27 100 50 = -1974223735
;; call: all 12 70 = 1800440976
;; call: move 12 5000 100 41 = 1319934516
;; call: move 12 5003 101 64 = -3990985
;; call: move 12 101 100 20 = 474678046
;; call: move 12 100 101 64 = -1723968663
;; call: move 12 65472 7 64 = -687545835
;; trap: move 12 65473 7 64 = out of bounds memory access
;; call: move 12 7 65472 64 = -631179128
;; call: move 12 65536 9 0 = -913367518
;; call: move 12 27 100 50 = 1011286000
;; call: all 13 70 = 1482546780
;; call: move 13 5000 100 41 = -556414302
;; call: move 13 5003 101 64 = -1721619023
;; call: move 13 101 100 20 = 35626738
;; call: move 13 100 101 64 = -1066545946
;; trap: move 13 65472 7 64 = out of bounds memory access
;; trap: move 13 65473 7 64 = out of bounds memory access
;; call: move 13 7 65472 64 = 1648163095
;; call: move 13 65536 9 0 = -913367518
;; call: move 13 27 100 50 = 448758028
;; call: all 14 70 = -1066069680
;; call: move 14 5000 100 41 = 1319934516
;; call: move 14 5003 101 64 = -1154046043
;; call: move 14 101 100 20 = 474678046
;; call: move 14 100 101 64 = -1723968663
;; call: move 14 65472 7 64 = -687545835
;; trap: move 14 65473 7 64 = out of bounds memory access
;; call: move 14 7 65472 64 = -631179128
;; call: move 14 65536 9 0 = -913367518
;; call: move 14 27 100 50 = -1974223735
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

  ;; bytes
  (func $bytes (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block
      (br_if 0 (i32.eqz (local.get $n)))
      (loop
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))

  ;; bytes until the source is aligned, then words, shifted together if the destination is not, by
  ;; two bytes; then bytes again
  (func $words (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32) (local $w i32) (local $x i32)
    (local.set $p (local.get $d))
    (block $aligned
      (loop $head
        (br_if $aligned (i32.eqz (local.get $n)))
        (br_if $aligned (i32.eqz (i32.and (local.get $s) (i32.const 3))))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $head)))
    (block $tail
      (br_if $tail (i32.lt_u (local.get $n) (i32.const 8)))
      (block $other (block $two (block $same
        (br_table $same $other $two $other (i32.and (local.get $p) (i32.const 3))))
        (loop $each
          (i32.store (local.get $p) (i32.load (local.get $s)))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (local.set $s (i32.add (local.get $s) (i32.const 4)))
          (br_if $each (i32.ge_u (local.tee $n (i32.sub (local.get $n) (i32.const 4))) (i32.const 4))))
        (br $tail))
        (local.set $w (i32.load (local.get $s)))
        (i32.store16 (local.get $p) (local.get $w))
        (local.set $p (i32.add (local.get $p) (i32.const 2)))
        (local.set $s (i32.add (local.get $s) (i32.const 4)))
        (local.set $n (i32.sub (local.get $n) (i32.const 2)))
        (loop $each
          (local.set $x (i32.load (local.get $s)))
          (i32.store (local.get $p) (i32.or (i32.shr_u (local.get $w) (i32.const 16)) (i32.shl (local.get $x) (i32.const 16))))
          (local.set $w (local.get $x))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (local.set $s (i32.add (local.get $s) (i32.const 4)))
          (br_if $each (i32.ge_u (local.tee $n (i32.sub (local.get $n) (i32.const 4))) (i32.const 6))))
        (local.set $s (i32.sub (local.get $s) (i32.const 2))))
      )
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $rest)))
    (local.get $d))

  ;; bytes until both are aligned, if they ever are, then words of 64 bits
  (func $both (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32) (local $w i32) (local $x i32)
    (local.set $p (local.get $d))
    (block $end
      (loop $head
        (br_if $end (i32.eqz (local.get $n)))
        (block $aligned
          (br_if $aligned (i32.eqz (i32.and (i32.or (local.get $s) (local.get $p)) (i32.const 7))))
          (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (local.set $s (i32.add (local.get $s) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $head)))
      (loop $each
        (br_if $end (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store (local.get $p) (i64.load (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (local.set $s (i32.add (local.get $s) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (br $each)))
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $rest)))
    (local.get $d))

  ;; words whose halves are put together again
  (func $halves (param $d i32) (param $s i32) (param $n i32) (result i32) (local $i i32) (local $w i32)
    (block $end
      (loop $each
        (br_if $end (i32.lt_u (i32.sub (local.get $n) (local.get $i)) (i32.const 4)))
        (local.set $w (i32.load (i32.add (local.get $s) (local.get $i))))
        (i32.store (i32.add (local.get $d) (local.get $i)) (i32.add
          (i32.shl (i32.shr_u (local.get $w) (i32.const 24)) (i32.const 24))
          (i32.and (local.get $w) (i32.const 0xffffff))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $each)))
    (block $done
      (loop $rest
        (br_if $done (i32.eq (local.get $n) (local.get $i)))
        (i32.store8 (i32.add (local.get $d) (local.get $i)) (i32.load8_s (i32.add (local.get $s) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rest)))
    (local.get $d))

  ;; bytes to an aligned place, words, bytes
  (func $set (param $d i32) (param $c i32) (param $n i32) (result i32) (local $p i32) (local $w i64)
    (local.set $p (local.get $d))
    (local.set $w (i64.mul (i64.extend_i32_u (i32.mul (i32.and (local.get $c) (i32.const 255)) (i32.const 0x01010101)))
      (i64.const 0x100000001)))
    (block $aligned
      (loop $head
        (br_if $aligned (i32.eqz (local.get $n)))
        (br_if $aligned (i32.eqz (i32.and (i32.sub (i32.const 0) (local.get $p)) (i32.const 7))))
        (i32.store8 (local.get $p) (local.get $c))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $head)))
    (block $tail
      (loop $each
        (br_if $tail (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store (local.get $p) (local.get $w))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (br $each)))
    (block $done
      (loop $rest
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (i32.add (local.get $p) (local.tee $n (i32.sub (local.get $n) (i32.const 1)))) (local.get $c))
        (br $rest)))
    (local.get $d))

  ;; all but the last, once
  (func $short (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (local.set $n (i32.sub (local.get $n) (i32.eq (local.get $n) (i32.const 41))))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
            (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; one more, once
  (func $beyond (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (local.set $n (i32.add (local.get $n) (i32.eq (local.get $n) (i32.const 64))))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
            (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; returns where it ended
  (func $end (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
            (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $p))
  ;; bytes are changed if they are letters
  (func $lower (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
            (i32.store8 (local.get $p) (i32.or (i32.load8_u (local.get $s)) (i32.const 32)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; ends behind a zero byte, as strncpy() does but for the rest
  (func $stop (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
        (br_if $out (i32.eqz (i32.load8_u (local.get $s))))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; looks one byte ahead
  (func $ahead (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
        (drop (i32.load8_u offset=1 (local.get $s)))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; looks one byte back
  (func $behind (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
        (drop (i32.load8_u (i32.sub (local.get $s) (i32.const 1))))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; does something else at one alignment
  (func $place (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
            (i32.store8 (local.get $p) (i32.add (i32.load8_u (local.get $s)) (i32.eq (i32.and (local.get $d) (i32.const 15)) (i32.const 11))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; stores beside it first
  (func $twice (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
        (i32.store8 offset=1 (local.get $p) (local.get $n))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))
  ;; stores something else first
  (func $wrong (param $d i32) (param $s i32) (param $n i32) (result i32) (local $p i32)
    (local.set $p (local.get $d))
    (block $out
      (br_if $out (i32.eqz (local.get $n)))
      (loop $each
        (i32.store8 (local.get $p) (local.get $n))
        (i32.store8 (local.get $p) (i32.load8_u (local.get $s)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $each (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $d))

  (table funcref (elem $bytes $words $both $halves $set $short $beyond $end $lower $stop $ahead $behind $place $twice $wrong))
  (type $move (func (param i32 i32 i32) (result i32)))

  (func (export "move") (param $which i32) (param $to i32) (param $from i32) (param $n i32) (result i32) (local $r i32)
    (call $fill)
    (local.set $r (call_indirect (type $move) (local.get $to) (local.get $from) (local.get $n) (local.get $which)))
    (i32.xor (local.get $r) (call $check (i32.const 0) (i32.const 65536))))

  ;; all sizes up to $most, at all distances up to 80 either way
  (func (export "all") (param $which i32) (param $most i32) (result i32) (local $n i32) (local $to i32) (local $sum i32)
    (call $fill)
    (loop $sizes
      (local.set $to (i32.const 1000))
      (loop $places
        (local.set $sum (i32.add (local.get $sum) (call_indirect (type $move) (local.get $to)
          (i32.add (i32.const 1080) (i32.and (local.get $sum) (i32.const 7))) (local.get $n) (local.get $which))))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call $check (i32.const 900) (i32.const 1300))))
        (i32.store (local.get $to) (local.get $sum))
        (br_if $places (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 1))) (i32.const 1160))))
      (br_if $sizes (i32.le_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $most))))
    (local.get $sum))
)
