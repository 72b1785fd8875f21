# insight.sh - what the tests of `chimera insight` share, beside process.sh.
json_awk=$top/tests/support/json.awk
outputs='summary.json report.md report.html report.json'

# insight DIR ARGS...: into DIR, whose summary.json is then DIR/lines as "path=value".
insight() {
	dir=$1
	shift
	"$chimera" insight "$@" --out "$dir" --no-charts --quiet >"$dir.out" 2>"$dir.err" ||
		{ echo "exit code $? of insight $*"; cat "$dir.err"; return 1; }
	awk -f "$json_awk" "$dir/summary.json" >"$dir/lines"
}

# has FILE LINE...: each stands in FILE as a whole line.
has() {
	file=$1
	shift
	for line in "$@"; do
		grep -Fxq "$line" "$file" || { echo "$file has no line \"$line\", but"
			grep -F "${line%%=*}=" "$file" | head -3; return 1; }
	done
}

# the_entry FILE LIST KEY VALUE...: those lines of LIST whose entry has each KEY at its VALUE (a part of it),
# without "LIST.number.".
the_entry() {
	entry_file=$1
	entry_list=$2
	shift 2
	awk -v list="$entry_list" -v n="$#" -v want="$(printf '%s\034' "$@")" '
	BEGIN { split(want, w, "\034") }
	index($0, list ".") == 1 {
		rest = substr($0, length(list) + 2)
		at = rest
		sub(/\..*/, "", at)
		rest = substr(rest, length(at) + 2)
		all[at] = all[at] rest "\n"
		for (i = 1; i < n; i += 2)
			if (index(rest, w[i] "=") == 1 && index(rest, w[i + 1]))
				met[at, i] = 1
	}
	END {
		for (at in all) {
			fits = 1
			for (i = 1; i < n; i += 2)
				fits = fits && (at, i) in met
			if (fits) { printf "%s", all[at]; found++ }
		}
		exit found == 0
	}' "$entry_file"
}

some() { # some FILE LIST KEY VALUE...: there is such an entry
	the_entry "$@" >found || { echo "no entry with: $*"; return 1; }
}

# same_figures LINES FIGURES LEAST: holds each figure that is told in the file FIGURES against the summary, and
# says what differs and how many were compared.  In FIGURES
#	series  MODEL  rows, failed rows, rows that paid for a load
#	figure  MODEL  quantity, all or warm, then n, mean, sd, least, most, p50, p95 ("-": withheld with a reason)
# to seven digits; p99 is to be withheld under 100 rows.
same_figures() {
	awk -v least="$3" '
	FILENAME == ARGV[1] {
		path = $0
		sub(/=.*/, "", path)
		value[path] = substr($0, length(path) + 2)
		if (path ~ /^series\.[0-9]+\.model$/) {
			split(path, part, ".")
			at[value[path]] = part[2]
		}
		next
	}
	function wrong(path, want) {
		print path " is " (path in value ? value[path] : "not there") ", expected " want
		bad++
	}
	function same(path, want, got) {
		compared++
		got = value[path]
		if (want == "-") {
			if (got != "null" || value[path "_why"] !~ /[a-z]/)
				wrong(path, "null, and a reason")
		} else if (got !~ /^[-+0-9.e]+$/ || (got - want) ^ 2 > (1e-7 * want) ^ 2)
			wrong(path, want)
	}
	function measure(s, quantity, j, path) {
		for (j = 0; (path = "series." s ".measures." j) ".quantity" in value; j++)
			if (value[path ".quantity"] == quantity)
				return path
		return "series." s "." quantity
	}
	!($2 in at) && ($1 == "series" || $1 == "figure") {
		print "no series of " $2
		bad++
		next
	}
	$1 == "series" {
		s = "series." at[$2]
		same(s ".n", $3)
		same(s ".failed", $4)
		same(s ".cold", $5)
	}
	$1 == "figure" {
		m = measure(at[$2], $3) "." $4
		n = split("n mean sd min max p50 p95", name, " ")
		for (i = 1; i <= n; i++)
			same(m "." name[i], $(4 + i))
		same(m ".p99", "-")
	}
	END {
		print compared " figures compared, " bad + 0 " differ"
		exit bad > 0 || compared < least
	}' "$1" "$2"
}
