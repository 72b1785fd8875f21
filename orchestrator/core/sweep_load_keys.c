/* sweep_load_keys.c - how hard, how long and how much: rate, burst, goodput, until, budget, shards;
 * and the values with units that other keys share. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

#define MAX_KEEP_ALIVE_S (7 * 24 * 3600)
#define MAX_BURST        1000000
#define MIN_BURST_S      0.1
#define MAX_BURST_S      86400
#define MAX_PASSES       100000
#define MIN_UNTIL        0.001
#define MAX_UNTIL        0.5
#define MAX_BUDGET_S     1e9
#define MAX_GOODPUT_MS   1e9
#define MAX_TOKENS       16777216
#define MAX_SEED         (INT64_C(1) << 53)
#define LEAST_LOOK       3 /* no look is taken before this pass */

/* ---- values with units ---- */

double sweep_duration(const char *text)
{
	double total = 0;

	if (!*text)
		return NAN;
	while (*text) {
		size_t len = strspn(text, "0123456789.");
		double x, unit;

		if (!num_parse(text, len, &x))
			return NAN;
		unit = text[len] == 'h' ? 3600 : text[len] == 'm' ? 60 : text[len] == 's' ? 1 : NAN;
		if (isnan(unit))
			return NAN;
		total += x * unit;
		text += len + 1;
	}
	return total;
}

/* Seconds, as a number or "1h30m"; NaN if it is neither. */
static double seconds_of(const json_t *value)
{
	if (json_is_number(value))
		return json_number_value(value);
	return json_is_string(value) ? sweep_duration(json_string_value(value)) : (double)NAN;
}

int sweep_keep_alive(const struct jsonx_at *at, int64_t *ret, struct err *e)
{
	double seconds = seconds_of(at->value);

	if (!(seconds >= 1 && seconds <= MAX_KEEP_ALIVE_S)) {
		jsonx_expected(at, "seconds or a time such as \"30m\", up to 7 days", e);
		return err_hint(e,
			"it must outlast the longest pause between two requests; models "
			"are unloaded at the end anyway");
	}
	*ret = (int64_t)ceil(seconds);
	return 0;
}

int sweep_prompt_tokens(const struct jsonx_at *at, int64_t *tokens, double *share, struct err *e)
{
	const char *text = json_string_value(at->value);

	*tokens = 0;
	*share = 0;
	if (!text)
		return jsonx_int(at, 1, MAX_TOKENS, tokens, e);
	if (!sweep_percentage(text, share) || !(*share > 0)) {
		jsonx_expected(at, "a number of tokens, or a share of num_ctx", e);
		return err_hint(e, "such as 1000 or \"80%%\"");
	}
	return 0;
}

int sweep_fraction(const struct jsonx_at *at, double min, double max, double *ret, struct err *e)
{
	const char *text = json_string_value(at->value);
	double x = json_number_value(at->value);
	char a[NUM_TEXT], b[NUM_TEXT], what[100];

	if ((json_is_number(at->value) || sweep_percentage(text, &x)) && x >= min && x <= max) {
		*ret = x;
		return 0;
	}
	snprintf(what, sizeof(what), "a share from %s%% to %s%%", num_sig(a, min * 100, 1),
		num_sig(b, max * 100, 1));
	jsonx_expected(at, what, e);
	return err_hint(e, "such as \"2%%\" or 0.02");
}

/* The file that is read may not be the one that has the key. */
static int hint_or_drop(
	const struct jsonx_at *at, const char *key, const char *advice, struct err *e)
{
	if (!at->source)
		return err_hint(e, "%s", advice);
	return err_hint(e, "%s; one that comes from what is extended is taken away by \"%s\": null",
		advice, key);
}

/* ---- keys ---- */

static int read_rate(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at rate = sweep_at(r, root, "rate"), arrivals = sweep_at(r, root, "arrivals");
	const char *word = json_string_value(arrivals.value);

	if (rate.value && jsonx_real(&rate, SWEEP_MIN_RATE, SWEEP_MAX_RATE, &r->s->rate, r->e))
		return -1;
	if (!arrivals.value)
		return 0;
	if (!word || (strcmp(word, "constant") != 0 && strcmp(word, "poisson") != 0))
		return jsonx_expected(&arrivals, "\"constant\" or \"poisson\"", r->e);
	r->s->poisson = strcmp(word, "poisson") == 0;
	return 0;
}

/* Requests, or "30s". */
static int read_burst(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "burst");
	double seconds;

	if (!at.value)
		return 0;
	if (!json_is_string(at.value))
		return jsonx_int(&at, 1, MAX_BURST, &r->s->burst, r->e);
	seconds = sweep_duration(json_string_value(at.value));
	if (!(seconds >= MIN_BURST_S && seconds <= MAX_BURST_S)) {
		jsonx_expected(&at, "a number of requests, or a time up to a day", r->e);
		return err_hint(r->e, "such as 100 or \"30s\"");
	}
	r->s->burst_s = seconds;
	return 0;
}

