/* choice_knee.c - how far down a factor may go before a measure is lost.
 *
 * From the level with the best mean downward (smaller numbers cost less) each level is tested for
 * being no worse than it by more than the metric's margin, one-sided at 5 %, in a fixed sequence
 * that ends at the first level for which that is not shown; so all of it holds at 5 %.  The knee is
 * the last level for which it was shown. */
#include <math.h>

#include "choice_parts.h"
#include "dist.h"

/* Level l less level b, turned so that more is better: its lower 95 % limit. */
static double lower_limit(
	const struct effect *e, const struct effect_work *w, uint32_t b, uint32_t l)
{
	size_t n = e->nlevels;
	double half = dist_t_quantile(0.90, e->df_error) * sqrt(w->ms * w->unit[b * n + l]);

	return e->spec->better * w->difference[b * n + l] - half;
}

static uint32_t best_level(const struct effect *e, const struct effect_work *w)
{
	uint32_t best = DATA_NONE;

	for (uint32_t l = 0; l < e->nlevels; l++) {
		if (e->levels[l].n > 0 &&
			(best == DATA_NONE ||
				e->spec->better * w->difference[best * e->nlevels + l] > 0))
			best = l;
	}
	return best;
}

/* The measured level with the largest number below that one; DATA_NONE: there is none. */
static uint32_t next_below(const struct effect *e, const double *number, double than)
{
	uint32_t next = DATA_NONE;

	for (uint32_t l = 0; l < e->nlevels; l++) {
		if (e->levels[l].n > 0 && number[l] < than &&
			(next == DATA_NONE || number[l] > number[next]))
			next = l;
	}
	return next;
}

/* Whether smaller numbers of it cost less: options of a model load do.  Two levels are one
 * comparison and no way down. */
static bool is_cost(const struct dataset *d, const struct effect *e, const double *number)
{
	uint32_t numbers = 0, levels = 0;

	for (uint32_t l = 0; l < e->nlevels; l++) {
		levels += e->levels[l].n > 0;
		numbers += e->levels[l].n > 0 && isfinite(number[l]);
	}
	return levels > 2 && numbers > 1 &&
		(d->factors[e->factor_a].stratum == DATA_RUNNER || d->foreign);
}

static const char *why_no_knee(const struct effect *e, const struct effect_work *w)
{
	if (!w->unit || !w->difference || isnan(w->ms) || !(e->df_error > 0))
		return e->why && e->why[0] ? e->why : "its levels cannot be compared";
	return e->margin > 0 ? NULL : "no margin is set: nothing can be called as good";
}

/* A best level that is no number ("auto") stands above all that are. */
static void find_knee(struct choice_knee *k, const struct effect *e, const struct effect_work *w,
	const double *number)
{
	double margin = w->s->log ? log1p(e->margin) : e->margin, low;
	uint32_t next;

	*k = (struct choice_knee){.of = e, .low = NAN, .why = why_no_knee(e, w)};
	if (k->why)
		return;
	k->best = k->knee = best_level(e, w);
	next = next_below(e, number, isfinite(number[k->best]) ? number[k->best] : INFINITY);
	while (next != DATA_NONE) {
		low = lower_limit(e, w, k->best, next);
		if (!(low > -margin))
			break;
		k->knee = next;
		k->low = w->s->log ? exp(low) : low;
		next = next_below(e, number, number[next]);
	}
	k->least = next == DATA_NONE;
}

void choice_knees(struct choice *c, const struct dataset *d, const struct effects *effects,
	const struct effective *eff, struct arena *arena)
{
	c->knees = arena_alloc(arena, effects->n, sizeof(*c->knees));
	for (size_t i = 0; i < effects->n; i++) {
		const struct effect *e = &effects->v[i];
		const double *number;

		if (!e->primary || e->factor_b >= 0 || e->verdict == VERDICT_ALIAS || !e->levels ||
			dataset_is_score(d, e->metric))
			continue;
		number = eff->factors[e->factor_a].value;
		if (is_cost(d, e, number))
			find_knee(&c->knees[c->nknees++], e, &effects->work[i], number);
	}
}
