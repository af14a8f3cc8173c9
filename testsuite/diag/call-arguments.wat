(module
  (func $callee (param i64 i32))
  (func $caller (call $callee (i32.const 0) (i32.const 1))))
