;; memory.copy and memory.fill of few bytes, which are no calls of the runtime, and of more, which are.
;; The numbers are those of another engine.
;;
;; call: copy 5000 100 0 = -913433054
;; call: copy 5000 100 7 = 806226412
;; call: copy 5000 100 33 = -1660296159
;; call: copy 5000 100 3000 = -829968771
;; call: copy 103 100 20 = 1043445913
;; call: copy 100 103 20 = -1256387942
;; call: copy 65536 0 0 = -913433054
;; call: copy 0 65536 0 = -913433054
;; trap: copy 65537 0 0 = out of bounds memory access
;; trap: copy 0 65537 0 = out of bounds memory access
;; trap: copy -1 5 0 = out of bounds memory access
;; call: copy 65529 0 7 = 555396338
;; trap: copy 65530 0 7 = out of bounds memory access
;; call: copy 0 65530 6 = -796609877
;; trap: copy 0 65530 7 = out of bounds memory access
;; call: copy 65520 0 16 = -702022700
;; trap: copy 65521 0 16 = out of bounds memory access
;; call: copy 65504 0 32 = 790692457
;; trap: copy 65505 0 32 = out of bounds memory access
;; trap: copy -8 0 16 = out of bounds memory access
;; trap: copy 0 -8 8 = out of bounds memory access
;; trap: copy -4 8 4 = out of bounds memory access
;; trap: copy 0 0 -1 = out of bounds memory access
;; trap: copy 100 200 65436 = out of bounds memory access
;; trap: copy 100 200 65437 = out of bounds memory access
;; call: fill 100 5 0 = -913433054
;; call: fill 100 -1 3 = 1854602080
;; call: fill 100 300 17 = 773324993
;; call: fill 100 7 5000 = 1051518716
;; call: fill 65536 1 0 = -913433054
;; trap: fill 65537 1 0 = out of bounds memory access
;; call: fill 65530 1 6 = 1461651461
;; trap: fill 65530 1 7 = out of bounds memory access
;; trap: fill -8 1 8 = out of bounds memory access
;; trap: fill -8 1 16 = out of bounds memory access
;; call: fill 65504 9 32 = -1739249575
;; trap: fill 65505 9 32 = out of bounds memory access
;; call: copies 70 = -110490844
;; call: fills 70 = 228364988
;; call: copy0 5000 101 = -913433054
;; call: copy0 103 100 = -913433054
;; call: copy0 65536 0 = -913433054
;; trap: copy0 65537 0 = out of bounds memory access
;; trap: copy0 0 65537 = out of bounds memory access
;; call: fill0 101 77 = -913433054
;; call: fill0 65536 300 = -913433054
;; trap: fill0 65537 1 = out of bounds memory access
;; trap: fill0 -1 1 = out of bounds memory access
;; call: copy1 5000 101 = 1779492737
;; call: copy1 103 100 = 867852941
;; call: copy1 65535 0 = -779215326
;; trap: copy1 65536 0 = out of bounds memory access
;; trap: copy1 0 65536 = out of bounds memory access
;; call: fill1 101 77 = -364801469
;; call: fill1 65535 300 = -41017822
;; trap: fill1 65536 1 = out of bounds memory access
;; trap: fill1 -1 1 = out of bounds memory access
;; call: copy2 5000 101 = 1342022213
;; call: copy2 103 100 = 1732963235
;; call: copy2 65534 0 = -677568990
;; trap: copy2 65535 0 = out of bounds memory access
;; trap: copy2 0 65535 = out of bounds memory access
;; call: fill2 101 77 = 1712654907
;; call: fill2 65534 300 = -53928414
;; trap: fill2 65535 1 = out of bounds memory access
;; trap: fill2 -1 1 = out of bounds memory access
;; call: copy3 5000 101 = 279328851
;; call: copy3 103 100 = 1252563109
;; call: copy3 65533 0 = -559609822
;; trap: copy3 65534 0 = out of bounds memory access
;; trap: copy3 0 65534 = out of bounds memory access
;; call: fill3 101 77 = -1366405789
;; call: fill3 65533 300 = -53879774
;; trap: fill3 65534 1 = out of bounds memory access
;; trap: fill3 -1 1 = out of bounds memory access
;; call: copy4 5000 101 = 828047019
;; call: copy4 103 100 = 1960115553
;; call: copy4 65532 0 = -441712129
;; trap: copy4 65533 0 = out of bounds memory access
;; trap: copy4 0 65533 = out of bounds memory access
;; call: fill4 101 77 = 743752694
;; call: fill4 65532 300 = -53879597
;; trap: fill4 65533 1 = out of bounds memory access
;; trap: fill4 -1 1 = out of bounds memory access
;; call: copy5 5000 101 = 1797097091
;; call: copy5 103 100 = -1179266120
;; call: copy5 65531 0 = 1823668995
;; trap: copy5 65532 0 = out of bounds memory access
;; trap: copy5 0 65532 = out of bounds memory access
;; call: fill5 101 77 = -1577554216
;; call: fill5 65531 300 = -53879587
;; trap: fill5 65532 1 = out of bounds memory access
;; trap: fill5 -1 1 = out of bounds memory access
;; call: copy7 5000 101 = -2053389100
;; call: copy7 103 100 = 640852867
;; call: copy7 65529 0 = 555396338
;; trap: copy7 65530 0 = out of bounds memory access
;; trap: copy7 0 65530 = out of bounds memory access
;; call: fill7 101 77 = -1132360519
;; call: fill7 65529 300 = -406971171
;; trap: fill7 65530 1 = out of bounds memory access
;; trap: fill7 -1 1 = out of bounds memory access
;; call: copy8 5000 101 = -179983002
;; call: copy8 103 100 = -539207752
;; call: copy8 65528 0 = 151051530
;; trap: copy8 65529 0 = out of bounds memory access
;; trap: copy8 0 65529 = out of bounds memory access
;; call: fill8 101 77 = -1208680872
;; call: fill8 65528 300 = -406966403
;; trap: fill8 65529 1 = out of bounds memory access
;; trap: fill8 -1 1 = out of bounds memory access
;; call: copy9 5000 101 = 100396136
;; call: copy9 103 100 = -439176530
;; call: copy9 65527 0 = -253298710
;; trap: copy9 65528 0 = out of bounds memory access
;; trap: copy9 0 65528 = out of bounds memory access
;; call: fill9 101 77 = 382908839
;; call: fill9 65527 300 = -406965971
;; trap: fill9 65528 1 = out of bounds memory access
;; trap: fill9 -1 1 = out of bounds memory access
;; call: copy15 5000 101 = -1245141115
;; call: copy15 103 100 = -94066619
;; call: copy15 65521 0 = 1436894300
;; trap: copy15 65522 0 = out of bounds memory access
;; trap: copy15 0 65522 = out of bounds memory access
;; call: fill15 101 77 = -1221732213
;; call: fill15 65521 300 = 1792530643
;; trap: fill15 65522 1 = out of bounds memory access
;; trap: fill15 -1 1 = out of bounds memory access
;; call: copy16 5000 101 = 116640659
;; call: copy16 103 100 = 337630087
;; call: copy16 65520 0 = -702022700
;; trap: copy16 65521 0 = out of bounds memory access
;; trap: copy16 0 65521 = out of bounds memory access
;; call: fill16 101 77 = 1044516986
;; call: fill16 65520 300 = 1795578067
;; trap: fill16 65521 1 = out of bounds memory access
;; trap: fill16 -1 1 = out of bounds memory access
;; call: copy17 5000 101 = -593995984
;; call: copy17 103 100 = 2117447291
;; call: copy17 65519 0 = 1451021651
;; trap: copy17 65520 0 = out of bounds memory access
;; trap: copy17 0 65520 = out of bounds memory access
;; call: fill17 101 77 = 2143833431
;; call: fill17 65519 300 = 1796249811
;; trap: fill17 65520 1 = out of bounds memory access
;; trap: fill17 -1 1 = out of bounds memory access
;; call: copy31 5000 101 = 1630862102
;; call: copy31 103 100 = 1840799259
;; call: copy31 65505 0 = 897271622
;; trap: copy31 65506 0 = out of bounds memory access
;; trap: copy31 0 65506 = out of bounds memory access
;; call: fill31 101 77 = 49965828
;; call: fill31 65505 300 = -1886374010
;; trap: fill31 65506 1 = out of bounds memory access
;; trap: fill31 -1 1 = out of bounds memory access
;; call: copy33 5000 101 = 1637519339
;; call: copy33 103 100 = -1417435675
;; call: copy33 65503 0 = -2005507681
;; trap: copy33 65504 0 = out of bounds memory access
;; trap: copy33 0 65504 = out of bounds memory access
;; call: fill33 101 77 = -860484241
;; call: fill33 65503 300 = -1886374397
;; trap: fill33 65504 1 = out of bounds memory access
;; trap: fill33 -1 1 = out of bounds memory access
;; call: copy63 5000 101 = 16082434
;; call: copy63 103 100 = 642388264
;; call: copy63 65473 0 = 280344910
;; trap: copy63 65474 0 = out of bounds memory access
;; trap: copy63 0 65474 = out of bounds memory access
;; call: fill63 101 77 = -847998419
;; call: fill63 65473 300 = -1515441667
;; trap: fill63 65474 1 = out of bounds memory access
;; trap: fill63 -1 1 = out of bounds memory access
;; call: copy64 5000 101 = 871844218
;; call: copy64 103 100 = 1729404152
;; call: copy64 65472 0 = -1069966493
;; trap: copy64 65473 0 = out of bounds memory access
;; trap: copy64 0 65473 = out of bounds memory access
;; call: fill64 101 77 = -548477099
;; call: fill64 65472 300 = -1515183619
;; trap: fill64 65473 1 = out of bounds memory access
;; trap: fill64 -1 1 = out of bounds memory access
;; call: copy65 5000 101 = -327234170
;; call: copy65 103 100 = 1112022035
;; call: copy65 65471 0 = -1134789122
;; trap: copy65 65472 0 = out of bounds memory access
;; trap: copy65 0 65472 = out of bounds memory access
;; call: fill65 101 77 = -1273541954
;; call: fill65 65471 300 = -1515188227
;; trap: fill65 65472 1 = out of bounds memory access
;; trap: fill65 -1 1 = out of bounds memory access
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

  (func (export "copy") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (local.get $n))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill") (param $to i32) (param $byte i32) (param $n i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (local.get $n))
    (call $check (i32.const 0) (i32.const 65536)))

  ;; all sizes up to $most, at all distances up to 40 either way
  (func (export "copies") (param $most i32) (result i32) (local $n i32) (local $to i32) (local $sum i32)
    (call $fill)
    (loop $sizes
      (local.set $to (i32.const 1000))
      (loop $places
        (memory.copy (local.get $to) (i32.const 1040) (local.get $n))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call $check (i32.const 900) (i32.const 1200))))
        (i32.store (local.get $to) (local.get $sum))
        (br_if $places (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 1))) (i32.const 1080))))
      (br_if $sizes (i32.le_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $most))))
    (local.get $sum))
  (func (export "fills") (param $most i32) (result i32) (local $n i32) (local $to i32) (local $sum i32)
    (call $fill)
    (loop $sizes
      (local.set $to (i32.const 1000))
      (loop $places
        (memory.fill (local.get $to) (i32.add (local.get $sum) (local.get $n)) (local.get $n))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call $check (i32.const 900) (i32.const 1200))))
        (br_if $places (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 3))) (i32.const 1080))))
      (br_if $sizes (i32.le_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $most))))
    (local.get $sum))
  (func (export "copy0") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 0))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill0") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 0))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy1") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 1))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill1") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 1))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy2") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 2))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill2") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 2))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy3") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 3))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill3") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 3))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy4") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 4))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill4") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 4))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy5") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 5))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill5") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 5))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy7") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 7))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill7") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 7))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy8") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 8))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill8") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 8))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy9") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 9))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill9") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 9))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy15") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 15))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill15") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 15))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy16") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 16))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill16") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 16))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy17") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 17))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill17") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 17))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy31") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 31))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill31") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 31))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy33") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 33))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill33") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 33))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy63") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 63))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill63") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 63))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy64") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 64))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill64") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 64))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "copy65") (param $to i32) (param $from i32) (result i32)
    (call $fill)
    (memory.copy (local.get $to) (local.get $from) (i32.const 65))
    (call $check (i32.const 0) (i32.const 65536)))
  (func (export "fill65") (param $to i32) (param $byte i32) (result i32)
    (call $fill)
    (memory.fill (local.get $to) (local.get $byte) (i32.const 65))
    (call $check (i32.const 0) (i32.const 65536))))
