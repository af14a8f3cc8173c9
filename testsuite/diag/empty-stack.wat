(module
  (func $f (result i32)
    (loop (result i32)
      i32.eqz)))
