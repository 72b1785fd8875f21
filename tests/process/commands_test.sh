#!/bin/sh
# commands_test.sh - plan, probe, resume and their corner cases, as a user meets them.
. "$(dirname "$0")/../support/process.sh"

sim="--simulate --virtual"

seconds_of() {
	sed -n 's/^  "seconds": \([0-9]*\),*$/\1/p'
}

probe_tells_the_time() {
	"$chimera" plan $sim --num-ctx 2048,4096 --concurrency 1,2 --probe --json >out || return 1
	[ -n "$(seconds_of <out)" ] || { cat out; return 1; }
	"$chimera" plan $sim --num-ctx 2048,4096 --prompts "$top/sweeps/prompts/graded.json" --probe |
		grep -q 'from the probe'
}

without_an_earlier_run_time_is_unknown() {
	"$chimera" plan $sim --num-ctx 2048,4096 --json >out && [ -z "$(seconds_of <out)" ] &&
		grep -q '"seconds": null' out
}

an_earlier_run_tells_the_time() {
	start_simulator --sim load_ms=20 || return 1
	"$chimera" run --server "$url" --model gemma3:270m --num-ctx 2048,4096 --num-predict 8 --passes 2 \
		--no-report --quiet --name before >/dev/null || return 1
	"$chimera" plan --server "$url" --model gemma3:270m --num-ctx 2048,4096 | grep -q 'from runs/.*-before'
	code=$?
	kill "$sim_pid"
	return $code
}

resume_extends_by_whole_passes() {
	"$chimera" run $sim --num-ctx 2048,4096 --passes 2 --no-report --quiet --out e >/dev/null || return 1
	[ "$(done_ids e | wc -l)" = 8 ] || return 1
	expect_exit 2 "$chimera" resume e --passes 1 2>err || return 1
	grep -q -- '--passes 1' err || return 1
	"$chimera" resume e --passes 3 --no-report --quiet >/dev/null || return 1
	[ "$(done_ids e | wc -l)" = 12 ] && grep -q '"passes": 3' e/sweep.json
}

a_finished_run_has_nothing_left() {
	rows=$(wc -l <e/runs.csv)
	"$chimera" resume e --no-report --quiet >/dev/null && [ "$(wc -l <e/runs.csv)" = "$rows" ]
}

what_does_not_fit_is_skipped_and_exit_6() {
	expect_exit 6 "$chimera" run $sim --sim vram_mib=100 --num-gpu 0,19 --num-ctx 2048 --passes 3 \
		--json --out o >out || return 1
	[ "$(grep -c ',out_of_memory,' o/loads.csv)" = 2 ] || { cat o/loads.csv; return 1; }
	[ "$(column status o/runs.csv | grep -c skipped)" = 6 ] && grep -q '"end": "complete"' out &&
		grep -q '"exit": 6' out
}

requests_never_measured_are_not_fine() {
	# One pass: the block that does not fit is tried once and stays open.
	expect_exit 6 "$chimera" run $sim --sim vram_mib=100 --num-gpu 0,19 --num-ctx 2048 --passes 1 \
		--no-report --quiet --out p >out && grep -q '^chimera resume p$' out
}

the_quick_grid_is_made_for_the_model() {
	"$chimera" plan $sim --json >out || return 1
	# auto, 19 (all), 14 (75 %), 9 (50 %) and 0, times three contexts.
	grep -q '"cells": 15,' out && grep -q '^ *14,' out && grep -q '^ *9,' out
}

file_and_options_are_one_sweep() {
	cat >f.json <<-E
	{"model": "gemma3:270m", "name": "x", "factors": {"num_gpu": ["auto", 0, 99], "num_ctx": "1024-8192x2",
	 "temperature": [0.2, 0.6, 0.8]}, "options": {"num_predict": 64, "seed": 42}, "repeats": 6, "prompt": "Why?"}
	E
	"$chimera" plan $sim f.json --json --runs >a || return 1
	"$chimera" plan $sim --model gemma3:270m --name x --num-gpu auto,0,99 --num-ctx 1024-8192x2 \
		--temperature 0.2,0.6,0.8 --num-predict 64 --seed 42 --repeats 6 --prompt 'Why?' --json --runs >b || return 1
	cmp a b && grep -q '"requests": 216,' a && grep -q '"loads": 40,' a
}

an_option_shrinks_the_grid_of_a_file() {
	"$chimera" plan $sim f.json --temperature 0.2 --num-gpu 0 --json >out && grep -q '"cells": 4,' out
}

a_suite_is_found_by_name() {
	cd "$top" && "$chimera" plan $sim --num-ctx 2048,4096 --prompts graded --json >"$work/out" &&
		grep -q '"requests": 6720,' "$work/out"
}

ollama_host_is_read() {
	OLLAMA_HOST=127.0.0.1:9 "$chimera" plan --model m 2>err
	[ $? = 3 ] && grep -q 'http://127.0.0.1:9' err
}

check probe_tells_the_time probe_tells_the_time
check without_an_earlier_run_time_is_unknown without_an_earlier_run_time_is_unknown
check an_earlier_run_tells_the_time an_earlier_run_tells_the_time
check resume_extends_by_whole_passes resume_extends_by_whole_passes
check a_finished_run_has_nothing_left a_finished_run_has_nothing_left
check what_does_not_fit_is_skipped_and_exit_6 what_does_not_fit_is_skipped_and_exit_6
check requests_never_measured_are_not_fine requests_never_measured_are_not_fine
check the_quick_grid_is_made_for_the_model the_quick_grid_is_made_for_the_model
check file_and_options_are_one_sweep file_and_options_are_one_sweep
check an_option_shrinks_the_grid_of_a_file an_option_shrinks_the_grid_of_a_file
check a_suite_is_found_by_name a_suite_is_found_by_name
check ollama_host_is_read ollama_host_is_read
