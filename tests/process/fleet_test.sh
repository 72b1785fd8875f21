#!/bin/sh
# fleet_test.sh - a sweep in shards: run, looked at, merged, resumed, and written for Slurm.
. "$(dirname "$0")/../support/process.sh"

sim="--simulate --virtual"
grid="--num-ctx 2048,4096 --temperature 0.2,0.8 --num-predict 24 --repeats 6 --passes 3"

# shard K ARGS...: runs shard K/3 into sK.
shard() {
	k=$1
	shift
	"$chimera" run "$@" $grid --shard "$k/3" --no-report --quiet --out "s$k" >/dev/null
}

# rows_reach RUN N: waits until the journal has N lines, at most 20 s.
rows_reach() {
	for _ in $(seq 200); do
		[ -f "$1/runs.csv" ] && [ "$(wc -l <"$1/runs.csv")" -ge "$2" ] && return 0
		sleep 0.1
	done
	echo "$1 never had $2 rows"
	return 1
}

three_shards_are_the_whole_sweep() {
	for k in 1 2 3; do shard $k $sim --sim-seed $k || return 1; done
	expect_exit 0 "$chimera" merge s3 s1 s2 --out m >out || return 1
	grep -q '^3 of 3 shards merged: .* 24 of 24 requests done$' out || { cat out; return 1; }
	planned_ids $sim $grid >planned
	done_ids m >done
	[ "$(wc -l <planned)" = 24 ] && cmp planned done
}

a_merged_run_reads_like_any_other() {
	"$chimera" report m >out || return 1
	[ -s m/report.html ] && [ -s m/summary.json ] || return 1
	before=$(wc -l <m/runs.csv)
	expect_exit 0 "$chimera" resume m --no-report --quiet >/dev/null || return 1
	[ "$(wc -l <m/runs.csv)" = "$before" ] && grep -q '"shards": \[' m/manifest.json
}

merged_as_json() {
	"$chimera" merge s1 s2 s3 --out mj --json >out || return 1
	grep -q '"requests": 24' out && grep -q '"open": 0,' out && grep -q '"exit": 0' out
}

# refused CODE PATTERN ARGS...: exit code and message; nothing is left.
refused() {
	want=$1 pattern=$2
	shift 2
	expect_exit "$want" "$chimera" merge "$@" --out x 2>err || return 1
	grep -q -- "$pattern" err && [ "$(wc -l <err)" -le 2 ] || { cat err; return 1; }
	[ -z "$(ls -d x* 2>/dev/null)" ]
}

what_does_not_belong_is_refused() {
	cp -r s1 copy
	refused 4 'copy and s1 are both shard 1/3' s1 copy s2 || return 1
	refused 4 '1 of 3 shards missing: 2' s1 s3 || return 1
	refused 4 'm is not a shard' s1 m s3 || return 1
	refused 3 'nowhere: no such run directory' s1 nowhere || return 1
	refused 2 'which shards' || return 1
	expect_exit 2 "$chimera" merge s1 s2 s3 2>err && grep -q -- '--out: missing' err || return 1
	expect_exit 2 "$chimera" merge s1 s2 s3 --out m 2>err && grep -q 'exists already' err || return 1
	"$chimera" run $sim --num-ctx 2048,8192 --temperature 0.2,0.8 --num-predict 24 --repeats 6 --passes 3 \
		--shard 2/3 --no-report --quiet --out other >/dev/null || return 1
	refused 4 'factors.num_ctx differs' s1 other s3
}

a_full_disk_leaves_nothing() {
	(
		trap '' XFSZ
		ulimit -f 10
		"$chimera" merge s1 s2 s3 --out x 2>err
	)
	code=$?
	[ $code = 3 ] && grep -q 'x.tmp.*File too large' err && [ -z "$(ls -d x* 2>/dev/null)" ] || { cat err; return 1; }
}

