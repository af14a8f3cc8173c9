;; What the other modules import from: a table, a global, functions
(module
  (type $t (func (result i32)))
  (table $table (export "table") 4 funcref)
  (memory (export "memory") 1 4)
  (global $count (export "count") (mut i32) (i32.const 0))
  (global (export "answer") i64 (i64.const 42))
  (func (export "call") (param $i i32) (result i32)
    (call_indirect (type $t) (local.get $i)))
  ;; not atomic: read, spend some time, write
  (func (export "count_up")
    (local $seen i32) (local $i i32)
    (local.set $seen (global.get $count))
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 50))))
    (global.set $count (i32.add (local.get $seen) (i32.const 1))))
  (func (export "grow") (param $pages i32) (result i32)
    (memory.grow (local.get $pages)))
  (func (export "three") (param i32 i32) (result i32 i64 i32)
    (local.get 1) (i64.const -1) (local.get 0))
  (func $spin (export "spin")
    (loop $forever (br $forever))))
