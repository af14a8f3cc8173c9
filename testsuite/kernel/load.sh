# What loading, running and unloading apps does; runs in the guest (busybox sh).
# Apps are in /apps, kwasm.ko and kwasm_wasi.ko are loaded.

# busybox's insmod tries a second time when the first fails, and so runs a command twice; and its
# shell prefers it to whatever is in PATH
insmod() { /kmod/insmod "$@"; }
rmmod() { /kmod/rmmod "$@"; }
cd /apps || exit 1
nr=0
ok() { nr=$((nr + 1)); echo "ok $nr $1"; }
not_ok() { nr=$((nr + 1)); echo "not ok $nr $1"; shift; for line; do echo "$line" | sed 's/^/#   /'; done; }

# is NAME EXPECTED SEEN; like NAME REGEX TEXT
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "seen: $3"; fi; }
like() { if echo "$3" | grep -qE -- "$2"; then ok "$1"; else not_ok "$1" "expected a line like: $2" "seen: $3"; fi; }
loaded() { grep -q "^$1 " /proc/modules && echo yes || echo no; }

# run COMMAND...: sets $out, $err, $status, $log (new kernel lines)
run()
{
	echo "=== mark $nr" >/dev/kmsg
	"$@" >/tmp/out 2>/tmp/err </dev/null
	status=$?
	out=$(cat /tmp/out)
	err=$(cat /tmp/err)
	log=$(dmesg | sed "1,/=== mark $nr\$/d")
}

# until_true SECONDS COMMAND...: wait for it to succeed
until_true()
{
	tenths=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		usleep 100000
	done
}

# ---- commands ----

run insmod exit0.ko
is insmod_runs_a_command_on_the_process_s_stdout "on stdout" "$out"
is its_stderr_is_the_process_s_stderr "on stderr" "$err"
is insmod_of_a_command_that_ends_well_succeeds 0 $status
is a_command_that_ended_well_writes_nothing_to_the_kernel_log "" "$(echo "$log" | grep -v tainting)"
run insmod exit0.ko
like an_app_is_loaded_once "File exists" "$err"
run kwasm run exit0
is loaded_command_runs_again "on stdout" "$out"
run rmmod kwasm
like kwasm_is_not_unloaded_while_apps_are_there "temporarily unavailable|in use" "$err"
run rmmod exit0
is command_is_unloaded "0 no" "$status $(loaded exit0)"

run insmod exit0.ko run=0
is run_0_runs_nothing " 0" "$out $status"
is parameters_can_be_read N "$(cat /sys/module/exit0/parameters/run)"
rmmod exit0

run insmod exit7.ko
like insmod_fails_as_the_command_does "Operation canceled" "$err"
like the_process_is_told_the_exit_code "^exit7: exit code 7$" "$err"
like the_kernel_log_is_told_the_exit_code "kwasm: exit7: exit code 7" "$log"
is a_command_that_failed_is_not_loaded no "$(loaded exit7)"
insmod exit7.ko run=0
run kwasm run exit7
is kwasm_run_exits_with_the_app_s_code 7 $status
rmmod exit7

run insmod trap.ko
like insmod_of_a_command_that_traps_fails "State not recoverable" "$err"
like the_process_is_told_trap_function_and_offset "^trap: out of bounds memory access in function [01] .* at offset 0x[1-9a-f]" "$err"
is one_line_of_the_kernel_log_tells_of_the_trap 1 "$(echo "$log" | grep -c 'kwasm: trap: out of bounds')"
is a_command_that_trapped_is_not_loaded no "$(loaded trap)"
run insmod exit0.ko
is the_next_one_runs 0 $status
rmmod exit0

run insmod exit0.ko run=perhaps
like bad_value_of_a_parameter_is_refused "Invalid (argument|parameters)" "$err"
like the_kernel_log_names_the_parameter "invalid for parameter .run'" "$log"
run insmod exit0.ko max_memory=12x
like bad_size_is_refused "Invalid (argument|parameters)" "$err"
run insmod exit0.ko max_memory=1000
like too_little_memory_is_refused "not enough memory|Cannot allocate|out of memory" "$err"
is nothing_stays_of_refused_modules no "$(loaded exit0)"

