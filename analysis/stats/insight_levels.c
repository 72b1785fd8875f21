/* insight_levels.c - levels of a setting by their averages, where each combination of settings has
 * one row and so nothing is repeated. */
#include <math.h>
#include <string.h>

#include "dataset_table.h"
#include "insight_traps.h"
#include "univariate.h"

/* Of all settings together; with more each is of few rows. */
#define MOST_LEVELS 64

size_t sweep_metric(const struct dataset *d, const char *quantity)
{
	size_t m = 0;

	while (m < d->nmetrics && strcmp(d->metrics[m].column, quantity) != 0)
		m++;
	return m;
}

bool sweep_logs(const struct dataset *d, size_t metric, size_t factor, uint32_t level, bool others,
	struct log_moments *ret)
{
	struct moments m = {0};

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double x = r->metric[metric];

		if (!r->counts || !isfinite(x) ||
			(d->cells[r->cell].level[factor] == level) == others)
			continue;
		if (!(x > 0))
			return false;
		moments_add(&m, log(x));
	}
	*ret = (struct log_moments){.n = m.n,
		.mean = m.mean,
		.variance = m.n > 1 ? m.ss / ((double)m.n - 1) : (double)NAN};
	return m.n > 1;
}

bool sweep_is_single(const struct summary *s)
{
	for (size_t i = 0; i < s->ncells; i++) {
		if (s->cells[i].n > 1)
			return false;
	}
	return s->ncells > 1;
}

struct extreme {
	uint32_t level;
	struct log_ratio r;
};

/* The level that differs most from all others together, with an interval that holds for all of them
 * at once (Bonferroni); false where none can be given. */
static bool find_extreme(const struct dataset *d, size_t metric, size_t factor, double confidence,
	struct extreme *ret)
{
	bool found = false;

	for (uint32_t l = 0; l < d->factors[factor].nlevels; l++) {
		struct log_moments with, without;
		struct log_ratio r;

		if (!sweep_logs(d, metric, factor, l, false, &with) ||
			!sweep_logs(d, metric, factor, l, true, &without) ||
			!insight_welch(&with, &without, confidence, &r))
			continue;
		if (!found || fabs(r.apart) > fabs(ret->r.apart))
			*ret = (struct extreme){l, r};
		found = true;
	}
	return found;
}

/* "num_gpu=60 (1.006 times, 1.003 to 1.009)" */
static const char *name_extreme(
	struct insight_work *w, const struct dataset *d, size_t factor, const struct extreme *x)
{
	int digits = wording_decimals((x->r.high - x->r.low) / 2);
	char ratio[WORDING_TEXT], low[WORDING_TEXT], high[WORDING_TEXT];

	return arena_fmt(w->arena, "%s=%s (%s times, %s to %s)", d->factors[factor].name,
		d->factors[factor].level[x->level], wording_fixed(ratio, x->r.ratio, digits),
		wording_fixed(low, x->r.low, digits), wording_fixed(high, x->r.high, digits));
}

static void say_metric(struct insight_work *w, const struct insight_sweep *s, size_t metric)
{
	const struct dataset *d = s->data;
	const char *part[TABLE_MOST_FACTORS];
	struct extreme x[TABLE_MOST_FACTORS];
	double levels = 0;
	bool sure = false;
	size_t n = 0;

	for (size_t f = 0; f < d->nfactors; f++)
		levels += d->factors[f].nlevels;
	if (levels > MOST_LEVELS)
		return;
	for (size_t f = 0; f < d->nfactors; f++) {
		if (!find_extreme(d, metric, f, 1 - 0.05 / levels, &x[n]))
			continue;
		sure = sure || x[n].r.low > 1 || x[n].r.high < 1;
		part[n] = name_extreme(w, d, f, &x[n]);
		n++;
	}
	if (n)
		add_of_sweep(w, s->of, "effect", -1,
			INSIGHT_EFFECT + (sure ? 30 : 20) - (int)metric,
			arena_fmt(w->arena,
				"%s: nothing was repeated, so levels are held against all others "
				"by "
				"their averages; %s is farthest from them at %s%s",
				w->c->subjects[s->of->subject].name, d->metrics[metric].label,
				wording_list(w->arena, part, n, "and"),
				sure ? "" : ": no level differs by more than chance"),
			d->nrows);
}

void say_levels(struct insight_work *w, const struct insight_sweep *s)
{
	for (size_t m = 0; m < s->data->nmetrics; m++) {
		if (s->data->metrics[m].log)
			say_metric(w, s, m);
	}
}
