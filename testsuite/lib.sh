# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the shell parts of the testsuite share; to be sourced by bash. A suite
# reports each test by one of t_ok, t_fail and t_skip and ends with "t_end",
# which prints the count line that testsuite/run reads.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${O:-$top/build}
vm=$top/testsuite/vm/run

t_passed=0 t_failed=0 t_skipped=0

t_ok()
{
	t_passed=$((t_passed + 1))
	echo "ok - $1"
}

# t_fail NAME [REASON...]: reasons are shown as TAP comments
t_fail()
{
	t_failed=$((t_failed + 1))
	echo "not ok - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
}

# t_skip NAME WHAT-IS-MISSING
t_skip()
{
	t_skipped=$((t_skipped + 1))
	echo "ok - $1 # SKIP $2"
}

# t_is NAME EXPECTED SEEN
t_is()
{
	if [ "$2" = "$3" ]; then
		t_ok "$1"
	else
		t_fail "$1" "expected: $2" "seen:     $3"
	fi
}

# t_matches NAME REGEX TEXT
t_matches()
{
	if grep -qE -- "$2" <<<"$3"; then
		t_ok "$1"
	else
		t_fail "$1" "expected a line matching: $2" "seen:" "$(tail -n 20 <<<"$3")"
	fi
}

# guest_script FILE TO: the script with what scripts of tests begin with, for testsuite/vm/run
guest_script()
{
	cat "$top/testsuite/guest.sh" "$1" >"$2"
}

# Count the TAP lines on stdin (as of testsuite/vm/run) while showing them.
t_count()
{
	local line

	while IFS= read -r line; do
		case $line in
		ok*'# SKIP'*) t_skipped=$((t_skipped + 1)) ;;
		ok*) t_passed=$((t_passed + 1)) ;;
		'not ok'*) t_failed=$((t_failed + 1)) ;;
		esac
		printf '%s\n' "$line"
	done
}

# t_kernel_reports FILE: what a kernel's log complains of, each with where it was, in a line or two
t_kernel_reports()
{
	awk '
		{ sub(/\r$/, ""); text = $0; sub(/^\[ *[0-9.]+\] /, "", text) }
		function show() { if (head) print head (path ? "\n    " path : ""); head = path = ""; n = 0 }
		text ~ /BUG:|WARNING:|Oops:|Kernel panic|self-detected|detected stalls|INFO: task/ { show(); head = $0; next }
		text ~ /^Call Trace/ { if (!head) head = "trace:"; if (path) path = path " |"; n = 0; next }
		head && text ~ /^RIP: 0010/ { path = path " RIP " $NF; next }
		head && text ~ /^ [^ ?<][^ ]*\+0x/ && n++ < 10 { sub(/^ /, "", text); path = path " < " text }
		END { show() }' "$1" | head -n 40
}

# Where the test data is: $WASM2KO_DATA, else ../shared beside the checkout; empty if there is none.
t_data()
{
	if [ -n "${WASM2KO_DATA:-}" ]; then
		echo "$WASM2KO_DATA"
	elif [ -d "$top/../shared" ]; then
		(cd "$top/../shared" && pwd)
	fi
}

# Print the counts and end the suite; nothing run is a failure.
t_end()
{
	echo "$t_passed passed, $t_failed failed, $t_skipped skipped"
	[ "$t_failed" = 0 ] && [ $((t_passed + t_skipped)) -gt 0 ]
	exit
}

# Show another suite's output, on stdin, and add the counts of its last line.
t_add()
{
	local line p f s counts=

	while IFS= read -r line; do
		if [[ $line =~ ^[0-9]+\ passed,\ [0-9]+\ failed,\ [0-9]+\ skipped$ ]]; then
			counts=$line
		else
			printf '%s\n' "$line"
		fi
	done
	read -r p _ f _ s _ <<<"${counts:-0 passed, 1 failed, 0 skipped}"
	[ -n "$counts" ] || echo "not ok - ended without a result"
	echo "# $counts"
	t_passed=$((t_passed + p)) t_failed=$((t_failed + f)) t_skipped=$((t_skipped + s))
}
