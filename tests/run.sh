#!/bin/sh
# run.sh PROGRAM... - runs test programs, one line each, and closes with "N passed, N failed".
#
# A program is a cmocka binary, whose closing lines on stderr are counted, or a shell script (*.sh)
# that prints "ok NAME", "not ok NAME" or "skip NAME: why" on stdout.  A crash, a timeout, an exit
# status that does not fit the count, or a program that ran nothing counts as one failure.  What a
# failing program printed is shown.
#
# Environment: RUNNER, a command to put in front of binaries (valgrind ...); LIMIT, seconds that a
# program may take (120).

limit=${LIMIT:-120}
passed=0
failed=0
skipped=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/run-tests.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# Runs $1; sets status.
run_one() {
	case $1 in
	*.sh) timeout -k 5 "$limit" sh "$1" ;;
	*/*) timeout -k 5 "$limit" $RUNNER "$1" ;; # RUNNER is several words
	*) timeout -k 5 "$limit" $RUNNER "./$1" ;;
	esac >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# The sum of the numbers in cmocka's closing lines "[  $1 ] N test(s)".
cmocka_count() {
	sed -n "s/^\[  $1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$tmp/out" "$tmp/err" |
		awk '{ n += $1 } END { print n + 0 }'
}

# How many lines of the script's stdout begin with "$1 ".
script_count() {
	grep -c "^$1 " "$tmp/out"
}

count_one() {
	case $1 in
	*.sh)
		ok=$(script_count ok)
		bad=$(script_count 'not ok')
		skip=$(script_count skip)
		;;
	*)
		ok=$(cmocka_count PASSED)
		bad=$(cmocka_count FAILED)
		skip=$(cmocka_count SKIPPED)
		;;
	esac
	why=
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		why="ran longer than $limit s"
	elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		why="ended with status $status"
	elif [ $((ok + bad + skip)) -eq 0 ]; then
		why='ran no test'
	fi
	[ -z "$why" ] || bad=$((bad + 1))
}

report_one() {
	name=$(basename "$1")
	line="$ok passed"
	[ "$bad" -eq 0 ] || line="$line, $bad FAILED"
	[ "$skip" -eq 0 ] || line="$line, $skip skipped"
	[ -z "$why" ] || line="$line: $why"
	printf '%-24s %s\n' "$name" "$line"
	if [ "$bad" -gt 0 ]; then
		sed 's/^/    /' "$tmp/out" "$tmp/err"
	elif [ "$skip" -gt 0 ]; then
		grep -h '^skip ' "$tmp/out" | sed 's/^/    /'
	fi
}

for program in "$@"; do
	run_one "$program"
	count_one "$program"
	report_one "$program"
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
done

line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
