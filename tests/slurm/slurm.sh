#!/bin/sh
# slurm.sh - a sweep on a real Slurm: three nodes of this machine, three shards, and each is disturbed in
# its own way in the middle.  Needs slurmctld, slurmd and munged (Debian: slurm-wlm munge), no systemd; says
# so and skips where they are not there.  All daemons are its own, with ports, keys and folders of their own.
#
# Environment: CHIMERA_BIN, the program.
for need in munged slurmctld slurmd sbatch squeue scontrol scancel sinfo; do
	command -v $need >/dev/null 2>&1 || PATH=$PATH:/usr/sbin:/sbin
	command -v $need >/dev/null 2>&1 || {
		echo "test-slurm: skipped, there is no $need (Debian: slurm-wlm munge)"
		exit 0
	}
done
. "$(dirname "$0")/../support/process.sh"
. "$top/tests/slurm/cluster.sh"

grid="--model gemma3:270m --num-ctx 2048,4096 --temperature 0.2,0.8 --num-predict 16 --repeats 36 --passes 3"
fleet="$work/a fleet's \$HOME %j \"*\""

# state_of JOB: how Slurm has it; nothing when it is forgotten.
state_of() {
	scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -n 1
}

# restarts_of JOB_TASK
restarts_of() {
	scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -n 1
}

# measured RUN: ok rows of measured requests.
measured() {
	n=$(grep -c ',measure,.*,ok,' "$1/runs.csv" 2>/dev/null)
	echo "${n:-0}"
}

# wait_for SECONDS COMMAND...
wait_for() {
	left=$((10 * $1))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || { echo "waited in vain for: $*"; squeue; return 1; }
		sleep 0.1
	done
}

has_measured() {
	[ "$(measured "$fleet/shard-$1")" -ge "$2" ]
}

is_over() {
	case $(state_of "$1") in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL | '') ;; *) return 1 ;; esac
}

job_number() {
	sed -n "s/^$1.* job \([0-9]*\).*/\1/p" submitted
}

# The process that measures shard $1.
process_of() {
	ps -eo pid=,args= | awk -v want="/shard-$1 " '/--shard/ && index($0, want) && !/awk/ { print $1 }' | head -n 1
}

# Nothing listens at this address: the plan cannot be made here, and the tasks have servers of their own.
it_is_queued() {
	OLLAMA_HOST=127.0.0.1:1 "$chimera" slurm $grid --shards 3 --time 10 --name "it's \$(date) *" --out "$fleet" --submit \
		>submitted 2>err || { cat err; return 1; }
	cat submitted err
	[ -n "$(job_number '3 shards')" ] && [ -n "$(job_number merge)" ] &&
		grep -q 'each task asks its own server' err
}

# Slurm takes a task away (as when it is preempted or its node is drained): TERM, then it is started again.
a_requeued_task_resumes() {
	wait_for 60 has_measured 1 3 || return 1
	before=$(measured "$fleet/shard-1")
	scontrol requeue "${array}_1" || return 1
	echo "shard 1 had $before"
}

# kill -9 of the program alone: its script asks for another turn.
a_killed_task_resumes() {
	wait_for 60 has_measured 2 3 || return 1
	pid=$(process_of 2)
	[ -n "$pid" ] || { ps -eo pid,args; return 1; }
	kill -9 "$pid" && echo "killed $pid after $(measured "$fleet/shard-2")"
}

# What Slurm sends two minutes before the time limit.
a_task_whose_time_is_up_resumes() {
	wait_for 60 has_measured 3 3 || return 1
	scancel --batch --signal=USR1 "${array}_3" && echo "USR1 after $(measured "$fleet/shard-3")"
}

status_tells_of_the_shards() {
	"$chimera" status "$fleet/shard-1" "$fleet/shard-2" "$fleet/shard-3" >status.out || return 1
	cat status.out
	for k in 1 2 3; do grep -q "  shard $k/3  " status.out || return 1; done
	grep -q ' of 48 done, ' status.out
}

