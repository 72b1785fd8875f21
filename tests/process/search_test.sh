#!/bin/sh
# search_test.sh - capacity search on simulated machines whose capacity is known, and completions.
. "$(dirname "$0")/../support/process.sh"

virtual="--simulate --virtual --warmups 1 --quiet"
still="--sim noise_request=0 --sim noise_load=0 --sim noise_pass=0 --sim noise_day=0"

# The number at a key of the top level of RUN/search.json.
found() {
	sed -n "s/^  \"$1\": \([^,]*\),*\$/\1/p" "$2/search.json"
}

# machines SEED N: so many lines of five random whole numbers below 1000.
machines() {
	awk -v seed="$1" -v n="$2" 'BEGIN { srand(seed); for (i = 0; i < n; i++)
		print int(1000 * rand()), int(1000 * rand()), int(1000 * rand()), int(1000 * rand()) }'
}

# inside TRUTH FROM TO RUN: confirmed <= truth < refused, with truth below from or above to.
inside() {
	[ "$(found end "$4")" = '"complete"' ] || { echo "$4: not complete"; return 1; }
	awk -v t="$1" -v a="$2" -v b="$3" -v c="$(found confirmed "$4")" -v r="$(found refused "$4")" \
		'BEGIN { exit !((c == "null" ? t < a : c <= t) && (r == "null" ? t >= b : t < r)) }' ||
		{ echo "$4: the truth is $1, confirmed $(found confirmed "$4"), refused $(found refused "$4")"; return 1; }
}

# Weights and context memory must fit into the GPU's: the largest num_ctx follows.
num_ctx_on_random_machines() {
	machines 1 6 | while read -r a b c d; do
		model=$((50 + a)) kib=$((4 + b / 20)) vram=$((100 + c * 3)) step=$((1 + d % 4))
		truth=$(((vram - model) * 1024 / kib))
		"$chimera" search $virtual --find num_ctx --num-predict 2 --sim model_mib=$model --sim vram_mib=$vram \
			--sim kv_kib_per_token=$kib --resolution 0.0$step --out n >/dev/null 2>err
		got=$?
		inside $truth 2048 32768 n || { cat err; echo "model $model kv $kib vram $vram"; exit 1; }
		[ $got = $([ "$(found confirmed n)" = null ] && echo 5 || echo 0) ] || { echo "exit $got"; exit 1; }
		rm -rf n
	done
}

# So many layers of equal size as the GPU's memory holds.
num_gpu_on_random_machines() {
	machines 2 4 | while read -r a b c d; do
		layers=$((4 + a % 60)) model=$((200 + b)) vram=$((60 + c))
		truth=$((vram * (layers + 1) / (model + 72))) # 4096 x 18 KiB of context
		"$chimera" search $virtual --find num_gpu --num-ctx 4096 --num-predict 2 --sim layers=$layers \
			--sim model_mib=$model --sim vram_mib=$vram --resolution 0% --out g >/dev/null 2>err
		inside $truth 1 $((layers + 1)) g || { cat err; echo "layers $layers model $model vram $vram"; exit 1; }
		rm -rf g
	done
}

# One more than there are slots waits for one: over a limit that the others keep.
concurrency_on_random_machines() {
	machines 3 3 | while read -r a b c d; do
		slots=$((1 + a % 24))
		"$chimera" search $virtual $still --find concurrency --num-predict 128 --limit ttft=240 --share 100% --to 32 \
			--sim num_parallel=$slots --resolution 0% --out c >/dev/null 2>err
		inside $slots 1 32 c || { cat err; echo "slots $slots"; exit 1; }
		rm -rf c
	done
}

