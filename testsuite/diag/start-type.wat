(module (func $main (result i32) (i32.const 0)) (start $main))
