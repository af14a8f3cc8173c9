(module
  (func (result i32)
    (block
      (br_table 0 1 (i32.const 1) (i32.const 0)))
    (i32.const 0)))
