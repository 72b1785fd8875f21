/* quality_best.c - the settings that may have the best score. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "quality.h"

/* One-sided p that `other` is better than `cell`, over the questions that both have; NaN without
 * two. */
static double better_p(const struct quality *q, uint32_t cell, uint32_t other, double *x)
{
	size_t nprompts = q->d->nprompts, n = 0;
	double sum = 0, least, p;

	for (size_t i = 0; i < nprompts; i++) {
		double a = quality_score(q, cell, i), b = quality_score(q, other, i);

		if (isnan(a) || isnan(b))
			continue;
		x[n++] = b - a;
		sum += b - a;
	}
	if (n < 2)
		return NAN;
	p = quality_paired_p(x, n, &least) / 2;
	return sum > 0 ? p : 1 - p;
}

struct ranked {
	double mean;
	uint32_t cell;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean > y->mean ? -1 : 1;
	return (x->cell > y->cell) - (x->cell < y->cell);
}

/* The settings that were graded, the best estimate first. */
static struct ranked *rank(const struct quality *q, const struct effective *eff, size_t *n)
{
	struct ranked *v = xcalloc(eff->nsettings, sizeof(*v));

	*n = 0;
	for (uint32_t i = 0; i < eff->nsettings; i++) {
		struct metric_summary m;

		quality_cell(q, eff->first_cell[i], &m);
		if (!isnan(m.estimate))
			v[(*n)++] = (struct ranked){m.estimate, eff->first_cell[i]};
	}
	qsort(v, *n, sizeof(*v), compare_ranked);
	return v;
}

/* All requested cells of a setting. */
static void add_names(
	struct best_set *best, const struct effective *eff, uint32_t cell, uint32_t ncells)
{
	best->different++;
	for (uint32_t c = 0; c < ncells; c++) {
		if (eff->setting[c] == eff->setting[cell])
			best->cells[best->ncells++] = c;
	}
}

void quality_best(struct best_set *best, const struct quality *q, const struct effective *eff,
	struct arena *arena)
{
	double *x = xcalloc(q->d->nprompts, sizeof(*x)), alpha = 1 - q->confidence;
	size_t n;
	struct ranked *v = rank(q, eff, &n);

	*best = (struct best_set){.metric = METRIC_SCORE, .of = n};
	if (n == 0)
		best->why = "no answer was graded";
	else if (n > 1 && isnan(better_p(q, v[n - 1].cell, v[0].cell, x)))
		best->why = "no two questions were graded in all settings";
	best->cells = arena_alloc(arena, q->d->ncells, sizeof(*best->cells));
	/* Each is held against the one that scored best: the truly best one leaves with at most
	 * alpha if each of the others may throw it out with alpha / (n - 1) (Bonferroni). */
	for (size_t i = 0; !best->why && i < n; i++) {
		double p = i ? better_p(q, v[i].cell, v[0].cell, x) : 1;

		if (!(p < alpha / (double)(n > 1 ? n - 1 : 1)))
			add_names(best, eff, v[i].cell, (uint32_t)q->d->ncells);
	}
	free(v);
	free(x);
}
