#!/bin/sh
# input_test.sh - bad input: one line that names the thing and the place, one hint, the right exit code.
. "$(dirname "$0")/../support/process.sh"

# refuse NAME CODE PATTERN ARGS...: the command fails so, in at most two lines, and leaves no run.
refuse() {
	name=$1 want=$2 pattern=$3
	shift 3
	"$chimera" "$@" >out 2>err
	code=$?
	lines=$(grep -vc '^chimera: warning' err)
	if [ $code = "$want" ] && grep -q -- "$pattern" err && [ "$lines" -le 2 ] && [ ! -e x ]; then
		echo "ok $name"
	else
		echo "not ok $name"
		echo "    exit $code (expected $want), pattern: $pattern"
		sed 's/^/    /' err
	fi
	rm -rf x
}

sweep() {
	printf '%s\n' "$1" >s.json
}

sim="--simulate --virtual --out x"
sim1="--simulate --virtual" # of plan, which makes no folder

sweep '{"model":"m","factors":{"num_ctx":[1024,2048,"8k"]}}'
refuse wrong_type 2 's.json: factors.num_ctx\[2\]: expected an integer, got "8k"' run s.json $sim
refuse wrong_type_option 2 '--num-ctx: expected an integer, got "8k"' run --num-ctx 1024,8k $sim
sweep '{"model":"m","factor":{"num_ctx":[1024]}}'
refuse unknown_key 2 's.json: unknown key "factor"' run s.json $sim
sweep '{"model":"m","factors":{"num_ctx":[]}}'
refuse empty_levels 2 's.json: factors.num_ctx: ' run s.json $sim
sweep '{"model":"m","factors":{}}'
refuse empty_grid 2 's.json: factors: ' run s.json $sim
sweep '{"model":"m","factors":{"num_ctx":[4096,4096]}}'
refuse duplicate_level 2 's.json: factors.num_ctx\[1\]: ' run s.json $sim
sweep '{"model":"m","factors":{"num_ctx":"1024-2048000+1"}}'
refuse too_many_levels 2 's.json: factors.num_ctx: ' run s.json $sim
sweep '{"model":"m","factors":{"num_ctx":"1000-2999+1","num_batch":"1-1000+1"}}'
refuse million_cells 2 '2,000,000' run s.json $sim
sweep '{"model":"m","factors":{"temperature":[-1,0.5]}}'
refuse out_of_range 2 's.json: factors.temperature\[0\]: ' run s.json $sim
sweep '{"model":"m",'
refuse broken_json 2 's.json:' run s.json $sim
refuse no_such_file 2 'none.json' run none.json $sim
refuse no_model 2 '--model' run --num-ctx 1024 --out x
refuse unknown_option 2 '--num-ctxx' run --num-ctxx 1 $sim
refuse option_without_value 2 '--model' run --model
refuse unknown_command 2 'unknown command' rum
refuse unknown_sim_key 2 'decode_sped' run --sim decode_sped=1 $sim
refuse virtual_alone 2 '--virtual' run --virtual --model m --out x
refuse server_down 3 'no server answers' run --model m --server http://127.0.0.1:9 --out x
refuse plan_server_down 3 'no server answers' plan --model m --server http://127.0.0.1:9
refuse bad_url 2 '--server' run --model m --server 'ht!tp://' --out x
refuse missing_model 3 'ollama pull' run --model nosuch --simulate --sim model=gemma3:270m --out x
refuse resume_nothing 3 'nowhere' resume nowhere
refuse status_nothing 3 'nowhere' status nowhere
refuse search_nothing 3 'nowhere' search --resume nowhere
refuse noise_from_nothing 3 'nowhere' plan --power 2% --noise-from nowhere --num-ctx 1024,2048 $sim1
refuse servers_of_one_name 2 '--server a=localhost:9 and --server a=localhost:8: two servers of one name' \
	run --model m --server a=localhost:9 --server a=localhost:8 --out x
refuse server_twice 2 'given twice' run --model m --server a=localhost:9 --server b=localhost:9 --out x
sweep '{"model":"m","servers":["a=localhost:9","a=localhost:8"]}'
refuse servers_of_one_name_in_file 2 'two servers of one name' run s.json --out x

# The place is who said it: the option, the preset, the file.
refuse margin_of_nothing 2 '^chimera: --margin: expected throughput, tpot, ttft or score, got "foo"' plan --margin foo=3 $sim1
refuse limit_of_goodput 2 '^chimera: --limit: expected connect, .*got "ttft"' plan --limit ttft=3 $sim1
refuse goodput_of_nothing 2 '^chimera: --goodput: expected ttft, tpot or e2e, got "foo"' plan --goodput foo=3 $sim1
refuse search_without_burst 2 '^chimera: --find rate: for how long' search --find rate --limit ttft=5 $sim
sweep '{"model":"m","factors":{"concurrency":[1,4]},"burst":2}'
refuse burst_of_file 2 '^chimera: s.json: burst: 2 requests' plan s.json $sim1
refuse burst_of_option 2 '^chimera: --burst: 3 requests' plan s.json --burst 3 $sim1
refuse preset_named 2 '^chimera: --preset load: factors.rate: stands beside' plan --preset load --concurrency 1,2 $sim1
refuse option_over_preset 2 '^chimera: --rate: expected a number' plan --preset load --rate 1e9 $sim1
refuse target_alone 2 '--target: goes with --power' plan --num-ctx 1024 --target 80% $sim1
printf '{"extends":"load","model":"m","factors":{"rate":null,"concurrency":[1,2]}}' >s.json
refuse key_of_base 2 'taken away by "arrivals": null' plan s.json $sim1