all_ends_by_itself() {
	wait_for 200 is_over "$merge" || { sinfo; return 1; }
	cat "$fleet"/log/*
	[ "$(state_of "$merge")" = COMPLETED ] || { scontrol show job "$merge"; return 1; }
}

each_was_started_twice() {
	for k in 1 2 3; do
		sessions=$(column session "$fleet/shard-$k/runs.csv" | sort -u | wc -l)
		[ "$sessions" = 2 ] || { echo "shard $k has $sessions sessions"; return 1; }
		[ "$(restarts_of "${array}_$k")" = 1 ] || { scontrol show job "${array}_$k"; return 1; }
	done
	grep -q '"end": "interrupted"' "$fleet/shard-3/manifest.json" || { cat "$fleet/shard-3/manifest.json"; return 1; }
	grep -q '"end": "interrupted"' "$fleet/shard-1/manifest.json" || { cat "$fleet/shard-1/manifest.json"; return 1; }
	grep -q '"end": null' "$fleet/shard-2/manifest.json"
}

# The run_ids that count are those of one machine's plan, and none counts twice.
it_is_the_whole_sweep() {
	OLLAMA_HOST=$(cat "$cluster/hosts/n1") "$chimera" plan "$fleet/sweep.json" --json --runs |
		sed -n 's/.*"run_id": "\([0-9a-f]*\)".*/\1/p' | sort >planned
	done_ids "$fleet/merged" >done
	wc -l planned done
	[ "$(wc -l <planned)" = 144 ] && cmp planned done && [ -z "$(uniq -d <done)" ]
}

servers_are_the_nodes() {
	[ "$(column server "$fleet/merged/runs.csv" | sort -u | tr '\n' ' ')" = "n1 n2 n3 " ]
}

the_report_is_there() {
	[ -s "$fleet/merged/report.html" ] && [ -s "$fleet/merged/summary.json" ] && [ ! -e "$fleet/merged/sweep.json.tmp" ]
}

# ---- a task that was given up, and queued again by hand ----

two="$work/two"

the_commands_it_prints_queue_it() {
	export OLLAMA_HOST=127.0.0.1:1
	"$chimera" slurm $grid --shards 2 --out "$two" --name two >commands 2>err || { cat err; return 1; }
	unset OLLAMA_HOST
	cat commands
	sh commands >ids && cat ids && grep -q '^Submitted batch job' ids
}

a_cancelled_task_is_not_started_again() {
	last=$(sed -n 's/.*job //p' ids)
	tasks=$((last - 1)) # the array was queued just before
	fleet=$two
	wait_for 60 has_measured 2 3 || return 1
	scancel "${tasks}_2" && wait_for 60 is_over "${tasks}_2" || return 1
	[ "$(state_of "${tasks}_2")" = CANCELLED ] && [ "$(restarts_of "${tasks}_2")" = 0 ] || return 1
	grep -q '"end": "interrupted"' "$two/shard-2/manifest.json"
}

what_there_is_is_merged() {
	wait_for 120 is_over "$(sed -n 's/.*job //p' ids)" || return 1
	cat "$two"/log/merge*
	grep -q 'shard 2/2) is incomplete: ' "$two"/log/merge* && [ -s "$two/merged/report.html" ]
}

the_rest_is_queued_by_hand() {
	rm -r "$two/merged"
	again=$(sbatch --parsable --array=2 "$two/array.sh") || return 1
	merge=$(sbatch --parsable --dependency="afterany:$again" "$two/merge.sh") || return 1
	wait_for 120 is_over "$merge" || return 1
	[ "$(state_of "$merge")" = COMPLETED ] || { cat "$two"/log/*; return 1; }
	done_ids "$two/merged" | cmp planned -
}

cluster_start 3 || { cluster_logs; echo "not ok cluster"; exit 1; }
echo "ok cluster"
check it_is_queued it_is_queued
array=$(job_number '3 shards')
merge=$(job_number merge)
check requeued a_requeued_task_resumes
check killed a_killed_task_resumes
check time_is_up a_task_whose_time_is_up_resumes
check status status_tells_of_the_shards
check ends all_ends_by_itself
check started_twice each_was_started_twice
check whole_sweep it_is_the_whole_sweep
check servers servers_are_the_nodes
check report the_report_is_there
check by_hand the_commands_it_prints_queue_it
check cancelled a_cancelled_task_is_not_started_again
check incomplete what_there_is_is_merged
check queued_again the_rest_is_queued_by_hand
