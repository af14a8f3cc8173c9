;; Casts of all depths, calls by subtype, ranges at their limits, values at the door
;; call: depths = 166
;; call: call_sub 0 = 1
;; call: call_sub 1 = 2
;; trap: call_sub 2 = indirect call type mismatch
;; trap: call_sub 3 = uninitialized element
;; trap: call_sub 4 = undefined element
;; call: overlap = 1
;; trap: new_data 3 4 = out of bounds memory access
;; trap: new_data -1 1 = out of bounds memory access
;; trap: new_data 0 1000000000 = out of bounds memory access
;; trap: new_elem 1 3 = out of bounds table access
;; trap: new_elem 0 -1 = out of bounds table access
;; call: new_elem 1 2 = 2
;; trap: init_elem 0 0 4 = out of bounds table access
;; trap: init_elem 3 0 2 = out of bounds array access
;; trap: init_elem 0 -1 1 = out of bounds table access
;; call: init_elem 1 1 2 = 12
;; trap: init_data 0 0 100 = out of bounds array access
;; trap: init_data 0 -1 1 = out of bounds memory access
;; call: init_data 0 1 5 = 98
;; trap: fill 3 2 = out of bounds array access
;; trap: fill -1 2 = out of bounds array access
;; call: fill 2 2 = 9
;; trap: copy 0 1 4 = out of bounds array access
;; trap: copy -1 0 -1 = out of bounds array access
;; trap: new_huge -1 = out of memory
;; trap: new_huge 0x10000000 = out of memory
;; trap: fixed_null = null array reference
;; trap: struct_null = null structure reference
;; trap: i31_null = null i31 reference
;; call: packed -1 = 65534
;; call: vectors = 0x00000000000000030000000000000003
;; call: i31 5 = i31 5
;; call: i31 null = null
;; call: any 12 = 12
;; call: any null = null
;; call: what 0 = null
;; call: what 1 = struct
;; call: what 2 = array
;; call: what 3 = i31 2147483647
;; call: outside 12 = 12
;; call: object = object
;; call: bottom = 1
;; call: funcs_test = 5
(module
  (rec
    (type $0 (sub (struct)))
    (type $1 (sub $0 (struct))) (type $2 (sub $1 (struct))) (type $3 (sub $2 (struct)))
    (type $4 (sub $3 (struct))) (type $5 (sub $4 (struct))) (type $6 (sub $5 (struct)))
    (type $7 (sub $6 (struct))) (type $8 (sub $7 (struct))) (type $9 (sub $8 (struct (field i32))))
    (type $other (sub $0 (struct (field i64)))))
  (type $top (sub (func (result anyref))))
  (type $sub (sub $top (func (result i31ref))))
  (type $leaf (sub final $sub (func (result (ref i31)))))
  (type $unrelated (func (result i32)))
  (type $bytes (array (mut i8)))
  (type $shorts (array (mut i16)))
  (type $longs (array (mut i64)))
  (type $vectors (array (mut v128)))
  (type $funcs (array (mut funcref)))
  (type $ints (array (mut i32)))
  (type $pair (struct (field $a (mut i8)) (field $b (mut i16)) (field $c (mut i64))))
  (table $t 4 funcref)
  (elem (table $t) (offset (i32.const 0)) funcref (item (ref.func $f_leaf)) (item (ref.func $f_sub))
    (item (ref.func $f_unrelated)))
  (elem $funcs funcref (item (ref.func $f_leaf)) (item (ref.func $f_unrelated)) (item (ref.null func)))
  (data $data "abcdef")
  (func $f_leaf (type $leaf) (ref.i31 (i32.const 1)))
  (func $f_sub (type $sub) (ref.i31 (i32.const 2)))
  (func $f_unrelated (type $unrelated) (i32.const 3))

  ;; of ten types in a row, how many does an object of each have? 1 + 2 + ... and all of them again
  (func $count (param $o anyref) (result i32)
    (ref.test (ref $0) (local.get $o)) (ref.test (ref $1) (local.get $o)) i32.add
    (ref.test (ref $2) (local.get $o)) i32.add (ref.test (ref $3) (local.get $o)) i32.add
    (ref.test (ref $4) (local.get $o)) i32.add (ref.test (ref $5) (local.get $o)) i32.add
    (ref.test (ref $6) (local.get $o)) i32.add (ref.test (ref $7) (local.get $o)) i32.add
    (ref.test (ref $8) (local.get $o)) i32.add (ref.test (ref $9) (local.get $o)) i32.add
    (i32.mul (ref.test (ref $other) (local.get $o)) (i32.const 100)) i32.add)
  (func (export "depths") (result i32)
    (local $sum i32)
    (call $count (struct.new $0)) (call $count (struct.new $1)) i32.add
    (call $count (struct.new $2)) i32.add (call $count (struct.new $3)) i32.add
    (call $count (struct.new $4)) i32.add (call $count (struct.new $5)) i32.add
    (call $count (struct.new $6)) i32.add (call $count (struct.new $7)) i32.add
    (call $count (struct.new $8)) i32.add (call $count (struct.new_default $9)) i32.add
    (call $count (struct.new_default $other)) i32.add      ;; 101
    (call $count (ref.i31 (i32.const 1))) i32.add (call $count (ref.null any)) i32.add
    local.set $sum
    ;; through casts and branches
    block $no (result anyref)
      (br_on_cast_fail $no anyref (ref $8) (struct.new_default $9))
      (call $count (ref.cast (ref $7)))
      (i32.add (local.get $sum))
      return
    end
    drop
    (i32.const 0))

  (func (export "call_sub") (param i32) (result i32)
    (i31.get_s (ref.cast (ref i31) (call_indirect $t (type $top) (local.get 0)))))

  (func (export "overlap") (result i32)
    (local $a (ref null $bytes))
    (local.set $a (array.new_data $bytes $data (i32.const 0) (i32.const 6)))
    (array.copy $bytes $bytes (local.get $a) (i32.const 2) (local.get $a) (i32.const 0) (i32.const 4))
    ;; ababcd
    (i32.eq (array.get_u $bytes (local.get $a) (i32.const 3)) (i32.const 98))
    (i32.eq (array.get_u $bytes (local.get $a) (i32.const 5)) (i32.const 100))
    i32.and
    (array.copy $bytes $bytes (local.get $a) (i32.const 0) (local.get $a) (i32.const 2) (i32.const 4))
    (i32.eq (array.get_u $bytes (local.get $a) (i32.const 3)) (i32.const 100))
    i32.and)

  (func (export "new_data") (param $at i32) (param $n i32) (result i32)
    (array.len (array.new_data $bytes $data (local.get $at) (local.get $n))))
  (func (export "new_elem") (param $at i32) (param $n i32) (result i32)
    (array.len (array.new_elem $funcs $funcs (local.get $at) (local.get $n))))
  (func (export "init_elem") (param $at i32) (param $from i32) (param $n i32) (result i32)
    (local $a (ref null $funcs))
    (local.set $a (array.new_default $funcs (i32.const 4)))
    (array.init_elem $funcs $funcs (local.get $a) (local.get $at) (local.get $from) (local.get $n))
    (i32.add (i32.mul (i32.const 10) (ref.test (ref $unrelated) (array.get $funcs (local.get $a) (i32.const 1))))
      (i32.add (ref.is_null (array.get $funcs (local.get $a) (i32.const 2)))
        (ref.is_null (array.get $funcs (local.get $a) (i32.const 3))))))
  (func (export "init_data") (param $at i32) (param $from i32) (param $n i32) (result i32)
    (local $a (ref null $bytes))
    (local.set $a (array.new_default $bytes (i32.const 8)))
    (array.init_data $bytes $data (local.get $a) (local.get $at) (local.get $from) (local.get $n))
    (array.get_u $bytes (local.get $a) (i32.const 0)))
  (func (export "fill") (param $at i32) (param $n i32) (result i32)
    (local $a (ref null $shorts))
    (local.set $a (array.new_default $shorts (i32.const 4)))
    (array.fill $shorts (local.get $a) (local.get $at) (i32.const 9) (local.get $n))
    (i32.sub (array.get_s $shorts (local.get $a) (i32.const 3)) (array.get_s $shorts (local.get $a) (i32.const 1))))
  (func (export "copy") (param $to i32) (param $from i32) (param $n i32)
    (local $a (ref null $longs))
    (local.set $a (array.new_default $longs (i32.const 4)))
    (array.copy $longs $longs (local.get $a) (local.get $to) (local.get $a) (local.get $from) (local.get $n)))
  (func (export "new_huge") (param $n i32) (result i32)
    (array.len (array.new_default $vectors (local.get $n))))
  (func (export "fixed_null") (result i32)
    (array.get_u $bytes (ref.null $bytes) (i32.const 0)))
  (func (export "struct_null") (result i32)
    (struct.get_s $pair $a (ref.null $pair)))
  (func (export "i31_null") (result i32)
    (i31.get_u (ref.null i31)))
  (func (export "packed") (param $v i32) (result i32)
    (local $p (ref null $pair))
    (local.set $p (struct.new $pair (local.get $v) (i32.const -1) (i64.const 5)))
    (i32.add (i32.add (struct.get_s $pair $a (local.get $p)) (struct.get_u $pair $b (local.get $p)))
      (i32.wrap_i64 (i64.sub (struct.get $pair $c (local.get $p)) (i64.const 5)))))
  (func (export "vectors") (result v128)
    (local $v (ref null $vectors))
    (local.set $v (array.new $vectors (i64x2.splat (i64.const 3)) (i32.const 3)))
    (array.get $vectors (local.get $v) (i32.const 2)))
  (func (export "i31") (param i31ref) (result i31ref) (local.get 0))
  (func (export "any") (param anyref) (result anyref) (local.get 0))
  (func (export "what") (param i32) (result anyref)
    block $3 block $2 block $1 block $0
      (br_table $0 $1 $2 $3 (local.get 0))
    end (return (ref.null none))
    end (return (struct.new $5))
    end (return (array.new_fixed $bytes 2 (i32.const 1) (i32.const 2)))
    end (ref.i31 (i32.const -1)))
  (func (export "outside") (param externref) (result externref)
    (extern.convert_any (any.convert_extern (local.get 0))))
  (func (export "object") (result externref) (extern.convert_any (struct.new $0)))

  ;; null of a bottom type is one of every type
  (global $nothing nullfuncref (ref.null nofunc))
  (func $bottom (result (ref null $leaf)) (global.get $nothing))
  (func (export "bottom") (result i32) (ref.is_null (call $bottom)))
  (func (export "funcs_test") (result i32)
    (ref.test (ref $top) (ref.func $f_leaf)) (ref.test (ref $sub) (ref.func $f_leaf)) i32.add
    (ref.test (ref $leaf) (ref.func $f_leaf)) i32.add (ref.test (ref $leaf) (ref.func $f_sub)) i32.add
    (ref.test (ref $unrelated) (ref.func $f_sub)) i32.add
    (ref.test (ref null $leaf) (ref.null nofunc)) i32.add (ref.test (ref func) (ref.null func)) i32.add
    (ref.test funcref (table.get $t (i32.const 2))) i32.add))
