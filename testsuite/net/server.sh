# SPDX-License-Identifier: GPL-2.0
#
# Sockets and other processes: servers, waiting and killing, unloading, namespaces, permission, leaks.
# Runs in the guest, behind guest.sh; prints TAP.

# becomes VALUE COMMAND...: within 10 s
becomes()
{
	local want=$1 start=$(now) seen
	shift
	while seen=$("$@"); [ "$seen" != "$want" ]; do
		[ $(($(now) - start)) -le 1000 ] || { echo "$seen"; return; }
		sleep 0.1
	done
	echo "$seen"
}

sockets()
{
	awk '/^sockets:/ { print $3 }' /proc/net/sockstat
}

# The sockets of TCP that are open; those of closed connections linger in TIME_WAIT and do not count
tcp_in_use()
{
	awk '/^TCP:/ { print $3 }' /proc/net/sockstat /proc/net/sockstat6 | awk '{ n += $1 } END { print n }'
}

ask()
{
	echo "$3" | nc -w 5 "$1" "$2"
}

cd /tmp
insmod /apps/net/wait.ko run=0
insmod /apps/net/epoll_loop.ko run=0
before=$(sockets)

#
# WasmEdge's interface, and what is given
#

kwasm run --net tcp:*:4000 wait -- serve 4000 2 >out &
until_says out listening
t "a server answers" hello "$(ask 127.0.0.1 4000 hello)"
t "and again" again "$(ask 127.0.0.1 4000 again)"
wait $!
t "and ends" "listening 0 done 0" "$(echo $(cat out))"

for address in tcp:127.0.0.1:4001 tcp:*:4001 tcp:[::1]:4001; do
	host=127.0.0.1
	[ $address != tcp:[::1]:4001 ] || host=::1
	kwasm run --listen $address wait -- given >out 2>err &
	until_says out listening
	t "a socket that is given: $address" hello "$(ask $host 4001 hello)"
	wait $!
	t "needs no rule" "listening 0 done 0" "$(echo $(cat out err))"
done
t "their number is in the environment" "LISTEN_FDS 2" \
	"$(kwasm run --listen tcp:127.0.0.1:4001 --listen udp:*:4001 wait -- env)"
t "unless it is set" "LISTEN_FDS 7" "$(kwasm run --env LISTEN_FDS=7 --listen udp:*:4001 wait -- env)"
mkdir -p d1
t "a directory is found behind a socket that is given" "dir 4" \
	"$(kwasm run --listen tcp:127.0.0.1:4001 --dir d1:/d wait -- dirs /d)"
t "and where it was without" "dir 3" "$(kwasm run --dir d1:/d wait -- dirs /d)"
kwasm run --listen unix:/tmp/given.sock wait -- given >out &
until_says out listening
t "a Unix socket that is given" yes "$([ -S /tmp/given.sock ] && echo yes)"
kill -9 $!
wait $! 2>/dev/null
rm -f given.sock
kwasm run --listen tcp:192.0.2.1:80 wait -- given >out 2>err
t "one that cannot be bound ends the app" "134 kwasm: wait: trap: host error" \
	"$? $(sed 's/host error.*/host error/' err | head -n 1)"

insmod /apps/net/wait.ko 2>/dev/null
cp /apps/net/wait.ko given.ko
rmmod wait
insmod given.ko args=given listen=tcp:127.0.0.1:4002 daemon=1 2>err
sleep 0.5
t "parameter listen" hello "$(ask 127.0.0.1 4002 hello)"
t "a daemon that is done" "$(becomes '' pgrep kwasm/wait)" ""
rmmod wait
insmod given.ko args='"serve 4003 9"' net=in:tcp:*:4003 daemon=1
sleep 0.5
t "parameter net" hello "$(ask 127.0.0.1 4003 hello)"
nc 127.0.0.1 4003 </tmp/fifo-that-is-not-there 2>/dev/null
mkfifo hold
nc 127.0.0.1 4003 <hold >/dev/null &
client=$!
exec 8>hold
sleep 0.5
rmmod wait
t "rmmod while connected" 0 $?
exec 8>&-
t "closes the connection" yes "$(ends $client)"
dmesg -c >/dev/null
insmod given.ko args='"serve 4003"' net=tcp:nowhere:80 daemon=1
t "a wrong rule is named in the log" yes \
	"$(becomes yes sh -c "dmesg | grep -q \"net: 'tcp:nowhere:80' is not a rule\" && echo yes")"