# Where a burst's queue first grows over the limit: not below the rate at which slots are left, and not
# above that at which the last twentieth of the burst has waited for longer than the limit.
rate_on_random_machines() {
	machines 4 3 | while read -r a b c d; do
		slots=$((1 + a % 8)) tokens=$((16 + b % 64)) burst=$((60 + c % 200))
		"$chimera" search $virtual $still --find rate --num-predict $tokens --limit ttft=1000 --burst $burst \
			--sim num_parallel=$slots --sim resident_load_ms=0 --out r >/dev/null 2>err ||
			{ cat err; echo "slots $slots tokens $tokens burst $burst"; exit 1; }
		awk -v p=$slots -v t=$tokens -v n=$burst -v c="$(found confirmed r)" -v r="$(found refused r)" 'BEGIN {
			share = 1 + 0.35 * (p - 1)
			busy = (t / 280 + 30 / 6000) * share * 1.03 + 0.013 # all slots at work, with room for jitter
			capacity = p / busy
			most = 1 / (0.9 / capacity - 1 / (0.95 * n))
			if (0.9 / capacity - 1 / (0.95 * n) <= 0) most = 1e9
			exit !(r == "null" ? most > 64 : r >= capacity * 0.9 && c <= most) }' ||
			{ echo "slots $slots tokens $tokens burst $burst: $(found confirmed r) to $(found refused r)"; exit 1; }
		rm -rf r
	done
}

one="--simulate --virtual --num-predict 16 --sim num_parallel=3"

the_answer_is_a_sentence() {
	expect_exit 0 "$chimera" search $one --find concurrency --limit ttft=150 --num-predict 64 --to 8 --out s >out || return 1
	grep -q '^concurrency: 3 keeps TTFT <= 150 ms for 95 % of requests (3 of 3 bursts); 4 does not (0 of 3)' out &&
		grep -q SIMULATED out && grep -q 'search  s/search.json' out
}

rows_are_of_phase_search() {
	[ "$(column phase s/runs.csv | sort -u | tr '\n' ' ')" = 'search warmup ' ] &&
		[ "$(column session s/runs.csv | sort -un | tail -n 1)" -ge 4 ] &&
		[ "$(head -n 1 s/runs.csv | tr ',' '\n' | grep -cx concurrency)" = 1 ] &&
		[ "$(column run_id s/runs.csv | sort | uniq -d | wc -l)" = 0 ]
}

json_is_the_file() {
	expect_exit 0 "$chimera" search $one --find concurrency --limit ttft=150 --to 8 --json --out j >out || return 1
	cmp out j/search.json
}

# How many levels it takes is not known, so nothing is "of N"; the answer so far is told.
status_of_a_search() {
	"$chimera" status s >out || return 1
	grep -q "search    concurrency from 1 to 8: .* levels told, confirmed $(found confirmed s), refused" out &&
		grep -q 'requests  [1-9][0-9]* done; 0 failed' out && ! grep -q 'passes complete\| of [0-9]* done' out || return 1
	cp -r s cut && sed -i 's/"end": "complete"/"end": null/; s/"verdict": "refused"/"verdict": null/' cut/search.json
	"$chimera" status cut >out && grep -q 'stopped without a word' out && grep -q 'told, [1-9] begun' out || return 1
	"$chimera" status --json s | grep -q '"levels_told": [1-9]'
}

# What no run is, is not analysed or gone on with as one.
a_search_is_no_run() {
	for c in analyze report plot; do
		expect_exit 5 "$chimera" $c s 2>err || return 1
		[ "$(wc -l <err)" = 2 ] && grep -q 'capacity search' err && grep -q 'chimera search --resume s' err || return 1
	done
	expect_exit 4 "$chimera" resume s 2>err
}

nothing_kept_is_exit_5() {
	expect_exit 5 "$chimera" search $one --find concurrency --limit ttft=1 --out n >out || return 1
	grep -q '^concurrency: no level keeps TTFT <= 1 ms' out && [ "$(found confirmed n)" = null ] &&
		grep -q '"confirmed_why": "' n/search.json && [ "$(found refused n)" = 1 ] || return 1
	expect_exit 5 "$chimera" search $one --find num_ctx --sim vram_mib=0 --out g >out && grep -q '0 % on the GPU' out
}

goodput_of_the_sweep_holds() {
	echo '{"model": "m", "goodput": {"ttft_ms": 200}}' >sweep.json
	expect_exit 0 "$chimera" search sweep.json $one --find concurrency --to 8 --out w >out || return 1
	grep -q 'keeps TTFT <= 200 ms' out
}

# says CODE TEXT ARGS...: the exit code, one line that has the text and one hint.
says() {
	want=$1 text=$2
	shift 2
	expect_exit "$want" "$chimera" search "$@" >out 2>err || { cat err; return 1; }
	grep -q -- "^chimera: .*$text" err && [ "$(grep -c '^hint: ' err)" = 1 ] && [ "$(wc -l <err)" = 2 ] ||
		{ echo "expected \"$text\""; cat err; return 1; }
}