a_killed_shard_is_merged_and_gone_on_with() {
	rm -rf s1 s2 s3 m
	start_simulator --sim load_ms=20 --sim resident_load_ms=10 || return 1
	server="--server $url --model gemma3:270m"
	shard 1 $server && shard 3 $server || return 1
	"$chimera" run $server $grid --shard 2/3 --quiet --out s2 >/dev/null 2>&1 &
	pid=$!
	rows_reach s2 10 || return 1
	expect_exit 4 "$chimera" merge s1 s2 s3 --out m 2>err && grep -q 'in use' err || { cat err; return 1; }
	"$chimera" status s2 >running
	kill -9 $pid
	wait $pid 2>/dev/null
	"$chimera" status s2 >killed
	expect_exit 6 "$chimera" merge s1 s2 s3 --out m >out 2>err || { cat err; return 1; }
	grep -q 's2 (shard 2/3) is incomplete: [1-8] of 8 requests are open' err || { cat err; return 1; }
	[ "$(tail -n 1 out)" = 'chimera resume m' ] || return 1
	expect_exit 0 "$chimera" resume m --quiet >out || return 1
	planned_ids $server $grid >planned
	done_ids m | cmp planned -
	code=$?
	stop_simulator
	return $code
}

status_tells_how_far_it_is() {
	grep -q '^s2  shard 2/3  running' running || { cat running; return 1; }
	grep -Eq 'requests  [0-8] of 8 done' running && grep -q 'loads     [1-4] of 4 planned' running || return 1
	grep -q 'shard 2/3  stopped without a word' killed || { cat killed; return 1; }
	"$chimera" status s1 m >done || return 1
	grep -q '^s1  shard 1/3  complete' done && grep -q '^m  complete' done || { cat done; return 1; }
	grep -q 'requests  8 of 8 done, 100 %; 0 failed' done && grep -q '1 of 1 passes complete' done &&
		grep -q 'requests  24 of 24 done, 100 %; 0 failed' done && grep -q '3 of 3 passes complete' done
}

status_changes_nothing() {
	cp -r s2 torn && printf 'torn' >>torn/runs.csv || return 1
	cat torn/* | cksum >before
	"$chimera" status torn --json >out || return 1
	cat torn/* | cksum | cmp before - || return 1
	grep -q '"state": "killed"' out && grep -q '"bad_lines": 0' out && grep -q '"shard": "2/3"' out
}

status_of_what_is_no_run() {
	mkdir -p none
	expect_exit 4 "$chimera" status none 2>err && grep -q 'not a run directory' err || return 1
	expect_exit 3 "$chimera" status nowhere 2>err && grep -q 'no such run directory' err || return 1
	expect_exit 4 "$chimera" status s1 none >out 2>err && grep -q '^s1 ' out || return 1
	expect_exit 2 "$chimera" status 2>err
}

# Whoever asks again and again is never in the way of one that measures.
status_is_not_in_the_way() {
	touch asking
	(while [ -e asking ]; do "$chimera" status mj >/dev/null 2>&1; done) &
	asker=$!
	failed=0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		"$chimera" resume mj --no-report --quiet >/dev/null 2>err || failed=1
	done
	rm asking
	wait $asker
	[ $failed = 0 ] || { cat err; return 1; }
}

servers_of_other_machines_are_named() {
	expect_exit 6 "$chimera" merge s1 s3 --partial --out far >/dev/null 2>&1 || return 1
	sed -i 's/"host": "[^"]*"/"host": "elsewhere"/' far/manifest.json
	expect_exit 3 "$chimera" resume far --quiet 2>err && grep -q 'only elsewhere can reach' err || { cat err; return 1; }
	grep -q -- '--server NAME=URL' err
}

# ---- Slurm, without Slurm ----

slurm_refuses() {
	want=$1 pattern=$2
	shift 2
	expect_exit "$want" "$chimera" slurm $sim $grid "$@" --out x 2>err || { cat err; return 1; }
	grep -q -- "$pattern" err && [ ! -e x ] || { cat err; return 1; }
}

slurm_bad_input() {
	slurm_refuses 2 '--shards: missing' &&
		slurm_refuses 2 '--shards: expected a number' --shards 0 &&
		slurm_refuses 2 '--shards: expected a number' --shards 2x &&
		slurm_refuses 2 'shards: 4 for 3 passes' --shards 4 &&
		slurm_refuses 2 'shard: ' --shards 3 --shard 1/3 &&
		slurm_refuses 2 '--time: ' --shards 3 --time soon &&
		slurm_refuses 2 '--sbatch: ' --shards 3 --sbatch gpu &&
		slurm_refuses 2 'num-ctx' --shards 3 --num-ctx 8k
}

slurm_writes_scripts() {
	"$chimera" slurm $sim $grid --shards 3 --time 02:00:00 --out 'fl eet' >out || return 1
	sh -n 'fl eet/array.sh' && sh -n 'fl eet/merge.sh' || return 1
	grep -q '^#SBATCH --array=1-3$' 'fl eet/array.sh' || return 1
	grep -q "^array=.(sbatch --parsable '.*/fl eet/array.sh') &&$" out &&
		grep -q "^sbatch --dependency=afterany:.{array%%;\*} '.*/fl eet/merge.sh'$" out || { cat out; return 1; }
	# The sweep that tasks run is the one that was asked for.
	planned_ids $sim $grid >planned
	planned_ids $sim 'fl eet/sweep.json' | cmp planned -
}