rmmod wait
insmod /apps/net/wait.ko run=0

#
# Rules
#

try()
{
	local net=$1
	shift
	kwasm run $net wait -- try "$@" 2>&1
}

t "no network without a rule" "open 76" "$(try "" 1 2 "127 0 0 1" 4100)"
t "none is no rule" "open 76" "$(try "--net none" 1 2 "127 0 0 1" 4100)"
t "a rule for one kind gives no other" "open 76" "$(try "--net udp:*:*" 1 2 "127 0 0 1" 4100)"
t "bind to what is allowed" "bind 0" "$(try "--net in:tcp:127.0.0.1:4100" 1 2 "127 0 0 1" 4100)"
t "not to another port" "bind 76" "$(try "--net in:tcp:127.0.0.1:4100" 1 2 "127 0 0 1" 4101)"
t "not to another address" "bind 76" "$(try "--net in:tcp:127.0.0.1:4100" 1 2 "0 0 0 0" 4100)"
t "not to a port of the system's choice" "bind 76" "$(try "--net in:tcp:127.0.0.1:4100" 1 2 "127 0 0 1" 0)"
t "in is not out" "connect 76" "$(try "--net in:tcp:*:*" 1 2 "127 0 0 1" 4100 out)"
t "out is not in" "bind 76" "$(try "--net out:tcp:*:*" 1 2 "127 0 0 1" 4100)"
t "what is allowed may still be refused" "connect 14" "$(try "--net out:tcp:*:*" 1 2 "127 0 0 1" 4100 out)"
t "IPv6" "bind 0" "$(try "--net in:tcp:[::1]:4100" 2 2 x 4100)"
t "a Unix name" "bind 0" "$(try "--net unix:/tmp/u*" 3 2 /tmp/u1 0)"
t "not above it" "bind 76" "$(try "--net unix:/tmp/u*" 3 2 /tmp/u/../../etc/x 0)"
t "nor another" "bind 76" "$(try "--net unix:/tmp/u*" 3 2 /tmp/v1 0)"
rm -f /tmp/u1
kwasm run --net tcp:oops wait 2>err
t "a rule that is none is a wrong use" "2 kwasm: --net: 'tcp:oops' is not all, none, or [in:|out:]tcp|udp:HOST:PORT or unix:NAME" \
	"$? $(head -n 1 err)"

#
# Waiting
#

for call in accept recv recvfrom connect; do
	kwasm run --net all wait -- $call 4200 >out 2>&1 &
	until_says out waiting
	sleep 0.3
	t "$call waits" "waiting 0" "$(cat out)"
	kill -9 $!
	t "$call ends soon after SIGKILL" yes "$(ends $!)"
	wait $! 2>/dev/null
done
kwasm run --net all wait -- accept 4200 >out 2>&1 &
until_says out waiting
kwasm kill $(kwasm ps | awk '$2 == "wait" { print $1 }')
t "accept ends soon after kwasm kill" yes "$(ends $!)"
cp /apps/net/wait.ko given.ko
rmmod wait
insmod given.ko args='"accept 4201"' net=all daemon=1
sleep 0.3
start=$(now)
rmmod wait
t "a daemon in accept is unloaded at once" yes "$(soon $start)"
insmod /apps/net/wait.ko run=0

#
# kernel-wasm's servers
#

kwasm run --net in:tcp:*:2001 epoll_loop -- echo >out &
server=$!
until_says out "start epoll"
t "the echo server" hello "$(ask 127.0.0.1 2001 hello)"
dd if=/dev/urandom of=data bs=1k count=200 2>/dev/null
for i in 1 2 3 4 5 6 7 8; do
	(nc -w 10 127.0.0.1 2001 <data >back.$i; cmp data back.$i && echo same >same.$i) &
	clients="$clients $!"
done
wait $clients
t "eight clients get every byte back" 8 "$(cat same.* | wc -l)"
nc 127.0.0.1 2001 <hold >/dev/null &
client=$!
exec 8>hold
sleep 0.5
kill -9 $server
t "killed with a client connected, it ends soon" yes "$(ends $server)"
exec 8>&-
t "and the client is let go" yes "$(ends $client)"
kwasm run --net in:tcp:*:2011 epoll_loop -- http >out &
server=$!
until_says out "start epoll"
t "the http server" "Hello, world!" "$(wget -qO- http://127.0.0.1:2011/)"
for i in 1 2 3 4 5 6 7 8 9 10; do wget -qO- http://127.0.0.1:2011/x; done >pages
t "ten times" 10 "$(grep -c 'Hello, world!' pages)"
kill -9 $server
wait $server 2>/dev/null

