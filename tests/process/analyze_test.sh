#!/bin/sh
# analyze_test.sh - runs, several runs and other people's tables to summary.json and tables/.
. "$(dirname "$0")/../support/process.sh"

table() { # 3 ctx x 2 temp, each in 4 blocks; the last ctx is slower
	awk 'BEGIN { srand(3); print "ctx,temp,load,ttft_ms,error"
		for (p = 0; p < 4; p++) for (c = 0; c < 3; c++) {
			shift = (rand() - .5) * 4
			for (i = 0; i < 6; i++) printf "%d,0.%d,%d-%d,%.2f,%s\n", 1024 * 2 ^ ((c + p) % 3), i % 2 * 6 + 2,
				p, (c + p) % 3, 100 + ((c + p) % 3 == 2 ? 20 : 0) + shift + rand(), i == 5 && p == 1 ? "timeout" : ""
		} }'
}

a_table_gives_the_same_files_as_a_run() {
	table >t.csv
	"$chimera" analyze t.csv --factor ctx,temp --measure ttft_ms:lower --block load --ok error \
		--margin ttft_ms=2% --out o >out 2>err || { cat err; return 1; }
	for f in summary.json tables/cells.csv tables/effects.csv tables/levels.csv tables/findings.csv; do
		[ -s "o/$f" ] || { echo "no $f"; return 1; }
	done
	grep -q '"kind": "table"' o/summary.json && grep -q 'ctx 4096 adds' out && grep -q '3 of 72 rows failed' out
	grep -n 'request\|this run\|runs.csv' out && return 1
	! grep -qi 'nan\|inf[,"]' o/tables/*.csv
}

the_same_rows_give_the_same_bytes() {
	"$chimera" analyze t.csv --factor ctx,temp --measure ttft_ms:lower --block load --ok error \
		--margin ttft_ms=2% --out again >/dev/null && cmp o/summary.json again/summary.json &&
		cmp o/tables/effects.csv again/tables/effects.csv
}

json_goes_to_standard_output() {
	"$chimera" analyze t.csv --factor ctx --measure ttft_ms:lower --json >s.json || return 1
	grep -q '"independent_rows": true' s.json && [ ! -e summary.json ]
}

bad_input_is_one_line() {
	for args in "nope.csv --factor a --measure b:lower --out x:3" "t.csv:2" \
		"t.csv --factor ctx --measure ttft_ms --out x:2" "t.csv --factor nope --measure ttft_ms:lower --out x:2" \
		"t.csv --factor ctx --measure ttft_ms:lower:2" "t.csv --factor ctx --measure error:lower --out x:5" \
		"t.csv --factor ctx --measure ttft_ms:lower --where ctx=1 --out x:5" "--factor ctx:2"; do
		# shellcheck disable=SC2086
		expect_exit "${args##*:}" "$chimera" analyze ${args%:*} >out 2>err || { echo "$args"; cat err; return 1; }
		[ "$(grep -c '^chimera: ' err)" = 1 ] || { cat err; return 1; }
	done
}

a_run_may_be_analysed_in_part() {
	"$chimera" run --simulate --virtual --num-ctx 2048,4096 --passes 3 --no-report --quiet --out r >/dev/null || return 1
	"$chimera" analyze r --where 'pass <= 2' --json >part.json || return 1
	grep -q '"left_out": [1-9]' part.json && expect_exit 2 "$chimera" analyze r --where 'no_such > 1' --json 2>err &&
		grep -q no_such err
}

runs_of_one_sweep_are_one() {
	"$chimera" run --simulate --virtual --num-ctx 2048,4096 --passes 3 --no-report --quiet --out s >/dev/null || return 1
	expect_exit 2 "$chimera" analyze r s 2>err || return 1
	"$chimera" analyze r s --out both >/dev/null || return 1
	one=$(sed -n 's/.*"measured": \([0-9]*\),/\1/p' r/summary.json)
	[ -n "$one" ] || { "$chimera" analyze r >/dev/null; one=$(sed -n 's/.*"measured": \([0-9]*\),/\1/p' r/summary.json); }
	[ "$(sed -n 's/.*"measured": \([0-9]*\),/\1/p' both/summary.json)" = $((2 * one)) ] || return 1
	"$chimera" run --simulate --virtual --num-ctx 2048,8192 --passes 3 --no-report --quiet --out other >/dev/null || return 1
	expect_exit 5 "$chimera" analyze r other --out x 2>err && grep -q 'factors.num_ctx is \[2048,4096\] in the one and \[2048,8192\]' err
}

nested() { # 4 gpu x 3 ctx x 3 temp, one row each in the order of the loops; a change of ctx loads the model
	awk 'BEGIN { srand(5); print "num_gpu,num_ctx,temperature,ttft_s,tokens_s,load_s,error"
		split("999 80 60 40", gpu, " "); split("1024 2048 4096", ctx, " "); split("0.2 0.4 0.8", temp, " ")
		for (g = 1; g <= 4; g++) for (c = 1; c <= 3; c++) for (t = 1; t <= 3; t++) {
			load = t == 1 ? 2.4 + rand() / 10 : .11 + rand() / 100
			printf "%s,%s,%s,%.4f,%.3f,%.4f,\n", gpu[g], ctx[c], temp[t], load + .02, 100 + rand() - .4 * (t == 1), load
		} }'
}

loops_without_repeats_decide_nothing() {
	nested >n.csv
	"$chimera" analyze n.csv --factor num_gpu,num_ctx,temperature --measure ttft_s:lower,tokens_s:higher \
		--ok error --load-time load_s --out n >out || return 1
	grep -q '12 rows waited for a load' out && grep -q 'all of them have temperature=0.2' out &&
		grep -q "the load's doing and not temperature's" out && grep -q 'nested loops' out || { cat out; return 1; }
	# Nothing is called an effect, equal, or the best, in either way.
	"$chimera" analyze n.csv --factor num_gpu,num_ctx,temperature --measure ttft_s:lower,tokens_s:higher \
		--ok error --margin ttft_s=5%,tokens_s=2% --out all >out2 || return 1
	grep -q -- '--load-time load_s' out2 || { cat out2; return 1; }
	for d in n all; do
		[ "$(awk -F, 'NR > 1 && $16 != "inconclusive"' $d/tables/effects.csv | wc -l)" = 0 ] &&
			[ "$(grep -c 'inconclusive' $d/tables/effects.csv)" = 12 ] &&
			grep -q 'followed the order of the rows' $d/tables/effects.csv &&
			[ "$(grep -c 'no setting can be called the best' $d/tables/findings.csv)" = 2 ] || return 1
	done
	grep -q '"p": [0-9]' n/summary.json all/summary.json && return 1
	return 0
}

other_ways_to_write_a_table() {
	printf 'set;wait (ms)\r\na;12\r\nb;13\r\na;12,5\r\n\r\nb;0.014 s\r\n' >semi.csv
	"$chimera" analyze semi.csv --factor set --measure 'wait (ms):lower' --out semi >out 2>err || { cat err; return 1; }
	grep -q 'semi.csv:4: .*12,5.*no finite number' err && grep -q '1 row or value could not be used' out || { cat err out; return 1; }
	cut -d, -f1,2,5- semi/tables/levels.csv | grep -q '^set,wait (ms),2,' || { cat semi/tables/levels.csv; return 1; }
	printf '\357\273\277set\twait_s\na\t1\nb\t2\na\t1.5\nb\t2.5\n' >tab.tsv
	"$chimera" analyze tab.tsv --factor set --measure wait_s:lower --separator tab --quiet --out tab >out && [ ! -s out ] &&
		"$chimera" analyze tab.tsv --factor set --measure wait_s:lower --quiet --out tab2 &&
		cmp tab/summary.json tab2/summary.json
}

output_that_is_lost_is_no_success() {
	[ -e /dev/full ] || return 0
	expect_exit 3 "$chimera" analyze t.csv --factor ctx --measure ttft_ms:lower --json >/dev/full 2>err || return 1
	grep -q 'standard output: No space left' err && "$chimera" --help | head -n 1 >/dev/null
}

damaged_lines_are_told() {
	cp -r r damaged && sed -i '5s/ok/OK/' damaged/runs.csv || return 1
	"$chimera" analyze damaged --json >/dev/null 2>err && grep -q 'runs.csv: 1 line does not count' err
}

a_part_was_not_planned() {
	"$chimera" analyze r --where 'pass <= 2' --out part >out || return 1
	! grep -q 'not complete\|resume' out part/tables/findings.csv
}

check a_table a_table_gives_the_same_files_as_a_run
check the_same_bytes the_same_rows_give_the_same_bytes
check json json_goes_to_standard_output
check bad_input bad_input_is_one_line
check where a_run_may_be_analysed_in_part
check nested_loops loops_without_repeats_decide_nothing
check spellings other_ways_to_write_a_table
check several_runs runs_of_one_sweep_are_one
check lost_output output_that_is_lost_is_no_success
check damaged damaged_lines_are_told
check part a_part_was_not_planned
