#!/bin/sh
# corpus_test.sh - `chimera insight` on 101 real files, figure by figure, where they are: the folder that
# $CHIMERA_CORPUS names, or ../corpus/seed-reports beside the project.  They hold the results that the sample
# report of the first days was written about, and are no part of the project.  What is expected was computed
# apart from the program (Python's statistics module; percentiles of type 7).
. "$(dirname "$0")/../support/process.sh"
. "$top/tests/support/insight.sh"

corpus=${CHIMERA_CORPUS:-$top/../corpus/seed-reports}
case $corpus in /*) ;; *) corpus=$top/$corpus ;; esac
[ -d "$corpus" ] || { echo "skip corpus: there is none; CHIMERA_CORPUS may say where it is"; exit 0; }

it_is_read_whole() {
	insight o "$corpus" || return 1
	has o/lines ingest.files=101 ingest.bytes=436259 ingest.hash_lines=425 \
		"ingest.by_format.CSV=28" "ingest.by_format.JSON=44" "ingest.by_format.Markdown=29" || return 1
	# One of them is no table but an error message in broken UTF-16.
	grep -q '^ingest\..*=.*ncu_summary\.csv$' o/lines || { echo 'nothing is said of ncu_summary.csv'; return 1; }
}

# 197 rows of six models: identical files and rows that stand twice once, without failed ones.
six_models() {
	cat <<-'END'
	series gemma3:1b-it-qat 41 0 13
	figure gemma3:1b-it-qat ttft all 41 2025.4995 2939.9297 70.3272 6538.3516 97.6969 6517.8962
	figure gemma3:1b-it-qat ttft warm 28 93.8050679 15.9377574 70.3272 138.0218 91.21515 123.30786
	figure gemma3:1b-it-qat throughput all 41 183.6526 1.6755095 180.249921 187.175291 183.949022 185.999605
	figure gemma3:1b-it-qat throughput warm 28 184.003325 1.57813773 180.249921 187.175291 184.097798 186.384105
	series gemma3:270m 39 2 12
	figure gemma3:270m ttft all 39 615.124397 1320.10833 53.5847 7836.6299 68.183 1334.68712
	figure gemma3:270m ttft warm 27 72.3717148 22.5629752 53.5847 159.0315 64.0863 108.05907
	figure gemma3:270m throughput all 39 286.159066 16.7226266 212.721446 303.89821 290.003284 301.040208
	figure gemma3:270m throughput warm 27 289.13785 17.2115238 212.721446 303.89821 292.805929 301.315196
	series gemma3:latest 46 5 10
	figure gemma3:latest ttft all 46 1264.38486 4439.89238 116.9516 29987.07 136.1916 2650.95298
	figure gemma3:latest ttft warm 36 134.172972 10.6212551 116.9516 164.84 131.2087 153.016825
	figure gemma3:latest throughput all 46 100.593653 9.75464055 35.98 103.382678 101.978132 103.020524
	figure gemma3:latest throughput warm 36 102.156684 0.524754605 101.37293 103.382678 102.117273 103.073533
	series llama3.1:8b-instruct-q4_0 51 25 14
	figure llama3.1:8b-instruct-q4_0 ttft all 51 1187.55986 2266.17899 51.085 13037.231 89.279 3740.7
	figure llama3.1:8b-instruct-q4_0 ttft warm 37 86.1662973 17.4182074 51.085 140.514 83.9 108.68
	figure llama3.1:8b-instruct-q4_0 throughput all 51 77.6715686 0.813762551 74.11 79.99 77.61 79
	figure llama3.1:8b-instruct-q4_0 throughput warm 37 77.7491892 0.909637835 74.11 79.99 77.73 79.334
	series llama3.1:8b-instruct-q5_K_M 10 25 2
	figure llama3.1:8b-instruct-q5_K_M ttft all 10 1452.6016 2880.69062 69.2 7391.54 95.55 -
	figure llama3.1:8b-instruct-q5_K_M ttft warm 8 90.597 12.7620555 69.2 109.608 88.615 -
	figure llama3.1:8b-instruct-q5_K_M throughput all 10 65.145 0.305441393 64.79 65.89 65.095 -
	figure llama3.1:8b-instruct-q5_K_M throughput warm 8 65.22625 0.28630341 65.01 65.89 65.12 -
	series llama3.1:8b-instruct-q8_0 10 20 2
	figure llama3.1:8b-instruct-q8_0 ttft all 10 2007.0949 4008.22129 83.267 9615.508 95.8075 -
	figure llama3.1:8b-instruct-q8_0 ttft warm 8 105.867625 29.0584794 83.267 155.4 92.1955 -
	figure llama3.1:8b-instruct-q8_0 throughput all 10 46.485 0.474792352 45.32 46.85 46.59 -
	figure llama3.1:8b-instruct-q8_0 throughput warm 8 46.68625 0.146183593 46.52 46.85 46.715 -
	END
}

the_models_are_right() {
	six_models >figures
	same_figures o/lines figures 200 || return 1
	total=$(awk -F= '/^series\.[0-9]+\.model=/ && $2 != "null" { split($1, p, "."); named[p[2]] = 1 }
		/^series\.[0-9]+\.n=/ { split($1, p, "."); n[p[2]] = $2 }
		END { for (s in named) sum += n[s]; print sum + 0 }' o/lines)
	[ "$total" = 197 ] || { echo "$total rows of models, expected 197"; return 1; }
}

# told_mean FILE BACKEND MS
told_mean() {
	some o/lines told file "$1" subject "$2" stat mean failed false unit ms && awk -v want="$3" -F= '
		$1 == "value" { ok += $2 - want < .0005 && want - $2 < .0005; all++ }
		END { exit ok == 0 }' found || { echo "$1: $2 is not $3 ms"; cat found; return 1; }
}

backends_are_told() {
	for at in eager:3.812 jit:3.782 torch_compile:4.103 onnx:0.693; do
		told_mean conv_bench_20251002-170837.json "${at%:*}" "${at#*:}" || return 1
	done
	for at in eager:0.154 jit:0.162 onnx:0.774 tensorrt:0.431; do
		told_mean conv_cuda_bench_20251002-172037.json "${at%:*}" "${at#*:}" || return 1
	done
	some o/lines told file conv_cuda_bench_20251002-172037.json subject torch_compile failed true || return 1
	! the_entry o/lines told file conv_cuda_bench_20251002-172037.json subject torch_compile failed false
}

ranges_were_explored() {
	for want in 'num_gpu 40 60 80 999' 'num_ctx 1024 2048 4096'; do
		some o/lines settings name "${want%% *}" || return 1
		[ "$(sed -n 's/^levels\.[0-9]*=//p' found | tr '\n' ' ')" = "${want#* } " ] || { cat found; return 1; }
	done
	# 0.3 is that of runs that were not part of the search.
	some o/lines settings name temperature && for level in 0.2 0.4 0.8; do
		grep -q "^levels\.[0-9]*=$level$" found || { cat found; return 1; }
	done
}

traps_are_found() {
	for kind in 'load in TTFT' order 'loads on one level' 'levels that are one setting' 'zeros for failures' copies \
		'figures under the wrong name' echo 'figures of figures' 'all failed'; do
		grep -q "^findings\.[0-9]*\.trap=$kind$" o/lines || { echo "no trap: $kind"; grep '\.trap=' o/lines; return 1; }
	done
	# Rates as latency, and reports that repeat what rows say.
	some o/lines told file performance_digest.md verdict swap && some o/lines told file .md verdict agree
}

copies_are_told() {
	for f in ollama_param_tuning.csv ollama_param_tuning_summary.csv ollama_quant_bench.csv \
		ollama_benchmark_summary.md gemma3_baseline gemma3_270m_baseline gemma3_1b-it-qat_baseline; do
		grep '^ingest\.duplicates\.[0-9]*\.\(file\|of\)=' o/lines | grep -qF "$f" || { echo "no copy: $f"; return 1; }
	done
}

check corpus_is_read it_is_read_whole
check corpus_models the_models_are_right
check corpus_backends backends_are_told
check corpus_ranges ranges_were_explored
check corpus_traps traps_are_found
check corpus_copies copies_are_told
