/* findings_spill.c - decode that falls by half from one level to the next although the server says
 * that as much of the model is on the GPU: some of it is probably in memory shared with the host.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "quantile.h"
#include "wording.h"

#define FALL       0.5
#define SAME_SHARE 0.005 /* of the model on the GPU */
#define MOST_CELLS 3000  /* all pairs of cells are looked at */

static bool differ_only_in(const struct author *a, size_t x, size_t y, size_t factor)
{
	for (size_t f = 0; f < a->d->nfactors; f++) {
		const uint32_t *of = a->eff->factors[f].of;

		if (f != factor && of[a->d->cells[x].level[f]] != of[a->d->cells[y].level[f]])
			return false;
	}
	return true;
}

static double decode_of(const struct author *a, size_t cell)
{
	return a->s->cells[cell].metric[METRIC_DECODE].estimate;
}

/* On a GPU, and as much of the model in both. */
static bool same_share(const struct author *a, size_t x, size_t y)
{
	double p = a->s->cells[x].offload_fraction, q = a->s->cells[y].offload_fraction;

	return p > 0 && q > 0 && fabs(p - q) <= SAME_SHARE;
}

/* Pairs of cells at two neighbouring levels, all else equal. */
struct fall {
	size_t pairs, fallen;
	uint64_t rows;
	double *ratio; /* of those that fell */
	double share;
	bool rises; /* the slow one has the higher level */
};

static void look_at(
	const struct author *a, size_t factor, uint32_t low, uint32_t high, struct fall *fall)
{
	const uint32_t *of = a->eff->factors[factor].of;

	for (size_t x = 0; x < a->s->ncells; x++) {
		for (size_t y = 0; y < a->s->ncells; y++) {
			double ratio = decode_of(a, y) / decode_of(a, x);

			if (of[a->d->cells[x].level[factor]] != low ||
				of[a->d->cells[y].level[factor]] != high || !isfinite(ratio) ||
				!differ_only_in(a, x, y, factor) || !same_share(a, x, y))
				continue;
			fall->pairs++;
			if (ratio > FALL && ratio < 1 / FALL)
				continue;
			fall->rises = ratio <= FALL;
			/* Names of one setting can make more pairs than there are cells. */
			if (fall->fallen < a->s->ncells)
				fall->ratio[fall->fallen++] = fall->rises ? ratio : 1 / ratio;
			fall->rows += a->s->cells[x].n + a->s->cells[y].n;
			fall->share = a->s->cells[x].offload_fraction;
		}
	}
}

/* The next higher level by number; DATA_NONE the highest. */
static uint32_t next_level(const struct effective_factor *f, uint32_t level)
{
	uint32_t found = DATA_NONE;

	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (f->value[i] > f->value[level] &&
			(found == DATA_NONE || f->value[i] < f->value[found]))
			found = i;
	}
	return found;
}

static void say_fall(
	struct author *a, size_t factor, uint32_t low, uint32_t high, const struct fall *fall)
{
	const struct effective_factor *f = &a->eff->factors[factor];
	const char *slow = f->name[fall->rises ? high : low];
	const char *fast = f->name[fall->rises ? low : high];
	char percent[WORDING_TEXT], share[WORDING_TEXT];
	const char *where = fall->fallen == fall->pairs
		? ""
		: arena_fmt(a->arena, " in %zu of %zu combinations of the other settings",
			  fall->fallen, fall->pairs);

	quantile_sort(fall->ratio, fall->fallen);
	findings_add(a, FIND_LOAD, STRENGTH_UNPLANNED + 2,
		arena_fmt(a->arena,
			"%s %s decodes at %s %% of the rate of %s%s, with the same %s %% of the "
			"model on the GPU: probably spilled to shared memory",
			a->d->factors[factor].name, slow,
			wording_fixed(percent, 100 * quantile(fall->ratio, fall->fallen, 0.5), 0),
			fast, where, wording_fixed(share, 100 * fall->share, 0)),
		findings_level_filter(a, factor, low, high), fall->rows);
}

void findings_spill(struct author *a)
{
	struct fall fall = {.ratio = xcalloc(a->s->ncells + 1, sizeof(*fall.ratio))};

	for (size_t f = 0; a->s->ncells <= MOST_CELLS && f < a->d->nfactors; f++) {
		const struct effective_factor *e = &a->eff->factors[f];

		if (strcmp(a->d->factors[f].name, "num_ctx") != 0 &&
			strcmp(a->d->factors[f].name, "num_gpu") != 0)
			continue;
		for (uint32_t low = 0; low < e->nlevels; low++) {
			uint32_t high = next_level(e, low);

			fall.pairs = fall.fallen = 0;
			fall.rows = 0;
			if (high != DATA_NONE)
				look_at(a, f, low, high, &fall);
			if (fall.fallen)
				say_fall(a, f, low, high, &fall);
		}
	}
	free(fall.ratio);
}
