;; Exceptions thrown often, rethrown, from deep down, and to nobody; none of them stays behind
;; call: often 3000000 = 3000000
;; call: again 3000000 = 3000000
;; call: deep 5000 = 5000
;; trap: nobody 7 = uncaught exception
;; call: after 7 = 7
(module
  (tag $e (param i32 i64))
  (tag $f)
  (func $throw (param i32)
    (throw $e (local.get 0) (i64.const 5)))
  ;; caught where it was thrown to, $n times
  (func (export "often") (param $n i32) (result i32)
    (local $i i32)
    (loop $next
      (try
        (do (call $throw (i32.const 1)))
        (catch $f (unreachable))
        (catch $e (drop) (local.set $i (i32.add (local.get $i)))))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  ;; passed on by a catch_all, as destructors do
  (func $clean (param i32)
    (try
      (do (call $throw (local.get 0)))
      (catch_all (rethrow 0))))
  (func (export "again") (param $n i32) (result i32)
    (local $i i32)
    (loop $next
      (try
        (do (call $clean (i32.const 1)))
        (catch $e (drop) (local.set $i (i32.add (local.get $i)))))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  ;; through many frames
  (func $down (param i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (call $throw (local.get 1))))
    (i32.add (call $down (i32.sub (local.get 0) (i32.const 1)) (local.get 1)) (i32.const 1)))
  (func (export "deep") (param i32) (result i32)
    (try (result i32)
      (do (call $down (local.get 0) (local.get 0)))
      (catch $e (drop))))
  (func (export "nobody") (param i32)
    (try
      (do (call $throw (local.get 0)))
      (catch $f)))
  (func (export "after") (param i32) (result i32)
    (try (result i32)
      (do (call $throw (local.get 0)) (i32.const 0))
      (catch $e (drop))))
)
