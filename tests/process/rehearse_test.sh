#!/bin/sh
# rehearse_test.sh - rehearsals and the power of plans: what is planted is found, what is not is not.
. "$(dirname "$0")/../support/process.sh"
export OLLAMA_HOST=http://127.0.0.1:9 # nothing here may ask a server

cat >grid.json <<'END'
{"name": "grid", "model": "gemma3:270m", "passes": 3, "repeats": 6, "sentinel": false,
 "options": {"num_predict": 16},
 "factors": {"num_ctx": [2048, 4096, 8192], "temperature": [0.2, 0.8]}}
END

# value PATH-PATTERN... FILE: the first number after the lines that match, each after the one before.
value() {
	awk 'BEGIN { want = 1; last = ARGC - 2; file = ARGV[ARGC - 1]
			while ((getline line < file) > 0) {
				if (index(line, "\"" ARGV[want] "\":") == 0) continue
				if (want++ < last) continue
				sub(/.*: /, "", line); sub(/,.*/, "", line); print line; exit } }' "$@"
}

# among X LOW HIGH
among() {
	awk -v x="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(x != "" && x >= low && x <= high) }' ||
		{ echo "$1 is not from $2 to $3"; return 1; }
}

# Quiet enough: 3 % is always found, in both strata, and nothing else is.
finds_what_is_planted() {
	"$chimera" rehearse grid.json --plant 'num_ctx=8192: ttft +3%' --plant 'temperature=0.8: throughput -1%' \
		--noise request=0.1%,load=0.1% --times 60 --without 60 --json >j || return 1
	sed -n '/"noise_times": 1,/,/"noise_times": 2,/p' j >scene
	[ "$(grep -c '"share": 1,' scene)" -ge 2 ] || { cat scene; return 1; }
	among "$(value found share scene)" 1 1 && among "$(value covered share scene)" 0.88 1 &&
		among "$(value false_alarms share scene)" 0 0.15
}

# Loud: it is not, and the false alarms stay where they are.
misses_what_is_too_small() {
	"$chimera" rehearse grid.json --plant 'num_ctx=8192: ttft +1%' --noise request=3%,load=3% \
		--times 60 --without 60 --json >j || return 1
	sed -n '/"noise_times": 1,/,/"noise_times": 2,/p' j >scene
	among "$(value found share scene)" 0 0.2 && among "$(value without false_alarms share scene)" 0 0.15
}

same_on_any_number_of_threads() {
	set -- rehearse grid.json --plant 'num_ctx=4096: throughput -2%' --times 12 --without 12 --json
	"$chimera" "$@" --jobs 1 >one && "$chimera" "$@" --jobs 3 >three && cmp one three || return 1
	"$chimera" "$@" --sim-seed 2 >other && ! cmp -s one other
}

says_all_of_it_on_a_screen() {
	"$chimera" rehearse grid.json --plant 'num_ctx=8192: ttft +3%' --times 12 --without 12 >out || return 1
	cat out
	[ "$(wc -l <out)" -le 30 ] && [ "$(awk '{ if (length > m) m = length } END { print m }' out)" -le 110 ] &&
		grep -q 'ASSUMED' out && grep -q 'found num_ctx=8192: ttft +3%' out && grep -q 'cried wolf' out &&
		grep -q 'cheapest for the plants' out && tail -n 1 out | grep -q '^True if your machine is noisy'
}

looks_stop_it() {
	"$chimera" rehearse --num-ctx 2048,4096,8192 --until 2% --noise request=0.1%,load=0.1% --times 1 --without 12 --json >j ||
		return 1
	sed -n '/"noise_times": 1,/,/"noise_times": 2,/p' j >scene
	among "$(value stopped_early share scene)" 1 1 && among "$(value passes median scene)" 4 4
}

# A run of known noise gives that noise back, and its own times.
noise_of_a_run() {
	"$chimera" run grid.json --passes 8 --repeats 48 --simulate --virtual --sim noise_request=0.04 --sim ctx_cost=0 \
		--sim noise_load=0.02 --sim gpu_tok_s=50 --sim resident_load_ms=500 --no-report --quiet --out r >/dev/null || return 1
	"$chimera" rehearse grid.json --noise-from r --times 1 --without 12 --json >j || return 1
	among "$(value decode_tok_s request value j)" 0.035 0.045 && among "$(value decode_tok_s load value j)" 0.008 0.035 &&
		among "$(value decode_tok_s load high j)" 0.01 0.05 || return 1
	grep -q '"times_of_run": true' j || return 1
	# 18 loads of 1 s and 36 + 36 requests of 0.9 s: not the default machine's 22 s.
	sed -n '/"noise_times": 1,/,/"noise_times": 2,/p' j >scene
	among "$(value seconds median scene)" 50 130
}