bad_input_is_one_line_and_a_hint() {
	mkdir -p there
	says 2 '--find: missing' $one &&
		says 2 '--find: expected' $one --find temperature &&
		says 2 '--limit: missing' $one --find concurrency &&
		says 2 '--limit: expected' $one --find concurrency --limit ttft &&
		says 2 '--limit: expected' $one --find concurrency --limit ttft=0 &&
		says 2 '--limit: expected' $one --find concurrency --limit ttft=5,tpot=x &&
		says 2 '--share: expected' $one --find concurrency --limit ttft=5 --share 120% &&
		says 2 '--share: expected' $one --find concurrency --limit ttft=5 --share many &&
		says 2 '--share: expected' $one --find concurrency --limit ttft=5 --share 0% &&
		says 2 'exclude: a search tries any level' "$(choosing '"exclude": ["num_ctx > 4096"]')" $one --find num_ctx &&
		says 2 'only: a search tries any level' "$(choosing '"only": ["num_ctx > 4096"]')" $one --find num_ctx &&
		says 2 'subset: a search tries any level' "$(choosing '"subset": "random:2"')" $one --find num_ctx &&
		says 2 'for how long' $one --find rate --limit ttft=500 &&
		says 2 'the search varies it' $one --find concurrency --limit ttft=5 --concurrency 4 &&
		says 2 'the search varies it' $one --find num_ctx --num-ctx 4096,8192 &&
		says 2 'temperature has 2 levels' $one --find num_ctx --temperature 0.2,0.8 &&
		says 2 '0 < from < to' $one --find concurrency --limit ttft=5 --from 8 --to 8 &&
		says 2 'whole number' $one --find concurrency --limit ttft=5 --from 1.5 &&
		says 2 'at most 4096' $one --find concurrency --limit ttft=5 --to 5000 &&
		says 2 'judged by what the server loaded' $one --find num_ctx --limit ttft=5 &&
		says 2 'unknown option --passes' $one --find num_ctx --passes 5 &&
		says 2 'exists already' $one --find num_ctx --out there &&
		says 2 'goes on as it was begun' --resume s --find rate &&
		says 4 'is no search' --resume there &&
		says 4 'not a search of schema 1' --resume "$(broken)"
}

# choosing KEY: a sweep file that chooses among cells.
choosing() {
	printf '{"model": "gemma3:270m", %s}\n' "$1" >choosing.json && echo choosing.json
}

# A search whose file says another schema.
broken() {
	cp -r s broken && sed -i 's/"schema": 1/"schema": 7/' broken/search.json && echo broken
}

no_show_needs_to() {
	says 2 '--to: missing' $one --find num_ctx --sim has_show=0 &&
		expect_exit 0 "$chimera" search $one --find num_ctx --sim has_show=0 --to 8192 --out h >out
}

no_ps_is_not_judged() {
	expect_exit 5 "$chimera" search $one --find num_ctx --sim has_ps=0 --to 4096 --out p >out || return 1
	grep -q 'does not say what is on the GPU' out && [ "$(found refused p)" = null ]
}

# Killed at any moment, it goes on: told levels are not tried again, a level cut off is tried anew.
kill_and_resume() {
	for wait in 0.4 1.1; do
		rm -rf k
		"$chimera" search --simulate --sim load_ms=10 --sim resident_load_ms=2 --sim decode_speed=40 --sim num_parallel=2 \
			--num-predict 16 --burst 16 --warmups 1 --find concurrency --to 8 --limit ttft=10000 --out k >/dev/null 2>&1 &
		pid=$!
		sleep $wait
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
		[ -s k/search.json ] || continue
		expect_exit 0 "$chimera" search --resume k >out 2>err || { cat err; return 1; }
		[ "$(found confirmed k)" = 8 ] && [ "$(found end k)" = '"complete"' ] || { cat k/search.json; return 1; }
		# Of each level one session was whole: 3 passes of 16 requests and more, and no request twice.
		[ "$(column run_id k/runs.csv | sort | uniq -d | wc -l)" = 0 ] || { echo "run_id twice"; return 1; }
		cp k/runs.csv before
		expect_exit 0 "$chimera" search --resume k >again || return 1
		cmp before k/runs.csv && grep -q '^concurrency: 8 keeps' again || return 1
	done
}

