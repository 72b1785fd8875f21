#!/bin/sh
# help_test.sh - what is said of the program is true of it: --help, the man page, the formats.
. "$(dirname "$0")/../support/process.sh"

commands="run plan rehearse resume analyze plot report insight search status merge slurm completion doctor simulate"

each_command_has_help() {
	for c in $commands; do
		"$chimera" "$c" --help >"help.$c" || return 1
		grep -q "^Usage: chimera $c" "help.$c" || return 1
	done
	"$chimera" --help | grep -q '^Usage: chimera COMMAND'
}

# The options of a command, one a line: -o, --out.
help_options() {
	sed -nE 's/^ +((-[a-z], )?--[a-z0-9-]+)([= ].*)?$/\1/p' "help.$1" | sed 's/, /\n/' | sort -u
}

# The same of a section of the man page: run, plan, ... "analyze, plot, report" is one.
page_options() {
	awk -v want="$1" '/^\.S[sh] / { on = 0; for (i = 2; i <= NF; i++) on += $i == want || $i == want "," }
		on && /^\.It Fl/' "$top/docs/chimera.1" |
		grep -oE 'Fl -?[a-z][a-z0-9-]*(=|$| )' | sed -e 's/^Fl /-/' -e 's/[= ]$//' | sort -u
}

man_page_has_the_options() {
	for c in $commands; do
		help_options "$c" >in.help
		page_options "$c" >in.page
		cp in.page allowed
		# What describes a sweep stands with run and is said to hold for plan and search.
		case $c in plan | rehearse | search | slurm) page_options run | sort -u - in.page >allowed ;; esac
		[ -s in.help ] && [ -s in.page ] || { echo "no options of $c"; missing=1; }
		comm -23 in.help allowed | sed "s/.*/chimera.1 lacks & of $c/" >wrong
		comm -13 in.help in.page | sed "s/.*/chimera.1 has & of $c, --help has not/" >>wrong
		cat wrong
		[ -s wrong ] && missing=1
	done
	[ -z "${missing:-}" ]
}

formats_have_every_column() {
	"$chimera" run --simulate --virtual --num-gpu 0,10 --passes 1 --quiet --out r >/dev/null || return 1
	for f in runs loads chunks; do
		awk -v want="$f.csv" '/^## / { on = $2 == want } on' "$top/docs/formats.md" >section
		columns=$(head -n 1 "r/$f.csv" | tr ',' '\n' | grep -vx num_gpu) # the factor
		[ -n "$columns" ] || { echo "$f.csv has no columns"; missing=1; }
		for column in $columns; do
			grep -q "^| \`$column\` |" section || { echo "formats.md lacks $column of $f.csv"; missing=1; }
		done
	done
	[ -z "${missing:-}" ]
}

# The string literals of the product, adjacent ones joined: comments and '"' are taken out first.
literals() {
	find "$top/analysis" "$top/base" "$top/orchestrator" "$top/plots" "$top/simulator" -name '*.c' \
		! -name doc_style.c ! -name 'slurm_s*.c' -exec cat {} + | # CSS and sbatch have --names too
		sed -e '/^#include/d' -e "s/'\\\\\\{0,1\\}\"'//g" -e 's@/\*.*\*/@@g' -e '/\/\*/,/\*\//d' |
		tr '\n\t' '  ' | sed 's/"  *"//g' | grep -oE '"([^"\\]|\\.)*"'
}

# What hints and texts tell the user to type is there to be typed.
texts_name_what_exists() {
	literals >literals
	grep -oE '(^|[^a-z])chimera [a-z]+' literals | sed 's/.*chimera //' | sort -u >words
	grep -oE -- '(^|[^a-z-])--[a-z][a-z0-9-]*' literals | sed 's/^[^-]*//' | sort -u >options
	[ "$(wc -l <words)" -ge 4 ] && [ "$(wc -l <options)" -ge 10 ] || { echo "found too few"; return 1; }
	printf '%s\n' $commands | sort >known.words
	{
		for c in $commands; do help_options "$c"; done
		echo --version # of chimera itself
		printf '%s\n' --gres --parsable --dependency # of sbatch
	} | sort -u >known.options
	comm -23 words known.words | sed 's/^/no command: chimera /' >wrong
	comm -23 options known.options | sed 's/^/no option: /' >>wrong
	cat wrong
	[ ! -s wrong ]
}

version_is_said() {
	"$chimera" --version | grep -q "^chimera $(cat "$top/VERSION")"
}

check each_command_has_help each_command_has_help
check man_page_has_the_options man_page_has_the_options
check formats_have_every_column formats_have_every_column
check texts_name_what_exists texts_name_what_exists
check version_is_said version_is_said
