#!/bin/sh
# run_test.sh - sweep to report on the simulator: what a first user does.
. "$(dirname "$0")/../support/process.sh"

grid="--num-ctx 2048,4096 --temperature 0.2,0.8 --num-predict 16 --repeats 4 --passes 2"

virtual_run_makes_everything() {
	expect_exit 0 "$chimera" run --simulate --virtual $grid --out v >out || return 1
	for f in runs.csv loads.csv chunks.csv sweep.json manifest.json summary.json report.md report.html \
		report.json tables/cells.csv tables/effects.csv charts/index.json; do
		[ -s "v/$f" ] || { echo "v/$f is missing or empty"; return 1; }
	done
	grep -q SIMULATED out && grep -q SIMULATED v/report.md && grep -q SIMULATED v/report.html
}

every_request_has_a_row() {
	planned_ids --simulate --virtual $grid >planned
	done_ids v >done
	[ "$(wc -l <planned)" = 16 ] || { echo "planned $(wc -l <planned)"; return 1; }
	cmp planned done
}

loads_are_as_planned() {
	loads=$("$chimera" plan --simulate --virtual $grid --json | sed -n 's/^  "loads": \([0-9]*\),*$/\1/p')
	[ "$loads" = 7 ] || { echo "plan says $loads loads"; return 1; } # 2 blocks x 2 passes + 3 sentinel
	[ "$(($(wc -l <v/loads.csv) - 1))" = "$loads" ]
}

same_seed_same_rows() {
	"$chimera" run --simulate --virtual $grid --out w >/dev/null || return 1
	# Everything but the times of day (and the CRC over them) is equal.
	sed 's/,[^,]*,[0-9a-f]*$//' v/runs.csv >a
	sed 's/,[^,]*,[0-9a-f]*$//' w/runs.csv >b
	cmp a b
}

analysis_is_repeatable() {
	cp v/summary.json before
	"$chimera" analyze v >/dev/null && cmp before v/summary.json
}

report_has_no_empty_place() {
	[ -s v/report.md ] && ! grep -nEi '\bnan\b|\binf\b|\{\}|TODO|\(null\)' v/report.md
}

real_clock_run_on_the_embedded_simulator() {
	expect_exit 0 "$chimera" run --simulate --sim load_ms=50 --num-ctx 2048,4096 --num-predict 8 \
		--passes 2 --no-sentinel --quiet --out r || return 1
	[ "$(done_ids r | wc -l)" = 8 ]
}

ten_hours_in_seconds() {
	expect_exit 0 "$chimera" run --simulate --virtual --sim decode_speed=0.01 --num-ctx 1024-8192x2 \
		--temperature 0.2,0.8 --repeats 60 --num-predict 64 --no-report --quiet --out t || return 1
	"$chimera" report t | grep -q . && [ "$(done_ids t | wc -l)" = 480 ]
}

default_name_counts_up() {
	"$chimera" run --simulate --virtual --num-ctx 2048 --passes 1 --no-report --quiet --name x || return 1
	"$chimera" run --simulate --virtual --num-ctx 2048 --passes 1 --no-report --quiet --name x || return 1
	[ "$(ls -d runs/*-x runs/*-x-2 | wc -l)" = 2 ]
}

failed_requests_are_exit_6() {
	expect_exit 6 "$chimera" run --simulate --virtual --sim fail_midstream=0.2 $grid --out f >out || return 1
	column status f/runs.csv | grep -q server_error
}

missing_show_and_ps_are_measured_all_the_same() {
	expect_exit 0 "$chimera" run --simulate --virtual --sim has_show=0 --sim has_ps=0 $grid --out n >out
	grep -q '/api/show' n/report.md && grep -q '/api/ps' n/report.md
}

no_gpu_is_found_by_read_back() {
	expect_exit 0 "$chimera" run --simulate --virtual --sim vram_mib=0 --num-gpu auto,0,99 \
		--num-ctx 2048,4096 --num-predict 16 --out g >out || return 1
	grep -q 'no GPU' out && grep -q '"verdict": "alias"' g/summary.json
}

check virtual_run_makes_everything virtual_run_makes_everything
check every_request_has_a_row every_request_has_a_row
check loads_are_as_planned loads_are_as_planned
check same_seed_same_rows same_seed_same_rows
check analysis_is_repeatable analysis_is_repeatable
check report_has_no_empty_place report_has_no_empty_place
check real_clock_run_on_the_embedded_simulator real_clock_run_on_the_embedded_simulator
check ten_hours_in_seconds ten_hours_in_seconds
check default_name_counts_up default_name_counts_up
check failed_requests_are_exit_6 failed_requests_are_exit_6
check missing_show_and_ps_are_measured_all_the_same missing_show_and_ps_are_measured_all_the_same
check no_gpu_is_found_by_read_back no_gpu_is_found_by_read_back
