;; SPDX-License-Identifier: GPL-2.0
;; Of four accesses of f the last is beyond the checker: that the sum of both numbers is small LLVM
;; concludes from the comparisons.
(module
  (memory 4)
  (func (export "f") (param $p i32) (result i32) (local $c i32) (local $s i32)
    (local.set $c (i32.load8_s (local.get $p)))
    (if (i32.lt_u (i32.sub (local.get $c) (i32.const 123)) (i32.const 0xffffffc6))
      (then (return (i32.const -1))))
    (local.set $s (i32.load offset=4 (local.get $p)))
    (if (i32.lt_u (i32.sub (local.get $s) (i32.const 123)) (i32.const 0xffffffc6))
      (then (return (i32.const -1))))
    (i32.store8 offset=300000 (i32.const 0) (i32.const 3))
    (i32.load8_u offset=200000
      (i32.add (local.get $c) (i32.mul (local.get $s) (i32.const 58))))))
