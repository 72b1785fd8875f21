#!/bin/sh
# insight_test.sh - a tree of other people's results to its report.  The tree and its figures are described in
# tests/data/insight.txt.
. "$(dirname "$0")/../support/process.sh"
. "$top/tests/support/insight.sh"

tree=${TEST_DATA:-$top/tests/data}/insight
figures=${TEST_DATA:-$top/tests/data}/insight.txt
every_file_is_there() {
	insight o "$tree" || return 1
	for f in $outputs; do
		[ -s "o/$f" ] || { echo "no $f"; return 1; }
	done
	[ ! -s o.out ] && [ ! -s o.err ] || { echo "--quiet was not"; cat o.out o.err; return 1; }
	has o/lines schema=1 simulated=false ingest.files=28 ingest.bytes=32770 ingest.hash_lines=7 \
		ingest.headings=6 "ingest.by_format.CSV=14" "ingest.by_format.JSON=8" \
		"ingest.by_format.JSON lines=1" "ingest.by_format.Markdown=5"
}

the_figures_are_right() {
	same_figures o/lines "$figures" 300
}

# By t with n - 1 degrees of freedom: the half width in standard errors.
intervals_are_of_t() {
	awk '
	BEGIN { split("12.7062 4.30265 3.18245 2.77645 2.57058 2.44691 2.36462", t, " ")
		t[14] = 2.14479; t[19] = 2.09302; t[21] = 2.07961 }
	{ path = $0; sub(/=.*/, "", path); value[path] = substr($0, length(path) + 2) }
	END {
		for (path in value) {
			if (path !~ /^series\..*\.ci_low$/ || value[path] == "null") continue
			s = path
			sub(/ci_low$/, "", s)
			if (!((df = value[s "n"] - 1) in t)) continue
			half = (value[s "ci_high"] - value[path]) / 2
			middle = (value[s "ci_high"] + value[path]) / 2
			want = t[df] * value[s "sd"] / sqrt(df + 1)
			if ((half - want) ^ 2 > (1e-4 * want) ^ 2 || (middle - value[s "mean"]) ^ 2 > (1e-9 * middle) ^ 2) {
				print s ": " value[path] " to " value[s "ci_high"]
				bad++
			}
			seen++
		}
		exit bad > 0 || seen < 20
	}' o/lines
}

settings_are_explored() {
	for want in 'num_gpu 32 64 99' 'num_ctx 2048 4096 8192' 'temperature 0.1 0.5 0.9'; do
		# shellcheck disable=SC2086
		set -- $want
		some o/lines settings name "$1" || return 1
		[ "$(sed -n 's/^levels\.[0-9]*=//p' found | tr '\n' ' ')" = "${want#* } " ] ||
			{ echo "$1:"; cat found; return 1; }
	done
}

what_was_left_out_has_a_reason() {
	some o/lines ingest.skipped file blob.out why binary || return 1
	some o/lines ingest.skipped file .draft.csv why hidden || return 1
	some o/lines ingest.notes file mixed_separators.csv line 5 || return 1
	some o/lines ingest.notes file mixed_separators.csv line 6 || return 1
	grep -q '^ingest\..*=.*ends_early\.json$' o/lines || { echo 'nothing is said of ends_early.json'; return 1; }
	grep '^ingest\..*why=' o/lines | grep -q 'why=\(null\)*$' && { echo 'a reason is empty'; return 1; }
	for f in blob.out .draft.csv ends_early.json mixed_separators.csv; do
		grep -qF "$f" o/report.md && grep -qF "$f" o/report.html || { echo "the report does not tell of $f"; return 1; }
	done
}

nothing_counts_twice() {
	for f in otter_tuning_copy.csv otter_param_tuning.csv otter_baseline all_runs.csv suite_runs.csv; do
		grep '^ingest\.duplicates\.[0-9]*\.\(file\|of\)=' o/lines | grep -qF "$f" || { echo "no copy: $f"; return 1; }
	done
	has o/lines ingest.failed=15
}

