;; The collector, with a heap of at most 16 MiB: everything but what is said to be kept is garbage
;; options: --max-memory 16M
;; call: churn 300000 = 300000
;; call: churn 1000000 = 1000000
;; long: churn 10000000 = 10000000
;; call: list 200000 = -1474936480
;; long: list 400000 = -1604578624
;; call: list_under_pressure 100000 300000 = 704982704
;; call: tree 14 20 = 327680
;; long: tree 15 500 = 16384000
;; call: arrays 20000 = 20000
;; long: arrays 500000 = 500000
;; call: large 200 = 200
;; call: walk 2000 300 = 600000
;; call: strings 20000 = 20000
;; call: full = 1
;; trap: full_forever = out of memory
;; trap: huge_array = out of memory
;; trap: huge_longs = out of memory
;; call: exceptions 100000 = 100000
;; long: exceptions 3000000 = 3000000
;; call: hosts 300000 = 300000
;; call: funcs 300000 = 600000
(module
  (rec (type $node (sub (struct (field $next (mut (ref null $node))) (field $value (mut i32))))))
  (type $wide (sub $node (struct (field (mut (ref null $node))) (field (mut i32))
    (field $other (mut anyref)) (field $long (mut i64)))))
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
  (type $nodes (array (mut (ref null $node))))
  (type $ints (array (mut i32)))
  (type $longs (array (mut i64)))
  (type $bytes (array (mut i8)))
  (type $anys (array (mut anyref)))
  (type $unary (func (param i32) (result i32)))
  (type $closure (struct (field $code (mut (ref null $unary))) (field $arg (mut i32))))
  (type $throw (func (param (ref null $node) i32)))

  (global $kept (mut (ref null $nodes)) (ref.null $nodes))
  (global $head (mut (ref null $node)) (ref.null $node))
  (table $exns 64 exnref)
  (table $objects 64 anyref)
  (tag $tag (type $throw))

  ;; pairs that refer to each other; the last 1000 are kept, and checked when their turn is over
  (func (export "churn") (param $n i32) (result i32)
    (local $i i32) (local $a (ref null $node)) (local $b (ref null $node)) (local $good i32)
    (global.set $kept (array.new_default $nodes (i32.const 1000)))
    loop $again
      (local.set $a (struct.new $node (ref.null $node) (local.get $i)))
      (local.set $b (struct.new $wide (local.get $a) (local.get $i) (local.get $a)
        (i64.extend_i32_u (local.get $i))))
      (struct.set $node $next (local.get $a) (local.get $b))
      ;; who was here before?
      (local.set $b (array.get $nodes (global.get $kept) (i32.rem_u (local.get $i) (i32.const 1000))))
      (array.set $nodes (global.get $kept) (i32.rem_u (local.get $i) (i32.const 1000)) (local.get $a))
      block $none
        (br_on_null $none (local.get $b))
        drop
        ;; around the ring, back to itself, with the value of 1000 rounds ago
        (struct.get $node $next (struct.get $node $next (local.get $b)))
        (ref.eq (local.get $b))
        (i32.eq (struct.get $node $value (local.get $b)) (i32.sub (local.get $i) (i32.const 1000)))
        i32.and
        (i64.eq (struct.get $wide $long (ref.cast (ref $wide) (struct.get $node $next (local.get $b))))
          (i64.extend_i32_u (i32.sub (local.get $i) (i32.const 1000))))
        i32.and
        (local.set $good (i32.add (local.get $good)))
      end
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (global.set $kept (ref.null $nodes))
    (i32.add (local.get $good) (i32.const 1000)))

  (func $sum (param $list (ref null $node)) (result i32)
    (local $sum i32)
    block $end
      loop $again
        (br_on_null $end (local.get $list))
        drop
        (local.set $sum (i32.add (local.get $sum) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $again)
      end
    end
    (local.get $sum))

  (func $make (param $n i32) (result (ref null $node))
    (local $list (ref null $node)) (local $i i32)
    loop $again
      (local.set $list (struct.new $node (local.get $list) (local.get $i)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (local.get $list))

  ;; one long list, held by nothing but a local
  (func (export "list") (param $n i32) (result i32)
    (call $sum (call $make (local.get $n))))

  ;; a list in a global while many short ones come and go
  (func (export "list_under_pressure") (param $n i32) (param $rounds i32) (result i32)
    (local $result i32)
    (global.set $head (call $make (local.get $n)))
    loop $again
      (drop (call $make (i32.const 8)))
      (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again)
    end
    (local.set $result (call $sum (global.get $head)))
    (global.set $head (ref.null $node))
    (local.get $result))

  (func $grow (param $depth i32) (result (ref null $tree))
    (i32.eqz (local.get $depth))
    if
      (return (struct.new_default $tree))
    end
    (struct.new $tree (call $grow (i32.sub (local.get $depth) (i32.const 1)))
      (call $grow (i32.sub (local.get $depth) (i32.const 1)))))

  (func $leaves (param $tree (ref null $tree)) (result i32)
    (ref.is_null (struct.get $tree $left (local.get $tree)))
    if
      (return (i32.const 1))
    end
    (i32.add (call $leaves (struct.get $tree $left (local.get $tree)))
      (call $leaves (struct.get $tree $right (local.get $tree)))))

  ;; recursion: what is half built is on the stack only
  (func (export "tree") (param $depth i32) (param $rounds i32) (result i32)
    (local $sum i32)
    loop $again
      (local.set $sum (i32.add (local.get $sum) (call $leaves (call $grow (local.get $depth)))))
      (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again)
    end
    (local.get $sum))

  ;; arrays of growing lengths up to 4 KiB, the last 64 kept in a table and checked
  (func (export "arrays") (param $n i32) (result i32)
    (local $i i32) (local $a (ref null $ints)) (local $good i32) (local $last i32)
    loop $again
      (local.set $a (ref.cast (ref null $ints) (table.get $objects (i32.and (local.get $i) (i32.const 63)))))
      (ref.is_null (local.get $a))
      if
        (local.set $good (i32.add (local.get $good) (i32.const 1)))
      else
        (local.set $last (i32.sub (array.len (local.get $a)) (i32.const 1)))
        (i32.eq (array.get $ints (local.get $a) (local.get $last)) (i32.sub (local.get $i) (i32.const 64)))
        (i32.eq (array.get $ints (local.get $a) (i32.const 0)) (i32.sub (local.get $i) (i32.const 64)))
        i32.and
        (local.set $good (i32.add (local.get $good)))
      end
      (local.set $a (array.new $ints (local.get $i)
        (i32.add (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (i32.const 1000)) (i32.const 1))))
      (table.set $objects (i32.and (local.get $i) (i32.const 63)) (local.get $a))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (table.fill $objects (i32.const 0) (ref.null any) (i32.const 64))
    (local.get $good))

  ;; large objects: 1 MiB and some, two alive at a time
  (func (export "large") (param $n i32) (result i32)
    (local $i i32) (local $a (ref null $longs)) (local $b (ref null $longs)) (local $good i32)
    loop $again
      (local.set $b (local.get $a))
      (local.set $a (array.new $longs (i64.extend_i32_u (local.get $i))
        (i32.add (i32.const 131072) (i32.mul (local.get $i) (i32.const 100)))))
      (ref.is_null (local.get $b))
      if
        (local.set $good (i32.add (local.get $good) (i32.const 1)))
      else
        (i64.eq (array.get $longs (local.get $b) (i32.const 131071))
          (i64.extend_i32_u (i32.sub (local.get $i) (i32.const 1))))
        (local.set $good (i32.add (local.get $good)))
      end
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (local.get $good))

  ;; an array that is walked through while others are made: perhaps only a running pointer is left
  (func (export "walk") (param $n i32) (param $rounds i32) (result i32)
    (local $a (ref null $nodes)) (local $i i32) (local $good i32)
    loop $rounds
      (local.set $a (array.new_default $nodes (local.get $n)))
      (local.set $i (i32.const 0))
      loop $fill
        (array.set $nodes (local.get $a) (local.get $i)
          (struct.new $node (call $make (i32.const 3)) (local.get $i)))
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $fill (i32.lt_u (array.len (local.get $a))))
      end
      (local.set $i (i32.const 0))
      loop $read
        (drop (call $make (i32.const 2)))
        (i32.eq (struct.get $node $value (array.get $nodes (local.get $a) (local.get $i)))
          (local.get $i))
        (local.set $good (i32.add (local.get $good)))
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $read (i32.lt_u (local.get $n)))
      end
      (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $rounds)
    end
    (local.get $good))

  (data $text "the quick brown fox jumps over the lazy dog")
  ;; from a segment, copied within themselves
  (func (export "strings") (param $n i32) (result i32)
    (local $i i32) (local $s (ref null $bytes)) (local $good i32)
    loop $again
      (local.set $s (array.new_data $bytes $text (i32.const 4) (i32.const 15)))
      (array.copy $bytes $bytes (local.get $s) (i32.const 1) (local.get $s) (i32.const 0) (i32.const 14))
      (i32.eq (array.get_u $bytes (local.get $s) (i32.const 14)) (i32.const 111))
      (local.set $good (i32.add (local.get $good)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (local.get $good))

  ;; the heap is filled with what is kept, then given up: there must be room again
  (func (export "full") (result i32)
    (global.set $head (call $make (i32.const 500000)))
    (global.set $head (ref.null $node))
    (global.set $head (call $make (i32.const 500000)))
    (i32.eq (call $sum (global.get $head)) (i32.const 445698416))
    (global.set $head (ref.null $node)))

  (func (export "full_forever")
    (global.set $head (ref.null $node))
    loop $again
      (global.set $head (struct.new $node (global.get $head) (i32.const 1)))
      (br $again)
    end)

  (func (export "huge_array") (result i32)
    (array.len (array.new_default $ints (i32.const -1))))
  (func (export "huge_longs") (result i32)
    (array.len (array.new_default $longs (i32.const 0x20000000))))

  ;; a long list that is marked again and again, until the call is killed
  (func (export "forever") (param $n i32)
    (global.set $head (call $make (local.get $n)))
    loop $again
      (drop (call $make (local.get $n)))
      (br $again)
    end)

  (func $raise (param $n i32)
    (throw $tag (struct.new $node (ref.null $node) (local.get $n)) (local.get $n)))

  ;; exceptions as values, 64 kept; each keeps an object
  (func (export "exceptions") (param $n i32) (result i32)
    (local $i i32) (local $good i32) (local $e exnref) (local $node (ref null $node))
    loop $again
      (ref.is_null (local.tee $e (table.get $exns (i32.and (local.get $i) (i32.const 63)))))
      if
        (local.set $good (i32.add (local.get $good) (i32.const 1)))
      else
        block $caught (result (ref null $node) i32)
          try_table (catch $tag $caught)
            (throw_ref (local.get $e))
          end
          unreachable
        end
        (i32.eq (i32.sub (local.get $i) (i32.const 64)))
        (local.set $good (i32.add (local.get $good)))
        (local.set $node)
        (i32.ne (struct.get $node $value (local.get $node)) (i32.sub (local.get $i) (i32.const 64)))
        if
          unreachable
        end
      end
      block $kept (result (ref null $node) i32 exnref)
        try_table (catch_ref $tag $kept)
          (call $raise (local.get $i))
        end
        unreachable
      end
      local.set $e
      drop
      drop
      (table.set $exns (i32.and (local.get $i) (i32.const 63)) (local.get $e))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (table.fill $exns (i32.const 0) (ref.null exn) (i32.const 64))
    (local.get $good))

  ;; objects as externrefs and back, in an array of anyref
  (func (export "hosts") (param $n i32) (result i32)
    (local $i i32) (local $good i32) (local $e externref) (local $a (ref null $anys))
    (local.set $a (array.new $anys (ref.i31 (i32.const 5)) (i32.const 10)))
    loop $again
      (local.set $e (extern.convert_any (struct.new $node (ref.null $node) (local.get $i))))
      (drop (call $make (i32.const 2)))
      (array.set $anys (local.get $a) (i32.rem_u (local.get $i) (i32.const 10))
        (any.convert_extern (local.get $e)))
      (i32.eq (struct.get $node $value (ref.cast (ref $node)
        (array.get $anys (local.get $a) (i32.rem_u (local.get $i) (i32.const 10))))) (local.get $i))
      (local.set $good (i32.add (local.get $good)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (local.get $good))

  (elem declare func $one $two)
  (func $one (type $unary) (param $x i32) (result i32) (i32.sub (local.get $x) (i32.const 1)))
  (func $two (type $unary) (param $x i32) (result i32) (i32.add (local.get $x) (i32.const 1)))
  ;; functions in objects
  (func (export "funcs") (param $n i32) (result i32)
    (local $i i32) (local $sum i32) (local $c (ref null $closure))
    loop $again
      (local.set $c (struct.new $closure (ref.func $one) (i32.const 3)))
      (i32.and (local.get $i) (i32.const 1))
      if
        (struct.set $closure $code (local.get $c) (ref.func $two))
        (struct.set $closure $arg (local.get $c) (i32.const 1))
      end
      (call_ref $unary (struct.get $closure $arg (local.get $c)) (struct.get $closure $code (local.get $c)))
      (local.set $sum (i32.add (local.get $sum)))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (local.get $sum)))