power_of_a_plan() {
	set -- plan grid.json --simulate --virtual
	"$chimera" "$@" >out && grep -q 'will find in throughput, 9 times in 10: num_ctx 5.* %, temperature .* (noise ASSUMED)' out &&
		grep -q '; for num_ctx 2 % use --passes' out || { cat out; return 1; }
	"$chimera" "$@" --power 2% --noise request=1%,load=2% --json >j || return 1
	among "$(value power factors needs passes j)" 10 40 || return 1
	more=$(value power factors needs passes j)
	"$chimera" "$@" --power 2% --noise request=1%,load=1% --json >j || return 1
	[ "$(value power factors needs passes j)" -lt "$more" ] || return 1
	# What it advises is what the plan then says it finds.
	"$chimera" "$@" --passes "$more" --repeats $((2 * more)) --power 2% --noise request=1%,load=2% --json >j || return 1
	among "$(value power factors finds_90 j)" 0.015 0.02 && grep -q '"as_planned": true' j
}

power_gives_a_range() {
	"$chimera" run grid.json --simulate --virtual --no-report --quiet --out p >/dev/null || return 1
	"$chimera" plan grid.json --simulate --virtual --power 2% --noise-from p >out || return 1
	cat out
	grep -q 'Throughput, noise of p: requests .* (.* to .*) %, loads' out && grep -q 'at its upper limit: --passes' out
}

# true_effect FACTOR METRIC FILE: what the first scene with plants says.
true_effect() {
	awk -v f="$1" -v m="$2" '/"with": \{/ { on = 1 } /"without":/ { exit }
		on && /"factor":/ { has = index($0, "\"" f "\"") } on && /"metric":/ { is = index($0, "\"" m "\"") }
		on && has && is && /"true_effect":/ { sub(/.*: /, ""); sub(/,.*/, ""); print; exit }' "$3"
}

write_linked() {
	cat >zip.json <<-'END'
	{"name": "zip", "model": "gemma3:270m", "passes": 4, "repeats": 8, "sentinel": false, "options": {"num_predict": 16},
	 "factors": {"num_ctx": [1024, 2048, 4096], "num_batch": [128, 256, 512], "temperature": [0.2, 0.8]},
	 "zip": ["num_ctx", "num_batch"]}
	END
	cat >holes.json <<-'END'
	{"name": "holes", "model": "gemma3:270m", "passes": 4, "repeats": 8, "sentinel": false, "options": {"num_predict": 16},
	 "factors": {"num_ctx": [1024, 2048, 4096, 8192], "num_batch": [128, 256, 512]},
	 "exclude": ["num_ctx * num_batch > 1100000"]}
	END
}

# Of two factors in step the effect is one, whichever of them it was planted on.
truth_is_what_was_planted() {
	write_linked
	"$chimera" rehearse zip.json --plant 'num_batch=512: ttft +5%' --noise request=0.1%,load=0.1% --times 20 --without 1 \
		--json >j || return 1
	sed -n '/"noise_times": 1,/,/"noise_times": 2,/p' j >scene
	among "$(value found share scene)" 1 1 || return 1
	[ "$(true_effect num_ctx ttft_ms j)" = true ] && [ "$(true_effect num_ctx decode_tok_s j)" = false ] &&
		[ "$(true_effect temperature ttft_ms j)" = false ] || return 1
	# In a grid with holes the larger batches have the smaller contexts: no effect of theirs.
	"$chimera" rehearse holes.json --plant 'num_ctx=8192: ttft +5%' --times 1 --without 1 --json >j || return 1
	[ "$(true_effect num_ctx ttft_ms j)" = true ] && [ "$(true_effect num_batch ttft_ms j)" = false ]
}

# The machine's own slowdown by num_ctx is told by cells that have all else in common.
truth_of_a_machine_with_effects() {
	write_linked
	"$chimera" rehearse holes.json --sim ctx_cost=0.05 --plant 'num_batch=256: ttft +5%' --times 1 --without 1 --json >j ||
		return 1
	[ "$(true_effect num_ctx decode_tok_s j)" = true ] && [ "$(true_effect num_batch decode_tok_s j)" = false ] &&
		[ "$(true_effect num_batch ttft_ms j)" = true ]
}

