/* effects_judge.c - from p values and intervals to verdicts. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dist.h"
#include "effects.h"
#include "multiple.h"
#include "wording.h"

/* The noncentrality of a level that is off by 1 is of the order of its loads (requests): less than
 * this is rounding, of a level that the cells do not tell from another factor's. */
#define PATTERN_LEAST 1e-6

#define ALPHA         0.05
#define POWER         0.90
#define FEW_DF        6
#define MAX_PASSES    1000
#define MAX_QUESTIONS 100000

/* Holm over the family, Benjamini-Hochberg over the rest. */
static void adjust(struct effects *all, bool primary, size_t *tests)
{
	double *p = xcalloc(all->n, sizeof(*p));

	for (size_t i = 0; i < all->n; i++)
		p[i] = all->v[i].primary == primary ? all->v[i].p : (double)NAN;
	*tests = multiple_tests(p, all->n);
	if (primary)
		multiple_holm(p, all->n);
	else
		multiple_benjamini_hochberg(p, all->n);
	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].primary == primary)
			all->v[i].p_adjusted = p[i];
	}
	free(p);
}

/* The margin on the analysis scale: a ratio of 1 + margin, either way. */
static double margin_of(const struct effect *e, const struct effect_work *w)
{
	return w->s->log ? log1p(e->margin) : e->margin;
}

/* One level off by so much is found with 90 % at the level the first step of Holm uses. */
static double detectable(const struct effect *e, const struct effect_work *w, size_t tests)
{
	double lambda = dist_noncentrality(ALPHA / (double)tests, POWER, e->df, e->df_error);

	return sqrt(lambda * w->ms / w->pattern);
}

/* Passes at which the margin itself would be found so, with the noise that was seen: the
 * information grows with the passes, and so do the degrees of freedom. */
static uint32_t passes_for(
	const struct effect *e, const struct effect_work *w, size_t tests, double margin)
{
	const struct strata *s = w->s;
	double now = s->nnumbers, passes = now, last = 0;
	double per_pass = e->df_error / now; /* degrees of freedom */

	if (e->factor_a == s->host && e->factor_b < 0)
		per_pass = e->df_error / fmax(1, now - 1);
	else if (e->stratum == DATA_RUNNER)
		per_pass = ((double)s->nloads - s->npasses) / now;

	for (int i = 0; i < 20 && fabs(passes - last) > 0.5; i++) {
		double df = e->df_error + (passes - now) * per_pass;
		double lambda =
			dist_noncentrality(ALPHA / (double)tests, POWER, e->df, df > 1 ? df : 1);

		last = passes;
		passes = now * lambda * w->ms / (w->pattern * margin * margin);
		if (!(passes < MAX_PASSES))
			return 0;
		passes = fmax(now + 1, ceil(passes));
	}
	return (uint32_t)passes;
}

/* Questions at which the margin itself would be found so: the information grows with them. */
static uint32_t questions_for(const struct effect *e, const struct effect_work *w, double margin)
{
	double by = e->detectable / margin, n = ceil((double)w->questions * by * by);

	return n > (double)w->questions && n < MAX_QUESTIONS ? (uint32_t)n : 0;
}

static const char *why_inconclusive(
	const struct effect *e, const struct effect_work *w, struct arena *arena)
{
	char reach[WORDING_TEXT], margin[WORDING_TEXT];
	double percent, half;

	if (isnan(e->margin))
		return "no margin is set for it, so that nothing can be called equal";
	if (w->widest <= margin_of(e, w))
		return arena_fmt(arena,
			"it changes nothing as long as the server takes what is sent, but at %s "
			"it does not: more was sent than the server takes",
			w->too_much);
	if (!isfinite(w->widest))
		return "not all of its levels could be compared";
	percent = 100 * (w->s->log ? expm1(w->widest) : w->widest);
	half = 100 * (e->widest_high - e->widest_low) / 2;
	if (!w->s->log) {
		percent /= 100;
		half /= 100;
	}
	return arena_fmt(arena, "differences up to %s%s are not excluded, and the margin is %s%s",
		wording_fixed(reach, percent, wording_decimals(half)), w->s->log ? " %" : "",
		wording_plain(margin, w->s->log ? 100 * e->margin : e->margin),
		w->s->log ? " %" : "");
}

static enum verdict verdict_of(const struct effect *e, const struct effect_work *w)
{
	if (isnan(e->p_adjusted))
		return VERDICT_INCONCLUSIVE;
	if (e->p_adjusted < ALPHA)
		return VERDICT_EFFECT;
	/* What no server stands is no free choice. */
	return w->widest <= margin_of(e, w) && !w->too_much ? VERDICT_NO_EFFECT
							    : VERDICT_INCONCLUSIVE;
}

/* The two levels furthest apart, with Tukey's interval (Kramer's for unequal counts). */
static void find_furthest(struct effect *e, const struct effect_work *w)
{
	size_t n = e->nlevels, from = 0, to = 0;
	double most = -INFINITY, half, difference;
	int better = e->spec->better;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double x = w->difference[i * n + j] * (better < 0 ? -1 : 1);

			if (i != j && isfinite(x) && x > most) {
				most = x;
				from = i;
				to = j;
			}
		}
	}
	if (!isfinite(most))
		return;
	difference = w->difference[to * n + from];
	half = dist_range_quantile(w->s->confidence, n, e->df_error) *
		sqrt(w->ms * w->unit[to * n + from] / 2);
	e->furthest = (struct level_pair){.worse = (uint32_t)from,
		.better = (uint32_t)to,
		.ratio = strata_unscale(w->s, difference),
		.ci_low = strata_unscale(w->s, difference - half),
		.ci_high = strata_unscale(w->s, difference + half)};
}

static void judge(struct effect *e, struct effect_work *w, size_t tests, struct arena *arena)
{
	double margin = margin_of(e, w);

	if (e->verdict == VERDICT_ALIAS)
		return;
	e->verdict = verdict_of(e, w);
	if (!isnan(e->p) && e->df_error < FEW_DF)
		e->note = arena_fmt(arena, "rests on %.0f degree%s of freedom", e->df_error,
			e->df_error == 1 ? "" : "s");
	if (!isnan(e->p) && w->s->unchecked)
		e->note = arena_fmt(arena,
			"%s%stakes effects to add up, and no cell is left over to see whether they "
			"do",
			e->note, e->note[0] ? ", and " : "");
	if (!isnan(e->p) && w->pattern > PATTERN_LEAST) {
		double least = detectable(e, w, tests);

		e->detectable = w->s->log ? expm1(least) : least;
	}
	if (e->verdict == VERDICT_EFFECT) {
		e->negligible = w->widest <= margin;
		if (e->nlevels)
			find_furthest(e, w);
	}
	if (e->verdict == VERDICT_INCONCLUSIVE && !isnan(e->p)) {
		e->why = why_inconclusive(e, w, arena);
		if (w->widest <= margin)
			return; /* more passes tell nothing new */
		if (margin > 0 && w->pattern > PATTERN_LEAST && w->questions)
			e->questions_needed = questions_for(e, w, margin);
		else if (margin > 0 && w->pattern > PATTERN_LEAST)
			e->passes_needed = passes_for(e, w, tests, margin);
	}
}

void effects_judge(struct effects *all, struct arena *arena)
{
	size_t primary, other;

	adjust(all, true, &primary);
	adjust(all, false, &other);
	for (size_t i = 0; i < all->n; i++)
		judge(&all->v[i], &all->work[i], all->v[i].primary ? primary : other, arena);
}