static int read_goodput(struct reading *r, const struct jsonx_at *root)
{
	static const char *const names[] = {"ttft_ms", "tpot_ms", "e2e_ms", NULL};
	struct jsonx_at at = sweep_at(r, root, "goodput");
	double *const to[] = {
		&r->s->goodput_ttft_ms, &r->s->goodput_tpot_ms, &r->s->goodput_e2e_ms};

	if (!at.value)
		return 0;
	if (jsonx_only_keys(&at, names, r->e))
		return -1;
	if (json_object_size(at.value) == 0)
		return jsonx_error(&at, r->e, "expected at least one limit, got none");
	for (size_t i = 0; names[i]; i++) {
		struct jsonx_at one = sweep_at(r, &at, names[i]);

		if (one.value && jsonx_real(&one, 1e-3, MAX_GOODPUT_MS, to[i], r->e))
			return -1;
	}
	return 0;
}

static int read_until(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at until = sweep_at(r, root, "until");
	struct jsonx_at most = sweep_at(r, root, "max_passes");
	struct sweep *s = r->s;

	if (until.value && sweep_fraction(&until, MIN_UNTIL, MAX_UNTIL, &s->until, r->e))
		return -1;
	if (!most.value)
		return 0;
	if (jsonx_int(&most, LEAST_LOOK, MAX_PASSES, &s->max_passes, r->e))
		return -1;
	if (until.value)
		return 0;
	jsonx_error(&most, r->e, "bounds a number of passes that nothing else asks for");
	return hint_or_drop(&most, "max_passes",
		"write until (\"2%\") beside it, or a fixed number as passes", r->e);
}

static int read_budget(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "budget");
	double seconds = seconds_of(at.value);

	if (!at.value)
		return 0;
	if (!(seconds >= 1 && seconds <= MAX_BUDGET_S)) {
		jsonx_expected(&at, "seconds or a time of at least a second", r->e);
		return err_hint(r->e, "such as \"6h\" or \"1h30m\"");
	}
	r->s->budget_s = seconds;
	return 0;
}

static int read_distribute(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "distribute");
	const char *word = json_string_value(at.value);

	if (!at.value)
		return 0;
	if (!word || (strcmp(word, "share") != 0 && strcmp(word, "replicate") != 0))
		return jsonx_expected(&at, "\"share\" or \"replicate\"", r->e);
	r->s->distribute = strcmp(word, "replicate") == 0 ? DISTRIBUTE_REPLICATE : DISTRIBUTE_SHARE;
	return 0;
}

bool sweep_shard(const char *text, uint32_t *shard, uint32_t *shards)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	int64_t k, n;

	if (!slash || !num_parse_int(text, (size_t)(slash - text), &k) ||
		!num_parse_int(slash + 1, strlen(slash + 1), &n) || k < 1 || k > n ||
		n > MAX_PASSES)
		return false;
	*shard = (uint32_t)k;
	*shards = (uint32_t)n;
	return true;
}

static int read_shard(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "shard");

	if (!at.value)
		return 0;
	if (!sweep_shard(json_string_value(at.value), &r->s->shard, &r->s->shards)) {
		jsonx_expected(&at, "K/N with K from 1 to N", r->e);
		return err_hint(r->e, "such as 2/8, the second of eight shards");
	}
	return 0;
}

/* ---- the part of a large grid ---- */

static const char *const subset_words[] = {"all", "random", "latin", "sobol", NULL};

const char *sweep_subset_word(enum subset_kind kind)
{
	return subset_words[kind];
}

static int subset_kind(
	const struct jsonx_at *at, const char *word, enum subset_kind *ret, struct err *e)
{
	for (int k = SUBSET_RANDOM; word && k <= SUBSET_SOBOL; k++) {
		if (strcmp(word, subset_words[k]) == 0) {
			*ret = (enum subset_kind)k;
			return 0;
		}
	}
	return jsonx_expected(at, "random, latin or sobol", e);
}

/* "latin:200" */
static int read_subset_text(struct reading *r, const struct jsonx_at *at)
{
	const char *text = json_string_value(at->value), *colon = strchr(text, ':');
	struct sweep_subset *subset = &r->s->subset;
	char *word = xstrndup(text, colon ? (size_t)(colon - text) : strlen(text));
	int failed = subset_kind(at, word, &subset->kind, r->e);

	free(word);
	if (!failed &&
		(!colon || !num_parse_int(colon + 1, strlen(colon + 1), &subset->cells) ||
			subset->cells < 1 || subset->cells > SWEEP_MAX_CELLS))
		failed = jsonx_expected(at, "a number of cells after the colon", r->e);
	return failed ? err_hint(r->e, "such as random:200, latin:200 or sobol:200") : 0;
}

static int read_subset(struct reading *r, const struct jsonx_at *root)
{
	static const char *const names[] = {"kind", "cells", "seed", NULL};
	struct jsonx_at at = sweep_at(r, root, "subset"), kind, cells, seed;
	struct sweep_subset *subset = &r->s->subset;

	if (!at.value)
		return 0;
	subset->seed = 1;
	if (json_is_string(at.value))
		return read_subset_text(r, &at);
	if (jsonx_only_keys(&at, names, r->e))
		return -1;
	kind = sweep_at(r, &at, "kind");
	cells = sweep_at(r, &at, "cells");
	seed = sweep_at(r, &at, "seed");
	if (subset_kind(&kind, json_string_value(kind.value), &subset->kind, r->e) ||
		jsonx_int(&cells, 1, SWEEP_MAX_CELLS, &subset->cells, r->e))
		return -1;
	return seed.value ? jsonx_int(&seed, 0, MAX_SEED, &subset->seed, r->e) : 0;
}

