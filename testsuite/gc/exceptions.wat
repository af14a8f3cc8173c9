;; Exceptions as values without any heap: those that nobody holds are collected, too
;; call: keep 20 = 20
;; call: keep 300000 = 300000
;; long: keep 3000000 = 3000000
(module
  (type $payload (func (param i32 exnref)))
  (tag $tag (type $payload))
  (table $t 16 exnref)
  (func $raise (param $n i32) (param $last exnref)
    (throw $tag (local.get $n) (local.get $last)))
  ;; each has the last one of its row as a value, four deep: then the row is cut
  (func (export "keep") (param $n i32) (result i32)
    (local $i i32) (local $good i32) (local $e exnref)
    loop $again
      (local.set $e (table.get $t (i32.and (local.get $i) (i32.const 15))))
      (ref.is_null (local.get $e))
      if
        (local.set $good (i32.add (local.get $good) (i32.const 1)))
      else
        block $caught (result i32 exnref)
          try_table (catch $tag $caught)
            (throw_ref (local.get $e))
          end
          unreachable
        end
        drop
        (i32.eq (i32.sub (local.get $i) (i32.const 16)))
        (local.set $good (i32.add (local.get $good)))
      end
      block $kept (result i32 exnref exnref)
        try_table (catch_ref $tag $kept)
          (call $raise (local.get $i) (select (result exnref) (local.get $e) (ref.null exn)
            (i32.and (local.get $i) (i32.const 48))))
        end
        unreachable
      end
      local.set $e
      drop
      drop
      (table.set $t (i32.and (local.get $i) (i32.const 15)) (local.get $e))
      (local.tee $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n)))
    end
    (table.fill $t (i32.const 0) (ref.null exn) (i32.const 16))
    (local.get $good)))
