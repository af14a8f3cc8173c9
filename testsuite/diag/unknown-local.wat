(module (func $two (param i32 i32) (drop (local.get 2))))
