#!/bin/sh
# stops_test.sh - runs that end before their last pass: known well enough, out of time, or at a rate
# that is more than the server takes.
. "$(dirname "$0")/../support/process.sh"

sim="--simulate --virtual"
grid="--num-ctx 2048,4096,8192,16384 --num-predict 32 --temperature 0.2,0.8"

ends_of() {
	sed -n 's/^ *"end": "\(.*\)",$/\1/p' "$1/manifest.json" | tr '\n' ' '
}

an_adaptive_run_stops() {
	expect_exit 0 "$chimera" run $sim $grid --until 1% --out enough --no-report >out 2>err || return 1
	grep -q '^ratios known within the asked width after pass [0-9]* of [0-9]*$' out &&
		grep -q '^after pass 3: ratios are known within .* (the widest: num_ctx, ' err &&
		grep -q '; asked for: 1.0 %$' err && [ "$(ends_of enough)" = "enough " ]
}

resumed_it_looks_and_stops() {
	before=$(wc -l <enough/runs.csv)
	expect_exit 0 "$chimera" resume enough --no-report --quiet >out || return 1
	grep -q '^ratios known within' out && [ "$(wc -l <enough/runs.csv)" = "$before" ] &&
		[ "$(ends_of enough)" = "enough enough " ]
}

# A session without a row leaves its number to the next.
more_passes_are_made_if_asked_for() {
	before=$(wc -l <enough/runs.csv)
	expect_exit 0 "$chimera" resume enough --passes 12 --no-report --quiet >out || return 1
	grep -q '^192 of 192 requests done' out && [ "$(wc -l <enough/runs.csv)" -gt "$before" ] &&
		[ "$(ends_of enough)" = "enough complete " ]
}

# A run that knew enough made fewer passes than it might have: any number that is not less is more.
what_was_not_made_is_no_bound() {
	"$chimera" run $sim $grid --until 1% --max-passes 16 --out early --no-report --quiet >/dev/null ||
		return 1
	expect_exit 2 "$chimera" resume early --passes 2 2>err && grep -q '^chimera: --passes 2: ' err ||
		return 1
	expect_exit 2 "$chimera" resume early --passes 3 2>err || return 1
	grep -q '^chimera: --passes 3: early has rows of pass [4-9] already$' err || return 1
	expect_exit 0 "$chimera" resume early --passes 12 --no-report --quiet >out &&
		grep -q '^192 of 192 requests done' out && grep -q '"passes": 12' early/sweep.json
}

# Times of an earlier run are not known of a virtual machine: the probe tells them, and repeats go.
a_budget_cuts_the_plan_first() {
	expect_exit 0 "$chimera" run $sim $grid --passes 8 --repeats 32 --budget 60s --out cut \
		--no-report >cut.out 2>err || return 1
	grep -q '^  budget  *1 min 00 s: 1 of 4 repeats a pass' cut.out
}

out_of_time_between_passes() {
	grep -q '^budget of 1 min 00 s: [0-9]* of [0-9]* passes made, [0-9]* dropped$' cut.out ||
		{ tail -5 cut.out; return 1; }
	before=$(wc -l <cut/runs.csv)
	expect_exit 0 "$chimera" resume cut --no-report --quiet >out || return 1
	grep -q '^budget of 1 min 00 s: ' out && [ "$(wc -l <cut/runs.csv)" = "$before" ] &&
		[ "$(ends_of cut)" = "budget budget " ]
}

another_budget_goes_on() {
	expect_exit 0 "$chimera" resume cut --budget 10m --no-report --quiet >out || return 1
	[ "$(ends_of cut)" = "budget complete " ] || return 1
	expect_exit 2 "$chimera" resume cut --budget soon 2>err && grep -q '^chimera: --budget: ' err
}

more_than_the_server_takes() {
	expect_exit 6 "$chimera" run $sim --num-ctx 2048 --num-predict 32 --rate 1,20 --burst 60s \
		--passes 3 --repeats 3 --out rate --no-report --quiet >out || return 1
	grep -c 'skipped,.*more than this server takes: [0-9]* in flight after [0-9.]* s at 20.0 requests/s' \
		rate/runs.csv >n || return 1
	[ "$(cat n)" -gt 2800 ] && ! grep -q 'at 1.00 requests/s' rate/runs.csv
}

shards_have_folders_of_their_own() {
	"$chimera" run $sim $grid --passes 6 --shard 2/3 --no-report --quiet >/dev/null || return 1
	ls runs | grep -q -- '-k2of3$' && grep -q '^k2-s1-l0001,' runs/*-k2of3/loads.csv
}

check an_adaptive_run_stops an_adaptive_run_stops
check resumed_it_looks_and_stops resumed_it_looks_and_stops
check more_passes_are_made_if_asked_for more_passes_are_made_if_asked_for
check what_was_not_made_is_no_bound what_was_not_made_is_no_bound
check a_budget_cuts_the_plan_first a_budget_cuts_the_plan_first
check out_of_time_between_passes out_of_time_between_passes
check another_budget_goes_on another_budget_goes_on
check more_than_the_server_takes more_than_the_server_takes
check shards_have_folders_of_their_own shards_have_folders_of_their_own