# ---- signals ----

# (a shell's background processes ignore SIGINT; device.c has that)
for sig in TERM KILL; do
	/kmod/insmod spin.ko 2>/tmp/err &
	pid=$!
	until_true 5 grep -q '^spin ' /proc/modules
	usleep 200000
	kill -$sig $pid
	until_true 2 sh -c '! grep -q "^spin " /proc/modules'
	is "sig${sig}_ends_a_spinning_command_and_unloads_it" no "$(loaded spin)"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done

mkfifo /tmp/fifo
sleep 1000 >/tmp/fifo &
holder=$!
for sig in TERM KILL; do
	/kmod/insmod wait.ko </tmp/fifo 2>/tmp/err &
	pid=$!
	until_true 5 grep -q '^wait ' /proc/modules
	usleep 200000
	run rmmod wait
	[ $sig = KILL ] || like a_running_command_is_not_unloaded "temporarily unavailable|in use|busy" "$err"
	kill -$sig $pid
	until_true 2 sh -c '! grep -q "^wait " /proc/modules'
	is "sig${sig}_ends_a_command_that_waits" no "$(loaded wait)"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done

insmod wait.ko run=0
kwasm run wait </tmp/fifo >/tmp/out 2>/tmp/err &
pid=$!
until_true 5 sh -c 'kwasm ps | grep -q wait'
run kwasm ps
like ps_lists_it "wait.*$pid|$pid.*wait" "$out"
run rmmod wait
like an_app_is_not_unloaded_while_an_instance_runs "temporarily unavailable|in use" "$err"
kwasm kill "$(kwasm ps | awk '/wait/ { print $1 }')"
wait $pid
is kwasm_kill_ends_a_command_that_waits 137 $?
rmmod wait
kill $holder
rm /tmp/fifo

# ---- daemons ----

run insmod ticks.ko daemon=1
is a_daemon_is_loaded_at_once "0 yes" "$status $(loaded ticks)"
until_true 5 sh -c 'dmesg | grep -q "ticks: tick"'
like its_output_goes_to_the_kernel_log "ticks: tick" "$(dmesg)"
like it_is_a_kernel_thread "kwasm/ticks" "$(ps)"
# the 41st field, of which the second, the name, has no blank here
is whose_policy_is_batch 3 \
	"$(cut -d' ' -f41 "/proc/$(ps | awk '/kwasm\/ticks/ && !/awk/ { print $1 }')/stat")"
run rmmod ticks
is unloading_stops_it "0 no" "$status $(loaded ticks)"

run insmod spin.ko daemon=1
usleep 300000
like ps_counts_the_time_of_a_call_under_way "spin +running +[0-9]+ +[0-9]+ +[1-9]" "$(kwasm ps)"
begin=$(cut -d. -f1 /proc/uptime)
run rmmod spin
is unloading_stops_a_spinning_daemon "0 no" "$status $(loaded spin)"
insmod spin.ko daemon=1
kill -9 "$(ps | awk '/kwasm\/spin/ && !/awk/ { print $1 }')"
until_true 5 sh -c '! ps | grep -v grep | grep -q kwasm/spin'
is sigkill_ends_a_daemon "" "$(ps | grep kwasm/spin | grep -v grep)"
run rmmod spin
is a_daemon_that_ended_is_unloaded 0 $status
insmod exit7.ko daemon=1
until_true 5 sh -c 'dmesg | grep -q "exit7: ended with exit code 7"'
like a_daemon_s_exit_code_is_logged "exit7: ended with exit code 7" "$(dmesg)"
rmmod exit7

# kernel threads and processes with floating point, more of them than processors
insmod floats.ko run=0
kwasm run floats
expected=$?
insmod floats2.ko daemon=1
for i in 1 2 3; do
	(kwasm run floats; echo $? >/tmp/floats.$i) &
