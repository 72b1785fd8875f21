/* dataset_plan.c - what was planned, from the sweep as resolved. */
#include <math.h>
#include <string.h>

#include "dataset_build.h"
#include "jsonx.h"
#include "num.h"

/* No plan has more; larger numbers are not read as one. */
#define MAX_PASSES 1000000

static uint64_t count_of(const json_t *object, const char *key)
{
	double x = jsonx_get_number(object, key);

	return x > 0 && x < 1e9 ? (uint64_t)x : 0;
}

/* Levels of a factor that the plan merged into others. */
static uint64_t merged_levels(const struct dataset *d, const char *factor)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->naliases; i++)
		n += d->aliases[i].merged && strcmp(d->aliases[i].factor, factor) == 0;
	return n;
}

/* Several models may have merged different levels, and these keys leave cells out: then the count
 * does not follow from the levels. */
static bool counts_follow(const struct dataset *d)
{
	static const char *const keys[] = {
		"exclude", "only", "zip", "cells", "links", "subset", "priority_kept", "shard"};
	int model = dataset_factor(d, "model");
	uint64_t merged = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (json_object_get(d->sweep, keys[i]))
			return false;
	}
	for (size_t f = 0; f < d->nfactors; f++)
		merged += merged_levels(d, d->factors[f].name);
	return merged == 0 || model < 0 || d->factors[model].nlevels < 2;
}

#define DEFAULT_BURST           30
#define BURST_TIMES_CONCURRENCY 10

/* "30s" of the sweep as resolved; NaN if it counts requests. */
static double burst_seconds(const struct dataset *d)
{
	const char *text = jsonx_get_string(d->sweep, "burst");
	size_t len = text ? strlen(text) : 0;
	double s = NAN;

	return len > 1 && text[len - 1] == 's' && num_parse(text, len - 1, &s) && s > 0 ? s : NAN;
}

uint64_t build_burst_size(const struct dataset *d, uint32_t concurrency, double rate)
{
	uint64_t n = count_of(d->sweep, "burst");
	uint64_t prompts = json_array_size(json_object_get(d->sweep, "prompts"));
	double seconds = burst_seconds(d);

	if (prompts == 0)
		return 0;
	if (dataset_factor(d, "prompt") >= 0)
		prompts = 1;
	if (rate > 0 && isfinite(seconds)) {
		seconds = floor(rate * seconds + 1e-9);
		n = seconds < 1 ? 1 : seconds < 1e9 ? (uint64_t)seconds : 0;
	} else if (n == 0) {
		n = BURST_TIMES_CONCURRENCY * (uint64_t)(rate > 0 ? 1 : concurrency);
		n = n > DEFAULT_BURST ? n : DEFAULT_BURST;
	}
	return (n + prompts - 1) / prompts * prompts;
}

static double positive(const json_t *object, const char *key)
{
	double x = jsonx_get_number(object, key);

	return x > 0 ? x : (double)NAN;
}

void build_rules(struct build *b)
{
	struct dataset *d = b->d;
	const json_t *limits = json_object_get(d->sweep, "goodput");
	const json_t *sessions = json_object_get(d->manifest, "sessions");
	const char *end = NULL;
	double until = positive(d->sweep, "until"), budget = positive(d->sweep, "budget");

	d->goodput = (struct goodput_limits){positive(limits, "ttft_ms"),
		positive(limits, "tpot_ms"), positive(limits, "e2e_ms")};
	d->until = isfinite(until) ? until : 0;
	d->budget_s = isfinite(budget) ? budget : 0;
	if (json_array_size(sessions))
		end = jsonx_get_string(
			json_array_get(sessions, json_array_size(sessions) - 1), "end");
	d->ended = end ? arena_str(&d->arena, end) : "";
}

/* A text, or a number as a text; NULL for none. */
static const char *word_of(struct arena *a, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	char text[NUM_TEXT];

	if (json_is_string(v) && json_string_length(v))
		return arena_str(a, json_string_value(v));
	return json_is_number(v) ? arena_str(a, num_text(text, json_number_value(v))) : NULL;
}

static const json_t *find_prompt(const json_t *list, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *its = jsonx_get_string(one, "id");

		if (its && strcmp(its, id) == 0)
			return one;
	}
	return NULL;
}

void build_suite(struct build *b)
{
	struct dataset *d = b->d;
	const json_t *list = json_object_get(d->sweep, "prompts");

	d->suite = arena_alloc(&d->arena, d->nprompts, sizeof(*d->suite));
	for (size_t i = 0; i < d->nprompts; i++) {
		const json_t *one = find_prompt(list, d->prompts[i]);

		d->suite[i] = (struct data_prompt){.id = d->prompts[i],
			.kind = word_of(&d->arena, one, "kind"),
			.difficulty = word_of(&d->arena, one, "difficulty")};
	}
}

