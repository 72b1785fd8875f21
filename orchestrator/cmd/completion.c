/* completion.c - what may stand where, and the script for bash. */
#include "completion.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sim.h"
#include "sweep.h"

#define SIM_WORD(name, dflt, min, max, help) #name "= "

/* Options whose values are one of a few words. */
static const struct {
	const char *option, *words;
} choices[] = {
	{"find", "concurrency rate num_ctx num_gpu"},
	{"cache", "unique repeat"},
	{"aliases", "merge keep"},
	{"arrivals", "constant poisson"},
	{"subset", "random: latin: sobol:"},
	{"goodput", "ttft= tpot= e2e="},
	{"distribute", "share replicate"},
	{"limit", "connect= first_load= first= stall= total="},
	{"margin", "throughput= tpot= ttft= score="},
	{"sim", SIM_KEYS(SIM_WORD) "model="},
};

static bool has_word(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static char *presets(void)
{
	struct str out = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; sweep_presets[i]; i++)
		str_addf(&out, "%s%s", i ? " " : "", sweep_presets[i]);
	return str_take(&out);
}

enum completion_kind completion_value(const struct opt *opt, char **words)
{
	for (size_t i = 0; i < COUNTOF(choices); i++) {
		if (strcmp(opt->name, choices[i].option) == 0) {
			*words = xstrdup(choices[i].words);
			return COMPLETE_WORDS;
		}
	}
	if (strcmp(opt->name, "preset") == 0) {
		*words = presets();
		return COMPLETE_WORDS;
	}
	if (strcmp(opt->value, "DIR") == 0 || strcmp(opt->value, "RUN") == 0)
		return COMPLETE_FOLDERS;
	return has_word(opt->value, "FILE") || has_word(opt->value, "SWEEP") ? COMPLETE_FILES
									     : COMPLETE_NOTHING;
}

enum completion_kind completion_operand(const struct command *c, char **words)
{
	if (strcmp(c->name, "completion") == 0) {
		*words = xstrdup("bash zsh");
		return COMPLETE_WORDS;
	}
	if (has_word(c->usage, "SWEEP"))
		return COMPLETE_FILES;
	return has_word(c->usage, "RUN") ? COMPLETE_FOLDERS : COMPLETE_NOTHING;
}

bool completion_is_first(const struct opt *table, const struct opt *opt)
{
	for (; table < opt; table++) {
		if (strcmp(table->name, opt->name) == 0)
			return false;
	}
	return opt->name[0] != '\0'; /* not the title of a group */
}

/* ---- bash ---- */

/* How COMPREPLY is filled; all words are our own and hold nothing that bash would expand. */
static void add_reply(struct str *out, enum completion_kind kind, char *words)
{
	switch (kind) {
	case COMPLETE_NOTHING:
		str_addc(out, ':');
		break;
	case COMPLETE_WORDS:
		str_addf(out, "_chimera_words '%s'", words ? words : "");
		break;
	case COMPLETE_FILES:
		str_add(out, "_chimera_paths -f");
		break;
	case COMPLETE_FOLDERS:
		str_add(out, "_chimera_paths -d");
		break;
	}
	free(words);
}

static void add_options(struct str *out, const struct opt *table)
{
	const char *join = "";

	str_add(out, "options='");
	for (const struct opt *o = table; o->name; o++) {
		if (!completion_is_first(table, o))
			continue;
		str_addf(out, "%s--%s%s", join, o->name, o->value ? "=" : "");
		join = " ";
	}
	str_add(out, "'\n");
}

/* "--out | -o" */
static void add_pattern(struct str *out, const struct opt *o)
{
	str_addf(out, "--%s", o->name);
	if (o->letter)
		str_addf(out, " | -%c", o->letter);
}

static void add_values(struct str *out, const struct opt *table)
{
	struct str nothing = STR_INIT(STR_MAX_LINE);

	str_add(out, "\t\tcase $option in\n");
	for (const struct opt *o = table; o->name; o++) {
		enum completion_kind kind;
		char *words = NULL;

		if (!o->value || !completion_is_first(table, o))
			continue;
		kind = completion_value(o, &words);
		if (kind == COMPLETE_NOTHING) {
			str_add(&nothing, nothing.len ? " | " : "");
			add_pattern(&nothing, o);
			continue;
		}
		str_add(out, "\t\t");
		add_pattern(out, o);
		str_add(out, ") ");
		add_reply(out, kind, words);
		str_add(out, "; return ;;\n");
	}
	if (nothing.len)
		str_addf(out, "\t\t%s) return ;;\n", nothing.s);
	str_add(out, "\t\tesac\n");
	str_release(&nothing);
}

static void add_command(struct str *out, const struct command *c)
{
	enum completion_kind operand;
	char *words = NULL;

	str_addf(out, "\t%s)\n\t\t", c->name);
	add_options(out, c->options());
	add_values(out, c->options());
	str_add(out, "\t\tif [[ $cur == -* ]]; then _chimera_words \"$options\"; return; fi\n\t\t");
	operand = completion_operand(c, &words);
	add_reply(out, operand, words);
	str_add(out, "\n\t\t;;\n");
}

static const char bash_head[] =
	"# bash completion of chimera, made by `chimera completion bash`.\n"
	"\n"
	"# Of $1 what begins with $cur; one that ends in = waits for its value.\n"
	"_chimera_words() {\n"
	"\tCOMPREPLY=($(compgen -W \"$1\" -- \"$cur\"))\n"
	"\tif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
	"}\n"
	"\n"
	"# Files or folders, names with spaces too.\n"
	"_chimera_paths() {\n"
	"\tlocal IFS=$'\\n'\n"
	"\tcompopt -o filenames\n"
	"\tCOMPREPLY=($(compgen \"$1\" -- \"$cur\"))\n"
	"}\n"
	"\n"
	"_chimera() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} option= options=\n"
	"\n"
	"\tCOMPREPLY=()\n"
	"\t# --name=value comes as the three words --name, = and value.\n"
	"\tif ((COMP_CWORD > 1)); then option=${COMP_WORDS[COMP_CWORD - 1]}; fi\n"
	"\tif [[ $cur == = ]]; then cur=\n"
	"\telif [[ $option == = ]] && ((COMP_CWORD > 2)); then "
	"option=${COMP_WORDS[COMP_CWORD - 2]}; fi\n";

void completion_bash(struct str *out)
{
	str_add(out, bash_head);
	str_add(out, "\tif ((COMP_CWORD == 1)); then _chimera_words '--help --version");
	for (size_t i = 0; command_at(i); i++)
		str_addf(out, " %s", command_at(i)->name);
	str_add(out, "'; return; fi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; command_at(i); i++)
		add_command(out, command_at(i));
	str_add(out, "\tesac\n}\n\ncomplete -F _chimera 'chimera'\n");
}
