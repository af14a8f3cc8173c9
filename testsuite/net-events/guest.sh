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
	# in use: open, or closed and not yet given up by TCP
	sed -n 's/^TCP: inuse \([0-9]*\).*/\1/p; s/^TCP6: inuse \([0-9]*\)/\1/p' /proc/net/sockstat /proc/net/sockstat6 | tr '\n' ' '
}

# what a connection had not sent, or not had acknowledged, TCP does after its socket is closed
sockets_are()
{
	i=0
	until [ "$(sockets)" = "$1" ]; do
		i=$((i + 1))
		if [ $i = 200 ]; then
			cat /proc/net/tcp /proc/net/tcp6
			fail "sockets were $1 and are $(sockets)"
		fi
		usleep 50000
	done
}

# connections of a server's port, at its end
established()
{
	grep -c "$(printf '^ *[0-9]*: [0-9A-F]*:%04X [0-9A-F]*:[0-9A-F]* 01 ' "$1")" /proc/net/tcp6
}

# start SAMPLE [PARAMETERS [PORT]]
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
	sockets_are "$before"
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

# kB; pages that the processors keep for their next allocations are free, but not counted as available
available()
{
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	# KASAN keeps what is freed until then
	for i in /sys/kernel/slab/*/shrink; do echo 1 >$i; done
	awk '/^MemAvailable/ { kb += $2 } /^ +count:/ { kb += 4 * $2 } END { print kb }' /proc/meminfo /proc/zoneinfo
}

# mostly idle; memory is given back afterwards
many_connections()
{
	if [ "$1" = long ]; then idle=10000 busy=1000 seconds=600; else idle=2000 busy=200 seconds=5; fi
	[ ! -e /proc/lockdep_stats ] || { idle=500 busy=50; }	# the debug kernel takes many times as long
	echo 4096 >/proc/sys/net/core/somaxconn
	start echo-server
	echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets	# they live for a minute
	# the first times fill the kernel's caches, and make the instance's handles
	load -c $busy -i $idle -n 1000
	load -c $busy -i $idle -t $seconds
	used=$(available)
	for i in 1 2 3; do
		load -c $busy -i $idle -n 1000
	done
	left=$(available)
	# the kernel keeps some pages aside; a kilobyte lost for each connection would be more
	echo "$used kB were available, now $left"
	[ $left -gt $((used - 3 * idle)) ] || fail "that is too little"
	stop echo_server
}

# Clients that send, and read nothing: others are served, and they are cut off
never_read()
{
	start echo-server env=SEND_SECONDS=15
	/t/load -r 12 -t 80 127.0.0.1 7007 >/tmp/deaf &
	deaf=$!
	sleep 4
	held=$(established 7007)
	[ "$held" = 12 ] || fail "12 clients that do not read are $held connections"
	load -c 10 -n 500 -s 30000
	load -c 10 -n 500 -s 64
	wait $deaf || fail "clients that do not read: $(cat /tmp/deaf)"
	cat /tmp/deaf
	[ "$(established 7007)" = 0 ] || fail "$(established 7007) connections are left"
	load -c 10 -n 500 -s 30000
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
	i=0
	until [ "$(grep -c ':1B5F .* 0A ' /proc/net/tcp6)" = 2 ]; do	# each begins by itself
		i=$((i + 1))
		[ $i -lt 200 ] || fail "not two listeners"
		usleep 50000
	done
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
	sockets_are "$before"
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

site()
{
	mkdir -p /tmp/site/sub
	echo "<h1>hello</h1>" >/tmp/site/index.html
	echo "a b" >"/tmp/site/sub/a b.txt"
	: >/tmp/site/empty.css
	dd if=/dev/urandom of=/tmp/site/file bs=1000 count=9 2>/dev/null
	for i in 16384 16385 65536 3000001; do
		head -c $i /dev/urandom >/tmp/site/$i.bin
	done
	start http-server "dirs=/tmp/site:/" 8080
}

# expect STATUS REQUEST-LINE [FIELDS]: the answer is left in /tmp/answer
expect()
{
	printf '%s\r\nHost: t\r\nConnection: close\r\n%b\r\n' "$2" "${3:-}" | nc 127.0.0.1 8080 >/tmp/answer
	head -n 1 /tmp/answer | grep -q "^HTTP/1.1 $1 " ||
		fail "$2 $3: $(head -n 1 /tmp/answer)"
}

field()
{
	sed -n "s/^$1: \(.*\)\r\$/\1/p" /tmp/answer
}

# range FILE FIRST LENGTH
range()
{
	expect 206 "GET /$1 HTTP/1.1" "Range: bytes=$2-$(($2 + $3 - 1))\r\n"
	tail -c "+$(($2 + 1))" "/tmp/site/$1" | head -c "$3" >/tmp/want
	tail -c "$3" /tmp/answer | cmp - /tmp/want || fail "$1, $3 bytes from $2 on"
}

# what sendfile sends: of files with holes and without, in the page cache and not, on several file systems
http_files()
{
	mkdir -p /tmp/site/ext4 /tmp/site/overlay /tmp/layers
	dd if=/dev/zero of=/tmp/ext4 bs=1M count=0 seek=64 2>/dev/null
	/usr/bin/mke2fs -q -t ext4 /tmp/ext4 && mount -t ext4 -o loop /tmp/ext4 /tmp/site/ext4 || fail "ext4"
	mount -t tmpfs tmpfs /tmp/layers && mkdir /tmp/layers/lower /tmp/layers/upper /tmp/layers/work || fail "layers"
	mount -t overlay overlay -o lowerdir=/tmp/layers/lower,upperdir=/tmp/layers/upper,workdir=/tmp/layers/work \
		/tmp/site/overlay || fail "overlay"
	for i in . ext4 overlay; do
		head -c 1000003 /dev/urandom >"/tmp/site/$i/full"
		dd if=/dev/zero of="/tmp/site/$i/holes" bs=1 count=0 seek=777777 2>/dev/null
		for at in 0 5 6 7 30 31 100 189; do
			head -c 4096 /dev/urandom |
				dd of="/tmp/site/$i/holes" bs=4096 seek=$at conv=notrunc 2>/dev/null
		done
	done
	start http-server "dirs=/tmp/site:/" 8080
	for round in 1 2 3; do
		sync
		[ $round = 2 ] || echo 3 >/proc/sys/vm/drop_caches
		for i in . ext4 overlay; do
			for file in full holes; do
				range "$i/$file" 4095 2
				range "$i/$file" 4096 20000
				range "$i/$file" 65535 200001
				range "$i/$file" 122880 131072
				range "$i/$file" 700001 77776
				http-load -c 8 -n 16 127.0.0.1 8080 "/$i/$file" "/tmp/site/$i/$file" >/dev/null ||
					fail "$i/$file"
			done
		done
	done
	# a file that becomes shorter while it is sent ends the connection; nobody else is harmed
	for i in . ext4 overlay; do
		(nc 127.0.0.1 8080 <<-END | (dd bs=1000 count=1 >/dev/null 2>&1; sleep 1; cat >/dev/null)
			GET /$i/full HTTP/1.1
			Host: t

		END
		) &
		usleep 300000
		: >"/tmp/site/$i/full"
	done
	wait
	echo "<h1>still there</h1>" >/tmp/site/index.html
	expect 200 'GET / HTTP/1.1'
	rmmod http_server || fail rmmod
	umount /tmp/site/ext4 /tmp/site/overlay /tmp/layers || fail umount
}

# statuses, types, ranges, conditions, pipelines; what RFC 9110 and 9112 say
http_answers()
{
	site
	for i in index.html empty.css file 16384.bin 16385.bin 65536.bin 3000001.bin; do
		wget -q -O /tmp/got "http://127.0.0.1:8080/$i" || fail "GET $i"
		cmp /tmp/got "/tmp/site/$i" || fail "$i is not what it was"
	done
	expect 200 'GET / HTTP/1.1'
	[ "$(field Content-Type)" = "text/html; charset=utf-8" ] || fail "type $(field Content-Type)"
	etag=$(field ETag) modified=$(field Last-Modified)
	expect 200 'GET /sub/./a%20b.txt?query HTTP/1.1'
	[ "$(tail -n 1 /tmp/answer)" = "a b" ] || fail "a b.txt"
	[ "$(field Content-Type)" = "text/plain; charset=utf-8" ] || fail "type $(field Content-Type)"
	expect 304 'GET / HTTP/1.1' "If-None-Match: \"x\", $etag\r\n"
	expect 200 'GET / HTTP/1.1' 'If-None-Match: "x"\r\n'
	expect 304 'GET / HTTP/1.1' "If-Modified-Since: $modified\r\n"
	expect 200 'GET / HTTP/1.1' 'If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n'
	expect 206 'GET /file HTTP/1.1' 'Range: bytes=100-199\r\n'
	[ "$(field Content-Range)" = "bytes 100-199/9000" ] || fail "range $(field Content-Range)"
	tail -c 100 /tmp/answer >/tmp/got
	dd if=/tmp/site/file bs=100 skip=1 count=1 2>/dev/null | cmp - /tmp/got || fail "the range's bytes"
	expect 206 'GET /3000001.bin HTTP/1.1' 'Range: bytes=-2000000\r\n'
	tail -c 2000000 /tmp/site/3000001.bin >/tmp/want
	tail -c 2000000 /tmp/answer | cmp - /tmp/want || fail "a large range's bytes"
	expect 206 'GET /file HTTP/1.1' 'Range: bytes=8999-\r\n'
	expect 416 'GET /file HTTP/1.1' 'Range: bytes=9000-\r\n'
	expect 200 'GET /file HTTP/1.1' 'Range: bytes=1-2,4-5\r\n'
	expect 200 'GET /file HTTP/1.1' 'Range: bytes=1-2\r\nIf-Range: "other"\r\n'
	for range in 5-x 99-1 18446744073709551615-x 8999-18446744073709551616x; do
		expect 200 'GET /file HTTP/1.1' "Range: bytes=$range\\r\\n"
		tail -c 9000 /tmp/answer | cmp - /tmp/site/file || fail "a range that is none: $range"
	done
	expect 200 'HEAD /file HTTP/1.1'
	[ "$(field Content-Length)" = 9000 ] && [ "$(wc -c </tmp/answer)" -lt 1000 ] || fail HEAD
	expect 404 'GET /none HTTP/1.1'
	expect 404 'GET /sub HTTP/1.1'
	expect 400 'GET /../etc/passwd HTTP/1.1'
	expect 400 'GET /sub/%2e%2E/index.html HTTP/1.1'
	expect 400 'GET /%00 HTTP/1.1'
	expect 400 'GET /%zz HTTP/1.1'
	expect 400 'GET x HTTP/1.1'
	expect 400 'GET /'
	expect 400 'GET / HTTP/1.1' 'Space : before\r\n'
	expect 400 'GET / HTTP/1.1' 'Host: twice\r\n'
	expect 405 'DELETE / HTTP/1.1'
	expect 505 'GET / HTTP/2.0'
	expect 431 'GET / HTTP/1.1' "X: $(head -c 9000 /dev/zero | tr '\0' x)\r\n"
	expect 200 'GET / HTTP/1.1' "$(printf 'X: %s\\r\\n' $(seq 98))"
	expect 431 'GET / HTTP/1.1' "$(printf 'X: %s\\r\\n' $(seq 101))"
	expect 414 "GET /$(head -c 2000 /dev/zero | tr '\0' x) HTTP/1.1"
	expect 400 'GET  / HTTP/1.1'
	expect 400 'GET / /x HTTP/1.1'
	expect 400 'GET / HTTP/1.10'
	expect 400 'GET / HTTP/1.1' 'X: a NUL \0000 inside\r\n'
	expect 200 'GET / HTTP/1.1' 'X: \0377\0200\037\t\r\n'
	printf 'GET / HTTP/1.1\nHost: t\nConnection: close\n\n' | nc 127.0.0.1 8080 | grep -q ' 200 ' || fail "newlines alone"
	# two files that want the same place in the cache, while responses are sent from there
	echo one >/tmp/site/ab
	head -c 12000 /dev/urandom >/tmp/site/bA
	http-load -c 60 -n 3000 127.0.0.1 8080 /ab /tmp/site/ab &
	first=$!
	http-load -c 60 -n 3000 127.0.0.1 8080 /bA /tmp/site/bA || fail "GET /bA"
	wait $first || fail "GET /ab"
	printf 'GET / HTTP/1.1\r\n\r\n' | nc 127.0.0.1 8080 | grep -q ' 400 ' || fail "no Host"
	printf 'GET / HTTP/1.0\r\n\r\n' | nc 127.0.0.1 8080 | grep -q ' 200 ' || fail "HTTP/1.0"
	# a hundred in one piece, a large one among them
	{
		for i in $(seq 99); do
			printf 'GET %s HTTP/1.1\r\nHost: t\r\n\r\n' "$([ "$i" = 50 ] && echo /3000001.bin || echo /)"
		done
		printf 'GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n'
	} >/tmp/requests
	[ "$(nc 127.0.0.1 8080 </tmp/requests | tr '\r' '\n' | grep -c '^HTTP/1.1 200 OK')" -ge 99 ] || fail "a pipeline of 100"
	# a file that changes is seen a second later
	echo changed >/tmp/site/index.html
	sleep 2
	expect 200 'GET / HTTP/1.1'
	[ "$(tail -n 1 /tmp/answer)" = changed ] || fail "the file has changed"
	# who does not finish is cut off, within twice ten seconds
	[ "$(established 8080)" = 0 ] || fail "connections before the slow client's: $(established 8080)"
	mkfifo /tmp/slow
	nc 127.0.0.1 8080 </tmp/slow >/dev/null &
	slow=$!
	exec 7>/tmp/slow
	printf 'GET / HT' >&7
	sleep 3
	[ "$(established 8080)" = 1 ] || fail "the slow client's connection: $(established 8080)"
	i=0
	until [ "$(established 8080)" = 0 ]; do
		i=$((i + 1))
		[ $i -lt 30 ] || fail "a slow client is still there"
		sleep 1
	done
	exec 7>&-
	kill $slow 2>/dev/null
	rmmod http_server || fail "rmmod http_server"
}

http_hostile()
{
	site
	if [ "$1" = long ]; then seconds=600; else seconds=20; fi
	/t/fuzz $seconds "$(date +%s)" 8080 /tmp/site/file 60 || fail "others are not served"
	stop http_server
}

# each call, good and bad: calls.c prints TAP itself
calls()
{
	before=$(sockets)
	insmod /t/calls.ko run=0 || fail insmod
	kwasm run --net all calls || fail "calls.c"
	rmmod calls || fail rmmod
	sockets_are "$before"
}
