# Everything at once, for $SECONDS_ seconds: load, run, kill, call, unload, trap; in the guest (busybox sh).
# Nothing must be left afterwards, and the kernel must have nothing to say.

cd /apps || exit 1
SECONDS_=${SECONDS_:-30}
insmod() { /kmod/insmod "$@" 2>/dev/null; }
rmmod() { /kmod/rmmod "$@" 2>/dev/null; }
deadline=$(($(cut -d. -f1 /proc/uptime) + SECONDS_))
more() { [ "$(cut -d. -f1 /proc/uptime)" -lt $deadline ]; }
nap() { usleep $(($(od -An -N2 -tu2 /dev/urandom) * $1 / 65)); }	# up to $1 ms

/kmod/insmod /modules/kwasm.ko && /kmod/insmod /modules/kwasm_wasi.ko && /kmod/insmod /modules/kwasm_regs.ko || exit 1
/kmod/insmod wait.ko run=0 && /kmod/insmod exit7.ko run=0 || exit 1

(while more; do insmod exit0.ko; rmmod exit0; done >/dev/null 2>&1) &
(while more; do insmod trap.ko; done >/dev/null 2>&1) &
(while more; do insmod spin.ko daemon=1; nap 50; rmmod spin; done) &
(while more; do insmod ticks.ko daemon=1; nap 200; rmmod ticks; done) &
(while more; do insmod counter.ko instances=2; nap 30; insmod user.ko; nap 30; rmmod counter; rmmod user; rmmod counter; done) &
(while more; do kwasm call counter add 1; kwasm call user twice 1; done >/dev/null 2>&1) &
(while more; do kwasm run exit7; done >/dev/null 2>&1) &
(while more; do
	sleep 100 | kwasm run wait &
	sleep 100 | kwasm run wait &
	nap 50
	for id in $(kwasm ps | awk '/wait/ { print $1 }'); do kwasm kill "$id"; done
	killall sleep
done >/dev/null 2>&1) &
(while more; do
	device_pid=
	/usr/bin/device endless_loop_dies >/dev/null 2>&1 &
	device_pid=$!
	nap 900
	kill -9 $device_pid
	killall -9 device
done >/dev/null 2>&1) &
(while more; do kwasm ps; nap 10; done >/dev/null 2>&1) &
wait
killall -9 device sleep 2>/dev/null
sleep 1
for m in exit0 trap spin ticks user counter wait exit7 kwasm_regs kwasm_wasi kwasm; do
	grep -q "^$m " /proc/modules || continue
	/kmod/rmmod $m || { echo "not ok 1 everything_can_be_unloaded_after_the_storm"; cat /proc/modules; ps; exit 1; }
done
echo "ok 1 everything_can_be_unloaded_after_the_storm"