told_figures_are_judged() {
	some o/lines told file mixer_bench.json subject fused failed true || return 1
	the_entry o/lines told file mixer_bench.json subject fused failed false && return 1
	some o/lines told file mixer_bench.json subject traced stat mean failed false || return 1
	grep -q '^value=5\.9027$' found || { cat found; return 1; }
	some o/lines told file report.md subject heron:1b quantity throughput verdict agree || return 1
	some o/lines told file report.md subject heron:1b quantity ttft verdict agree || return 1
	some o/lines told file report.md subject otter:7b quantity throughput verdict agree || return 1
	some o/lines told file claims.md quantity throughput verdict contradict || return 1
	some o/lines told file claims.md quantity ttft verdict contradict || return 1
	# Rates as latency; seconds as a rate.
	some o/lines told file digest.md subject heron:4b quantity latency verdict swap || return 1
	some o/lines told file digest.md subject heron:4b quantity throughput verdict swap || return 1
	# A num_ctx as latency is none, and that is said.
	if the_entry o/lines told file digest.md subject otter:7b quantity latency >found; then
		grep -q '^verdict=setting' found || { cat found; return 1; }
	else
		some o/lines ingest.notes file digest.md why latency || return 1
	fi
}

traps_are_found() {
	for kind in 'load in TTFT' order 'loads on one level' 'zeros for failures' copies 'figures under the wrong name' echo \
		contradiction 'figures of figures' 'all failed'; do
		grep -q "^findings\.[0-9]*\.trap=$kind$" o/lines || { echo "no trap: $kind"; grep '\.trap=' o/lines; return 1; }
	done
	grep '^findings\.[0-9]*\.text=' o/lines | grep -q '=$' && { echo 'a finding says nothing'; return 1; }
	[ "$(grep -c '^findings\.[0-9]*\.id=' o/lines)" = "$(grep -c '^findings\.[0-9]*\.rows\.n=[1-9]' o/lines)" ]
}

# A mean that two files tell stands once, with its interval (t of 9); the backend that failed last, without one.
what_is_only_told_has_its_place() {
	some o/lines told_series part traced quantity time group "mixer, gpu" failed false || return 1
	grep -q '^n=' found && grep -q '^repeated\.0\.file=.*mixer_bench\.md$' found || { cat found; return 1; }
	awk -F= '{ v[$1] = $2 } END { exit !(v["ci_low"] < v["mean"] && v["mean"] < v["ci_high"] && v["ratio"] > 1) }' found ||
		{ cat found; return 1; }
	some o/lines told_series part fused quantity time failed true || return 1
	grep -q '^mean=null' found && grep -q '^failure=..*' found || { cat found; return 1; }
	[ -s o/tables/told_series.csv ] && grep -q 'Figures that files tell, without rows behind them' o/report.md || return 1
	[ "$(grep -c '^findings\.[0-9]*\.id=' o/lines)" -le 20 ]
}

# unfilled FILE...: places that nobody filled in, or that show how they were to be.
unfilled() {
	grep -nE '\bNaN\b|\bnan\b|\binf\b|\(null\)|\(nil\)|undefined|\{\}' "$@" ||
		grep -nE '%[-+0-9.]*(s|d|f|g|zu|llu)\b|\b(TODO|TBD|N/A)\b|\[[A-Z][a-z]+ (p[0-9]+|[a-z]+)\]' "$@" ||
		grep -nE '\| *\| *\| *\|' "$@"
}

no_place_is_unfilled() {
	cat o/summary.json o/report.json | grep -nE '\bNaN\b|\bnan\b|\binf\b|\(null\)|undefined' && return 1
	sed '/<script/,/<\/script>/d; /<style/,/<\/style>/d' o/report.html >text.html
	! unfilled o/report.md text.html
}

reports_say_the_same() {
	for words in heron:1b heron:4b-q4_0 otter:7b-q4_K_M lynx:3b 'timed out' 'connection refused' num_ctx; do
		for f in report.md report.html report.json; do
			grep -qF "$words" "o/$f" || { echo "$f has no \"$words\""; return 1; }
		done
	done
	# The failed backend is never one of 0 ms, in whatever form.
	grep -n 'fused.*[ >]0\(\.0*\)\{0,1\} ms' o/report.md o/report.html && return 1
	grep -q '<script' o/report.html && ! grep -qE '<(script|link|img)[^>]*(src|href)="?(https?:)?//' o/report.html
}

