#!/bin/sh
# doctor_test.sh - the doctor examines this machine: what it prints, keeps and leaves behind.
. "$(dirname "$0")/../support/process.sh"
export XDG_STATE_HOME="$work/state" TMPDIR="$work/tmp"
mkdir tmp

# No server of its own is left, and no file.
nothing_is_left() {
	[ -z "$(ls "$TMPDIR")" ] || { ls -l "$TMPDIR"; return 1; }
	for cmdline in /proc/[0-9]*/cmdline; do
		! tr '\0' ' ' <"$cmdline" 2>/dev/null | grep -q -- "--truth $TMPDIR" || { echo "$cmdline"; return 1; }
	done
}

# On a machine that is busy with something else the server may be late, and says so: then nothing is
# known, nothing is kept, and the exit code is 5.  code_for TEXT OTHERWISE
code_for() {
	if grep -q "$1" out; then echo 5; else echo "$2"; fi
}

prints_one_object_and_keeps_it() {
	rm -rf state
	"$chimera" doctor --streams 1,4 --seconds 0.3 --json >out 2>err
	got=$?
	cat out err
	for key in schema version measured_at machine rate_tok_s seconds trusted_streams levels clock server \
		ttft_error_us itl_error_us sent_minus_received_us server_late_us p50 p99 max bias gaps_unresolved \
		cpu_us_per_token client_cpu_share server_cpu_share memory_bytes verdict kernel_receive_times; do
		grep -q "\"$key\": " out || { echo "no $key"; missing=1; }
	done
	[ -z "${missing:-}" ] && [ "$(grep -c '"streams": ' out)" = 2 ] && nothing_is_left || return 1
	want=$(code_for '"trusted_streams": null' 0)
	[ "$got" = "$want" ] || { echo "exit code $got, expected $want"; return 1; }
	if [ "$want" = 0 ]; then cmp out state/chimera/doctor.json; else [ ! -e state ]; fi
}

prints_a_table() {
	"$chimera" doctor --streams 4,2,2 --seconds 0.2 --server far:80 >out 2>err
	got=$?
	cat out err
	[ "$got" = "$(code_for 'not judged' 0)" ] || grep -q '^This machine may be trusted' out || return 1
	[ "$(awk '{ if (length > m) m = length } END { print m }' out)" -le 110 ] &&
		[ "$(sed -nE 's/^ +([0-9]+) .*%.*/\1/p' out | tr '\n' ' ')" = '2 4 ' ] &&
		grep -q 'http://far:80 is on another machine' out || return 1
	[ "$got" != 0 ] || { grep -qE '^This machine may (not )?be trusted ' out &&
		grep -q "^Kept in $XDG_STATE_HOME/" out; }
}

bad_options_are_usage() {
	for option in --streams=0 --streams=1.5 --streams=2000 --streams=x --rate=0 --rate=fast --seconds=0 \
		--server='no host' --nonsense extra; do
		expect_exit 2 "$chimera" doctor "$option" >/dev/null 2>&1 || return 1
	done
	nothing_is_left
}

a_place_that_cannot_be_written() {
	XDG_STATE_HOME=/proc/none "$chimera" doctor --streams 1 --seconds 0.1 >out 2>err
	got=$?
	cat out err
	[ "$got" = "$(code_for 'not judged' 3)" ] && [ "$(wc -l <err)" = 1 ] && ! grep -q Kept out &&
		nothing_is_left || return 1
	[ "$got" = 5 ] || { grep -q '^This machine may' out && grep -q '/proc/none/chimera' err; }
}

# However it ends, also where it can do nothing about it.
leaves_nothing_when_it_is_ended() {
	rm -rf state
	for signal in INT TERM KILL; do
		"$chimera" doctor --streams 2 --seconds 30 --json >out 2>&1 &
		pid=$!
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			nothing_is_left >/dev/null || break
			sleep 0.1
		done
		! nothing_is_left >/dev/null || { echo "it did not start"; return 1; }
		sleep 0.3 # its log is taken
		kill -s $signal $pid
		wait $pid
		got=$?
		case $signal in KILL) want=137 ;; *) want=130 ;; esac
		[ $got = $want ] || { echo "$signal: exit code $got"; return 1; }
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			nothing_is_left >/dev/null && break
			sleep 0.1
		done
		nothing_is_left || return 1
	done
	[ ! -e state ]
}

check prints_one_object_and_keeps_it prints_one_object_and_keeps_it
check prints_a_table prints_a_table
check bad_options_are_usage bad_options_are_usage
check a_place_that_cannot_be_written a_place_that_cannot_be_written
check leaves_nothing_when_it_is_ended leaves_nothing_when_it_is_ended
