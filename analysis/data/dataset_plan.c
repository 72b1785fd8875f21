/* dataset_plan.c - what was planned, from the sweep as resolved. */
#include <string.h>

#include "dataset_build.h"
#include "jsonx.h"

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

/* Several models may have merged different levels: then the count does not follow from the sweep.
 */
static bool counts_follow(const struct dataset *d)
{
	int model = dataset_factor(d, "model");
	uint64_t merged = 0;

	for (size_t f = 0; f < d->nfactors; f++)
		merged += merged_levels(d, d->factors[f].name);
	return merged == 0 || model < 0 || d->factors[model].nlevels < 2;
}

/* Bursts are planned by time or number, not by requests alone. */
static bool has_bursts(const struct dataset *d)
{
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].concurrency > 1)
			return true;
	}
	return false;
}

void build_plan_counts(struct build *b)
{
	struct dataset *d = b->d;
	const json_t *factors = json_object_get(d->sweep, "factors");
	size_t prompts = json_array_size(json_object_get(d->sweep, "prompts"));
	size_t servers = json_array_size(json_object_get(d->manifest, "servers"));
	uint64_t blocks = 1, cells = 1, repeats = count_of(d->sweep, "repeats");

	d->passes_planned = (uint32_t)count_of(d->sweep, "passes");
	if (!d->sweep || !counts_follow(d))
		return;
	for (size_t f = 0; f < d->nfactors; f++) {
		const char *name = d->factors[f].name;
		uint64_t levels = json_array_size(json_object_get(factors, name));
		uint64_t merged = merged_levels(d, name);

		levels = levels > merged ? levels - merged : 1;
		cells *= levels;
		blocks *= d->factors[f].stratum == DATA_RUNNER ? levels : 1;
	}
	d->planned_loads = blocks * d->passes_planned;
	if (d->planned_loads && json_is_true(json_object_get(d->sweep, "sentinel")))
		d->planned_loads += d->passes_planned + (servers ? servers : 1);
	if (!has_bursts(d))
		d->planned_requests = cells * repeats * (prompts ? prompts : 1);
}