slurm_runs_what_it_wrote() {
	for k in 1 2 3; do
		SLURM_ARRAY_TASK_ID=$k sh 'fl eet/array.sh' >log 2>&1 || { cat log; return 1; }
	done
	sh 'fl eet/merge.sh' >log 2>&1 || { cat log; return 1; }
	planned_ids $sim $grid >planned
	done_ids 'fl eet/merged' | cmp planned - && [ -s 'fl eet/merged/report.html' ]
}

slurm_needs_sbatch() {
	mkdir -p bin
	PATH=$work/bin expect_exit 3 "$chimera" slurm $sim $grid --shards 3 --submit --out q 2>err &&
		grep -q 'sbatch cannot be started' err && [ -x q/array.sh ]
}

slurm_queues() {
	mkdir -p bin
	printf '#!/bin/sh\necho "$@" >>%s/queued\necho "sbatch: a remark" >&2\necho "41;cluster"\n' "$work" >bin/sbatch
	chmod 755 bin/sbatch
	PATH=$work/bin:$PATH "$chimera" slurm $sim $grid --shards 3 --submit --json --out q2 >out || return 1
	grep -q '"array_job": "41"' out && grep -q '"merge_job": "41"' out || { cat out; return 1; }
	printf '%s\n%s\n' "--parsable $work/q2/array.sh" "--parsable --dependency=afterany:41 $work/q2/merge.sh" |
		cmp queued - || return 1
	printf '#!/bin/sh\necho "sbatch: error: no such partition" >&2\nexit 1\n' >bin/sbatch
	PATH=$work/bin:$PATH expect_exit 3 "$chimera" slurm $sim $grid --shards 3 --submit --out q3 2>err &&
		grep -q 'not queued: sbatch: error: no such partition' err
}

check three_shards_are_the_whole_sweep three_shards_are_the_whole_sweep
check a_merged_run_reads_like_any_other a_merged_run_reads_like_any_other
check merged_as_json merged_as_json
check what_does_not_belong_is_refused what_does_not_belong_is_refused
check a_full_disk_leaves_nothing a_full_disk_leaves_nothing
check a_killed_shard_is_merged_and_gone_on_with a_killed_shard_is_merged_and_gone_on_with
check status_tells_how_far_it_is status_tells_how_far_it_is
check status_changes_nothing status_changes_nothing
check status_of_what_is_no_run status_of_what_is_no_run
check status_is_not_in_the_way status_is_not_in_the_way
check servers_of_other_machines_are_named servers_of_other_machines_are_named
check slurm_bad_input slurm_bad_input
check slurm_writes_scripts slurm_writes_scripts
check slurm_runs_what_it_wrote slurm_runs_what_it_wrote
check slurm_needs_sbatch slurm_needs_sbatch
check slurm_queues slurm_queues
