;; gives keeper.wat an object of a type that nobody else declares, with a function in it
(module
  (type $box (sub (struct (field $v (mut i32)) (field $any (mut anyref)))))
  (type $nullary (func (result i32)))
  (type $closure (struct (field $code (mut (ref null $nullary)))))
  (type $mine (sub $box (struct (field $v (mut i32)) (field $any (mut anyref)) (field $w (mut i64)))))
  (import "lib" "kept" (global $kept (mut (ref null $box))))
  (elem declare func $answer)
  (func $answer (type $nullary) (i32.const 42))
  (func $init
    (global.set $kept (struct.new $mine (i32.const 7) (struct.new $closure (ref.func $answer)) (i64.const 1))))
  (start $init))
