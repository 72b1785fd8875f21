#!/bin/sh
# lengths_test.sh - prompts made to a length in tokens, by the server's own count.
. "$(dirname "$0")/../support/process.sh"

suite="$top/sweeps/prompts/long-prefill.json"

# sweep KEYS: a sweep file in $work/sweep.json.
sweep() {
	printf '{"model": "gemma3:270m", "repeats": 1, "passes": 1, "sentinel": false, %s}\n' "$1" >sweep.json
}

# lengths_met RUN: every measured row has the tokens asked for, within 4 or 2 %; prints how many rows.
lengths_met() {
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["phase"] == "measure" {
			asked = $at["prompt_tokens_asked"]
			if (asked ~ /%/) asked = int(asked * $at["num_ctx"] / 100)
			off = $at["prompt_tokens"] - asked
			if (off < 0) off = -off
			n++
			if ($at["status"] != "ok" || (off > 4 && off > 0.02 * asked)) {
				print "asked " asked ", got " $at["prompt_tokens"] " " $at["status"]
				bad = 1
			}
		}
		END { print n " rows"; exit bad || !n }' "$1/runs.csv"
}

plan_only_says_that_lengths_will_be_calibrated() {
	sweep '"prompt_tokens": 500'
	"$chimera" plan sweep.json --simulate >out || return 1
	grep -q 'lengths *are calibrated on the server at the start of the run' out
}

lengths_are_met_under_the_virtual_clock() {
	sweep '"prompts": "'"$suite"'", "factors": {"num_ctx": [2048, 4096],
		"prompt_tokens": [200, "80%", 1000], "cache": ["unique", "repeat"]}'
	for sim in chars_per_token=4 chars_per_token=3.3 era=1 era=2; do
		rm -rf v
		expect_exit 0 "$chimera" run sweep.json --simulate --virtual --sim $sim --no-report --quiet --out v ||
			return 1
		lengths_met v || { echo "with $sim"; return 1; }
	done
	[ "$(lengths_met v)" = "96 rows" ]
}

lengths_are_met_over_a_socket() {
	sweep '"prompt": "Why?", "options": {"num_ctx": 2048, "num_predict": 4},
		"factors": {"prompt_tokens": [100, 700], "system": ["Be short.",
		"Answer as a teacher would who has all the time in the world, and use no word of more than two syllables."]}'
	start_simulator --sim load_ms=50 --sim gpu_prefill_tok_s=100000 || return 1
	expect_exit 0 "$chimera" run sweep.json --server "$url" --no-report --out s >out || return 1
	stop_simulator
	[ "$(lengths_met s)" = "4 rows" ] || { lengths_met s; return 1; }
	# One calibration for each system prompt.
	[ "$(grep -c '"per_word"' s/sweep.json)" = 2 ] && [ "$(grep -c 'a filler word is 1.25 tokens' out)" = 2 ]
}

# Of more than 20 prompts the others' lengths are told from their bytes.
many_prompts_are_estimated() {
	sweep '"factors": {"prompt_tokens": [300]}, "prompts": "'"$top/sweeps/prompts/graded.json"'"'
	"$chimera" run sweep.json --simulate --virtual --no-report --out m >out || return 1
	grep -q 'the tokens of 220 prompts are told from their bytes' out && [ "$(lengths_met m)" = "240 rows" ]
}

# A number that fixes all lengths is no factor and has no column; what was missed is suspect.
a_fixed_length() {
	sweep '"prompts": "'"$suite"'", "options": {"num_ctx": 4096}'
	"$chimera" run sweep.json --simulate --virtual --no-report --quiet --out f || return 1
	! grep -q 'were asked for' f/runs.csv && column prompt_tokens f/runs.csv | awk '
		$1 < 1996 || $1 > 2004 { print; bad = 1 } { n++ } END { exit bad || n < 8 }'
}

cut() { # ASKED STATUS: what becomes of a prompt of that length in a context of 1024
	[ "$(awk -F, -v want="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["phase"] == "measure" && $at["prompt_tokens_asked"] == want { print $at["status"] }' n/runs.csv |
		sort -u)" = "$2" ] || { echo "$1 tokens: not $2"; return 1; }
}

prompts_near_the_context() {
	sweep '"prompt": "Why?", "options": {"num_ctx": 1024, "num_keep": 200, "num_predict": 8},
		"factors": {"prompt_tokens": [512, 1000, 1018, 1040, 1500, 8000]}'
	for sim in era=1 era=2 era=3; do
		rm -rf n
		expect_exit 6 "$chimera" run sweep.json --simulate --virtual --sim $sim --no-report --quiet --out n ||
			return 1
		cut 512 ok && cut 1000 ok && cut 1018 ok && cut 1040 prompt_truncated &&
			cut 1500 prompt_truncated && cut 8000 prompt_truncated || { echo "with $sim"; return 1; }
	done
}

a_length_that_no_prompt_can_have() {
	sweep '"prompt": "Why is the sky blue on some days and grey on others?", "prompt_tokens": 12'
	expect_exit 2 "$chimera" run sweep.json --simulate --virtual --out bad 2>err || { cat err; return 1; }
	grep -q 'prompt_tokens 12: prompt "p1" has [0-9]* tokens by itself' err && [ ! -e bad ]
}

resume_sends_the_same_prompts() {
	sweep '"prompt": "Why?", "factors": {"prompt_tokens": [200, 400]}'
	"$chimera" run sweep.json --simulate --virtual --no-report --quiet --out r || return 1
	grep -A9 '"calibrations"' r/sweep.json >before
	"$chimera" resume r --passes 2 --no-report --quiet >out 2>&1 || { cat out; return 1; }
	grep -A9 '"calibrations"' r/sweep.json >after
	cmp before after && [ "$(lengths_met r)" = "4 rows" ]
}

check "plan only says that lengths will be calibrated" plan_only_says_that_lengths_will_be_calibrated
check "lengths are met under the virtual clock" lengths_are_met_under_the_virtual_clock
check "lengths are met over a socket" lengths_are_met_over_a_socket
check "many prompts are estimated" many_prompts_are_estimated
check "a fixed length" a_fixed_length
check "prompts near the context" prompts_near_the_context
check "a length that no prompt can have" a_length_that_no_prompt_can_have
check "resume sends the same prompts" resume_sends_the_same_prompts