#
# Namespaces and permission
#

ip=/usr/sbin/ip
mkfifo go
unshare -n sh -c '
	'$ip' link set lo up
	kwasm run --net tcp:*:4300 wait -- serve 4300 1 >ns.out &
	while ! grep -q listening ns.out; do sleep 0.1; done
	echo up >ns.up
	read x <go
	echo inside | nc -w 5 127.0.0.1 4300 >ns.inside
	wait' &
pid=$!
until_says ns.up up
$ip link add v0 type veth peer name v1 && $ip link set v1 netns $pid
t "a server in another namespace is not here" "connect 14" "$(try "--net out:tcp:*:*" 1 2 "127 0 0 1" 4300 out)"
echo >go
wait $pid
t "but there" inside "$(cat ns.inside)"
t "its namespace goes when it ends" gone "$(becomes gone sh -c "$ip link show v0 >/dev/null 2>&1 || echo gone")"

# the same killed, with a connection open
rm -f ns.up
unshare -n sh -c '
	'$ip' link set lo up
	kwasm run --net all wait -- serve 4300 9 >ns.out &
	echo $! >ns.pid
	while ! grep -q listening ns.out; do sleep 0.1; done
	nc 127.0.0.1 4300 <hold >/dev/null &
	echo up >ns.up
	wait' &
pid=$!
exec 8>hold
until_says ns.up up
$ip link add v0 type veth peer name v1 && $ip link set v1 netns $pid
kill -9 $(cat ns.pid)
exec 8>&-
wait $pid
t "and when it is killed" gone "$(becomes gone sh -c "$ip link show v0 >/dev/null 2>&1 || echo gone")"

# a daemon holds the namespace of who inserted it
rmmod wait
unshare -n sh -c '
	'$ip' link set lo up
	insmod given.ko args="\"serve 4301 9\"" net=all daemon=1
	sleep 0.5
	echo daemon | nc -w 5 127.0.0.1 4301 >ns.inside
	echo up >ns.daemon
	read x <go' &
pid=$!
until_says ns.daemon up
$ip link add v0 type veth peer name v1 && $ip link set v1 netns $pid
t "a daemon is in the namespace of its inserter" daemon "$(cat ns.inside)"
t "and not here" "" "$(ask 127.0.0.1 4301 hello 2>/dev/null)"
echo >go
wait $pid
t "which stays while it runs" there "$(sleep 0.5; $ip link show v0 >/dev/null 2>&1 && echo there)"
rmmod wait
t "and goes when it is unloaded" gone "$(becomes gone sh -c "$ip link show v0 >/dev/null 2>&1 || echo gone")"
insmod /apps/net/wait.ko run=0

t "a low port with the capability" "bind 0" "$(try "--net all" 1 2 "127 0 0 1" 80)"
t "a low port without" "bind 2" \
	"$(/usr/sbin/setpriv --bounding-set -net_bind_service kwasm run --net all wait -- try 1 2 "127 0 0 1" 80 2>&1)"
t "a high port without" "bind 0" \
	"$(/usr/sbin/setpriv --bounding-set -net_bind_service kwasm run --net all wait -- try 1 2 "127 0 0 1" 8080 2>&1)"

#
# Nothing is left
#

kwasm run --net in:tcp:*:4400 wait -- sink 4400 >out &
server=$!
until_says out listening
for i in 1 2 3 4 5; do
	kwasm run --net out:tcp:127.0.0.1:4400 wait -- hold 4400 20 >hold.$i &
	holders="$holders $!"
	until_says hold.$i holding
done
t "a hundred connections are open" "listening 0 5 yes" \
	"$(cat out) $(cat hold.* | grep -c 'holding 0') $([ $(tcp_in_use) -ge 200 ] && echo yes || tcp_in_use)"
kill -9 $holders
wait $holders 2>/dev/null
kill -9 $server
wait $server 2>/dev/null
t "no socket is left" "$before" "$(becomes "$before" sockets)"
rmmod wait epoll_loop
t "and the modules go" 0 $?
