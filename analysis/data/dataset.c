/* dataset.c - what a dataset knows of itself, and its end. */
#include "dataset.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>

#include "fold.h"

#define DATA_METRIC_SPEC(id, column_, label_, unit_, better_, log_, primary_)                      \
	[METRIC_##id] = {.column = column_,                                                        \
		.label = label_,                                                                   \
		.unit = unit_,                                                                     \
		.better = better_,                                                                 \
		.log = log_,                                                                       \
		.primary = primary_},

const struct metric_spec metric_specs[METRIC_COUNT] = {DATA_METRICS(DATA_METRIC_SPEC)};

void dataset_release(struct dataset *d)
{
	json_decref(d->manifest);
	json_decref(d->sweep);
	if (d->fold)
		fold_release((struct fold *)d->fold);
	free((struct fold *)d->fold);
	free(d->rows_owned);
	arena_release(&d->arena);
	*d = (struct dataset){0};
}

const json_t *dataset_option(const struct dataset *d, const char *name)
{
	return json_object_get(json_object_get(d->sweep, "options"), name);
}

int dataset_factor(const struct dataset *d, const char *name)
{
	for (size_t f = 0; f < d->nfactors; f++) {
		if (strcmp(d->factors[f].name, name) == 0)
			return (int)f;
	}
	return -1;
}

void dataset_set_scale(struct dataset *d, int scale)
{
	struct metric_spec *own;

	if (scale == 0)
		return;
	own = arena_alloc(&d->arena, d->nmetrics, sizeof(*own));
	for (size_t m = 0; m < d->nmetrics; m++) {
		own[m] = d->metrics[m];
		own[m].log = scale == 1 && d->metrics[m].log;
	}
	d->metrics = own;
}

double dataset_load_size(const struct dataset *d, uint32_t cell)
{
	double size = NAN;

	for (size_t l = 0; l < d->nloads; l++) {
		if (d->loads[l].block == d->cells[cell].block && !d->loads[l].sentinel)
			size = fmax(size, d->loads[l].size);
	}
	return size;
}

bool dataset_is_score(const struct dataset *d, size_t metric)
{
	return !d->foreign && metric == METRIC_SCORE;
}

double dataset_confidence(const struct dataset *d)
{
	return d->until > 0 ? 0.97 : 0.95;
}

bool dataset_has_pass(const struct dataset *d, uint32_t pass)
{
	return d->shards == 0 || pass % d->shards == d->shard % d->shards;
}

uint32_t dataset_passes_due(const struct dataset *d)
{
	bool stopped =
		d->ended && (strcmp(d->ended, "enough") == 0 || strcmp(d->ended, "budget") == 0);

	return stopped && d->passes_complete < d->passes_planned ? d->passes_complete
								 : d->passes_planned;
}