static int read_length(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "prompt_tokens");
	struct sweep *s = r->s;

	return at.value ? sweep_prompt_tokens(&at, &s->prompt_tokens, &s->prompt_tokens_share, r->e)
			: 0;
}

int sweep_read_traffic(struct reading *r, const struct jsonx_at *root)
{
	return read_rate(r, root) || read_burst(r, root) || read_goodput(r, root) ||
			read_until(r, root) || read_budget(r, root) || read_distribute(r, root) ||
			read_shard(r, root) || read_subset(r, root) || read_length(r, root)
		? -1
		: 0;
}

/* ---- rules between them ---- */

static void rate_range(const struct sweep *s, double *least, double *most)
{
	const struct factor *f = sweep_factor(s, "rate");

	*least = *most = s->rate;
	for (size_t i = 0; f && i < f->nlevels; i++) {
		double x = json_number_value(f->levels[i].value);

		*least = i == 0 || x < *least ? x : *least;
		*most = i == 0 || x > *most ? x : *most;
	}
}

static int check_burst_seconds(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "burst");
	double least, most;
	char a[NUM_TEXT], b[NUM_TEXT];

	rate_range(r->s, &least, &most);
	if (r->s->burst_s * least < 1) {
		jsonx_error(&at, r->e, "in %s s no request is due at %s per second",
			num_text(a, r->s->burst_s), num_text(b, least));
		return err_hint(r->e, "write at least \"%ss\"", num_text(a, ceil(10 / least)));
	}
	if (r->s->burst_s * most > MAX_BURST)
		return jsonx_error(&at, r->e, "%s s at %s per second are more than %d requests",
			num_text(a, r->s->burst_s), num_text(b, most), MAX_BURST);
	return 0;
}

static int check_open_loop(
	struct reading *r, const struct jsonx_at *root, const struct jsonx_at *rate)
{
	if (sweep_factor(r->s, "concurrency") || r->s->concurrency > 1) {
		jsonx_error(rate, r->e, "stands beside concurrency");
		return hint_or_drop(rate, "rate",
			"requests are sent at a rate, or so many kept in flight: two sweeps", r->e);
	}
	if (r->s->burst == 0 && !(r->s->burst_s > 0)) {
		jsonx_error(rate, r->e, "for how long is not said");
		return err_hint(r->e,
			"add burst, the time or the number of requests: \"burst\": \"30s\", or "
			"--burst 30s");
	}
	return r->s->burst_s > 0 ? check_burst_seconds(r, root) : 0;
}

static void warn_idle(
	struct reading *r, const struct jsonx_at *root, const char *key, const char *why)
{
	struct jsonx_at at = sweep_at(r, root, key);

	if (json_is_object(at.value)) /* options set what is inside */
		at = sweep_at(r, &at, json_object_iter_key(json_object_iter(at.value)));
	if (at.value)
		sweep_warn(r->s, "%s%s%s: does nothing: %s", at.source ? at.source : "",
			at.source ? ": " : "", at.path, why);
}

/* Where requests follow one another there is no burst. */
static void warn_single(struct reading *r, const struct jsonx_at *root)
{
	static const char why[] =
		"requests are sent one after the other; bursts need concurrency above 1, or a rate";
	const struct factor *f = sweep_factor(r->s, "concurrency");
	bool bursts = r->s->concurrency > 1;

	for (size_t i = 0; f && i < f->nlevels; i++)
		bursts |= json_integer_value(f->levels[i].value) > 1;
	if (bursts)
		return;
	warn_idle(r, root, "burst", why);
	warn_idle(r, root, "goodput", why);
}

int sweep_check_traffic(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at factors = sweep_at(r, root, "factors"), rate = sweep_at(r, root, "rate");
	struct jsonx_at arrivals = sweep_at(r, root, "arrivals"),
			burst = sweep_at(r, root, "burst");

	if (!(r->s->budget_s > 0))
		warn_idle(r, root, "priority", "without a budget no cell is left out");
	if (sweep_factor(r->s, "rate"))
		rate = sweep_at(r, &factors, "rate");
	if (r->s->rate > 0 || sweep_factor(r->s, "rate"))
		return check_open_loop(r, root, &rate);
	if (arrivals.value) {
		jsonx_error(&arrivals, r->e, "there is no rate");
		return hint_or_drop(
			&arrivals, "arrivals", "add rate, in requests per second", r->e);
	}
	if (r->s->burst_s > 0) {
		jsonx_error(&burst, r->e, "a burst in seconds needs a rate");
		return hint_or_drop(
			&burst, "burst", "add rate, or write a number of requests", r->e);
	}
	warn_single(r, root);
	return 0;
}
