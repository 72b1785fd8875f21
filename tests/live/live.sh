#!/bin/sh
# live.sh - a short sweep on the server at OLLAMA_HOST, of the model CHIMERA_LIVE_MODEL (gemma3:270m).
# Says that it is skipped where there is no server.
server=${OLLAMA_HOST:-}
model=${CHIMERA_LIVE_MODEL:-gemma3:270m}
if [ -z "$server" ]; then
	echo "skip live: OLLAMA_HOST is not set"
	exit 0
fi
. "$(dirname "$0")/../support/process.sh"

grid="--num-ctx 1024,2048 --temperature 0.2,0.8 --num-predict 24 --repeats 4 --passes 2"

sweep() {
	"$chimera" run --server "$server" --model "$model" $grid --out live
	code=$?
	[ $code = 0 ] || [ $code = 6 ] || { echo "exit $code"; return 1; }
}

every_request_has_a_row() {
	planned_ids --server "$server" --model "$model" $grid >planned
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["phase"] == "measure" { print $at["run_id"] }' live/runs.csv | sort -u >rows
	cmp planned rows
}

loads_made_are_loads_planned() {
	loads=$("$chimera" plan --server "$server" --model "$model" $grid --json |
		sed -n 's/^  "loads": \([0-9]*\),*$/\1/p')
	[ "$(($(wc -l <live/loads.csv) - 1))" = "$loads" ]
}

check live_sweep sweep
check live_every_request_has_a_row every_request_has_a_row
check live_loads_made_are_loads_planned loads_made_are_loads_planned
