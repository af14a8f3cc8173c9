(module
  (func (param i32) (result i64)
    (if (result i64) (local.get 0)
      (then (i64.const 1)))))
