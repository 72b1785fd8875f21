/* dataset_late.c - what can be said of rows once all were scanned: names, bursts, the rest of the
 * fold. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dataset_build.h"
#include "vec.h"

bool build_is_of_burst(const struct data_row *r)
{
	return r->phase == ROW_MEASURE && r->burst > 0 && r->cell != DATA_NONE;
}

static const char **take_names(struct build *b, struct numbering *n, size_t most, size_t *count)
{
	const char **names;

	*count = n->names.n < most ? n->names.n : most;
	names = arena_alloc(&b->d->arena, *count + 1, sizeof(*names));
	for (size_t i = 0; i < *count; i++)
		names[i] = n->names.v[i];
	return names;
}

/* A row without a status is "unknown", and so are more than fit a byte. */
static void name_states(struct build *b)
{
	struct dataset *d = b->d;
	uint8_t unknown;

	d->status = take_names(b, &b->states, BUILD_MAX_STATES, &d->nstatus);
	unknown = (uint8_t)d->nstatus;
	d->status[d->nstatus++] = "unknown";
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows_owned[i].status == BUILD_UNKNOWN)
			d->rows_owned[i].status = unknown;
	}
	if (b->fold)
		fold_restate(b->fold, BUILD_UNKNOWN, unknown);
}

void build_names(struct build *b)
{
	struct dataset *d = b->d;

	d->rows = d->rows_owned;
	d->servers = take_names(b, &b->servers, SIZE_MAX, &d->nservers);
	d->prompts = take_names(b, &b->prompts, SIZE_MAX, &d->nprompts);
	name_states(b);
}

/* Without bursts single requests have no system throughput after all. */
static void forget_rates(struct build *b)
{
	struct dataset *d = b->d;

	fold_drop(b->fold, METRIC_SYSTEM);
	fold_drop(b->fold, METRIC_GOODPUT);
	for (size_t i = 0; i < d->nrows; i++)
		d->rows_owned[i].metric[METRIC_SYSTEM] = d->rows_owned[i].metric[METRIC_GOODPUT] =
			NAN;
}

void build_late_rows(struct build *b)
{
	struct dataset *d = b->d;

	build_bursts(b);
	for (size_t i = 0; !b->fold && d->nbursts && i < d->nrows; i++)
		build_rate_single(d, &d->rows_owned[i]);
	if (!b->fold)
		return;
	for (size_t i = 0; i < d->nrows; i++) {
		if (build_is_of_burst(&d->rows_owned[i]))
			fold_row(b->fold, &d->rows_owned[i]);
	}
	if (b->rates && !d->nbursts)
		forget_rates(b);
	fold_finish(b->fold, d);
}

static void release_numbering(struct numbering *n)
{
	free(n->of_code);
	VEC_RELEASE(&n->names);
	*n = (struct numbering){0};
}

static void release_coded(struct coded *c)
{
	free(c->of_code);
	*c = (struct coded){0};
}

void build_release(struct build *b)
{
	if (b->fold)
		fold_release(b->fold);
	free(b->fold);
	b->fold = NULL;
	release_numbering(&b->prompts);
	release_numbering(&b->servers);
	release_numbering(&b->states);
	release_coded(&b->phases);
	release_coded(&b->validities);
	release_coded(&b->successes);
	release_coded(&b->clocks);
	free(b->load_of_code);
	free(b->cell_of_code);
	b->load_of_code = b->cell_of_code = NULL;
	b->nload_codes = b->ncell_codes = 0;
	VEC_RELEASE(&b->more_loads);
	VEC_RELEASE(&b->cells);
	VEC_RELEASE(&b->tried);
	VEC_RELEASE(&b->rests);
	ids_release(&b->counted);
}
