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
	uint32_t best = 0;

	for (uint32_t l = 1; l < e->nlevels; l++) {
		if (e->spec->better * w->difference[best * e->nlevels + l] > 0)
			best = l;
	}
	return best;
}

/* Whether smaller numbers of it cost less: options of a model load do. */
static bool is_cost(const struct dataset *d, const struct effect *e)
{
	const struct data_factor *f = &d->factors[e->factor_a];

	return f->numeric && f->nlevels > 2 && (f->stratum == DATA_RUNNER || d->foreign);
}

static void find_knee(struct choice_knee *k, const struct effective *eff, const struct effect *e,
	const struct effect_work *w)
{
	const double *number = eff->factors[e->factor_a].value;
	double margin = w->s->log ? log1p(e->margin) : e->margin, at;

	*k = (struct choice_knee){.of = e, .low = NAN};
	if (!w->unit || isnan(w->ms) || !(e->df_error > 0))
		k->why = e->why[0] ? e->why : "its levels cannot be compared";
	else if (!(e->margin > 0))
		k->why = "no margin is set: nothing can be called as good";
	if (k->why)
		return;
	k->best = k->knee = best_level(e, w);
	for (;;) {
		uint32_t next = DATA_NONE;

		at = number[k->knee];
		for (uint32_t l = 0; l < e->nlevels; l++) {
			if (number[l] < at && (next == DATA_NONE || number[l] > number[next]))
				next = l;
		}
		if (next == DATA_NONE || !(lower_limit(e, w, k->best, next) > -margin))
			return;
		k->knee = next;
		k->low = lower_limit(e, w, k->best, next);
		k->low = w->s->log ? exp(k->low) : k->low;
	}
}

void choice_knees(struct choice *c, const struct dataset *d, const struct effects *effects,
	const struct effective *eff, struct arena *arena)
{
	c->knees = arena_alloc(arena, effects->n, sizeof(*c->knees));
	for (size_t i = 0; i < effects->n; i++) {
		const struct effect *e = &effects->v[i];

		if (!e->primary || e->factor_b >= 0 || e->verdict == VERDICT_ALIAS ||
			dataset_is_score(d, e->metric) || !is_cost(d, e))
			continue;
		find_knee(&c->knees[c->nknees++], eff, e, &effects->work[i]);
	}
}
