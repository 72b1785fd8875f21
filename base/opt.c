/* opt.c - command lines by table. */
#include "opt.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "vec.h"

#define HELP_COLUMN_MAX 34 /* longer options get a line of their own */

/* What one opt_parse carries around. */
struct parse {
	const struct opt *table;
	const char *command;
	char **next, **end; /* the arguments not looked at yet */
	opt_fn *fn;
	void *arg;
	struct err *e;
};

static int usage_hint(const struct parse *p)
{
	return err_hint(p->e, "%s --help lists the options", p->command);
}

/* Calls the command.  Its usage errors without advice of their own get the general one. */
static int deliver(const struct parse *p, const struct opt *opt, const char *text)
{
	if (p->fn(opt, text, p->arg, p->e) == 0)
		return 0;
	if (p->e && p->e->code == ERR_USAGE && p->e->hint[0] == '\0')
		usage_hint(p);
	return -1;
}

static const struct opt *find_name(const struct opt *table, const char *name, size_t len)
{
	for (; table->name; table++) {
		if (len > 0 && strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

static const struct opt *find_letter(const struct opt *table, char letter)
{
	for (; table->name; table++) {
		if (table->letter && table->letter == letter)
			return table;
	}
	return NULL;
}

static int unknown_name(const struct parse *p, const char *name, size_t len)
{
	struct {
		const char **v;
		size_t n, cap;
	} names = {0};
	char *word = xstrndup(name, len);
	const char *nearest;

	for (const struct opt *o = p->table; o->name; o++) {
		if (o->name[0])
			*VEC_PUSH(&names) = o->name;
	}
	*VEC_PUSH(&names) = NULL;
	nearest = jsonx_did_you_mean(word, names.v);
	err_set(p->e, ERR_USAGE, "unknown option --%s", word);
	if (nearest)
		err_hint(p->e, "did you mean --%s? %s --help lists the options", nearest,
			p->command);
	else
		usage_hint(p);
	free(word);
	VEC_RELEASE(&names);
	return -1;
}

static int needs_value(const struct parse *p, const struct opt *opt)
{
	err_set(p->e, ERR_USAGE, "--%s needs a value: --%s=%s", opt->name, opt->name, opt->value);
	return usage_hint(p);
}

/* --name, --name=value, --name value; `text` is behind the dashes. */
static int parse_long(struct parse *p, const char *text)
{
	size_t len = strcspn(text, "=");
	const struct opt *opt = find_name(p->table, text, len);

	if (!opt)
		return unknown_name(p, text, len);
	if (text[len] == '=') {
		if (opt->value)
			return deliver(p, opt, text + len + 1);
		err_set(p->e, ERR_USAGE, "--%s takes no value", opt->name);
		return usage_hint(p);
	}
	if (!opt->value)
		return deliver(p, opt, NULL);
	if (p->next == p->end)
		return needs_value(p, opt);
	return deliver(p, opt, *p->next++);
}

/* -q, -qv, -oDIR, -o DIR; `text` is behind the dash. */
static int parse_letters(struct parse *p, const char *text)
{
	for (; *text; text++) {
		const struct opt *opt = find_letter(p->table, *text);

		if (!opt) {
			err_set(p->e, ERR_USAGE, "unknown option -%c", *text);
			return usage_hint(p);
		}
		if (!opt->value) {
			if (deliver(p, opt, NULL))
				return -1;
			continue;
		}
		if (text[1])
			return deliver(p, opt, text + 1);
		if (p->next == p->end)
			return needs_value(p, opt);
		return deliver(p, opt, *p->next++);
	}
	return 0;
}

int opt_parse(const struct opt *table, const char *command, int argc, char **argv, opt_fn *fn,
	void *arg, struct err *e)
{
	struct parse p = {.table = table, .command = command, .fn = fn, .arg = arg, .e = e};
	bool only_operands = false;

	p.next = argv + (argc > 0);
	p.end = argv + argc;
	while (p.next < p.end) {
		const char *text = *p.next++;
		int failed;

		if (only_operands || text[0] != '-' || text[1] == '\0') {
			failed = deliver(&p, NULL, text);
		} else if (strcmp(text, "--") == 0) {
			only_operands = true;
			failed = 0;
		} else if (text[1] == '-') {
			failed = parse_long(&p, text + 2);
		} else {
			failed = parse_letters(&p, text + 1);
		}
		if (failed)
			return -1;
	}
	return 0;
}

/* "  -o, --out=DIR" */
static void add_option(const struct opt *opt, struct str *line)
{
	if (opt->letter)
		str_addf(line, "  -%c, --%s", opt->letter, opt->name);
	else
		str_addf(line, "      --%s", opt->name);
	if (opt->value)
		str_addf(line, "=%s", opt->value);
}

/* Where the descriptions begin: two blanks behind the longest option that is not too long. */
static size_t help_column(const struct opt *table, struct str *line)
{
	size_t column = 0;

	for (; table->name; table++) {
		if (table->name[0] == '\0')
			continue;
		str_reset(line);
		add_option(table, line);
		if (line->len + 2 > column && line->len + 2 <= HELP_COLUMN_MAX)
			column = line->len + 2;
	}
	return column ? column : HELP_COLUMN_MAX;
}

void opt_help(const struct opt *table, struct str *out)
{
	struct str line = STR_INIT(STR_MAX_LINE);
	int column = (int)help_column(table, &line);

	for (const struct opt *o = table; o->name; o++) {
		if (o->name[0] == '\0') {
			str_addf(out, "%s%s:\n", o == table ? "" : "\n", o->help);
			continue;
		}
		str_reset(&line);
		add_option(o, &line);
		if ((int)line.len + 2 > column)
			str_addf(out, "%s\n%*s%s\n", line.s, column, "", o->help);
		else
			str_addf(out, "%-*s%s\n", column, line.s, o->help);
	}
	str_release(&line);
}
