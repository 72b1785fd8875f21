/* search_args.c - see search_args.h
 *
 * The sweep's own options are taken too, but for those that a search sets itself (how many, which
 * part, when to stop).  `--limit` is both: ttft, tpot and e2e are what must be kept, in ms; all
 * else is a time limit of a request, in seconds, as in `run`. */
#include "search_args.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"

#define DEFAULT_SHARE 0.95
#define LEAST_SHARE   1e-6 /* of none nothing can be found */

enum {
	OPT_FIND = OPT_OWN,
	OPT_FROM,
	OPT_TO,
	OPT_RESOLUTION,
	OPT_LIMIT,
	OPT_SHARE,
	OPT_OUT,
	OPT_RESUME,
	OPT_NO_CHUNKS,
	OPT_QUIET,
	OPT_JSON,
	OPT_HELP
};

static const struct opt own_options[] = {
	{"", 0, NULL, "The search", 0},
	{"find", 0, "WHAT", "what is to be as large as can be: concurrency, rate, num_ctx, num_gpu",
		OPT_FIND},
	{"limit", 0, "WHICH=X",
		"what a request must keep, in ms: ttft=500,tpot=50,e2e=5000; or a time limit of "
		"run, in seconds: total=60",
		OPT_LIMIT},
	{"share", 0, "PERCENT", "how many of a burst's requests must keep all of them [95%]",
		OPT_SHARE},
	{"from", 0, "X", "smallest level to try [1; rate 0.25, num_ctx 2048]", OPT_FROM},
	{"to", 0, "X", "largest [64; num_ctx and num_gpu: what the model has]", OPT_TO},
	{"resolution", 0, "PERCENT", "how narrow the answer is to be, at least one step [5%]",
		OPT_RESOLUTION},
	{"out", 'o', "DIR", "run directory [runs/DATE-NAME]", OPT_OUT},
	{"resume", 0, "RUN", "go on with a search that was interrupted", OPT_RESUME},
	{"no-chunks", 0, NULL, "do not keep the arrival times of chunks", OPT_NO_CHUNKS},
	{"quiet", 'q', NULL, "the answer alone", OPT_QUIET},
	{"json", 0, NULL, "print search.json instead", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

/* Of the sweep's options those that a search decides. */
static const char *const decided[] = {"repeats", "passes", "no-sentinel", "aliases", "margin",
	"until", "max-passes", "budget", "shard", "subset", "distribute", "exclude", "only",
	"priority", "zip"};

static bool is_decided(const char *name)
{
	for (size_t i = 0; i < COUNTOF(decided); i++) {
		if (strcmp(decided[i], name) == 0)
			return true;
	}
	return strcmp(name, "limit") == 0; /* in the sweep's meaning; the search's own is first */
}

static const struct opt *all_options(void)
{
	static const struct opt *table;

	if (!table)
		table = sweep_args_table(own_options);
	return table;
}

const struct opt *search_options(void)
{
	static struct opt *table;
	const struct opt *all = all_options();
	size_t n = 0, kept;

	if (table)
		return table;
	while (all[n].name)
		n++;
	table = xcalloc(n + 1, sizeof(*table));
	kept = COUNTOF(own_options) - 1;
	memcpy(table, all, kept * sizeof(*table));
	for (size_t i = kept; i < n; i++) {
		if (!is_decided(all[i].name))
			table[kept++] = all[i];
	}
	return table;
}

void search_args_init(struct search_args *a)
{
	*a = (struct search_args){
		.asked = {.ttft_ms = NAN, .tpot_ms = NAN, .e2e_ms = NAN, .share = DEFAULT_SHARE},
		.range = {NAN, NAN, NAN}};
	sweep_args_init(&a->sweep);
}

void search_args_release(struct search_args *a)
{
	sweep_args_release(&a->sweep);
}

/* ---- values ---- */

static int bad_value(const struct opt *opt, const char *what, const char *text, struct err *e)
{
	char safe[80];

	return err_set(e, ERR_USAGE, "--%s: expected %s, got \"%s\"", opt->name, what,
		err_quote(safe, sizeof(safe), text));
}

static int take_share(
	const struct opt *opt, const char *text, double min, double *ret, struct err *e)
{
	if (num_share(text, strlen(text), min, 1, ret))
		return 0;
	return bad_value(
		opt, min > 0 ? "a part above 0% such as 95% or 0.95" : "0% to 100%", text, e);
}

static int take_number(const struct opt *opt, const char *text, double *ret, struct err *e)
{
	if (num_parse(text, strlen(text), ret) && *ret > 0)
		return 0;
	return bad_value(opt, "a number above 0", text, e);
}

static int take_find(struct search_args *a, const struct opt *opt, const char *text, struct err *e)
{
	a->axis = search_axis(text);
	if (!a->axis)
		return bad_value(opt, "concurrency, rate, num_ctx or num_gpu", text, e);
	a->asked.find = a->axis->find;
	return 0;
}

/* The place of a limit of ours, or NULL. */
static double *own_limit(struct search_args *a, const char *key, size_t len)
{
	const struct {
		const char *key;
		double *ms;
	} limits[] = {{"ttft", &a->asked.ttft_ms}, {"tpot", &a->asked.tpot_ms},
		{"e2e", &a->asked.e2e_ms}};

	for (size_t i = 0; i < COUNTOF(limits); i++) {
		if (strlen(limits[i].key) == len && memcmp(limits[i].key, key, len) == 0)
			return limits[i].ms;
	}
	return NULL;
}

static const struct opt *sweep_limit(void)
{
	const struct opt *o = all_options() + COUNTOF(own_options) - 1;

	while (o->name && strcmp(o->name, "limit") != 0)
		o++;
	if (!o->name)
		BUG("a sweep has no --limit");
	return o;
}

static int take_limit(struct search_args *a, const struct opt *opt, const char *one, struct err *e)
{
	const char *eq = strchr(one, '=');
	double *ms = eq ? own_limit(a, one, (size_t)(eq - one)) : NULL;

	if (!eq)
		return bad_value(opt, "WHICH=X", one, e);
	if (!ms && sweep_args_take(&a->sweep, sweep_limit(), one, e))
		return err_hint(e, "what must be kept, in ms, is ttft, tpot or e2e");
	if (!ms)
		return 0;
	a->limits_given = true;
	if (num_parse(eq + 1, strlen(eq + 1), ms) && *ms > 0)
		return 0;
	return bad_value(opt, "milliseconds above 0", eq + 1, e);
}

/* One or several, by commas. */
static int take_limits(
	struct search_args *a, const struct opt *opt, const char *text, struct err *e)
{
	int failed = 0;

	while (!failed) {
		size_t len = strcspn(text, ",");
		char *one = xstrndup(text, len);

		failed = take_limit(a, opt, one, e);
		free(one);
		if (!text[len])
			break;
		text += len + 1;
	}
	return failed;
}

int search_args_take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct search_args *a = arg;

	switch (opt ? opt->id : 0) {
	case OPT_FIND:
		return take_find(a, opt, text, e);
	case OPT_FROM:
	case OPT_TO:
		a->range_given = true;
		return take_number(opt, text, &a->range[opt->id - OPT_FROM], e);
	case OPT_RESOLUTION:
		a->range_given = true;
		return take_share(opt, text, 0, &a->range[2], e);
	case OPT_LIMIT:
		return take_limits(a, opt, text, e);
	case OPT_SHARE:
		a->limits_given = true;
		return take_share(opt, text, LEAST_SHARE, &a->asked.share, e);
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_RESUME:
		a->resume = text;
		return 0;
	case OPT_NO_CHUNKS:
		a->no_chunks = true;
		return 0;
	case OPT_QUIET:
		a->quiet = true;
		return 0;
	case OPT_JSON:
		a->json = a->quiet = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

/* ---- together ---- */

/* A search goes on as it was begun. */
static int check_resume(const struct search_args *a, struct err *e)
{
	if (!a->axis && !a->out && !a->limits_given && !a->range_given && !a->sweep.file &&
		json_object_size(a->sweep.given) == 0 && !a->sweep.simulate)
		return 0;
	err_set(e, ERR_USAGE,
		"--resume: the search goes on as it was begun, without other options");
	return err_hint(e, "chimera search --resume %s", a->resume);
}

/* What is searched cannot be given too. */
static int check_axis_free(const struct search_args *a, struct err *e)
{
	const char *name = a->axis->name;
	const json_t *options = json_object_get(a->sweep.given, "options");
	const json_t *factors = json_object_get(a->sweep.given, "factors");

	if (!json_object_get(a->sweep.given, name) && !json_object_get(options, name) &&
		!json_object_get(factors, name))
		return 0;
	err_set(e, ERR_USAGE, "--find %s: the search varies it, and it was given a value", name);
	return err_hint(e, "--from and --to bound the search");
}

/* A sweep that chooses among cells would leave levels out that the search tries. */
static int check_no_choice(const struct search_args *a, struct err *e)
{
	static const char *const choosing[] = {"exclude", "only", "zip", "cells", "subset"};
	const char *source, *found = NULL;
	json_t *object = sweep_args_object(&a->sweep, &source, e);

	if (!object)
		return -1;
	for (size_t i = 0; i < COUNTOF(choosing) && !found; i++)
		found = json_object_get(object, choosing[i]) ? choosing[i] : NULL;
	json_decref(object);
	if (!found)
		return 0;
	err_set(e, ERR_USAGE, "%s: %s: a search tries any level of %s and leaves none out", source,
		found, a->axis->name);
	return err_hint(e, "take it out of the sweep; --from and --to bound the search");
}

int search_args_check(struct search_args *a, struct err *e)
{
	double from, step;
	json_t *factors, *levels;
	char *place;

	if (a->resume)
		return check_resume(a, e);
	if (!a->axis) {
		err_set(e, ERR_USAGE, "--find: missing: what is to be as large as can be?");
		return err_hint(e, "--find concurrency, rate, num_ctx or num_gpu");
	}
	if (search_is_of_load(a->axis->find) && a->limits_given) {
		err_set(e, ERR_USAGE, "--limit, --share: %s is judged by what the server loaded",
			a->axis->name);
		return err_hint(e, "leave them out");
	}
	if (check_axis_free(a, e) || check_no_choice(a, e) ||
		search_axis_check(a->axis, "--from", a->range[0], e) ||
		search_axis_check(a->axis, "--to", a->range[1], e))
		return -1;
	/* Two levels to begin with; the range is made when the model is known. */
	from = isnan(a->range[0]) ? a->axis->from : a->range[0];
	step = a->axis->step > 0 ? a->axis->step : from;
	factors = json_object_get(a->sweep.given, "factors");
	if (!factors)
		jsonx_put(a->sweep.given, "factors", factors = json_object());
	levels = json_array();
	json_array_append_new(levels, jsonx_number(from));
	json_array_append_new(levels, jsonx_number(from + step));
	jsonx_put(factors, a->axis->name, levels);
	place = xasprintf("factors.%s", a->axis->name);
	jsonx_put(a->sweep.origin, place, json_sprintf("--find %s", a->axis->name));
	free(place);
	return 0;
}

static void fill_limit(double *limit, double goodput)
{
	if (isnan(*limit) && goodput > 0)
		*limit = goodput;
}

int search_args_limits(struct search_args *a, const struct sweep *s, struct err *e)
{
	if (search_is_of_load(a->axis->find))
		return 0;
	fill_limit(&a->asked.ttft_ms, s->goodput_ttft_ms);
	fill_limit(&a->asked.tpot_ms, s->goodput_tpot_ms);
	fill_limit(&a->asked.e2e_ms, s->goodput_e2e_ms);
	if (!isnan(a->asked.ttft_ms) || !isnan(a->asked.tpot_ms) || !isnan(a->asked.e2e_ms))
		return 0;
	err_set(e, ERR_USAGE, "--limit: missing: what must a request keep?");
	return err_hint(e, "--limit ttft=500,tpot=50 (milliseconds)");
}
