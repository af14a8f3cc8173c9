;; Imports a function as something else
(module
  (import "lib" "spin" (func (param i32))))
