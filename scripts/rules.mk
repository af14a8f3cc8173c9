# SPDX-License-Identifier: GPL-2.0
#
# What the Makefiles of the folders share; included at their heads.
#
#	O	folder for build products; CC and CFLAGS may be given, as for a build
#		with sanitizers: each such build wants an O of its own
#	V=1	show commands

O	?= $(patsubst %/scripts/,%,$(dir $(lastword $(MAKEFILE_LIST))))/build
CC	?= cc
AR	?= ar
CFLAGS	?= -O2 -g
V	?= 0

ifeq ($(V),0)
Q	:= @
say	= @printf '  %-7s %s\n' $(1) $(2)
else
Q	:=
say	= @:
endif
