# process.sh - what the process tests share.  Each test is a function; `check NAME function` prints the
# line that tests/run.sh counts.  Everything is done in a folder of its own that is removed at the end.
set -u
chimera=${CHIMERA_BIN:-build/chimera}
case $chimera in /*) ;; *) chimera=$PWD/$chimera ;; esac
top=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/chimera-test.XXXXXX")
export XDG_STATE_HOME="$work/state" # what the doctor found here is not the tests'
unset OLLAMA_HOST http_proxy HTTP_PROXY all_proxy ALL_PROXY
sim_pid=

cleanup() {
	[ -n "$sim_pid" ] && kill "$sim_pid" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit 1

check() {
	if ("$2") >"$work/log" 2>&1; then
		echo "ok $1"
	else
		echo "not ok $1"
		sed 's/^/    /' "$work/log"
	fi
}

# Starts a simulated server and sets $url.
start_simulator() {
	rm -f "$work/sim.out"
	"$chimera" simulate --port 0 "$@" >"$work/sim.out" 2>"$work/sim.err" &
	sim_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		url=$(sed -n 's/.* at \(http.*\)$/\1/p' "$work/sim.out" 2>/dev/null)
		[ -n "$url" ] && return 0
		sleep 0.1
	done
	echo "the simulator did not start"
	return 1
}

stop_simulator() {
	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid" 2>/dev/null
	sim_pid=
}

# column NAME FILE: the values of a column.  Only for columns before the first quoted field.
column() {
	awk -F, -v want="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) c = i; next } { print $c }' "$2"
}

# done_ids RUN: run_ids of measured rows that count, sorted.
done_ids() {
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["phase"] == "measure" && $at["status"] == "ok" { print $at["run_id"] }' "$1/runs.csv" | sort
}

# planned_ids ARGS...: run_ids of the plan, sorted.
planned_ids() {
	"$chimera" plan "$@" --json --runs | sed -n 's/.*"run_id": "\([0-9a-f]*\)".*/\1/p' | sort
}

# expect_exit CODE COMMAND...
expect_exit() {
	want=$1
	shift
	"$@"
	got=$?
	[ "$got" = "$want" ] || { echo "exit code $got, expected $want: $*"; return 1; }
}
