#!/bin/sh
# help_test.sh - what is said of the program is true of it: --help, the man page, the formats.
. "$(dirname "$0")/../support/process.sh"

commands="run plan resume analyze plot report simulate"

each_command_has_help() {
	for c in $commands; do
		"$chimera" "$c" --help >"help.$c" || return 1
		grep -q "^Usage: chimera $c" "help.$c" || return 1
	done
	"$chimera" --help | grep -q '^Usage: chimera COMMAND'
}

man_page_has_every_option() {
	for c in $commands; do
		for option in $("$chimera" "$c" --help | sed -n 's/^  *\(-[a-z], \)*--\([a-z0-9-]*\).*/\2/p'); do
			grep -q -- "Fl -$option\b" "$top/docs/chimera.1" ||
				{ echo "chimera.1 lacks --$option of $c"; missing=1; }
		done
	done
	[ -z "${missing:-}" ]
}

formats_have_every_column() {
	"$chimera" run --simulate --virtual --num-ctx 2048 --passes 1 --quiet --out r >/dev/null || return 1
	for f in runs loads chunks; do
		for column in $(head -n 1 "r/$f.csv" | tr ',' ' '); do
			grep -q "\`$column\`" "$top/docs/formats.md" ||
				{ echo "formats.md lacks $column of $f.csv"; missing=1; }
		done
	done
	[ -z "${missing:-}" ]
}

version_is_said() {
	"$chimera" --version | grep -q "^chimera $(cat "$top/VERSION")"
}

check each_command_has_help each_command_has_help
check man_page_has_every_option man_page_has_every_option
check formats_have_every_column formats_have_every_column
check version_is_said version_is_said
