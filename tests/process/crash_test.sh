#!/bin/sh
# crash_test.sh - nothing is lost: kill -9, ^C, a server that dies, a full disk; then resume.
. "$(dirname "$0")/../support/process.sh"

grid="--num-ctx 2048,4096 --temperature 0.2,0.8 --num-predict 24 --repeats 6 --passes 3"

# rows_reach RUN N: waits until the journal has N lines, at most 20 s.
rows_reach() {
	for _ in $(seq 200); do
		[ -f "$1/runs.csv" ] && [ "$(wc -l <"$1/runs.csv")" -ge "$2" ] && return 0
		sleep 0.1
	done
	echo "$1 never had $2 rows"
	return 1
}

same_as_plan() {
	planned_ids --server "$url" --model gemma3:270m $grid >planned
	done_ids "$1" >done
	cmp planned done
}

kill_9_and_resume() {
	"$chimera" run --server "$url" --model gemma3:270m $grid --quiet --out k >/dev/null 2>&1 &
	pid=$!
	rows_reach k 14 || return 1
	kill -9 $pid
	wait $pid 2>/dev/null
	before=$(done_ids k | wc -l)
	[ "$before" -lt 24 ] || { echo "all done before the kill"; return 1; }
	expect_exit 0 "$chimera" resume k --quiet >out || return 1
	same_as_plan k && [ "$(column session k/runs.csv | sort -u | tr '\n' ' ')" = "1 2 " ]
}

torn_tail_is_set_aside() {
	cp -r k torn
	head -c -20 k/runs.csv >torn/runs.csv
	printf 'garbage' >>torn/runs.csv
	expect_exit 0 "$chimera" resume torn --quiet >out || return 1
	[ -n "$(ls torn/set-aside)" ] && same_as_plan torn
}

interrupt_is_130_and_says_how_to_go_on() {
	"$chimera" run --server "$url" --model gemma3:270m $grid --quiet --out i >out 2>&1 &
	pid=$!
	rows_reach i 10 || return 1
	kill -INT $pid
	wait $pid
	code=$?
	[ $code = 130 ] || { echo "exit $code"; cat out; return 1; }
	[ "$(tail -n 1 out)" = "chimera resume i" ] || { tail -n 3 out; return 1; }
	[ -s i/report.md ] || { echo "no report of what there is"; cat out; return 1; }
	expect_exit 0 "$chimera" resume i --quiet >out && same_as_plan i
}

second_chimera_is_refused() {
	"$chimera" run --server "$url" --model gemma3:270m $grid --quiet --out two >/dev/null 2>&1 &
	pid=$!
	rows_reach two 3 || return 1
	expect_exit 4 "$chimera" resume two --quiet 2>err
	code=$?
	kill -9 $pid
	wait $pid 2>/dev/null
	[ $code = 0 ] && grep -q 'two' err
}

server_that_dies_is_exit_3() {
	"$chimera" run --server "$url" --model gemma3:270m $grid --quiet --out d >out 2>err &
	pid=$!
	rows_reach d 8 || return 1
	stop_simulator
	wait $pid
	code=$?
	[ $code = 3 ] && grep -q 'chimera resume d' err out
}

full_disk_keeps_what_was_measured() {
	start_simulator --sim load_ms=20 || return 1
	(
		trap '' XFSZ
		ulimit -f 12 # blocks of 512 bytes
		"$chimera" run --server "$url" --model gemma3:270m $grid --quiet --no-report --out full
	) >out 2>err
	code=$?
	[ $code = 3 ] || { echo "exit $code"; cat err; return 1; }
	grep -q 'runs.csv' err || grep -q 'chunks.csv' err || { cat err; return 1; }
	expect_exit 0 "$chimera" resume full --quiet >out && same_as_plan full
}

other_digest_or_version_is_exit_4() {
	stop_simulator
	start_simulator --sim load_ms=20 --sim version=9.9.9 || return 1
	expect_exit 4 "$chimera" resume k --server "$url" --passes 4 2>err || return 1
	grep -q '9.9.9' err
}

start_simulator --sim load_ms=100 || echo "not ok start_simulator"
check kill_9_and_resume kill_9_and_resume
check torn_tail_is_set_aside torn_tail_is_set_aside
check interrupt_is_130_and_says_how_to_go_on interrupt_is_130_and_says_how_to_go_on
check second_chimera_is_refused second_chimera_is_refused
server_that_dies_is_exit_3 >"$work/log" 2>&1 && echo "ok server_that_dies_is_exit_3" || { echo "not ok server_that_dies_is_exit_3"; cat "$work/log"; }
full_disk_keeps_what_was_measured >"$work/log" 2>&1 && echo "ok full_disk_keeps_what_was_measured" || { echo "not ok full_disk_keeps_what_was_measured"; cat "$work/log"; }
other_digest_or_version_is_exit_4 >"$work/log" 2>&1 && echo "ok other_digest_or_version_is_exit_4" || { echo "not ok other_digest_or_version_is_exit_4"; cat "$work/log"; }
