;; fills its heap until the next object needs a collection, which has many roots to look at
(module
  (type $bytes (array (mut i8)))
  (table $roots 5000 anyref)
  (func (export "fill")
    (local $blocks i32)
    (local.set $blocks (i32.const 255))
    loop $again
      (drop (array.new_default $bytes (i32.const 16000)))
      (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1)))
      (br_if $again)
    end)
  (func (export "spin")
    loop $forever
      (br $forever)
    end)
  (func (export "take") (param anyref) (result i32)
    (i32.const 7)))
