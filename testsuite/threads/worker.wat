;; One instance per thread. In the shared memory:
;;
;;	  0  mutex: 0 free, 1 taken, 2 taken and somebody may wait	  4  what it protects
;;	  8  whose turn it is		 12  waits that were woken	 16  woken by notifies
;;	 20  counts up by 32 bits	 24  by 64	32  by 16	34  by 8
;;	 40  where plain stores go	 44  flip goes on	 64  go (8 bytes)
;;	 72  waits of 64 bits that were woken
;;	128  one bit per page handed out by memory.grow
;;	1024 a vector for WASI, and behind it one of no bytes	2048 16 times "a"	4096 32 times "b"
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (memory (import "provider" "memory") 1 40 shared)

  (func $note_wait (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (drop (i32.atomic.rmw.add (i32.const 12) (i32.const 1)))))
    (local.get 0))
  (func $wake (param $addr i32) (param $count i32) (result i32)
    (local $n i32)
    (local.set $n (memory.atomic.notify (local.get $addr) (local.get $count)))
    (drop (i32.atomic.rmw.add (i32.const 16) (local.get $n)))
    (local.get $n))

  ;; Drepper, "Futexes are tricky", the third mutex
  (func $lock
    (local $c i32)
    (local.set $c (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)))
    (if (i32.eqz (local.get $c)) (then (return)))
    (if (i32.ne (local.get $c) (i32.const 2))
      (then (local.set $c (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))))
    (block $got
      (loop $again
        (br_if $got (i32.eqz (local.get $c)))
        (drop (call $note_wait (memory.atomic.wait32 (i32.const 0) (i32.const 2) (i64.const -1))))
        (local.set $c (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))
        (br $again))))
  (func $unlock
    (if (i32.ne (i32.atomic.rmw.sub (i32.const 0) (i32.const 1)) (i32.const 1))
      (then
        (i32.atomic.store (i32.const 0) (i32.const 0))
        (drop (call $wake (i32.const 0) (i32.const 1))))))
  (func (export "count_locked") (param $n i32)
    (loop $again
      (call $lock)
      ;; plain accesses, in order only by the mutex
      (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
      (call $unlock)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))

  ;; $n rounds: wait until it is my turn, pass it on to the next of $nr
  (func (export "ring") (param $me i32) (param $nr i32) (param $n i32)
    (local $turn i32)
    (loop $round
      (block $mine
        (loop $again
          (local.set $turn (i32.atomic.load (i32.const 8)))
          (br_if $mine (i32.eq (local.get $turn) (local.get $me)))
          (drop (call $note_wait (memory.atomic.wait32 (i32.const 8) (local.get $turn) (i64.const -1))))
          (br $again)))
      (i32.atomic.store (i32.const 8)
        (i32.rem_u (i32.add (local.get $me) (i32.const 1)) (local.get $nr)))
      (drop (call $wake (i32.const 8) (i32.const -1)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $round (local.get $n))))

  (func (export "count_atomically") (param $n i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 20) (i32.const 1)))
      (drop (i64.atomic.rmw.add (i32.const 24) (i64.const 0x100000001)))
      (drop (i32.atomic.rmw16.add_u (i32.const 32) (i32.const 1)))
      (drop (i32.atomic.rmw8.add_u (i32.const 34) (i32.const 1)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))

  ;; plain stores of four equal bytes and plain loads: how many were torn
  (func (export "tear") (param $me i32) (param $n i32) (result i32)
    (local $seen i32) (local $torn i32)
    (loop $again
      (i32.store (i32.const 40) (i32.mul (local.get $me) (i32.const 0x01010101)))
      (local.set $seen (i32.load (i32.const 40)))
      (local.set $torn (i32.add (local.get $torn)
        (i32.ne (local.get $seen) (i32.rotl (local.get $seen) (i32.const 8)))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (local.get $torn))

  ;; grow by one page until that fails; the number of pages I got
  (func (export "grow_all") (result i32)
    (local $old i32) (local $got i32) (local $seen i32)
    (block $full
      (loop $again
        (local.set $seen (memory.size))
        (local.set $old (memory.grow (i32.const 1)))
        (br_if $full (i32.eq (local.get $old) (i32.const -1)))
        ;; sizes never shrink, and mine is in
        (if (i32.or (i32.lt_u (local.get $old) (local.get $seen))
                    (i32.le_u (memory.size) (local.get $old)))
          (then unreachable))
        ;; nobody else got it, and it is zero up to its end
        (if (i32.and (i32.shr_u (i32.atomic.rmw.or (i32.add (i32.const 128) (i32.mul (i32.const 4) (i32.shr_u (local.get $old) (i32.const 5))))
                                  (i32.shl (i32.const 1) (i32.and (local.get $old) (i32.const 31))))
                                (i32.and (local.get $old) (i32.const 31)))
                     (i32.const 1))
          (then unreachable))
        (if (i32.load offset=65532 (i32.shl (local.get $old) (i32.const 16))) (then unreachable))
        (i32.store offset=65532 (i32.shl (local.get $old) (i32.const 16)) (i32.const 1))
        (local.set $got (i32.add (local.get $got) (i32.const 1)))
        (br $again)))
    (local.get $got))

  (func (export "wait32") (param i32 i32 i64) (result i32)
    (call $note_wait (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2))))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (call $note_wait (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2))))
  (func (export "notify") (param i32 i32) (result i32)
    (call $wake (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.atomic.store (local.get 0) (local.get 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "spin") (loop $forever (br $forever)))
  ;; as long as 44 is not 0: make the vector one of two that are good and two that are out of bounds
  (func (export "flip")
    (loop $again
      (i64.atomic.store (i32.const 1024) (i64.const 0x0000001000000800))
      (i64.atomic.store (i32.const 1024) (i64.const 0x00010000fffffff0))
      (i64.atomic.store (i32.const 1024) (i64.const 0x0000002000001000))
      (i64.atomic.store (i32.const 1024) (i64.const 0xffffffff00000800))
      (br_if $again (i32.atomic.load (i32.const 44)))))
  ;; write it, as the first of $nr vectors, to "f" in the first directory, until it has been another good one $n times:
  ;; how many calls did what no vector said
  (func (export "write_flipped") (param $n i32) (param $nr i32) (result i32)
    (local $fd i32) (local $err i32) (local $len i32) (local $last i32) (local $bad i32)
    (memory.fill (i32.const 2048) (i32.const 0x61) (i32.const 16))
    (memory.fill (i32.const 4096) (i32.const 0x62) (i32.const 32))
    (i32.store8 (i32.const 3000) (i32.const 0x66))
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 3000) (i32.const 1) (i32.const 1)
                         (i64.const 0x46) (i64.const 0x46) (i32.const 0) (i32.const 3008))
      (then unreachable))
    (local.set $fd (i32.load (i32.const 3008)))
    (i64.atomic.store (i32.const 1024) (i64.const 0x0000001000000800))
    (i64.store (i32.const 3016) (i64.const 0x0000004000000c00))	;; 64 bytes at 3072
    (loop $again
      (local.set $err (call $fd_pwrite (local.get $fd) (i32.const 1024) (local.get $nr) (i64.const 0) (i32.const 3012)))
      (if (local.get $err)
        (then	;; 21: fault
          (local.set $bad (i32.add (local.get $bad) (i32.ne (local.get $err) (i32.const 21)))))
        (else
          (local.set $len (i32.load (i32.const 3012)))
          (if (call $fd_pread (local.get $fd) (i32.const 3016) (i32.const 1) (i64.const 0) (i32.const 3024))
            (then unreachable))
          (if (i32.eqz (i32.or
                (i32.and (i32.eq (local.get $len) (i32.const 16))
                         (i32.and (i64.eq (i64.load (i32.const 3072)) (i64.const 0x6161616161616161))
                                  (i64.eq (i64.load (i32.const 3080)) (i64.const 0x6161616161616161))))
                (i32.and (i32.eq (local.get $len) (i32.const 32))
                         (i32.and (i64.eq (i64.load (i32.const 3072)) (i64.const 0x6262626262626262))
                                  (i64.eq (i64.load (i32.const 3096)) (i64.const 0x6262626262626262))))))
            (then (local.set $bad (i32.add (local.get $bad) (i32.const 1)))))
          (local.set $n (i32.sub (local.get $n) (i32.ne (local.get $len) (local.get $last))))
          (local.set $last (local.get $len))))
      (br_if $again (local.get $n)))
    (local.get $bad))
  ;; bulk instructions on what others change, and a store out of bounds at the end
  (func (export "trap") (param $n i32)
    (loop $again
      (memory.fill (i32.const 1024) (local.get $n) (i32.const 30000))
      (memory.copy (i32.const 1025) (i32.const 1024) (i32.const 30000))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (i32.store (i32.const -4) (i32.const 1))))
