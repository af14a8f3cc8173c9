# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts that deal with packaged kernels share: where they are kept
# and how a short name becomes package names. To be sourced by bash.
#
# The cache survives "make clean" and is shared by all checkouts of a user:
#
#   $WASM2KO_CACHE, else $XDG_CACHE_HOME/wasm2ko, else ~/.cache/wasm2ko
#     kernels/<release>/        the unpacked packages, patched to work in place
#     kernels/<name>            link to the release that a short name stands for

PATH=$PATH:/usr/sbin:/sbin	# depmod is there, and not in a user's path

die()
{
	echo "${0##*/}: error: $*" >&2
	exit 1
}

cache_dir()
{
	local dir=${WASM2KO_CACHE:-}

	if [ -z "$dir" ]; then
		[ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] ||
			die "neither WASM2KO_CACHE nor HOME is set: where may kernels be kept?"
		dir=${XDG_CACHE_HOME:-$HOME/.cache}/wasm2ko
	fi
	case $dir in
	*[[:space:]:]*) die "'$dir': kbuild works in no path with blanks or colons; set WASM2KO_CACHE" ;;
	/*) echo "$dir" ;;
	*) echo "$PWD/$dir" ;;
	esac
}

# kernel_suffix NAME: what follows linux-image- and linux-headers- in the name of
# Debian's metapackage for a short name; a full release stands for itself.
kernel_suffix()
{
	case $1 in
	6.1) echo amd64 ;;
	6.1-rt) echo rt-amd64 ;;
	6.12) echo 6.12-amd64 ;;
	6.12-rt) echo 6.12-rt-amd64 ;;
	[0-9]*-amd64) echo "$1" ;;
	*) die "unknown kernel '$1': say 6.1, 6.1-rt, 6.12, 6.12-rt or a release such as 6.1.0-56-amd64" ;;
	esac
}
