# SPDX-License-Identifier: GPL-2.0
#
# For suites that run compiled apps in a virtual machine; to be sourced after
# lib.sh. Compiled apps are kept in build/test/apps/<release>/ and compiled
# again only when the module, the compiler or the kernel's profile is newer.

# app_options "$@": sets $kernel, $data, $mode, $again and the array $tests
app_options()
{
	local i

	kernel=6.1 data=$(t_data) mode=vm again='' tests=()
	while [ $# -gt 0 ]; do
		case $1 in
		--mode=*) mode=${1#*=} ;;
		--kernel=*) kernel=${1#*=} ;;
		--data=*) data=${1#*=} ;;
		--again) again=1 ;;
		--mode | --kernel | --data)
			[ $# -gt 1 ] || { echo "${0##*/}: $1 wants a value" >&2; exit 2; }
			set -- "$1=$2" "${@:3}"
			continue ;;
		-*) echo "usage: run [--mode=vm] [--kernel=NAME] [--data=DIR] [TEST...]" >&2; exit 2 ;;
		*) tests+=("$1") ;;
		esac
		shift
	done
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/wasm2ko-test.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	[ "$mode" != host ] || return 0
	release=$("$top/scripts/kernel-info" "$kernel" release) || {
		t_fail "kernel $kernel is there"
		t_end
	}
	command -v jq >/dev/null || {
		t_fail "jq is there: run scripts/install-deps"
		t_end
	}
}

# wanted NAME: is it among the tests that were asked for? A pattern as of the shell's.
wanted()
{
	local t

	[ ${#tests[@]} -gt 0 ] || return 0
	for t in "${tests[@]}"; do
		# shellcheck disable=SC2053
		[[ $1 = $t || $1 = $t/* ]] && return 0
	done
	return 1
}

# compile WASM NAME: sets $ko; 1 and $tmp/err if it fails
compile()
{
	local profile=$build/$release/profile

	ko=$build/test/apps/$release/$2.ko
	if [ "$ko" -nt "$1" ] && [ "$ko" -nt "$build/bin/wasm2ko" ] && [ "$ko" -nt "$profile" ]; then
		return 0
	fi
	mkdir -p "${ko%/*}"
	rm -f "$ko"
	"$build/bin/wasm2ko" --kernel="$build/$release" "$1" -o "$ko" >"$tmp/err" 2>&1
}

# compile_all WASM NAME...: as many at a time as there are processors. What fails here is tried, fails and is told
# when it is its turn.
compile_all()
{
	while [ $# -gt 0 ]; do
		while [ "$(jobs -r | wc -l)" -ge "$(nproc)" ]; do wait -n; done
		compile "$1" "$2" &
		shift 2
	done
	wait
}

# boot ARGUMENT...: run the jobs, results in $tmp/out
boot()
{
	"$vm" --kernel "$kernel" --out "$tmp/out" --module "$build/$release/kwasm.ko" \
		--module "$build/$release/kwasm_wasi.ko" --prog "$build/bin/kwasm" "$@" >"$tmp/log" 2>&1
	local status=$?

	if [ $status -gt 1 ]; then
		t_fail "the kernel has nothing to complain about on $kernel" "$(tail -n 30 "$tmp/log")"
		mkdir -p "$build/test"
		cp "$tmp/out/kernel.log" "$build/test/$(basename "$PWD")-$kernel.kernel.log" 2>/dev/null
	fi
}

# A word for a module parameter's list, as kwasm splits it; 1 if it cannot be written so
param_word()
{
	case $1 in
	*[\"\'\\]*) return 1 ;;
	'' | *[[:space:]]*) printf "'%s'" "$1" ;;
	*) printf '%s' "$1" ;;
	esac
}