# How long the steps took is no part of the comparison.
without_times() {
	sed -E '/reading|analysis|report|charts/ s/[0-9.,]+ (ms|s)\b/TIME/g; s/^( *)"[0-9.,]+ (ms|s)"(,?)$/\1TIME\3/' "$1"
}

the_same_tree_gives_the_same_bytes() {
	for threads in '' '--threads 1' '--threads 5'; do
		rm -rf same && mkdir same
		# shellcheck disable=SC2086
		(cd same && insight o "$tree" $threads) || return 1
		cmp o/summary.json same/o/summary.json || return 1
		for f in report.md report.html report.json; do
			without_times o/$f >one.txt
			without_times same/o/$f | sed 's/ --threads [15]//' >other.txt
			cmp one.txt other.txt || { echo "$f"; diff one.txt other.txt | head -5; return 1; }
		done
	done
}

json_goes_to_standard_output() {
	"$chimera" insight "$tree" --out j --no-charts --json >j.json || return 1
	cmp j.json j/summary.json || awk -f "$json_awk" j.json | grep -q '^ingest\.files=28$'
}

bad_input_is_one_line() {
	mkdir -p none && : >none/empty.csv && printf 'only words\n' >none/words.md && printf 'made nonsense\n' >bad.rules
	for args in "nope:3" "none:5" "$tree --no-such:2" ":2" "$tree --threads x:2" "$tree --max-file lots:2" \
		"$tree --rules nope.rules:[23]" "$tree --rules bad.rules:2"; do
		# shellcheck disable=SC2086
		"$chimera" insight ${args%:*} --out bad --no-charts >out 2>err
		got=$?
		case $got in ${args##*:}) ;; *) echo "exit code $got: $args"; cat err; return 1 ;; esac
		[ "$(grep -c '^chimera: ' err)" = 1 ] || { echo "$args"; cat err; return 1; }
		[ ! -e bad/report.md ] || { echo "a report of nothing: $args"; return 1; }
	done
	expect_exit 2 "$chimera" insight "$tree" 2>err && grep -q -- --out err
}

some_rows() { # some_rows MODEL N
	awk -v m="$1" -v n="$2" 'BEGIN { print "model,ttft_ms,tokens_s"
		for (i = 1; i <= n; i++) printf "%s,%d.5,%d.25\n", m, 50 + i, 90 + i }'
}

links_are_not_followed_out() {
	mkdir -p links/in outside
	some_rows inside:1b 4 >links/in/a.csv
	some_rows outside:1b 4 >outside/b.csv
	ln -s ../.. links/in/up && ln -s . links/in/loop && ln -s ../../outside links/in/out &&
		ln -s ../../outside/b.csv links/in/b.csv && ln -s nowhere.csv links/in/gone.csv &&
		ln -s a.csv links/in/same.csv || return 1
	insight l links || return 1
	has l/lines ingest.files=1 series.0.model=inside:1b series.0.n=4 || return 1
	grep -q 'outside:1b' l/report.md && return 1
	grep -q '^ingest\.skipped\.[0-9]*\.file=.*out' l/lines
}

odd_files_are_no_trouble() {
	mkdir -p odd && some_rows odd:1b 4 >odd/a.csv && : >odd/empty.csv && : >odd/empty.json && mkfifo odd/pipe.csv
	printf 'model,ttft_ms,tokens_s\n' >odd/head.csv
	printf 'model,ttft_ms\n\0\001\002\377' >odd/bytes.csv
	some_rows shut:1b 4 >odd/shut.csv && chmod 000 odd/shut.csv
	(ulimit -t 20; insight odd.o odd) || return 1
	has odd.o/lines series.0.model=odd:1b series.0.n=4 || return 1
	for f in empty.csv empty.json pipe.csv bytes.csv; do
		some odd.o/lines ingest.skipped file $f || return 1
	done
	# Whoever may read everything reads it.
	[ -r odd/shut.csv ] || some odd.o/lines ingest.skipped file shut.csv
}

