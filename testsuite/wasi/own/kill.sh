# SPDX-License-Identifier: GPL-2.0
#
# How soon a call that waits ends when its process is killed or its app is unloaded. Runs in the guest; prints TAP.
# That it ends at all, and what else ends it, is in process.sh; what "within 50 ms" means is in host.c, check_times().

insmod /apps/own/signals.ko run=0
insmod /apps/own/sock.ko run=0
code=0
for what in read recv poll 'sleep 1000000' spin; do
	host kills ${what% *} kwasm run signals -- $what || code=1
done
host kills accept kwasm run sock -- 1 || code=1
rmmod signals sock
for args in 'sleep 1000000' spin; do
	host unloads /apps/own/signals.ko signals ${args% *} "daemon=1 args=\"$args\"" || code=1
done
exit $code
