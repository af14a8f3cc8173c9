;; One bit of a word, set, cleared or flipped at once with a look at what it was; with its number
;; in a variable and as a constant, in each width.
;;
;; call: set 5 = 0
;; call: twice 37 = 1
;; call: clear 5 = 1
;; call: flip64 69 = 0
;; call: set8 11 = 0
;; call: constant = 3
(module
  (memory 1 1 shared)
  (func $set (export "set") (param $bit i32) (result i32)
    (i32.and (i32.const 1)
      (i32.shr_u (i32.atomic.rmw.or (i32.const 0) (i32.shl (i32.const 1) (local.get $bit)))
                 (local.get $bit))))
  (func (export "twice") (param $bit i32) (result i32)
    (drop (call $set (local.get $bit)))
    (call $set (local.get $bit)))
  (func (export "clear") (param $bit i32) (result i32)
    (drop (call $set (local.get $bit)))
    (i32.ne (i32.const 0) (i32.and (i32.shl (i32.const 1) (local.get $bit))
      (i32.atomic.rmw.and (i32.const 0) (i32.rotl (i32.const -2) (local.get $bit))))))
  (func (export "flip64") (param $bit i64) (result i32)
    (i64.ne (i64.const 0) (i64.and (i64.shl (i64.const 1) (local.get $bit))
      (i64.atomic.rmw.xor (i32.const 8) (i64.shl (i64.const 1) (local.get $bit))))))
  (func (export "set8") (param $bit i32) (result i32)
    (i32.ne (i32.const 0) (i32.and (i32.shl (i32.const 1) (i32.and (i32.const 7) (local.get $bit)))
      (i32.atomic.rmw8.or_u (i32.const 16) (i32.shl (i32.const 1) (i32.and (i32.const 7) (local.get $bit)))))))
  (func (export "constant") (result i32)
    (drop (i32.atomic.rmw.or (i32.const 24) (i32.const 0x80)))
    (i32.add
      (i32.ne (i32.const 0) (i32.and (i32.const 0x80) (i32.atomic.rmw.xor (i32.const 24) (i32.const 0x80))))
      (i32.shl
        (i32.eqz (i32.and (i32.const 0x80) (i32.atomic.rmw.or (i32.const 24) (i32.const 0x80))))
        (i32.const 1)))))
