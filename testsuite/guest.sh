# SPDX-License-Identifier: GPL-2.0
#
# What scripts of tests begin with (guest_script() of lib.sh puts it before them): a test, the time,
# the end of processes, what a file says. Runs in the guest, and where a script runs on the host there too; needs no more than a shell.

# t NAME EXPECTED SEEN
t()
{
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "# expected: $2"
		echo "# seen:     $3"
	fi
}

# hundredths of a second
now()
{
	awk '{ print int($1 * 100) }' /proc/uptime
}

# Hundredths of a second that "soon" may take: 5 on hardware; this may be an emulator on a busy host, and
# the kernel one that checks every lock and every access
SOON=100
[ ! -e /proc/lockdep ] || SOON=400

# soon START: "yes", or how late it is
soon()
{
	local took=$(($(now) - $1))
	[ $took -le $SOON ] && echo yes || echo "after ${took}0 ms"
}

# Has the process ended? (Its parent, this shell, may not have asked for it yet.)
ended()
{
	local stat
	stat=$(cat /proc/$1/stat 2>/dev/null) || return 0
	case ${stat##*) } in Z*) return 0 ;; esac
	return 1
}

# ends PID: "yes", or how long it did not
ends()
{
	local start=$(now)
	while ! ended $1; do
		[ $(($(now) - start)) -le $((5 * SOON)) ] || { kill -9 $1; echo "not within $((SOON / 20)) s"; return; }
	done
	soon $start
}

# until_says FILE PATTERN: until a line of it matches; fails after 10 s
until_says()
{
	local start=$(now)
	while ! grep -q "$2" "$1" 2>/dev/null; do
		[ $(($(now) - start)) -le 1000 ] || return 1
		sleep 0.1
	done
}