names_from_outside_stay_text() {
	mkdir -p names
	some_rows '"<script>alert(1)</script>|x"' 3 >'names/<b>&"a|b.csv'
	some_rows '`x` [a](javascript:b)' 3 >names/c.csv
	insight n names || return 1
	grep -n '<script>alert\|<b>&"\|href="javascript' n/report.html && return 1
	# Outside of code, which needs no escapes.
	sed '/^ *```/,/^ *```/d; s/`[^`]*`//g' n/report.md | grep -n '<script>alert' && return 1
	grep -q 'alert(1)' n/report.html
}

large_json() { # 20 MB
	awk 'BEGIN { print "{\"model\": \"large:1b\", \"results\": ["
		for (i = 1; i <= 200000; i++)
			printf "%s{\"ttft_s\": 0.%06d, \"tokens_s\": %d.5, \"note\": \"%062d\"}\n",
				(i > 1 ? "," : ""), 100000 + i, 50 + i % 7, i
		print "]}" }'
}

large_files_are_skipped_unless_asked_for() {
	mkdir -p big && some_rows small:1b 4 >big/a.csv && large_json >big/large.json
	[ "$(wc -c <big/large.json)" -gt 20000000 ] || return 1
	insight big1 big && some big1/lines ingest.skipped file large.json why 'MiB' || return 1
	has big1/lines ingest.files=2 ingest.read=1 || return 1
	insight big2 big --max-file 32M || return 1
	has big2/lines ingest.files=2 series.0.model=large:1b series.0.n=200000 series.1.model=small:1b || return 1
	grep -q -- '--max-file 32M' big2/report.md || { echo 'how to do it again leaves --max-file out'; return 1; }
	grep -q -- '--max-file' big1/report.md && return 1
	insight big3 big/large.json && has big3/lines ingest.files=1 # named by itself
}

a_rule_teaches_a_column() {
	mkdir -p taught && awk 'BEGIN { print "model,frobs"; for (i = 0; i < 6; i++) printf "odd:2b,%d.5\n", 40 + i }' >taught/a.csv
	some_rows odd:2b 3 >taught/b.csv
	insight t taught || return 1
	grep -q '=frob_rate$' t/lines && return 1
	printf 'frobs measure frob_rate - higher 0.. Rate of frobs\n' >my.rules
	insight t2 taught --rules my.rules || return 1
	grep -q '^series\.0\.measures\.[0-9]*\.quantity=frob_rate$' t2/lines && grep -q 'Rate of frobs' t2/report.md
}

a_run_of_ours_is_one_of_them() {
	mkdir -p ours && some_rows other:1b 4 >ours/a.csv
	"$chimera" run --simulate --virtual --num-ctx 2048,4096 --passes 3 --no-report --quiet --out ours/run >/dev/null || return 1
	insight r ours || return 1
	has r/lines ingest.files=2 ingest.by_format.run=1 ingest.by_format.CSV=1 || return 1
	grep -qi simulat r/report.md
}

charts_are_drawn_unless_not_wanted() {
	command -v gnuplot >/dev/null || return 0
	"$chimera" insight "$tree" --out c --quiet >out 2>err || { cat err; return 1; }
	grep -q '<img[^>]*alt="[^"]' c/report.html && ! grep -q '<img' o/report.html || return 1
	grep '<img' c/report.html | grep -q 'alt=""' && return 1
	cmp c/summary.json o/summary.json
}

check every_file_is_there every_file_is_there
check figures the_figures_are_right
check intervals intervals_are_of_t
check settings settings_are_explored
check left_out what_was_left_out_has_a_reason
check copies nothing_counts_twice
check told told_figures_are_judged
check traps traps_are_found
check only_told what_is_only_told_has_its_place
check unfilled no_place_is_unfilled
check same_content reports_say_the_same
check the_same_bytes the_same_tree_gives_the_same_bytes
check json json_goes_to_standard_output
check bad_input bad_input_is_one_line
check links links_are_not_followed_out
check odd_files odd_files_are_no_trouble
check names names_from_outside_stay_text
check large_files large_files_are_skipped_unless_asked_for
check rules a_rule_teaches_a_column
check run_folder a_run_of_ours_is_one_of_them
check charts charts_are_drawn_unless_not_wanted
