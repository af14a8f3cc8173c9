;; features: -sign-ext
(module (func (drop (i32.extend8_s (i32.const 0)))))
