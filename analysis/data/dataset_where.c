/* dataset_where.c - a condition over the columns of runs.csv, row by row. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_build.h"
#include "expr.h"
#include "num.h"
#include "str.h"

/* A column that the condition names. */
struct named {
	size_t wanted;
	enum scan_kind kind;
	struct expr_value *of_code; /* [ncodes] */
	size_t ncodes;
};

struct where {
	struct expr *condition;
	struct named *columns;
	size_t ncolumns;
	struct expr_value *values; /* [ncolumns] of the row */
};

static enum scan_kind kind_of(const char *name)
{
	for (size_t i = 0; i < RUN_COLUMN_COUNT; i++) {
		if (strcmp(run_columns[i].name, name) == 0)
			return run_columns[i].type == COLUMN_TEXT ? SCAN_TEXT : SCAN_NUMBER;
	}
	return SCAN_TEXT; /* a factor: its levels may be words */
}

/* The byte where the n-th character begins, n from 1. */
static const char *character(const char *text, size_t n)
{
	for (; *text && n > 1; n--) {
		text++;
		while (((unsigned char)*text & 0xc0) == 0x80)
			text++;
	}
	return text;
}

bool where_is_compared(const char *condition, const struct expr *x, size_t word)
{
	const char *after = character(condition, expr_word_place(x, word));

	after += strlen(expr_word(x, word));
	while (isspace((unsigned char)*after))
		after++;
	if (strncmp(after, "in", 2) == 0)
		return after[2] == '(' || isspace((unsigned char)after[2]);
	return *after && strchr("<>=!", *after);
}

static int no_column(const struct scan *s, const char *name, struct err *e)
{
	struct str list = STR_INIT(300);
	char shown[80];

	for (size_t i = 0; i < scan_ncolumns(s); i++)
		str_addf(&list, "%s%s", i ? ", " : "", scan_column_name(s, i));
	err_set(e, ERR_USAGE, "no column is called %s", err_quote(shown, sizeof(shown), name));
	err_hint(e, "there are %s%s", list.s ? list.s : "none", list.overflowed ? ", ..." : "");
	str_release(&list);
	return -1;
}

/* The place of the column among those wanted; a new one at the end. */
static size_t want(
	const char *name, enum scan_kind kind, struct scan_wanted *wanted, size_t *nwanted)
{
	for (size_t i = 0; i < *nwanted; i++) {
		if (wanted[i].kind == kind && strcmp(wanted[i].name, name) == 0)
			return i;
	}
	wanted[*nwanted] = (struct scan_wanted){name, kind};
	return (*nwanted)++;
}

static int bind(struct where *w, const char *condition, const struct scan *s,
	struct scan_wanted *wanted, size_t *nwanted, struct err *e)
{
	size_t n = expr_words(w->condition);

	w->columns = xcalloc(n, sizeof(*w->columns));
	w->values = xcalloc(n, sizeof(*w->values));
	for (size_t i = 0; i < n; i++) {
		const char *name = expr_word(w->condition, i);
		struct named *c = &w->columns[w->ncolumns];

		if (!build_has_column(s, name)) {
			if (where_is_compared(condition, w->condition, i))
				return no_column(s, name, e);
			continue;
		}
		c->kind = kind_of(name);
		c->wanted = want(name, c->kind, wanted, nwanted);
		expr_bind(w->condition, i, w->ncolumns++);
	}
	return 0;
}

int where_open(struct where **ret, const char *condition, const struct scan *s,
	struct scan_wanted *wanted, size_t *nwanted, struct err *e)
{
	struct where *w = xcalloc(1, sizeof(*w));

	*ret = w;
	if (expr_parse(condition, &w->condition, e))
		return -1;
	return bind(w, condition, s, wanted, nwanted, e);
}

void where_restart(struct where *w)
{
	for (size_t i = 0; w && i < w->ncolumns; i++)
		w->columns[i].ncodes = 0;
}

void where_close(struct where *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->ncolumns; i++)
		free(w->columns[i].of_code);
	free(w->columns);
	free(w->values);
	expr_free(w->condition);
	free(w);
}

/* A text that reads as a number is that number. */
static struct expr_value value_of(const char *text)
{
	struct expr_value v = {.kind = EXPR_TEXT, .text = text};

	if (num_parse(text, strlen(text), &v.number))
		v.kind = EXPR_NUMBER;
	return v;
}

static struct expr_value code_value(struct named *c, const struct scan *s, uint32_t code)
{
	if (code == SCAN_MISSING)
		return (struct expr_value){.kind = EXPR_MISSING};
	if (code >= c->ncodes) {
		struct scan_dict dict = scan_dict(s, c->wanted);

		c->of_code = xrealloc(c->of_code, dict.n, sizeof(*c->of_code));
		for (; c->ncodes < dict.n; c->ncodes++)
			c->of_code[c->ncodes] = value_of(dict.text[c->ncodes]);
	}
	return c->of_code[code];
}

bool where_holds(struct where *w, const struct scan *s, const struct scan_batch *batch, size_t row)
{
	for (size_t i = 0; i < w->ncolumns; i++) {
		struct named *c = &w->columns[i];
		const struct scan_column *from = &batch->columns[c->wanted];

		if (c->kind == SCAN_TEXT)
			w->values[i] = code_value(c, s, from->code[row]);
		else if (isnan(from->num[row]))
			w->values[i] = (struct expr_value){.kind = EXPR_MISSING};
		else
			w->values[i] =
				(struct expr_value){.kind = EXPR_NUMBER, .number = from->num[row]};
	}
	return expr_test(w->condition, w->values) == 1;
}
