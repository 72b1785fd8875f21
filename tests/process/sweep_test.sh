#!/bin/sh
# sweep_test.sh - the language of a sweep at the command line: what is refused, and what is planned.
. "$(dirname "$0")/../support/process.sh"

sim="--simulate --virtual"

# refuse NAME MESSAGE HINT ARGS...: exit 2, one line that says so, and one of advice.
refuse() {
	name=$1 message=$2 hint=$3
	shift 3
	"$chimera" plan $sim "$@" >out 2>err
	code=$?
	printf 'chimera: %s\nhint: %s\n' "$message" "$hint" >wanted
	if [ $code = 2 ] && cmp -s wanted err && [ ! -s out ]; then
		echo "ok $name"
	else
		echo "not ok $name"
		echo "    exit $code (expected 2)"
		sed 's/^/    /' err
	fi
}

ctx="--num-ctx 2048,4096,8192"

refuse condition_names_the_character '--exclude: character 11: expected a value, got ">"' \
	'num_ctx * [here] > 5' $ctx --exclude 'num_ctx * > 5'
refuse condition_with_an_unknown_word '--only: character 1: there is no setting and no level "num_ctxx"' \
	'did you mean "num_ctx"?' $ctx --only 'num_ctxx > 5'
refuse zip_of_two_lengths '--zip: num_ctx has 3 levels, num_gpu has 2' \
	'levels go in step, so there must be as many of each' $ctx --num-gpu 0,5 --zip num_ctx,num_gpu
refuse rate_without_a_duration '--rate: for how long is not said' \
	'add burst, the time or the number of requests: "burst": "30s", or --burst 30s' --rate 1,2
refuse rate_beside_concurrency '--rate: stands beside concurrency' \
	'requests are sent at a rate, or so many kept in flight: two sweeps' \
	--rate 1 --burst 30s --concurrency 2,4
refuse shard_out_of_range '--shard: expected K/N with K from 1 to N, got "5/4"' \
	'such as 2/8, the second of eight shards' $ctx --shard 5/4
refuse shard_zero '--shard: expected K/N with K from 1 to N, got "0/4"' \
	'such as 2/8, the second of eight shards' $ctx --shard 0/4
refuse keep_alive_zero '--keep-alive: expected seconds or a time such as "30m", up to 7 days, got 0' \
	'it must outlast the longest pause between two requests; models are unloaded at the end anyway' \
	--keep-alive 0,60
refuse unknown_preset '--preset: there is no preset "nightli"' 'did you mean "nightly"?' --preset nightli
refuse goodput_of_what '--goodput: expected ttft, tpot or e2e, got "itl"' \
	'chimera plan --help lists the options' --goodput itl=5
refuse budget_of_what '--budget: expected seconds or a time of at least a second, got "much"' \
	'such as "6h" or "1h30m"' $ctx --budget much
refuse until_what '--until: expected a share from 0.1% to 50%, got 2' 'such as "2%" or 0.02' \
	$ctx --until 2
refuse no_utf8 '--exclude: expected text in UTF-8' 'chimera plan --help lists the options' \
	$ctx --exclude "$(printf 'a == \377')"
printf '{"model":"${CHIMERA_NO_SUCH}"}' >s.json
refuse unset_variable 's.json: model: the variable CHIMERA_NO_SUCH is not set' \
	'set it, or write ${CHIMERA_NO_SUCH:-default}' s.json

every_sweep_can_be_planned() {
	n=0
	for f in "$top"/sweeps/*.json; do
		case $f in *.schema.json) continue ;; esac
		n=$((n + 1))
		"$chimera" plan "$f" $sim >plan || { echo "$f"; return 1; }
		grep -q ' cells\{0,1\} x ' plan || { echo "$f"; return 1; }
	done
	[ $n -ge 8 ]
}

every_preset_can_be_planned() {
	cd "$top" || return 1 # the suites of this checkout
	for p in quick context quality capacity load nightly; do
		"$chimera" plan --preset $p $sim >"$work/plan" || { echo "$p"; return 1; }
	done
	cd "$work" || return 1
}

# The same sweep by file and by options, whatever the order of keys.
fingerprint() {
	"$chimera" plan $sim --json "$@" | sed -n 's/.*"fingerprint": "\(.*\)".*/\1/p'
}

file_and_options_are_one_language() {
	cat >s.json <<-'END'
	{"zip": [["num_batch", "num_ctx"]], "exclude": ["num_ctx > 4096 and temperature == 1"],
	 "factors": {"temperature": [0, 1], "num_batch": [64, 128, 256], "num_ctx": "2048-8192x2"}}
	END
	a=$(fingerprint s.json)
	b=$(fingerprint $ctx --num-batch 64,128,256 --temperature 0,1 --zip num_ctx,num_batch \
		--exclude 'num_ctx > 4096 and temperature == 1')
	c=$(fingerprint $ctx --num-batch 64,128,256 --temperature 0,1 --zip num_ctx,num_batch)
	[ -n "$a" ] && [ "$a" = "$b" ] && [ "$a" != "$c" ]
}

names_and_resume_keep_the_sweep() {
	cat >s.json <<-'END'
	{"extends": "quick", "options": {"num_gpu": 0}, "prompt": "one two three",
	 "factors": {"num_ctx": {"small": 2048, "large": 4096}, "system": ["", "Be brief."]},
	 "exclude": "num_ctx == large and system == none"}
	END
	"$chimera" run s.json $sim --quiet --no-report --out r >/dev/null || return 1
	[ "$(grep -c 'measure.*,small,none,' r/runs.csv)" = 3 ] || return 1
	! grep -q 'large,none' r/runs.csv || return 1
	"$chimera" resume r --passes 4 --quiet --no-report >/dev/null || return 1
	[ "$(grep -c 'measure.*,small,none,' r/runs.csv)" = 4 ]
}

check every_sweep_can_be_planned every_sweep_can_be_planned
check every_preset_can_be_planned every_preset_can_be_planned
check file_and_options_are_one_language file_and_options_are_one_language
check names_and_resume_keep_the_sweep names_and_resume_keep_the_sweep
