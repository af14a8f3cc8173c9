(module
  (func (param externref externref)
    (drop (select (local.get 0) (local.get 1) (i32.const 0)))))
