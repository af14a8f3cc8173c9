# SPDX-License-Identifier: GPL-2.0
#
# Descriptors that are passed to an app. Runs behind guest.sh in the guest, and on the host with
# USER=--user and APP=fds.ko; prints TAP.

USER=${USER_MODE:-}
APP=${APP:-fds}

dir=$(mktemp -d)
cd "$dir" || exit 99
mkdir root other
echo text >other/file
echo 'standard input' >in
run="kwasm run $USER"

t "stdio alone" "0 file,1 unknown,2 unknown" "$($run $APP -- list <in 2>&1 | cat | tr '\n' , | sed 's/,$//')"
t "directories come before what is passed without a number" "3 dir /,4 file,5 dir" \
	"$($run --fd 5 --fd 6 --dir root:/ $APP -- list 5<in 6<other | grep -v '^[0-2] ' | tr '\n' , | sed 's/,$//')"
t "and after what is passed with one" "3 file,4 dir /,9 dir" \
	"$($run --fd 5:3 --fd 6:9 --dir root:/ $APP -- list 5<in 6<other | grep -v '^[0-2] ' | tr '\n' , | sed 's/,$//')"
t "numbers far up" "80 file" "$($run --fd 5:80 $APP -- list 5<in | grep -v '^[0-2] ')"
t "a file is read" "standard input" "$($run --fd 5 $APP -- copy 3 1 5<in)"
t "at the position where it is" "input" "$( { head -c 9 >/dev/null; $run --fd 0:7 $APP -- copy 7 1; } <in | tr -d '\n' | sed 's/^ *//')" 
t "a file is written" "standard input" "$($run --fd 5:4 --fd 6:3 $APP -- copy 4 3 5<in 6>out; cat out)"
t "a pipe is written" "standard input" "$( { $run --fd 3:8 $APP -- copy 0 8 <in; } 3>&1 >/dev/null)"
t "standard input is replaced" "text" "$($run --fd 5:0 $APP -- copy 0 1 <in 5<other/file)"
t "a directory is opened below" "text" "$($run --fd 5 $APP -- open 3 file 5<other)"
t "but not outside of it" "error 76" "$($run --fd 5 $APP -- open 3 ../in 5<other 2>&1)"
t "closing one leaves the process's open" "close 3: 0 standard input" \
	"$( { $run --fd 5:3 $APP -- close 3; cat <&5; } 5<in | grep -v '^[0-9]' | tr '\n' ' ' | sed 's/ $//')"
t "one that is not open ends the app" 134 "$($run --fd 77 $APP -- list >/dev/null 2>&1; echo $?)"
t "two with the same number end the app" 134 "$($run --fd 5:4 --fd 6:4 $APP -- list 5<in 6<in >/dev/null 2>&1; echo $?)"
t "a number beyond the limit ends the app" 134 "$($run --fd 5:65536 $APP -- list 5<in >/dev/null 2>&1; echo $?)"
for bad in '' x 5: :5 5:x 5:6:7 -1 99999999999; do
	t "--fd '$bad' is a usage error" "2 kwasm: --fd: '$bad' is not OWN or OWN:GUEST" \
		"$(kwasm run --fd "$bad" $APP 2>err; echo $? "$(head -n 1 err)")"
done
if [ -z "$USER" ]; then
	rmmod fds
	t "descriptors at insertion" "3 dir /,4 file,9 dir" \
		"$(insmod /apps/own/fds.ko args=list dirs=root:/ fds=5,6:9 5<in 6<other | grep -v '^[0-2] ' | tr '\n' , | sed 's/,$//')"
	rmmod fds
	for bad in x 77 5:x; do
		insmod /apps/own/fds.ko args=list fds=$bad >/dev/null 2>&1 5<in
		t "fds=$bad at insertion is refused" "1 " "$(($? != 0)) $(grep ^fds /proc/modules)"
	done
	insmod /apps/own/fds.ko args=list daemon=1 fds=5 5<in
	sleep 0.2
	t "a daemon has none to pass" 1 "$(dmesg | grep -c 'fds: descriptor 5: error -9')"
	rmmod fds
	insmod /apps/own/fds.ko run=0
fi
cd /
rm -rf "$dir"