done
wait $!
until_true 60 sh -c 'dmesg | grep -q "floats2: ended"'
until_true 20 sh -c '[ -s /tmp/floats.1 -a -s /tmp/floats.2 -a -s /tmp/floats.3 ]'
like floating_point_of_a_daemon_survives_preemption "floats2: ended with exit code $expected\$" "$(dmesg)"
is floating_point_of_processes_survives_it_too "$expected $expected $expected" "$(echo $(cat /tmp/floats.?))"
rmmod floats
rmmod floats2

# ---- reactors and links ----

run insmod user.ko
like an_import_that_is_not_there_is_an_error "No such file|[Uu]nknown symbol" "$err"
insmod counter.ko
run kwasm call counter add 1
is kwasm_call_prints_the_result 101 "$out$err"
run kwasm call counter add 1
is the_reactors_own_instance_keeps_its_state 102 "$out$err"
run kwasm call --fresh counter add 1
is a_fresh_instance_begins_anew 1 "$out$err"
run kwasm call --max-memory 1M counter add 1
is an_option_of_an_instance_makes_a_fresh_one 1 "$out$err"
run kwasm call counter add 1
is fresh_instances_leave_the_own_one_alone 103 "$out$err"
rmmod counter
insmod counter.ko instances=0
run kwasm call counter add 1
is without_an_own_instance_each_call_has_a_fresh_one "0 1" "$status $out$err"
rmmod counter
insmod counter.ko
run insmod wrong.ko
like an_import_of_another_type_is_an_error "Protocol wrong type|Invalid" "$err"
like the_kernel_log_tells_which "wrong.*counter.*add" "$log"
run insmod user.ko
is an_importer_is_loaded 0 $status
run rmmod counter
like what_it_imports_stays_loaded "temporarily unavailable|in use" "$err"
run rmmod user
is the_importer_is_unloaded 0 $status
run rmmod counter
is then_the_exporter_is_unloaded 0 $status
run insmod lost.ko
like an_unknown_import_is_named "nowhere.*nothing" "$log$err"
is nothing_stays_of_it no "$(loaded lost)"
run insmod badinit.ko
like a_start_function_that_traps_fails_the_load "State not recoverable" "$err"
is nothing_stays_of_that no "$(loaded badinit)"
run insmod counter.ko instances=0
is instances_0_makes_none "$(printf '0')" "$(kwasm ps | grep -c counter)"
rmmod counter
run insmod counter.ko instances=3
is instances_3_makes_three 3 "$(kwasm ps | grep -c counter)"
rmmod counter

# ---- long lists ----

insmod exit0.ko run=0
/usr/bin/lists
rmmod exit0

# ---- leaks ----

free_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	usleep 500000
	awk '/^MemFree/ { f = $2 } /^ *count:/ { f += $2 * 4 } END { print f }' /proc/meminfo /proc/zoneinfo
}
i=0
while [ $i -lt 40 ]; do
	if [ $i = 10 ]; then before=$(free_kib); fi
	insmod exit0.ko >/dev/null 2>&1; rmmod exit0
	insmod exit7.ko 2>/dev/null
	insmod trap.ko 2>/dev/null
	insmod counter.ko; rmmod counter
	insmod lost.ko 2>/dev/null
	i=$((i + 1))
done
after=$(free_kib)
echo "# free before $before KiB, after $after KiB"
is loading_and_failing_leaves_memory_as_it_was yes "$([ $((before - after)) -lt 2048 ] && echo yes || echo "$((before - after)) KiB less")"

exec 3</dev/kwasm
rmmod kwasm_wasi
run rmmod kwasm
like an_open_session_keeps_kwasm "temporarily unavailable|in use" "$err"
exec 3<&-
run rmmod kwasm
is kwasm_is_unloaded_in_the_end 0 $status
run insmod /modules/kwasm.ko
is and_loaded_again 0 $status
