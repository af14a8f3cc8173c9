;; holds an object of whoever gives it one
(module
  (type $box (sub (struct (field $v (mut i32)) (field $any (mut anyref)))))
  (type $nullary (func (result i32)))
  (type $closure (struct (field $code (mut (ref null $nullary)))))
  (global $kept (export "kept") (mut (ref null $box)) (ref.null $box))
  (func (export "value") (param i32) (result i32)
    (i32.add (local.get 0) (struct.get $box $v (global.get $kept))))
  (func (export "call") (param i32) (result i32)
    (call_ref $nullary (struct.get $closure $code
      (ref.cast (ref $closure) (struct.get $box $any (global.get $kept))))))
  (func (export "churn") (param i32) (result i32)
    (local $last (ref null $box))
    loop $again
      (local.set $last (struct.new $box (local.get 0) (struct.new_default $closure)))
      (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again)
    end
    (struct.get $box $v (local.get $last))))
