#!/bin/sh
# plan_test.sh - what a plan says of parts of a grid, looks, budgets and shards, and that it is kept to.
. "$(dirname "$0")/../support/process.sh"

sim="--simulate --virtual"

write_sweep() {
	cat >part.json <<-E
	{"model": "gemma3:270m", "factors": {"num_ctx": [1024, 2048, 4096, 8192], "num_batch": [64, 128, 256, 512],
	 "temperature": [0, 0.5, 1], "concurrency": [1, 4]}, "zip": ["num_ctx", "num_batch"],
	 "exclude": ["num_ctx * concurrency > 20000", "num_predict > 999"], "until": "5%", "options": {"num_predict": 16}}
	E
}

the_plan_says_what_is_left() {
	write_sweep
	"$chimera" plan $sim part.json >out || return 1
	grep -q 'together *num_ctx, num_batch: 4 combinations' out &&
		grep -q 'varies with num_ctx: one effect under two names' out &&
		grep -q 'exclude *num_ctx \* concurrency > 20000' out && grep -q 'combinations 24, 3 excluded' out &&
		grep -q 'note *exclude "num_predict > 999" takes none of the 24 combinations' out &&
		grep -q '4 in flight: 40 requests a burst' out && grep -q 'looks after pass 3, 6, 9, 12' out &&
		grep -q '16 to 61 loads' out || { cat out; return 1; }
}

nothing_left_is_exit_2() {
	expect_exit 2 "$chimera" plan $sim --num-ctx 1024,2048 --exclude 'num_ctx > 0' 2>err || return 1
	grep -q 'exclude "num_ctx > 0": no cell is left of 2 combinations' err && grep -q '^hint: ' err
}

a_budget_cuts_and_says_so() {
	"$chimera" plan $sim --num-ctx 1024,2048,4096 --budget 45s --probe >out || return 1
	grep -q 'budget *45.0 s: 1 of 2 repeats a pass' out || { cat out; return 1; }
	expect_exit 2 "$chimera" plan $sim --num-ctx 1024,2048,4096 --budget 5s --probe 2>err || return 1
	grep -q 'budget: nothing fits into 5.0 s: 3 passes of 3 cells, a repeat in each, take' err || { cat err; return 1; }
}

what_expand_prints_is_what_a_run_keeps() {
	"$chimera" plan $sim part.json --expand >expanded || return 1
	"$chimera" run $sim part.json --no-report --quiet --out x >/dev/null || return 1
	cmp expanded x/sweep.json
}

a_changed_sweep_is_not_resumed() {
	"$chimera" run $sim --num-ctx 1024,2048 --passes 2 --no-report --quiet --out c >/dev/null || return 1
	sed 's/\[1024, 2048\]/[1024, 4096]/' c/sweep.json >changed
	cp changed c/sweep.json
	expect_exit 4 "$chimera" resume c 2>err || return 1
	grep -q 'c: the sweep is not the run.s: factors.num_ctx: was 1024, 2048, now 1024, 4096' err || { cat err; return 1; }
}

ids_of() {
	"$chimera" plan $sim "$@" --json --runs | sed -n 's/.*"run_id": "\(.*\)",/\1/p' | sort
}

shards_are_the_whole() {
	ids_of --num-ctx 1024,2048 --top-k 1,2 --passes 5 >whole
	for k in 1 2 3; do ids_of --num-ctx 1024,2048 --top-k 1,2 --passes 5 --shard $k/3 >part.$k; done
	[ "$(wc -l <part.1)" -gt "$(wc -l <part.3)" ] && sort part.1 part.2 part.3 | cmp - whole
}

a_shard_tells_its_part() {
	"$chimera" plan $sim --num-ctx 1024,2048 --passes 7 --repeats 14 --shard 2/3 >out || return 1
	grep -q 'x 4 repeats in 2 blocks, 2 passes: 8 requests, 4 loads' out && grep -q 'the whole sweep will find' out ||
		{ cat out; return 1; }
}

# A simulated run tells the times of simulated plans, and of no others.
times_of_an_earlier_run() {
	"$chimera" plan $sim --num-ctx 1024,2048 --budget 1h >out || return 1
	grep -q 'time unknown: .*plan --probe' out && grep -q 'budget .*`run` first loads once' out || { cat out; return 1; }
	"$chimera" run $sim --num-ctx 1024,2048 --no-report --quiet >/dev/null || return 1
	"$chimera" plan $sim --num-ctx 1024,2048 --budget 1h >out || return 1
	grep -q 'about .*from runs/.* (simulated)' out && grep -q 'budget .*nothing is left out' out || { cat out; return 1; }
}

what_a_budget_cut_is_kept() {
	"$chimera" run $sim --num-ctx 1024,2048,4096 --budget 45s --quiet --out cut >/dev/null || return 1
	grep -A3 '"per_pass": {' cut/sweep.json | tr -d ' \n' | grep -q '"per_pass":{"before":2,"after":1}' || return 1
	grep -q 'Budget.*45.0 s left 1 of 2 repeats a pass' cut/report.md || return 1
	"$chimera" resume cut --passes 4 --budget 8h --quiet --no-report >/dev/null || return 1
	grep -q '"budget_cut"' cut/sweep.json
}

nothing_reaches_the_terminal_as_it_is() {
	printf '{"model": "gemma3:270m", "factors": {"num_ctx": [1024, 2048]}, "exclude": ["num_predict > 99\\n\\u001b[31m"]}' >evil.json
	"$chimera" plan $sim evil.json >out 2>err
	printf '{"model": "gemma3:270m", "factors": {"prompt": ["a", "b"]}, "prompts": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}],
		"about": "\\u001b[31m", "exclude": ["num_predict > 99\\t"]}' >evil2.json
	"$chimera" plan $sim evil2.json >>out 2>>err
	cat out err | LC_ALL=C tr -d '\n -~' | LC_ALL=C tr -d '\200-\377' >left
	[ ! -s left ] || { od -c left; return 1; }
	grep -q 'exclude' out
}

check "a shard tells its part" a_shard_tells_its_part
check "times of an earlier run" times_of_an_earlier_run
check "what a budget cut is kept" what_a_budget_cut_is_kept
check "nothing reaches the terminal as it is" nothing_reaches_the_terminal_as_it_is
check "the plan says what is left" the_plan_says_what_is_left
check "nothing left is exit 2" nothing_left_is_exit_2
check "a budget cuts and says so" a_budget_cuts_and_says_so
check "what --expand prints is what a run keeps" what_expand_prints_is_what_a_run_keeps
check "a changed sweep is not resumed" a_changed_sweep_is_not_resumed
check "shards are the whole" shards_are_the_whole
