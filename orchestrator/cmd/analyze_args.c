/* analyze_args.c - see analyze_args.h */
#include "analyze_args.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"

enum {
	OPT_FACTOR,
	OPT_MEASURE,
	OPT_BLOCK,
	OPT_PASS,
	OPT_PROMPT,
	OPT_OK,
	OPT_ORDER,
	OPT_LOAD_TIME,
	OPT_MARGIN,
	OPT_SCALE,
	OPT_SEPARATOR,
	OPT_WHERE,
	OPT_WEIGHTS,
	OPT_MAX_FAILURES,
	OPT_OUT,
	OPT_JSON,
	OPT_QUIET,
	OPT_HELP
};

static const struct opt table[] = {
	{"where", 0, "EXPR", "analyse only rows that meet it: 'num_ctx <= 4096 and pass > 1'",
		OPT_WHERE},
	{"weights", 0, "M=X,N=Y", "how much measures, and memory, count in the balance [1 each]",
		OPT_WEIGHTS},
	{"max-failures", 0, "PERCENT", "failed requests that are tolerated in a choice [5%]",
		OPT_MAX_FAILURES},
	{"out", 'o', "DIR", "where summary.json and tables/ go [into the run]", OPT_OUT},
	{"json", 0, NULL, "print summary.json and write nothing, unless --out is given", OPT_JSON},
	{"quiet", 'q', NULL, "say nothing but errors", OPT_QUIET},
	{"", 0, NULL, "Of a table that is not a run", 0},
	{"factor", 0, "A,B", "columns whose settings are compared", OPT_FACTOR},
	{"measure", 0, "M:lower,N:higher", "columns that were measured, and which way is better",
		OPT_MEASURE},
	{"block", 0, "COLUMN", "what was set up once and measured together, such as a model load",
		OPT_BLOCK},
	{"pass", 0, "COLUMN", "which repetition of all blocks", OPT_PASS},
	{"prompt", 0, "COLUMN", "which question or item", OPT_PROMPT},
	{"ok", 0, "COLUMN", "success (1, true, ok) or an error text: failed rows are only counted",
		OPT_OK},
	{"order", 0, "COLUMN", "place in the run [as in the file]", OPT_ORDER},
	{"load-time", 0, "COLUMN", "time spent loading: rows that waited for a load do not count",
		OPT_LOAD_TIME},
	{"margin", 0, "M=2%", "the difference in a measure that does not matter", OPT_MARGIN},
	{"scale", 0, "log|linear", "how measures are analysed [log for times and rates]",
		OPT_SCALE},
	{"separator", 0, "CHAR", "between fields: , ; or tab [as the first line shows]",
		OPT_SEPARATOR},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

const struct opt *analyze_options(void)
{
	return table;
}

/* Keeps a piece of an option's text. */
static const char *keep(struct analyze_args *a, const char *s, size_t len)
{
	char *copy = xcalloc(len + 1, 1);

	memcpy(copy, s, len);
	a->kept = xrealloc(a->kept, a->nkept + 1, sizeof(*a->kept));
	return a->kept[a->nkept++] = copy;
}

/* Calls `one` for each part between commas. */
static int each_part(struct analyze_args *a, const char *text,
	int (*one)(struct analyze_args *, const char *, size_t, struct err *), struct err *e)
{
	for (;;) {
		size_t len = strcspn(text, ",");

		if (len == 0)
			return err_set(e, ERR_USAGE, "an empty name between commas");
		if (one(a, text, len, e))
			return -1;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

static int add_factor(struct analyze_args *a, const char *s, size_t len, struct err *e)
{
	struct table_roles *r = &a->roles;

	if (r->nfactors == TABLE_MOST_FACTORS)
		return err_set(e, ERR_USAGE, "--factor: at most %d", TABLE_MOST_FACTORS);
	r->factor[r->nfactors] = keep(a, s, len);
	for (size_t i = 0; i < r->nfactors; i++) {
		if (strcmp(r->factor[i], r->factor[r->nfactors]) == 0)
			return err_set(e, ERR_USAGE, "--factor: %s is named twice", r->factor[i]);
	}
	r->nfactors++;
	return 0;
}

static int scale_named(const char *s, enum table_scale *scale)
{
	if (strcmp(s, "log") != 0 && strcmp(s, "linear") != 0)
		return -1;
	*scale = strcmp(s, "log") == 0 ? TABLE_SCALE_LOG : TABLE_SCALE_LINEAR;
	return 0;
}

/* "NAME:lower", "NAME:higher:linear": read from its end, since names may have colons. */
static int add_measure(struct analyze_args *a, const char *s, size_t len, struct err *e)
{
	struct table_roles *r = &a->roles;
	struct table_measure *m = &r->measure[r->nmeasures];
	char *name, *last;

	if (r->nmeasures == METRIC_MAX)
		return err_set(e, ERR_USAGE, "--measure: at most %d", METRIC_MAX);
	name = a->kept[(keep(a, s, len), a->nkept - 1)];
	*m = (struct table_measure){.name = name, .margin = NAN};
	last = strrchr(name, ':');
	if (last && scale_named(last + 1, &m->scale) == 0) {
		*last = '\0';
		last = strrchr(name, ':');
	}
	if (last && strcmp(last + 1, "lower") == 0)
		m->better = -1;
	else if (last && strcmp(last + 1, "higher") == 0)
		m->better = 1;
	if (!last || m->better == 0 || last == name) {
		err_set(e, ERR_USAGE, "--measure %.*s: which way is better?", (int)len, s);
		return err_hint(e, "%.*s:lower or %.*s:higher", (int)len, s, (int)len, s);
	}
	*last = '\0';
	r->nmeasures++;
	return 0;
}

/* "NAME=2%"; of a measure that was named before or will be. */
static int add_margin(struct analyze_args *a, const char *s, size_t len, struct err *e)
{
	const char *sign = memchr(s, '=', len);
	struct analyze_margin *m;

	if (!sign || a->nmargins == METRIC_MAX)
		return err_set(e, ERR_USAGE, "--margin %.*s: expected NAME=2%%", (int)len, s);
	m = &a->margin[a->nmargins];
	m->name = keep(a, s, (size_t)(sign - s));
	if (!num_share(sign + 1, len - (size_t)(sign + 1 - s), 0, 1e9, &m->size) || m->size <= 0)
		return err_set(e, ERR_USAGE, "--margin %.*s: expected NAME=2%%", (int)len, s);
	m->share = s[len - 1] == '%';
	a->nmargins++;
	return 0;
}

static int set_margins(struct analyze_args *a, struct err *e)
{
	for (size_t k = 0; k < a->nmargins; k++) {
		size_t i = 0;

		while (i < a->roles.nmeasures &&
			strcmp(a->roles.measure[i].name, a->margin[k].name) != 0)
			i++;
		if (i == a->roles.nmeasures)
			return err_set(
				e, ERR_USAGE, "--margin: %s is no --measure", a->margin[k].name);
		a->roles.measure[i].margin = a->margin[k].size;
		a->roles.measure[i].margin_share = a->margin[k].share;
	}
	for (size_t i = 0; i < a->roles.nmeasures && a->scale != TABLE_SCALE_AUTO; i++) {
		if (a->roles.measure[i].scale == TABLE_SCALE_AUTO)
			a->roles.measure[i].scale = a->scale;
	}
	return 0;
}

/* "throughput=2,ttft=1,memory=0.5"; measures by their columns too. */
static int add_weight(struct analyze_args *a, const char *s, size_t len, struct err *e)
{
	const char *sign = memchr(s, '=', len);
	struct analyze_margin *w;

	if (!sign || a->nweights == METRIC_MAX)
		return err_set(e, ERR_USAGE, "--weights %.*s: expected NAME=NUMBER", (int)len, s);
	w = &a->weight[a->nweights++];
	w->name = keep(a, s, (size_t)(sign - s));
	if (!num_parse(sign + 1, len - (size_t)(sign + 1 - s), &w->size) || !(w->size >= 0) ||
		w->size > 1e9)
		return err_set(e, ERR_USAGE, "--weights %.*s: expected a number from 0 to 1e9",
			(int)len, s);
	return 0;
}

int analyze_wishes(const struct analyze_args *a, struct dataset *d, struct err *e)
{
	static const struct {
		const char *name, *column;
	} known[] = {{"throughput", "decode_tok_s"}, {"ttft", "ttft_ms"}, {"tpot", "tpot_ms"},
		{"e2e", "e2e_ms"}};

	d->wishes.max_failures = a->max_failures;
	for (size_t i = 0; i < a->nweights; i++) {
		const char *name = a->weight[i].name;
		size_t m = 0;

		for (size_t k = 0; k < COUNTOF(known) && !d->foreign; k++) {
			if (strcmp(known[k].name, name) == 0)
				name = known[k].column;
		}
		while (m < d->nmetrics && strcmp(d->metrics[m].column, name) != 0)
			m++;
		if (m < d->nmetrics) {
			d->wishes.weight[m] = a->weight[i].size;
		} else if (strcmp(name, "memory") == 0 && !d->foreign) {
			d->wishes.memory = a->weight[i].size;
		} else {
			err_set(e, ERR_USAGE, "--weights: there is no measure %s", name);
			return d->foreign ? err_hint(e, "it must be one of --measure")
					  : err_hint(e,
						    "throughput, ttft, tpot, e2e, score, memory "
						    "or a column");
		}
	}
	return 0;
}

static int take_separator(struct analyze_args *a, const char *text, struct err *e)
{
	if (strcmp(text, "tab") == 0)
		a->roles.separator = '\t';
	else if (text[0] && !text[1] && strchr(",;\t|", text[0]))
		a->roles.separator = text[0];
	else
		return err_set(e, ERR_USAGE, "--separator %s: expected , ; | or tab", text);
	return 0;
}

static int take_path(struct analyze_args *a, const char *text, struct err *e)
{
	if (a->npaths == ANALYZE_MOST_PATHS)
		return err_set(e, ERR_USAGE, "at most %d runs at a time", ANALYZE_MOST_PATHS);
	a->path[a->npaths++] = text;
	return 0;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct analyze_args *a = arg;

	if (!opt)
		return take_path(a, text, e);
	switch (opt->id) {
	case OPT_FACTOR:
		return each_part(a, text, add_factor, e);
	case OPT_MEASURE:
		return each_part(a, text, add_measure, e);
	case OPT_MARGIN:
		return each_part(a, text, add_margin, e);
	case OPT_BLOCK:
		a->roles.block = text;
		return 0;
	case OPT_PASS:
		a->roles.pass = text;
		return 0;
	case OPT_PROMPT:
		a->roles.prompt = text;
		return 0;
	case OPT_OK:
		a->roles.ok = text;
		return 0;
	case OPT_ORDER:
		a->roles.order = text;
		return 0;
	case OPT_LOAD_TIME:
		a->roles.load_time = text;
		return 0;
	case OPT_SCALE:
		return scale_named(text, &a->scale)
			? err_set(e, ERR_USAGE, "--scale %s: log or linear?", text)
			: 0;
	case OPT_SEPARATOR:
		return take_separator(a, text, e);
	case OPT_WEIGHTS:
		return each_part(a, text, add_weight, e);
	case OPT_MAX_FAILURES:
		return num_share(text, strlen(text), 1e-6, 1, &a->max_failures)
			? 0
			: err_set(e, ERR_USAGE,
				  "--max-failures %s: expected more than 0 and at most 100%%",
				  text);
	case OPT_WHERE:
		a->roles.where = text;
		return 0;
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_QUIET:
		a->quiet = true;
		return 0;
	default:
		a->help = true;
		return 0;
	}
}

int analyze_parse(struct analyze_args *a, int argc, char **argv, struct err *e)
{
	*a = (struct analyze_args){0};
	return opt_parse(table, "chimera analyze", argc, argv, take, a, e) || set_margins(a, e) ? -1
												: 0;
}

void analyze_args_release(struct analyze_args *a)
{
	for (size_t i = 0; i < a->nkept; i++)
		free(a->kept[i]);
	free(a->kept);
}
