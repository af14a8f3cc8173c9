;; An index that LLVM extends as a signed number: the address is masked at once, and the function is not
;; generated a second time.
(module
  (memory 2)
  (data (i32.const 82340) "abcdefghijklmnopqrstuvwxyz")
  (func (export "at") (param $a i32) (param $b i32) (result i32)
    (local $x i32)
    (local.set $x (i32.sub (local.get $a) (local.get $b)))
    (if (i32.lt_s (local.get $x) (i32.const -12)) (then (return (i32.const 0))))
    (if (i32.gt_s (local.get $x) (i32.const 1000)) (then (return (i32.const 0))))
    (i32.load8_u (i32.add (local.get $x) (i32.const 82352)))))