no_figure_where_the_formula_does_not_hold() {
	write_linked
	"$chimera" plan zip.json --simulate --virtual --power 2% >out || return 1
	cat out
	grep -q 'will find in throughput, 9 times in 10: num_ctx [0-9.]* %, temperature' out &&
		grep -q '^  no figure for num_batch: varies with num_ctx: one effect under two names' out &&
		grep -q '^  num_batch  *no figure: varies with num_ctx' out || return 1
	"$chimera" plan holes.json --simulate --virtual --power 2% >out || return 1
	cat out
	! grep -q 'will find' out && ! grep -q -- '--passes' out &&
		grep -q 'no figure for num_ctx, num_batch: incomplete grid: rehearse tells' out || return 1
	"$chimera" rehearse holes.json --plant 'num_ctx=8192: ttft +5%' --times 2 --without 1 >out || return 1
	cat out
	grep -q 'cheapest for the plants.*none: incomplete grid' out && ! grep -q 'rehearsed 2 times' out
}

one_noise_for_all_of_a_plan() {
	"$chimera" plan grid.json --simulate --virtual --power 2% --noise request=1%,load=3% >out || return 1
	cat out
	grep -q 'will find .*(noise as given)' out && ! grep -q ASSUMED out || return 1
	# Columns stand below each other, however long what is in them.
	"$chimera" plan grid.json --simulate --virtual --power 2% --noise-from p >out || return 1
	awk '/^  .*9 times in 10.*no effect in/ { at = index($0, "no effect in") }
		at && /^  (num_ctx|temperature) / { n++; if (substr($0, at - 2, 2) != "  " || substr($0, at, 1) == " ") bad = 1 }
		END { exit !(n >= 2 && !bad) }' out || { cat out; return 1; }
}

check finds_what_is_planted finds_what_is_planted
check misses_what_is_too_small misses_what_is_too_small
check same_on_any_number_of_threads same_on_any_number_of_threads
check says_all_of_it_on_a_screen says_all_of_it_on_a_screen
check looks_stop_it looks_stop_it
check noise_of_a_run noise_of_a_run
check power_of_a_plan power_of_a_plan
check power_gives_a_range power_gives_a_range
check truth_is_what_was_planted truth_is_what_was_planted
check truth_of_a_machine_with_effects truth_of_a_machine_with_effects
check no_figure_where_the_formula_does_not_hold no_figure_where_the_formula_does_not_hold
check one_noise_for_all_of_a_plan one_noise_for_all_of_a_plan

# refuse NAME PATTERN ARGS...: exit 2, one line, one hint.
refuse() {
	name=$1 pattern=$2
	shift 2
	"$chimera" "$@" >out 2>err
	code=$?
	if [ $code = 2 ] && grep -q -- "$pattern" err && [ "$(wc -l <err)" -le 2 ] && [ ! -s out ]; then
		echo "ok $name"
	else
		echo "not ok $name"
		echo "    exit $code, pattern: $pattern"
		sed 's/^/    /' out err
	fi
}
plant() {
	refuse "$1" "$2" rehearse grid.json --plant "$3"
}

plant plant_unknown_factor 'did you mean num_ctx?' 'num_ct=8192: ttft +3%'
plant plant_unknown_level 'num_ctx has 2048, 4096, 8192' 'num_ctx=1024: ttft +3%'
plant plant_unknown_measure 'no measure that is tested: "load"' 'num_ctx=8192: load +3%'
plant plant_without_size 'no size' 'num_ctx=8192: ttft'
plant plant_impossible_size 'no size' 'num_ctx=8192: ttft -100%'
plant plant_two_signs 'no size' 'num_ctx=8192: ttft +-3%'
plant plant_no_form 'expected FACTOR=LEVEL' 'ttft +3%'
plant plant_control_characters 'no factor "a?\[31m"' "$(printf 'a\033[31m=1: ttft +3%%')"
refuse plant_alias '99 of num_gpu is 19 under another name' rehearse --num-gpu 0,19,99 --plant 'num_gpu=99: ttft +3%'
refuse plant_on_what_is_no_option 'cannot plant on "concurrency"' rehearse --num-ctx 2048 --concurrency 1,2 \
	--plant 'concurrency=2: ttft +3%'
refuse rehearse_asks_no_server 'asks no server' rehearse grid.json --server http://127.0.0.1:9
refuse rehearse_no_times '--times' rehearse grid.json --times 0
refuse rehearse_bad_noise '--noise: "lod=1%"' rehearse grid.json --noise lod=1%
refuse rehearse_two_noises 'exclude each other' rehearse grid.json --noise load=1% --noise-from r
refuse power_no_size '--power: expected a share' plan grid.json --simulate --virtual --power 2x
refuse noise_without_power 'goes with --power' plan grid.json --simulate --virtual --noise load=1%
