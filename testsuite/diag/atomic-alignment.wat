;; features: +threads
(module
  (memory 1)
  (func (drop (i64.atomic.load align=4 (i32.const 0)))))
