# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What run does in the virtual machine, a function per job. Each ends with status 0 only if all is well.

# not busybox's, which its shell prefers
ip()
{
	/usr/local/bin/ip "$@"
}

fail()
{
	echo "failed: $*"
	exit 1
}

# as many sockets, and as much memory, as before
sockets()
{
	sed -n 's/^TCP: inuse \([0-9]*\).*/\1/p; s/^TCP6: inuse \([0-9]*\)/\1/p' /proc/net/sockstat /proc/net/sockstat6 | tr '\n' ' '
}

start()
{
	rmmod "$1" 2>/dev/null
	before=$(sockets)
	insmod "/t/$1.ko" daemon=1 net=in:tcp:*:* $2 || fail "insmod $1"
	i=0
	until grep -q "$(printf ':%04X .* 0A ' "${3:-7007}")" /proc/net/tcp /proc/net/tcp6; do
		i=$((i + 1))
		[ $i -lt 200 ] || fail "$1 does not listen"
		usleep 50000
	done
}

stop()
{
	rmmod "$1" || fail "rmmod $1"
	[ "$(sockets)" = "$before" ] || fail "sockets were $before and are $(sockets)"
}

load()
{
	/t/load "$@" 127.0.0.1 7007 || fail "load $*"
}

# every size around which the path changes, one and many connections, each message on its own connection
echo_content()
{
	start echo-server
	for size in 1 4095 4096 8191 8192 8193 65535 65536 65537 300000; do
		load -c 3 -n 60 -s $size
	done
	load -c 1 -n 500
	load -c 100 -n 3000
	load -c 20 -n 500 -w
	load -c 4 -n 60 -s 3000000
	stop echo_server
}

available()
{
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

# mostly idle; memory is given back afterwards
many_connections()
{
	if [ "$1" = long ]; then idle=10000 busy=1000 seconds=600; else idle=2000 busy=200 seconds=5; fi
	echo 4096 >/proc/sys/net/core/somaxconn
	start echo-server
	echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets	# they live for a minute
	# the first time fills the kernel's caches, and makes the instance's handles
	load -c $busy -i $idle -n 1000
	used=$(available)
	load -c $busy -i $idle -t $seconds
	for i in 1 2 3; do
		load -c $busy -i $idle -n 1000
	done
	left=$(available)
	# the kernel keeps some pages aside; a kilobyte lost for each connection would be more
	[ $left -gt $((used - 3 * idle)) ] || fail "$used kB were available, now $left"
	stop echo_server
}

million_messages()
{
	start echo-server
	load -c 64 -n 1000000 -s 64
	load -c 16 -n 20000 -s 100000
	stop echo_server
}

instances()
{
	start echo-server instances=2
	[ "$(grep -c ':1B5F .* 0A ' /proc/net/tcp6)" = 2 ] || fail "not two listeners"
	[ "$(kwasm ps | grep -c echo_server)" = 2 ] || fail "not two instances"
	load -c 40 -n 4000
	for i in $(kwasm ps | awk '/echo_server/ { print $5 }'); do
		[ "$i" -gt 1000000 ] || fail "an instance without memory"
	done
	stop echo_server
}

# while a hundred connections are busy; again and again
unload_under_load()
{
	for i in 1 2 3 4 5; do
		start echo-server "instances=$((i % 2 + 1))"
		/t/load -c 100 -t 30 -s 10000 127.0.0.1 7007 >/dev/null 2>&1 &
		usleep 700000
		rmmod echo_server || fail "rmmod under load"
		wait $! && fail "the load went on without a server"
		true
	done
}

# the server is a process: insmod of a command without daemon=1, or kwasm run
kill_process()
{
	before=$(sockets)
	insmod /t/echo-server.ko run=0 || fail insmod
	for i in 1 2 3; do
		kwasm run --net all echo_server &
		server=$!
		usleep 500000
		/t/load -c 50 -t 30 -s 20000 127.0.0.1 7007 >/dev/null 2>&1 &
		client=$!
		usleep 500000
		kill -9 $server
		began=$(date +%s%N 2>/dev/null)
		wait $server
		[ $? = 137 ] || fail "not killed"
		wait $client
	done
	rmmod echo_server || fail rmmod
	[ "$(sockets)" = "$before" ] || fail "sockets were $before and are $(sockets)"
}

# a daemon serves the namespace of who started it, and keeps it no longer than it runs
namespace()
{
	ip netns add one && ip netns add two || fail "ip netns add"
	ip link add v1 netns one type veth peer name v2 netns two || fail "ip link add"
	ip -n one addr add 10.9.0.1/24 dev v1 && ip -n one link set v1 up
	ip -n two addr add 10.9.0.2/24 dev v2 && ip -n two link set v2 up
	ip netns exec one insmod /t/echo-server.ko daemon=1 net=all || fail insmod
	usleep 500000
	/t/load 127.0.0.1 7007 2>/dev/null && fail "served in the wrong namespace"
	ip netns exec two /t/load -c 20 -n 1000 -s 9000 10.9.0.1 7007 || fail "load between namespaces"
	ip netns del one
	ip netns del two
	rmmod echo_server || fail rmmod
	i=0
	while [ -e /sys/class/net/v1 ] || ip link show type veth 2>/dev/null | grep -q v; do
		i=$((i + 1))
		[ $i -lt 100 ] || fail "the namespaces' devices are still there"
		usleep 50000
	done
	# without a rule there is no network
	for rule in none in:tcp:*:7006 out:tcp:*:7007 in:udp:*:7007; do
		insmod /t/echo-server.ko "$([ $rule = none ] || echo "net=$rule")" 2>/tmp/err &&
			fail "listens with net=$rule"
		grep -q "Capabilities insufficient" /tmp/err || fail "$(cat /tmp/err)"
	done
	# and a low port takes the capability
	insmod /t/echo-server.ko run=0 || fail insmod
	/usr/local/bin/setpriv --bounding-set=-net_bind_service kwasm run --net all --env PORT=80 echo_server 2>/tmp/err &&
		fail "port 80 without CAP_NET_BIND_SERVICE"
	grep -q "Permission denied" /tmp/err || fail "$(cat /tmp/err)"
	rmmod echo_server
}
