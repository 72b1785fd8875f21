/* findings_trust.c - a step in the run, cells with humps or a trend of their own, and whether
 * permutation agrees with the tests. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "findings.h"
#include "num.h"
#include "trust.h"
#include "vec.h"
#include "wording.h"

#define MOST_NAMED 2 /* cells named before "and N more" */

/* "8 %" of a ratio, "0.4" of a difference. */
static const char *size_of(const struct author *a, enum metric m, double ratio)
{
	char text[WORDING_TEXT];

	if (!a->d->metrics[m].log)
		return arena_str(a->arena, wording_fixed(text, fabs(ratio), 2));
	return arena_fmt(a->arena, "%s %%",
		wording_fixed(text, 100 * fabs(ratio - 1), fabs(ratio - 1) < 0.095 ? 1 : 0));
}

static bool is_fall(const struct author *a, enum metric m, double ratio)
{
	return a->d->metrics[m].log ? ratio < 1 : ratio < 0;
}

/* ---- the run ---- */

static void say_step(struct author *a, const struct trust_change *c)
{
	if (c->change.why || !(c->change.p < TRUST_STEP_P))
		return;
	findings_add(a, FIND_DRIFT, STRENGTH_DRIFT,
		arena_fmt(a->arena, "%s %s by %s at %s %zu of %zu, in all settings alike%s",
			findings_noun(a->d, c->metric),
			is_fall(a, c->metric, c->ratio) ? "fell" : "rose",
			size_of(a, c->metric, c->ratio), a->d->foreign ? "block" : "load",
			c->change.index + 1, c->change.n,
			a->s->interleaved && !a->d->foreign
				? "; passes in random order keep most of that out of the "
				  "comparisons"
				: ""),
		FILTER_COUNTS, findings_rows(a, c->metric));
}

/* ---- cells ---- */

static const char *hump_text(const struct author *a, const struct trust_cell *c)
{
	const struct humps *h = &c->modes.plain;
	bool log = a->d->metrics[c->metric].log;
	char low[NUM_TEXT], high[NUM_TEXT];

	return arena_fmt(a->arena, "%s (%.0f %% near %s %s, %.0f %% near %s; %s)",
		a->d->cells[c->cell].label, 100 * h->share,
		num_sig(low, log ? exp(h->low) : h->low, 3), a->d->metrics[c->metric].unit,
		100 * (1 - h->share), num_sig(high, log ? exp(h->high) : h->high, 3),
		modes_where_name(c->modes.where));
}

static const char *trend_text(const struct author *a, const struct trust_cell *c)
{
	bool log = a->d->metrics[c->metric].log;
	double slope = log ? exp(c->trend.slope) : c->trend.slope;

	return arena_fmt(a->arena, "%s (%s by %s a pass)", a->d->cells[c->cell].label,
		is_fall(a, c->metric, slope) ? "falls" : "rises", size_of(a, c->metric, slope));
}

/* Those cells of a metric that `p` picks, the first of them by name. */
static void say_cells(struct author *a, enum metric m, bool humps)
{
	const struct trust *t = a->s->trust;
	const char *named[MOST_NAMED + 1];
	size_t n = 0, of = 0, shown = 0;

	for (size_t i = 0; i < t->ncells; i++) {
		const struct trust_cell *c = &t->cells[i];
		double p = humps ? c->humps_adjusted : c->trend_adjusted;

		if (c->metric != m || isnan(p))
			continue;
		of++;
		if (!(p < (humps ? TRUST_HUMPS_P : TRUST_TREND_P)))
			continue;
		if (n++ < MOST_NAMED)
			named[shown++] = humps ? hump_text(a, c) : trend_text(a, c);
	}
	if (n == 0)
		return;
	if (n > shown)
		named[shown++] = arena_fmt(a->arena, "%zu more", n - MOST_NAMED);
	findings_add(a, FIND_DRIFT, STRENGTH_DRIFT - 1,
		arena_fmt(a->arena, "%s has %s in %zu of %s: %s", findings_noun(a->d, m),
			humps ? "more than one hump" : "a trend of its own", n,
			wording_count(a->arena, of, "cell", "cells"),
			wording_list(a->arena, named, shown, "and")),
		FILTER_COUNTS, findings_rows(a, m));
}

/* ---- permutation ---- */

static void say_permutation(struct author *a)
{
	const struct trust *t = a->s->trust;
	size_t agree = 0, of = 0;

	for (size_t i = 0; i < a->effects->n; i++) {
		const struct effect *e = &a->effects->v[i];
		const struct permutation *p = &t->permutation[i];
		enum permutation_says says;
		char mine[NUM_TEXT], its[NUM_TEXT];

		if (isnan(p->p) || isnan(e->p))
			continue;
		says = permutation_compare(p, e->p);
		of += says != PERMUTATION_NOTHING;
		agree += says == PERMUTATION_AGREES;
		if (says == PERMUTATION_DISAGREES)
			findings_add(a, FIND_AUDIT, STRENGTH_LIMIT - 1,
				arena_fmt(a->arena,
					"permuting %s gives p = %s for %s on %s where the F test "
					"gives %s: its assumptions may not hold here",
					p->unit, num_sig(mine, p->p, 2), e->factor,
					findings_noun(a->d, e->metric), num_sig(its, e->p, 2)),
				FILTER_COUNTS, findings_rows(a, e->metric));
	}
	if (of && agree == of)
		findings_add(a, FIND_AUDIT, STRENGTH_CALM,
			arena_fmt(a->arena,
				"permutation within the strata agrees with %s of a factor",
				wording_count(a->arena, of, "test", "tests")),
			FILTER_COUNTS, 0);
}

void findings_trust(struct author *a)
{
	const struct trust *t = a->s->trust;

	for (size_t i = 0; i < t->nchanges; i++)
		say_step(a, &t->changes[i]);
	for (size_t i = 0; i < t->nchanges; i++) {
		say_cells(a, t->changes[i].metric, true);
		say_cells(a, t->changes[i].metric, false);
	}
	say_permutation(a);
}
