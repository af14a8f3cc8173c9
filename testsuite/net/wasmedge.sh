# SPDX-License-Identifier: GPL-2.0
#
# Programs that others made for WasmEdge, in /apps/wasmedge: each does what it was made for. Those that are
# known by name are the examples of the Rust crate wasmedge_wasi_socket; any other
# is an HTTP server on port 1234, or on that which NAME.port has. Runs in the guest, behind guest.sh; prints TAP.

# listens PORT: within 10 s, as /proc shows it
listens()
{
	until_says /proc/net/tcp ":$(printf %04X "$1") 00000000:0000 0A"
}

cd /tmp || exit 1
for ko in /apps/wasmedge/*.ko; do
	insmod "$ko" run=0 || exit 1
done
for ko in /apps/wasmedge/*.ko; do
	name=$(basename "$ko" .ko)
	case $name in
	tcp_listener)
		kwasm run --net in:tcp:127.0.0.1:1300 --env PORT=1300 tcp_listener >out &
		server=$!
		listens 1300
		t "tcp_listener sends back what came, reversed" olleh "$(printf hello | nc -w 5 127.0.0.1 1300)"
		wait $server
		t "and ends" 0 $?
		t "and knows both addresses" "127.0.0.1:port <-> 127.0.0.1:1300" \
			"$(sed -n 's/:[0-9]* <->/:port <->/p' out)"
		;;
	poll_http_server)
		kwasm run --net in:tcp:127.0.0.1:1234 poll_http_server >out &
		server=$!
		listens 1234
		for i in 1 2 3; do
			echo "GET / HTTP/1.0" | nc -w 2 127.0.0.1 1234
		done >seen
		t "poll_http_server greets three clients" "Hello world! Hello world! Hello world!" "$(echo $(cat seen))"
		kill $server
		wait $server
		t "and has taken leave of two at least" yes "$([ "$(grep -c '^remove conn' out)" -ge 2 ] && echo yes)"
		;;
	tcp_stream)
		nc -l -p 1400 >out &
		server=$!
		listens 1400
		kwasm run --net out:tcp:127.0.0.1:1400 --env PORT=1400 tcp_stream >/dev/null
		wait $server
		t "tcp_stream says hello" hello "$(cat out)"
		;;
	get_addrinfo)
		echo "192.0.2.7 google.com" >>/etc/hosts
		echo "http 80/tcp" >>/etc/services
		t "get_addrinfo finds the name in /etc/hosts" "[0, 80, 192, 0, 2, 7" \
			"$(kwasm run --net out:tcp:*:* get_addrinfo | cut -c 1-20)"
		;;
	udp_socket)
		if ! [ -e /apps/wasmedge/udp_reverse.ko ]; then
			echo "ok - udp_socket says hello # SKIP udp_reverse, which answers it"
			continue
		fi
		kwasm run --net "udp:127.0.0.1:*" --env PORT=1301 udp_reverse &
		server=$!
		until_says /proc/net/udp ":$(printf %04X 1301)"
		t "udp_socket says hello, udp_reverse answers" olleh \
			"$(timeout 20 kwasm run --net "udp:*:*" --env PORT=1301 udp_socket 2>&1)"
		wait $server
		t "and ends" 0 $?
		;;
	udp_reverse)	# tested with udp_socket
		;;
	*)
		port=$(cat "/apps/wasmedge/$name.port" 2>/dev/null || echo 1234)
		kwasm run --net "in:tcp:*:$port" "$name" >/dev/null &
		server=$!
		listens "$port"
		for i in 1 2 3; do
			printf 'GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n' | nc -w 10 127.0.0.1 "$port" >seen
			t "$name answers request $i" HTTP/1 "$(head -c 6 seen)"
		done
		kill -9 $server
		wait $server 2>/dev/null
		;;
	esac
done
for ko in /apps/wasmedge/*.ko; do
	rmmod "$(basename "$ko" .ko)" || exit 1
done
