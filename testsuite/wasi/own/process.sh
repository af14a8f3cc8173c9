# SPDX-License-Identifier: GPL-2.0
#
# What happens to the process that runs an app: signals, pipes, descriptors,
# kernel threads. Runs in the guest, behind guest.sh; prints TAP.
# Each is tried once here; kill.sh measures how soon it is.

# unloads MODULE: "yes", or how late
unloads()
{
	local start=$(now)
	rmmod $1
	soon $start
}

cd /tmp
mkfifo silence
exec 9<>silence
insmod /apps/own/signals.ko run=0
insmod /apps/own/sock.ko run=0
files=$(cut -f1 /proc/sys/fs/file-nr)

for how in read poll 'sleep 1000000' spin; do
	for sig in KILL TERM INT QUIT; do
		host default kwasm run signals -- $how <silence 2>/dev/null &
		pid=$!
		sleep 0.2
		ended $pid && t "$how: runs" yes no
		kill -$sig $pid
		t "${how%% *}: ends soon after SIG$sig" yes "$(ends $pid)"
		wait $pid
	done
done

kwasm run signals -- 'sleep' 1000000 2>/dev/null &
pid=$!
sleep 0.2
id=$(kwasm ps | awk '/signals/ { print $1; exit }')
t "sleep: ends soon after kwasm kill" yes "$(kwasm kill $id; ends $pid)"
wait $pid
t "kwasm run says 137 then" 137 $?

