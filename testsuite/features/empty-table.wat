;; A table whose least size is 0: the check is a comparison of its size with 0.
;;
;; trap: call = undefined element
;; trap: tail = undefined element
;; trap: grown = uninitialized element
(module
  (type $f (func (result i32)))
  (table 0 funcref)
  (func (export "call") (result i32)
    (call_indirect (type $f) (i32.const 0)))
  (func (export "tail") (result i32)
    (return_call_indirect (type $f) (i32.const 0)))
  (func (export "grown") (result i32)
    (drop (table.grow 0 (ref.null func) (i32.const 1)))
    (return_call_indirect (type $f) (i32.const 0))))
