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
refuse resume_nothing 4 'nowhere' resume nowhere
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
	[ "$(ls runs | wc -l)" = 1 ] && [ -s runs/*/report.html ] && ! grep -q '<script>' runs/*/report.html
}
check hostile_names hostile_names
