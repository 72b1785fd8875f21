# cluster.sh - a Slurm of its own on this machine: munged, slurmctld, and slurmds that are nodes n1, n2, ...
# Each node has a simulated Ollama, whose address its tasks find in OLLAMA_HOST.  Sourced by tests/slurm/*.sh
# after process.sh; everything is under $cluster and ends with the test.
cluster=$(mktemp -d /tmp/chimera-slurm.XXXXXX) || exit 1 # a short path: sockets are in it
cluster_pids=

cluster_stop() {
	scancel --user="$(id -un)" 2>/dev/null
	for pid in $cluster_pids; do kill "$pid" 2>/dev/null; done
	for pid in $cluster_pids; do wait "$pid" 2>/dev/null; done
	rm -rf "$cluster"
}
trap 'cluster_stop; cleanup' EXIT
trap 'exit 130' INT TERM

# A port that nobody has; the next call gives another.
cluster_port=$((20000 + $$ % 20000))
free_port() {
	cluster_port=$((cluster_port + 1))
	while grep -q ":$(printf %04X $cluster_port) " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
		cluster_port=$((cluster_port + 1))
	done
}

# The simulated server of a node.
cluster_server() {
	"$chimera" simulate --port 0 --sim-seed "$1" --sim load_ms=60 --sim resident_load_ms=10 \
		>"$cluster/sim.$1" 2>&1 &
	cluster_pids="$cluster_pids $!"
	for _ in $(seq 50); do
		sed -n 's/.* at http:\/\/\(.*\)$/\1/p' "$cluster/sim.$1" >"$cluster/hosts/n$1"
		[ -s "$cluster/hosts/n$1" ] && return 0
		sleep 0.1
	done
	echo "the simulator did not start"
	return 1
}

cluster_conf() {
	free_port
	export SLURM_CONF="$cluster/slurm.conf"
	cat >"$SLURM_CONF" <<-E
	ClusterName=chimera
	SlurmctldHost=$(hostname -s)(127.0.0.1)
	SlurmctldPort=$cluster_port
	SlurmUser=$(id -un)
	SlurmdUser=$(id -un)
	AuthType=auth/munge
	AuthInfo=socket=$cluster/munge.sock,cred_expire=5
	CryptoType=crypto/munge
	StateSaveLocation=$cluster/state
	SlurmdSpoolDir=$cluster/spool.%n
	SlurmctldPidFile=$cluster/slurmctld.pid
	SlurmdPidFile=$cluster/slurmd.%n.pid
	SlurmctldLogFile=$cluster/slurmctld.log
	SlurmdLogFile=$cluster/slurmd.%n.log
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	TaskProlog=$cluster/prolog.sh
	SelectType=select/cons_tres
	SelectTypeParameters=CR_CPU
	SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
	MpiDefault=none
	SwitchType=switch/none
	JobAcctGatherType=jobacct_gather/none
	AccountingStorageType=accounting_storage/none
	ReturnToService=2
	KillWait=15
	InactiveLimit=0
	MailProg=/bin/true
	PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	E
	for i in $(seq "$1"); do
		free_port
		echo "NodeName=n$i NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$cluster_port CPUs=2 State=UNKNOWN" \
			>>"$SLURM_CONF"
	done
	printf '#!/bin/sh\necho "export OLLAMA_HOST=$(cat %s/hosts/$SLURMD_NODENAME)"\n' "$cluster" >"$cluster/prolog.sh"
	chmod 755 "$cluster/prolog.sh"
}

cluster_munge() {
	head -c 128 /dev/urandom >"$cluster/munge.key"
	chmod 600 "$cluster/munge.key"
	# --force: /tmp is writable for all, which munged does not like.
	munged --foreground --force --key-file="$cluster/munge.key" --socket="$cluster/munge.sock" \
		--pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" --seed-file="$cluster/munged.seed" \
		>"$cluster/munged.out" 2>&1 &
	cluster_pids="$cluster_pids $!"
}

cluster_idle() {
	[ "$(sinfo -h -N -o %T 2>/dev/null | grep -c '^idle$')" = "$1" ]
}

# cluster_start N: N nodes that are idle.
cluster_start() {
	mkdir "$cluster/state" "$cluster/hosts" && cluster_conf "$1" && cluster_munge || return 1
	for i in $(seq "$1"); do cluster_server "$i" || return 1; done
	for _ in $(seq 50); do
		[ -S "$cluster/munge.sock" ] && break
		sleep 0.1
	done
	slurmctld -D >"$cluster/slurmctld.out" 2>&1 &
	cluster_pids="$cluster_pids $!"
	for i in $(seq "$1"); do
		mkdir "$cluster/spool.n$i"
		slurmd -D -N "n$i" >"$cluster/slurmd.n$i.out" 2>&1 &
		cluster_pids="$cluster_pids $!"
	done
	for _ in $(seq 300); do
		cluster_idle "$1" && return 0
		sleep 0.1
	done
	echo "the nodes did not come up"
	return 1
}

# What the daemons said, for a failure.
cluster_logs() {
	sinfo -N -l 2>&1
	for f in "$cluster"/*.log "$cluster"/*.out; do
		echo "== $f"
		tail -n 20 "$f"
	done
}
