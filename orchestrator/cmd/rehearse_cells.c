/* rehearse_cells.c - see rehearse_cells.h. */
#include "rehearse_cells.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"

double *rehearse_cell_means(const struct dataset *d, enum metric metric)
{
	double *sum = xcalloc(d->ncells, sizeof(*sum)), *n = xcalloc(d->ncells, sizeof(*n));

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (!r->counts || !(r->metric[metric] > 0))
			continue;
		sum[r->cell] += log(r->metric[metric]);
		n[r->cell]++;
	}
	for (size_t c = 0; c < d->ncells; c++)
		sum[c] = n[c] > 0 ? sum[c] / n[c] : (double)NAN;
	free(n);
	return sum;
}

/* ---- cells by their levels ---- */

struct keyed {
	uint64_t key; /* levels in effect as digits */
	double mean;
};

/* Cells sorted by key, those without a value left out. */
struct table_of {
	struct keyed *v;
	size_t n;
	uint64_t weight[SWEEP_MAX_FACTORS];
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static uint32_t level_of(const struct rehearse_run *run, size_t cell, size_t f)
{
	return run->eff.factors[f].of[run->data.cells[cell].level[f]];
}

static void tabulate(struct table_of *t, const struct rehearse_run *run, const double *means)
{
	const struct dataset *d = &run->data;
	uint64_t weight = 1;

	*t = (struct table_of){.v = xcalloc(d->ncells, sizeof(*t->v))};
	for (size_t f = 0; f < d->nfactors; f++) {
		t->weight[f] = weight;
		weight *= run->eff.factors[f].nlevels;
	}
	for (size_t c = 0; c < d->ncells; c++) {
		uint64_t key = 0;

		if (isnan(means[c]))
			continue;
		for (size_t f = 0; f < d->nfactors; f++)
			key += t->weight[f] * level_of(run, c, f);
		t->v[t->n++] = (struct keyed){key, means[c]};
	}
	qsort(t->v, t->n, sizeof(*t->v), by_key);
}

/* NaN where there is no such cell. */
static double mean_at(const struct table_of *t, uint64_t key)
{
	struct keyed wanted = {key, 0},
		     *found = bsearch(&wanted, t->v, t->n, sizeof(*t->v), by_key);

	return found ? found->mean : (double)NAN;
}

static uint32_t digit(const struct rehearse_run *run, const struct table_of *t, uint64_t key, int f)
{
	return (uint32_t)(key / t->weight[f] % run->eff.factors[f].nlevels);
}

/* ---- differences ---- */

void rehearse_cell_levels(
	const struct rehearse_run *run, const double *means, int f, uint32_t nlevels, double *diff)
{
	size_t pairs = (size_t)nlevels * nlevels;
	double *n = xcalloc(pairs, sizeof(*n));
	struct table_of t;

	tabulate(&t, run, means);
	for (size_t i = 0; i < pairs; i++)
		diff[i] = 0;
	for (size_t c = 0; c < t.n; c++) {
		uint32_t i = digit(run, &t, t.v[c].key, f);
		uint64_t rest = t.v[c].key - i * t.weight[f];

		for (uint32_t j = 0; j < nlevels; j++) {
			double other = mean_at(&t, rest + j * t.weight[f]);

			if (isnan(other))
				continue;
			diff[i * nlevels + j] += t.v[c].mean - other;
			n[i * nlevels + j]++;
		}
	}
	for (size_t i = 0; i < pairs; i++)
		diff[i] = n[i] > 0 ? diff[i] / n[i] : (double)NAN;
	free(n);
	free(t.v);
}

bool rehearse_cell_interact(
	const struct rehearse_run *run, const double *means, int a, int b, bool *known)
{
	bool found = false;
	struct table_of t;

	*known = false;
	tabulate(&t, run, means);
	for (size_t c = 0; c < t.n && !found; c++) {
		uint32_t i = digit(run, &t, t.v[c].key, a), j = digit(run, &t, t.v[c].key, b);
		uint64_t rest = t.v[c].key - i * t.weight[a] - j * t.weight[b];

		for (uint32_t k = 0; k < i; k++) {
			for (uint32_t l = 0; l < j; l++) {
				double tetrad = t.v[c].mean -
					mean_at(&t, rest + k * t.weight[a] + j * t.weight[b]) -
					mean_at(&t, rest + i * t.weight[a] + l * t.weight[b]) +
					mean_at(&t, rest + k * t.weight[a] + l * t.weight[b]);

				*known = *known || !isnan(tetrad);
				found = found || fabs(tetrad) > REHEARSE_NOTHING;
			}
		}
	}
	free(t.v);
	return found;
}
