;; Growing memories and tables: 0, or WASI's ENOMEM if there was no memory for it
(module
  (memory 1 400)
  (table $t 1 funcref)
  (table $u 1 externref)
  (func (export "memory") (result i32)
    (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (return (i32.const 48))))
    (i32.store (i32.const 65536) (i32.const 1))
    (select (i32.const 48) (i32.const 0) (i32.eq (memory.grow (i32.const 3)) (i32.const -1))))
  (func (export "table") (result i32)
    (if (i32.eq (table.grow $t (ref.null func) (i32.const 10)) (i32.const -1)) (then (return (i32.const 48))))
    (if (i32.eq (table.grow $u (ref.null extern) (i32.const 3000)) (i32.const -1)) (then (return (i32.const 48))))
    (select (i32.const 48) (i32.const 0)
      (i32.eq (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1)))))
