/* completion_zsh.c - the script for zsh: one _arguments call per command. */
#include <stdlib.h>
#include <string.h>

#include "completion.h"

/* Inside a quoted spec: what _arguments or the quotes would take for their own is escaped. */
static void add_text(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\''");
		else if (strchr("[]:\\", *text))
			str_addf(out, "\\%c", *text);
		else
			str_addc(out, *text);
	}
}

static void add_action(struct str *out, enum completion_kind kind, char *words)
{
	switch (kind) {
	case COMPLETE_NOTHING:
		str_addc(out, ' ');
		break;
	case COMPLETE_WORDS:
		str_addf(out, "(%s)", words ? words : "");
		break;
	case COMPLETE_FILES:
		str_add(out, "_files");
		break;
	case COMPLETE_FOLDERS:
		str_add(out, "_files -/");
		break;
	}
	free(words);
}

/* "'*--out=[run directory]:DIR:_files -/'"; `name` with its dashes and what joins the value. */
static void add_spec(struct str *out, const struct opt *o, const char *dashes, const char *name,
	const char *join)
{
	enum completion_kind kind;
	char *words = NULL;

	str_addf(out, " \\\n\t\t\t'*%s%s%s[", dashes, name, o->value ? join : "");
	add_text(out, o->help);
	str_addc(out, ']');
	if (o->value) {
		str_addc(out, ':');
		add_text(out, o->value);
		str_addc(out, ':');
		kind = completion_value(o, &words);
		add_action(out, kind, words);
	}
	str_addc(out, '\'');
}

static void add_command(struct str *out, const struct command *c)
{
	const struct opt *table = c->options();
	enum completion_kind operand;
	char *words = NULL;

	str_addf(out, "\t%s)\n\t\t_arguments -s", c->name);
	for (const struct opt *o = table; o->name; o++) {
		char letter[2] = {o->letter, '\0'};

		if (!completion_is_first(table, o))
			continue;
		add_spec(out, o, "--", o->name, "=");
		if (o->letter)
			add_spec(out, o, "-", letter, "+");
	}
	operand = completion_operand(c, &words);
	if (operand != COMPLETE_NOTHING) {
		str_add(out, " \\\n\t\t\t'*: :");
		add_action(out, operand, words);
		str_addc(out, '\'');
	}
	str_add(out, "\n\t\t;;\n");
}

void completion_zsh(struct str *out)
{
	str_add(out,
		"#compdef chimera\n"
		"# zsh completion of chimera, made by `chimera completion zsh`.\n"
		"\n"
		"_chimera() {\n"
		"\tlocal -a commands\n"
		"\n"
		"\tcommands=(\n");
	for (size_t i = 0; command_at(i); i++) {
		str_addf(out, "\t\t'%s:", command_at(i)->name);
		add_text(out, command_at(i)->summary);
		str_add(out, "'\n");
	}
	str_add(out,
		"\t)\n"
		"\tif ((CURRENT == 2)); then\n"
		"\t\t_describe command commands\n"
		"\t\treturn\n"
		"\tfi\n"
		"\tshift words\n"
		"\t((CURRENT--))\n"
		"\tcase ${words[1]} in\n");
	for (size_t i = 0; command_at(i); i++)
		add_command(out, command_at(i));
	str_add(out,
		"\tesac\n"
		"}\n"
		"\n"
		"if [[ $funcstack[1] == _chimera ]]; then\n"
		"\t_chimera \"$@\"\n"
		"else\n"
		"\tcompdef _chimera 'chimera'\n"
		"fi\n");
}
