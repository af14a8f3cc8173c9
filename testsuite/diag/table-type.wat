(module
  (table $t 1 externref)
  (func (call_indirect $t (i32.const 0))))
