/* choice_correlate.c - what two metrics of a run have in common: the correlations of what is left
 * of the loads' means beside treatment and pass, and of the requests' beside cell, prompt and load.
 */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"

struct sums {
	double xx, yy, xy;
};

static double correlation(const struct sums *s)
{
	return s->xx > 0 && s->yy > 0 ? s->xy / sqrt(s->xx * s->yy) : 0;
}

/* Residuals of the loads' means beside treatment and pass. */
static double load_residual(const struct strata *s, const double *mean, size_t l)
{
	return s->loads[l].adjusted - s->pass_effect[s->loads[l].pass] -
		mean[s->loads[l].treatment];
}

static double *treatment_means(const struct strata *s, uint32_t n)
{
	double *mean = xcalloc(n, sizeof(*mean)), *loads = xcalloc(n, sizeof(*loads));

	for (size_t l = 0; l < s->nloads; l++) {
		mean[s->loads[l].treatment] +=
			s->loads[l].adjusted - s->pass_effect[s->loads[l].pass];
		loads[s->loads[l].treatment]++;
	}
	for (uint32_t t = 0; t < n; t++)
		mean[t] /= loads[t] > 0 ? loads[t] : 1;
	free(loads);
	return mean;
}

/* Loads stand in the same order in both, by their number in the dataset. */
double choice_correlate_loads(const struct strata *a, const struct strata *b, uint32_t ntreatments)
{
	double *x = treatment_means(a, ntreatments), *y = treatment_means(b, ntreatments);
	struct sums sums = {0};

	for (size_t i = 0, j = 0; i < a->nloads && j < b->nloads;) {
		if (a->loads[i].load == b->loads[j].load) {
			double u = load_residual(a, x, i++), v = load_residual(b, y, j++);

			sums.xx += u * u;
			sums.yy += v * v;
			sums.xy += u * v;
		} else if (a->loads[i].load < b->loads[j].load) {
			i++;
		} else {
			j++;
		}
	}
	free(x);
	free(y);
	return correlation(&sums);
}

static int compare_groups(const struct strata *a, const struct strata_group *g,
	const struct strata *b, const struct strata_group *h)
{
	uint32_t x = a->loads[g->load].load, y = b->loads[h->load].load;

	if (x != y)
		return x < y ? -1 : 1;
	if (g->cell != h->cell)
		return g->cell < h->cell ? -1 : 1;
	return (g->prompt > h->prompt) - (g->prompt < h->prompt);
}

static double beside_cell(const struct strata *s, const struct strata_group *g)
{
	double prompt =
		g->prompt != DATA_NONE && s->prompt_effect ? s->prompt_effect[g->prompt] : 0;

	return g->mean - s->cells[g->cell].mean - prompt;
}

/* What each load is off, all of its cells together. */
static double *load_shifts(const struct strata *s)
{
	double *shift = xcalloc(s->nloads, sizeof(*shift));

	for (size_t g = 0; g < s->ngroups; g++)
		shift[s->groups[g].load] += s->groups[g].weight /
			s->loads[s->groups[g].load].weight * beside_cell(s, &s->groups[g]);
	return shift;
}

/* Residuals of groups beside cell, prompt and load. */
double choice_correlate_requests(const struct strata *a, const struct strata *b)
{
	double *x = load_shifts(a), *y = load_shifts(b);
	struct sums sums = {0};

	for (size_t i = 0, j = 0; i < a->ngroups && j < b->ngroups;) {
		int order = compare_groups(a, &a->groups[i], b, &b->groups[j]);

		if (order == 0) {
			double u = beside_cell(a, &a->groups[i]) - x[a->groups[i].load];
			double v = beside_cell(b, &b->groups[j]) - y[b->groups[j].load];

			sums.xx += u * u;
			sums.yy += v * v;
			sums.xy += u * v;
		}
		i += order <= 0;
		j += order >= 0;
	}
	free(x);
	free(y);
	return correlation(&sums);
}
