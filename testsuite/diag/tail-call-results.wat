;; features: +tail-call
(module
  (func $f (result i64) (i64.const 0))
  (func $g (result i32) (return_call $f)))