# Every refusal has a hint.
hint() {
	name=$1
	shift
	"$chimera" plan "$@" $sim1 >out 2>err
	if [ $? = 2 ] && [ "$(grep -c '^hint: .' err)" = 1 ]; then
		echo "ok hint_$name"
	else
		echo "not ok hint_$name"
		sed 's/^/    /' err
	fi
}
hint out_of_range --num-ctx -5
hint twice --num-ctx 4,4
hint long_condition --num-ctx 4,5 --exclude "$(printf '%2100s' 1)"
sweep '{"model":"m","extends":"./s.json"}'
hint extends_itself s.json
sweep '{"model":"m","prompts":[{"id":"a","text":"b"},{"id":"a","text":"c"}]}'
hint two_of_one_id s.json
sweep '{"model":"m","prompts":[{"text":"b","check":{"regex":"(a"}}]}'
hint pattern s.json
sweep '{"model":"m","system":"${NOPE:-${X}}"}'
hint nested_variables s.json
sweep '{"model":"m","xyzzy":1}'
hint unknown_key s.json
grep -q 'fingerprint\|per_pass' err && echo "not ok hint_of_own_keys" || echo "ok hint_of_own_keys"
refuse report_nothing 3 'nowhere' report nowhere

mkdir there
refuse_there() {
	expect_exit 2 "$chimera" run --simulate --virtual --num-ctx 2048 --passes 1 --out there 2>err &&
		grep -q 'there: exists' err
}
check out_exists refuse_there

unknown_option_warns() {
	"$chimera" plan --simulate --virtual --num-ctx 2048 --set num_ctxx=5 2>err >out && grep -q 'num_ctxx' err &&
		grep -q 'did you mean' err
}
check unknown_set_option_warns unknown_option_warns

# What can do nothing is done all the same, and said.
idle() {
	"$chimera" plan --simulate --virtual "$@" >out 2>err || return 1
	[ "$(grep -c '^chimera: warning: .*does nothing' err)" = 1 ]
}
idle_options() {
	idle --num-ctx 2048 --priority 'num_ctx > 1' && idle --num-ctx 2048 --burst 9 &&
		idle --num-ctx 2048 --goodput ttft=5 && idle --num-ctx 2048 --distribute replicate || return 1
	grep -q 'there is one server' err || return 1
	for busy in '--concurrency 1,2 --burst 9 --goodput ttft=5' '--rate 1 --burst 9s' \
		'--num-ctx 2048,4096 --budget 9h'; do
		"$chimera" plan --simulate --virtual $busy >out 2>err || return 1
		! grep 'does nothing' err || return 1
	done
	"$chimera" plan --simulate --virtual --num-ctx 2048,4096 --budget 9h --priority 'num_ctx > 9000' \
		--priority 'num_ctx > 3000' >out || return 1
	grep -q 'priority "num_ctx > 9000" fits no cell' out && [ "$(grep -c 'fits no cell' out)" = 1 ]
}
check idle_options idle_options

# Suites are found from anywhere: beside the build folder, or where the program was installed.
suites_are_found() {
	for place in build/chimera prefix/bin/chimera; do
		mkdir -p tree/$(dirname $place) && cp "$chimera" tree/$place || return 1
	done
	cp -r "$top/sweeps" tree/sweeps
	tree/build/chimera plan --simulate --virtual --preset quality | grep -q requests || return 1
	rm -rf tree/sweeps
	expect_exit 2 tree/build/chimera plan --simulate --virtual --preset quality 2>err || return 1
	grep -q '^chimera: --preset quality: prompts: graded: No such file' err && grep -q '^hint: ' err || return 1
	mkdir -p tree/prefix/share/chimera && cp -r "$top/sweeps" tree/prefix/share/chimera/sweeps
	tree/prefix/bin/chimera plan --simulate --virtual --preset quality | grep -q requests
}
check suites_are_found suites_are_found

one_look() {
	"$chimera" plan --simulate --virtual --num-ctx 2048,4096,8192 --until 2% --passes 3 >out &&
		grep -q 'the one look is after pass 3' out || return 1
	"$chimera" plan --simulate --virtual --num-ctx 2048,4096,8192 --until 2% >out && ! grep 'the one look' out
}
check one_look_stops_nothing one_look

clamped_levels() {
	"$chimera" plan --simulate --virtual --num-ctx 1,2,3,8 2>err >out &&
		grep -q ' 1, 2 and 3 are one setting: 4 is the least there is; measured once, as 1$' out
}
check clamped_levels_are_one_setting clamped_levels

gnuplot_missing() {
	mkdir bin
	expect_exit 3 env PATH="$work/bin" "$chimera" run --simulate --virtual --num-ctx 2048,4096 \
		--passes 2 --quiet --out g 2>err || return 1
	grep -q gnuplot err && [ -s g/report.html ] && ls g/charts/*.gp
}
check gnuplot_missing_is_exit_3_with_report gnuplot_missing

hostile_names() {
	printf '%s' '{"model":"m<script>`|,\"x","name":"../../etc/x","factors":{"num_ctx":[2048,4096]},"passes":2}' >s.json
	expect_exit 0 "$chimera" run s.json --simulate --virtual --quiet >out || return 1
	[ "$(ls runs | wc -l)" = 1 ] && [ -s runs/*/report.html ] && ! grep -q 'm<script>' runs/*/report.html
}
check hostile_names hostile_names