interrupted_is_130() {
	"$chimera" search --simulate --sim load_ms=10 --num-predict 64 --find concurrency --limit ttft=900 --out i >out 2>&1 &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -s i/runs.csv ] && [ "$(wc -l <i/runs.csv)" -gt 3 ] && break
		sleep 0.1
	done
	kill -INT $pid
	wait $pid
	[ $? = 130 ] && [ "$(found end i)" = '"interrupted"' ] && grep -q 'chimera search --resume i' out
}

# ---- completions ----

# complete WORDS...: what bash offers for the last of them.
complete() {
	bash -c 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		compopt() { :; }; _chimera; printf "%s\n" "${COMPREPLY[@]}"' "$chimera" chimera "$@" | sort
}

bash_completes() {
	command -v bash >/dev/null || return 0
	bash -c 'source <("$0" completion bash); complete -p chimera' "$chimera" | grep -q '_chimera chimera' || return 1
	[ "$(complete se)" = search ] || { echo "se: $(complete se)"; return 1; }
	[ "$(complete search --fi)" = --find= ] || { echo "--fi: $(complete search --fi)"; return 1; }
	[ "$(complete search --find = num | tr '\n' ' ')" = 'num_ctx num_gpu ' ] || { complete search --find = num; return 1; }
	[ "$(complete search --find num | tr '\n' ' ')" = 'num_ctx num_gpu ' ] || return 1
	[ "$(complete search --find =)" = "$(printf 'concurrency\nnum_ctx\nnum_gpu\nrate')" ] || return 1
	[ "$(complete run --num-c)" = --num-ctx= ] && [ "$(complete completion z)" = zsh ] || return 1
	mkdir -p 'q folder/x' && : >qfile
	[ "$(complete run --out q)" = 'q folder' ] && [ "$(complete resume q)" = 'q folder' ] || return 1
	[ "$(complete run q | tr '\n' ' ')" = 'q folder qfile ' ]
}

# Every option of every command is offered.
bash_knows_every_option() {
	command -v bash >/dev/null || return 0
	for c in $("$chimera" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		"$chimera" "$c" --help | sed -nE 's/^ +(-[a-z], )?(--[a-z0-9-]+)([= ].*)?$/\2/p' | sort -u >wanted
		complete "$c" -- | sed 's/=$//' | sort -u >offered
		[ -s wanted ] && cmp wanted offered || { echo "of $c"; diff wanted offered; return 1; }
	done
}

zsh_reads_it() {
	"$chimera" completion zsh >_chimera && head -n 1 _chimera | grep -qx '#compdef chimera' || return 1
	! command -v zsh >/dev/null || zsh -n _chimera
}

completion_says_what_it_has() {
	expect_exit 2 "$chimera" completion 2>err && [ "$(wc -l <err)" = 2 ] &&
		expect_exit 2 "$chimera" completion fish 2>err && grep -q '"fish"' err
}

check num_ctx_on_random_machines num_ctx_on_random_machines
check num_gpu_on_random_machines num_gpu_on_random_machines
check concurrency_on_random_machines concurrency_on_random_machines
check rate_on_random_machines rate_on_random_machines
check the_answer_is_a_sentence the_answer_is_a_sentence
check rows_are_of_phase_search rows_are_of_phase_search
check json_is_the_file json_is_the_file
check status_of_a_search status_of_a_search
check a_search_is_no_run a_search_is_no_run
check nothing_kept_is_exit_5 nothing_kept_is_exit_5
check goodput_of_the_sweep_holds goodput_of_the_sweep_holds
check bad_input_is_one_line_and_a_hint bad_input_is_one_line_and_a_hint
check no_show_needs_to no_show_needs_to
check no_ps_is_not_judged no_ps_is_not_judged
check kill_and_resume kill_and_resume
check interrupted_is_130 interrupted_is_130
check bash_completes bash_completes
check bash_knows_every_option bash_knows_every_option
check zsh_reads_it zsh_reads_it
check completion_says_what_it_has completion_says_what_it_has