/* One before the first pass on each server, and one after each pass on each that made it. */
static uint64_t sentinel_loads(const struct dataset *d, uint64_t passes, uint64_t servers)
{
	const char *distribute = jsonx_get_string(d->sweep, "distribute");
	bool all = (distribute && strcmp(distribute, "replicate") == 0) ||
		dataset_factor(d, "server") >= 0;

	return passes * (all ? servers : 1) + servers;
}

/* Combinations of levels, without those merged: of all factors, or of runner factors alone. */
static uint64_t combinations(const struct dataset *d, bool runner_only)
{
	const json_t *factors = json_object_get(d->sweep, "factors");
	uint64_t n = 1;

	for (size_t f = 0; f < d->nfactors; f++) {
		const char *name = d->factors[f].name;
		uint64_t levels = json_array_size(json_object_get(factors, name));
		uint64_t merged = merged_levels(d, name);

		if (!runner_only || d->factors[f].stratum == DATA_RUNNER)
			n *= levels > merged ? levels - merged : 1;
	}
	return n;
}

uint64_t dataset_cell_requests(const struct dataset *d)
{
	uint64_t repeats = count_of(d->sweep, "repeats"), passes = count_of(d->sweep, "passes");
	uint64_t per_pass = count_of(d->sweep, "per_pass");
	uint64_t prompts = json_array_size(json_object_get(d->sweep, "prompts"));

	if (dataset_factor(d, "prompt") >= 0 || prompts == 0)
		prompts = 1;
	if (per_pass == 0 && passes)
		per_pass = repeats / passes;
	return (passes ? per_pass * dataset_passes_due(d) : repeats) * prompts;
}

/* As the manifest has it; of a run that stopped by its own rule the part that was due. */
static bool counts_of_manifest(struct dataset *d, uint64_t servers)
{
	const json_t *planned = json_object_get(d->manifest, "planned");
	uint64_t loads = count_of(planned, "loads"), passes = count_of(planned, "passes");
	uint64_t due = dataset_passes_due(d), sentinel = 0;

	if (!loads || !passes)
		return false;
	if (json_is_true(json_object_get(d->sweep, "sentinel")))
		sentinel = sentinel_loads(d, passes, servers);
	d->planned_requests = count_of(planned, "requests");
	d->planned_loads = loads;
	if (due >= passes || loads < sentinel)
		return true;
	d->planned_requests = d->planned_requests * due / passes;
	d->planned_loads = (loads - sentinel) * due / passes +
		(sentinel ? sentinel_loads(d, due, servers) : 0);
	return true;
}

/* "2/3": the second of three. */
static void read_shard(struct dataset *d)
{
	const char *text = jsonx_get_string(d->sweep, "shard"),
		   *slash = text ? strchr(text, '/') : NULL;
	double shard, shards;

	if (slash && num_parse(text, (size_t)(slash - text), &shard) &&
		num_parse(slash + 1, strlen(slash + 1), &shards) && shard >= 1 && shard <= shards &&
		shards <= MAX_PASSES) {
		d->shard = (uint32_t)shard;
		d->shards = (uint32_t)shards;
	}
}

void build_plan_counts(struct build *b)
{
	struct dataset *d = b->d;
	uint64_t servers = json_array_size(json_object_get(d->manifest, "servers"));
	const char *distribute = jsonx_get_string(d->sweep, "distribute");
	uint64_t passes, each;

	servers = servers ? servers : 1;
	read_shard(d);
	for (uint64_t p = 1; p <= count_of(d->sweep, "passes") && p <= MAX_PASSES; p++)
		d->passes_planned += dataset_has_pass(d, (uint32_t)p);
	passes = dataset_passes_due(d);
	if (counts_of_manifest(d, servers) || !d->sweep || !counts_follow(d))
		return;
	each = distribute && strcmp(distribute, "replicate") == 0 && dataset_factor(d, "server") < 0
		? servers
		: 1;
	d->planned_loads = combinations(d, true) * passes * each;
	if (d->planned_loads && json_is_true(json_object_get(d->sweep, "sentinel")))
		d->planned_loads += sentinel_loads(d, passes, servers);
	/* Bursts are planned by time or number, not by requests alone. */
	if (!b->any_burst)
		d->planned_requests = combinations(d, false) * dataset_cell_requests(d) * each;
}
