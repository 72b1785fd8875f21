/* insight_args.c - see insight_args.h */
#include "insight_args.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"

#define MOST_FILE 1e15

enum {
	OPT_OUT,
	OPT_NO_CHARTS,
	OPT_RULES,
	OPT_MAX_FILE,
	OPT_THREADS,
	OPT_NARRATE,
	OPT_SERVER,
	OPT_JSON,
	OPT_QUIET,
	OPT_HELP
};

static const struct opt table[] = {
	{"out", 'o', "DIR", "where the report goes", OPT_OUT},
	{"no-charts", 0, NULL, "draw no charts", OPT_NO_CHARTS},
	{"rules", 0, "FILE", "what headings mean, before the rules that are built in", OPT_RULES},
	{"max-file", 0, "SIZE", "skip JSON and Markdown files above it: 16M, 1G [16M]",
		OPT_MAX_FILE},
	{"threads", 0, "N", "that read files [as many as there are processors, at most 8]",
		OPT_THREADS},
	{"json", 0, NULL, "print summary.json and write nothing, unless --out is given", OPT_JSON},
	{"quiet", 'q', NULL, "say nothing but errors", OPT_QUIET},
	{"", 0, NULL, "A summary in words by a language model", 0},
	{"narrate", 0, "MODEL", "ask this model; what it writes is checked against the facts",
		OPT_NARRATE},
	{"server", 's', "URL", "the Ollama server that has it [$OLLAMA_HOST]", OPT_SERVER},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

const struct opt *insight_options(void)
{
	return table;
}

/* "16M", "200k", "1GiB", "4096". */
static int take_size(uint64_t *ret, const char *text, struct err *e)
{
	static const char units[] = "kmgt";
	size_t len = strspn(text, "0123456789.");
	const char *unit = text + len;
	const char *found = *unit ? strchr(units, *unit | 0x20) : NULL;
	double x, factor = found ? pow(1024, (double)(found - units + 1)) : 1;

	unit += found != NULL;
	if (!num_parse(text, len, &x) || !(x * factor >= 1 && x * factor <= MOST_FILE) ||
		(*unit && strcasecmp(unit, "b") != 0 && (!found || strcasecmp(unit, "ib") != 0)))
		return err_set(
			e, ERR_USAGE, "--max-file %s: expected a size such as 16M or 1G", text);
	*ret = (uint64_t)(x * factor);
	return 0;
}

static int take_threads(unsigned *ret, const char *text, struct err *e)
{
	int64_t n;

	if (!num_parse_int(text, strlen(text), &n) || n < 1 || n > 64)
		return err_set(e, ERR_USAGE, "--threads %s: expected a number from 1 to 64", text);
	*ret = (unsigned)n;
	return 0;
}

static int take_path(struct insight_args *a, const char *text, struct err *e)
{
	if (a->npaths == INSIGHT_MOST_PATHS)
		return err_set(e, ERR_USAGE, "at most %d paths at a time", INSIGHT_MOST_PATHS);
	a->path[a->npaths++] = text;
	return 0;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct insight_args *a = arg;

	if (!opt)
		return take_path(a, text, e);
	switch (opt->id) {
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_RULES:
		a->read.rules = text;
		return 0;
	case OPT_MAX_FILE:
		return take_size(&a->read.limits.file_bytes, text, e);
	case OPT_THREADS:
		return take_threads(&a->read.threads, text, e);
	case OPT_NARRATE:
		a->narrate = text;
		return 0;
	case OPT_SERVER:
		a->server = text;
		return 0;
	case OPT_NO_CHARTS:
		a->no_charts = true;
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

int insight_parse(struct insight_args *a, int argc, char **argv, struct err *e)
{
	*a = (struct insight_args){0};
	if (opt_parse(table, "chimera insight", argc, argv, take, a, e))
		return -1;
	if (a->help)
		return 0;
	if (a->npaths == 0) {
		err_set(e, ERR_USAGE, "which files, or which folders?");
		return err_hint(e, "chimera insight results/ --out insight");
	}
	if (!a->out && !a->json) {
		err_set(e, ERR_USAGE, "where shall the report go?");
		return err_hint(e, "--out DIR");
	}
	if (a->server && !a->narrate)
		return err_set(
			e, ERR_USAGE, "--server is the narrator's: it needs --narrate MODEL");
	if (a->narrate && !a->out)
		return err_set(e, ERR_USAGE, "--narrate writes into a report: it needs --out DIR");
	return 0;
}