# what else can be waited for, ended by a signal and from outside
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
for what in 'pair read' 'pair recv' 'pair poll' 'pty read' 'pty poll'; do
	host ${what% *} kwasm run signals -- ${what#* } 2>err &
	pid=$!
	sleep 0.3
	ended $pid && t "$what: waits" yes "no: $(cat err)"
	kill -KILL $pid
	t "$what: ends soon after SIGKILL" yes "$(ends $pid)"
	wait $pid
	host ${what% *} kwasm run signals -- ${what#* } 2>err &
	pid=$!
	sleep 0.3
	id=$(kwasm ps | awk '/signals/ { print $1; exit }')
	t "$what: ends soon after kwasm kill" yes "$(kwasm kill $id; ends $pid)"
	wait $pid
done
t "nothing is left of them" "" "$(kwasm ps | grep signals)"

mkfifo p
kwasm run signals -- read <p 2>err &
pid=$!
exec 8>p
sleep 0.1
kill -STOP $pid
sleep 0.1
echo hello >&8
kill -CONT $pid
wait $pid
t "read: goes on after stop and continue" "0 read: error 0, 6 bytes" "$? $(cat err)"

kwasm run signals -- poll <p 2>err &
pid=$!
sleep 0.1
echo hello >&8
wait $pid
t "poll: a pipe's bytes are counted" "poll: error 0, nbytes 6, flags 0" "$(cat err)"
exec 8>&-
rm p; mkfifo p
kwasm run signals -- poll <p 2>err &
pid=$!
exec 8>p
sleep 0.1
exec 8>&-
wait $pid
t "poll: a writer that goes away is a hangup" "poll: error 0, nbytes 0, flags 1" "$(cat err)"

{ kwasm run signals -- write; echo $? >status; } 2>err | head -c 1000 >/dev/null
t "write: a reader that goes away is EPIPE, not SIGPIPE" "64 write: error 64" "$(cat status err | tr '\n' ' ' | sed 's/ $//')"

rmmod signals
{ insmod /apps/own/signals.ko args=write; echo $? >status; } 2>err | head -c 1000 >/dev/null
t "write: the same as a command that is inserted" "write: error 64" "$(head -n 1 err)"
t "a command that fails leaves nothing loaded" "" "$(grep ^signals /proc/modules)"

insmod /apps/own/signals.ko args=read <silence 2>/dev/null &
pid=$!
sleep 0.3
t "insmod of a command that waits ends soon after SIGKILL" yes "$(kill -9 $pid; ends $pid)"
sleep 0.1
t "and leaves nothing loaded" "" "$(grep ^signals /proc/modules)"

host alarm /apps/own/signals.ko 'args="sleep 300"' 2>err
t "sleep: goes on when a signal has a handler" "sleep: error 0 alarms: some" "$(tr '\n' ' ' <err | sed 's/ $//')"
rmmod signals
(sleep 0.3; echo hello >&9) &
host alarm /apps/own/signals.ko args=read <silence 2>err
t "read: goes on when a signal has a handler" "read: error 0, 6 bytes alarms: some" "$(tr '\n' ' ' <err | sed 's/ $//')"
rmmod signals
host alarm /apps/own/signals.ko args=read <silence 2>/dev/null &
pid=$!
sleep 0.3
t "and can be killed all the same" yes "$(kill -9 $pid; ends $pid)"

insmod /apps/own/signals.ko 'args="raise 6"' 2>err
t "raise(SIGABRT) ends the app" "1 0" "$(($? != 0)) $(grep -c 'came back' err)"
insmod /apps/own/signals.ko run=0
kwasm run signals -- raise 6 2>err
t "kwasm run says 128 and the signal" 134 $?
rmmod signals

dmesg -c >/dev/null
insmod /apps/own/signals.ko daemon=1 'args="lines 5"'
sleep 0.5
t "a daemon's lines are in the log" 5 "$(dmesg | grep -c 'signals: line [0-4]')"
t "without control characters" 0 "$(dmesg | grep -c "$(printf '\033')")"
t "with its last words" 1 "$(dmesg | grep -c 'signals: to stderr$')"
rmmod signals
dmesg -c >/dev/null
insmod /apps/own/signals.ko daemon=1 'args="lines 100000"'
sleep 1
lines=$(dmesg | grep -c 'signals: line')
t "but not more than a few hundred" yes "$([ $lines -ge 100 ] && [ $lines -le 1000 ] && echo yes || echo "$lines")"
t "and rmmod does not wait for the rest" yes "$(unloads signals)"
insmod /apps/own/signals.ko daemon=1 args=read
sleep 0.3
t "a daemon's standard input is empty" 1 "$(dmesg | grep -c 'signals: read: error 0, 0 bytes')"
rmmod signals
insmod /apps/own/signals.ko daemon=1 'args="sleep 1000000"'
sleep 0.3
t "a daemon that sleeps is unloaded at once" yes "$(unloads signals)"

host listen 5000 kwasm run sock -- 3 2>err &
pid=$!
while ! grep -q listening err; do sleep 0.1; done
for text in hi 'hello, socket' "$(head -c 900 /dev/zero | tr '\0' y)"; do
	t "socket: ${#text} bytes come back" "$text" "$(printf %s "$text" | nc 127.0.0.1 5000)"
done
wait $pid
t "socket: the server ends well" "0 listening" "$? $(cat err)"
host listen 5001 kwasm run sock -- 1 2>err &
pid=$!
while ! grep -q listening err; do sleep 0.1; done
t "socket: accept ends soon after SIGKILL" yes "$(kill -9 $pid; ends $pid)"
wait $pid
host listen 5002 kwasm run sock -- 1 2>err &
pid=$!
while ! grep -q listening err; do sleep 0.1; done
t "socket: accept ends soon after kwasm kill" yes "$(kwasm kill $(kwasm ps | awk '/sock/ { print $1; exit }'); ends $pid)"
wait $pid
rmmod sock

mkdir -p r/root/swap r/root/move/sub r/outside
cd r
echo inside >root/swap/f; echo inside >root/move/f; echo inside >root/f
{ echo secret; head -c 4235 /dev/zero; } >outside/f; ln -s ../outside root/other
cp outside/f f
insmod /apps/own/signals.ko run=0
mkdir -p tree/mnt/in
echo under >tree/mnt/file; echo under >tree/mnt/in/file
mount -t tmpfs tmpfs tree/mnt
mkdir tree/mnt/in
echo over >tree/mnt/file; echo over >tree/mnt/in/file
for path in mnt/file mnt/in/file mnt//in/./file mnt/../mnt/file; do
	t "a path crosses into what is mounted below: $path" over "$(kwasm run --dir tree:/ signals -- cat $path)"
done
umount tree/mnt
t "a path does not once it is unmounted" under "$(kwasm run --dir tree:/ signals -- cat mnt/in/file)"
t "a name that is not there is noent" "error 44" "$(kwasm run --dir tree:/ signals -- cat mnt/in/none)"
t "a file on the way is notdir" "error 54" "$(kwasm run --dir tree:/ signals -- cat mnt/file/none)"
rmmod signals
rm -r tree

insmod /apps/own/race.ko run=0
rounds=100000
[ ! -e /proc/lockdep_stats ] || rounds=10000	# the debug kernel, where each takes many times as long
host swap & pid=$!
t "paths that change while they are walked do not lead out" "stayed inside" "$(kwasm run --dir root:/ race -- $rounds 2>err)"
kill -9 $pid
wait $pid
sed 's/^/# /' err
t "and nothing outside was made" "f" "$(ls outside | grep -v sub)"
rmmod race
cd ..; rm -rf r

sleep 0.2
# the counter is exact to 32 per processor; race alone has opened tens of thousands
more=$(($(cut -f1 /proc/sys/fs/file-nr) - files))
t "no file is left open" yes "$([ $more -lt 200 ] && echo yes || echo "$more more")"
exit 0
