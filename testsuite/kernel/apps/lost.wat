;; imports what nobody has
(module
  (import "nowhere" "nothing" (func $f (param i32) (result i32)))
  (func (export "g") (result i32) (call $f (i32.const 1))))
