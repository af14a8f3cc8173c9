;; What linked.wat imports: objects in a global, a table, and made by functions
(module
  (type $box (sub (struct (field $v (mut i32)) (field $any (mut anyref)))))
  (type $unary (func (param i32) (result i32)))
  (type $closure (struct (field $code (mut (ref null $unary))) (field $e (mut externref))))
  (type $longs (array (mut i64)))
  (global (export "first") (ref $box) (struct.new $box (i32.const 41) (ref.i31 (i32.const 7))))
  (global $kept (export "kept") (mut anyref) (ref.null any))
  (global $closure (mut (ref null $closure)) (ref.null $closure))
  (table $t (export "t") 10 anyref)
  (elem declare func $twice)
  (func $twice (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "box") (param i32) (result (ref $box))
    (struct.new $box (local.get 0) (ref.null any)))
  (func (export "value") (param (ref null $box)) (result i32)
    (struct.get $box $v (local.get 0)))
  ;; something of each kind, for whoever looks for it after the heap has moved
  (func $fill (export "fill") (param $n i32)
    (local $i i32)
    (global.set $kept (struct.new $box (local.get $n) (struct.new $box (i32.const 5) (ref.null any))))
    (global.set $closure (struct.new $closure (ref.func $twice)
      (extern.convert_any (struct.new $box (i32.const 9) (ref.null any)))))
    (table.set $t (i32.const 1) (array.new $longs (i64.const 77) (i32.const 5000)))
    (table.set $t (i32.const 2) (ref.i31 (i32.const -3)))
    (table.set $t (i32.const 3) (any.convert_extern (extern.convert_any (global.get $kept))))
    loop $again
      (drop (struct.new $box (local.get $i) (ref.null any)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end)
  (func (export "check") (param $n i32) (result i32)
    (local $b (ref null $box))
    (local.set $b (ref.cast (ref null $box) (global.get $kept)))
    (i32.eq (struct.get $box $v (local.get $b)) (local.get $n))
    (i32.eq (struct.get $box $v (ref.cast (ref $box) (struct.get $box $any (local.get $b)))) (i32.const 5))
    i32.and
    (i32.eq (call_ref $unary (i32.const 21) (struct.get $closure $code (global.get $closure))) (i32.const 42))
    i32.and
    (i32.eq (struct.get $box $v (ref.cast (ref $box)
      (any.convert_extern (struct.get $closure $e (global.get $closure))))) (i32.const 9))
    i32.and
    (i64.eq (array.get $longs (ref.cast (ref $longs) (table.get $t (i32.const 1))) (i32.const 4999)) (i64.const 77))
    i32.and
    (i32.eq (i31.get_s (ref.cast (ref i31) (table.get $t (i32.const 2)))) (i32.const -3))
    i32.and
    (ref.eq (ref.cast (ref eq) (table.get $t (i32.const 3))) (local.get $b))
    i32.and)
  (func $init (call $fill (i32.const 1000)))
  (start $init))
