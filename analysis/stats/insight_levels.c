/* insight_levels.c - levels of a setting by their averages, where each combination of settings has
 * one row and so nothing is repeated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_table.h"
#include "insight_traps.h"
#include "univariate.h"
#include "vec.h"

/* Of all settings together; with more each is of few rows. */
#define MOST_LEVELS 64
#define MOST_NAMED  3

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

/* Each level of a table, in one measure: the one of each setting that is farthest. */
struct farthest {
	const struct insight_sweep *sweep;
	const char *text; /* "num_gpu=60 (1.006 times, ...)", of all settings or of the sure ones */
	bool sure;
};

/* False where the table has nothing to say of that quantity. */
static bool look_at(struct insight_work *w, const struct insight_sweep *s, const char *quantity,
	struct farthest *ret)
{
	const struct dataset *d = s->data;
	const char *part[TABLE_MOST_FACTORS], *certain[TABLE_MOST_FACTORS];
	size_t metric = sweep_metric(d, quantity), n = 0, k = 0;
	double levels = 0;

	for (size_t f = 0; f < d->nfactors; f++)
		levels += d->factors[f].nlevels;
	if (metric == d->nmetrics || !d->metrics[metric].log || levels > MOST_LEVELS)
		return false;
	for (size_t f = 0; f < d->nfactors; f++) {
		struct extreme x;

		if (!find_extreme(d, metric, f, 1 - 0.05 / levels, &x))
			continue;
		part[n] = name_extreme(w, d, f, &x);
		if (x.r.low > 1 || x.r.high < 1)
			certain[k++] = part[n];
		n++;
	}
	*ret = (struct farthest){.sweep = s,
		.text = wording_list(w->arena, k ? certain : part, k ? k : n, "and"),
		.sure = k > 0};
	return n > 0;
}

/* "throughput at ... of owl3"; NULL where no table is sure.  In *any whether one has it. */
static const char *say_quantity(struct insight_work *w, const struct insight_sweep *const *list,
	size_t nlist, const char *quantity, const char *label, bool *any)
{
	const char *named[MOST_NAMED + 1];
	struct farthest x = {0};
	size_t k = 0;

	for (size_t i = 0; i < nlist; i++) {
		if (!look_at(w, list[i], quantity, &x))
			continue;
		*any = true;
		if (x.sure && ++k <= MOST_NAMED)
			named[k - 1] = arena_fmt(w->arena, "%s at %s",
				w->c->subjects[x.sweep->of->subject].name, x.text);
	}
	if (k > MOST_NAMED)
		named[MOST_NAMED] = arena_fmt(w->arena, "%zu more", k - MOST_NAMED);
	return k
		? arena_fmt(w->arena, "%s differs by more than chance for %s", label,
			  wording_list(w->arena, named, k > MOST_NAMED ? MOST_NAMED + 1 : k, "and"))
		: NULL;
}

static void say_of(struct insight_work *w, const struct insight_sweep *const *list, size_t n)
{
	static const char *const measures[][2] = {{INSIGHT_THROUGHPUT, "throughput"},
		{INSIGHT_TTFT, "TTFT"}, {INSIGHT_LATENCY, "latency"}};
	struct file_list files = {0};
	const char *part[COUNTOF(measures) + 1], *chance[COUNTOF(measures)], *text;
	uint64_t rows = 0;
	size_t k = 0, none = 0;
	bool sure;

	for (size_t m = 0; m < COUNTOF(measures); m++) {
		bool any = false;

		part[k] = say_quantity(w, list, n, measures[m][0], measures[m][1], &any);
		if (any && !part[k])
			chance[none++] = measures[m][1];
		k += part[k] != NULL;
	}
	sure = k > 0;
	if (none)
		part[k++] = arena_fmt(w->arena, "%s %s by no more than chance",
			wording_list(w->arena, chance, none, "and"),
			wording_verb(none, "differs", "differ"));
	if (k == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		*VEC_PUSH(&files) = w->c->tables[list[i]->of->table].file;
		rows += list[i]->data->nrows;
	}
	text = arena_fmt(w->arena,
		"%s no setting was repeated, so that each level can only be held against all "
		"others by averages: %s",
		n == 1 ? arena_fmt(w->arena, "in the table of %s",
				 w->c->subjects[list[0]->of->subject].name)
		       : arena_fmt(w->arena, "in %zu tables", n),
		insight_joined(w->arena, part, k));
	if (n == 1) {
		add_of_sweep(w, list[0]->of, "effect", -1, INSIGHT_EFFECT + (sure ? 30 : 20), text,
			rows);
		VEC_RELEASE(&files);
	} else {
		insight_add(
			w, "effect", -1, INSIGHT_EFFECT + (sure ? 30 : 20), text, "", rows, &files);
	}
}

void say_levels(struct insight_work *w)
{
	const struct insight_sweep **list = xcalloc(w->c->nsweeps + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < w->c->nsweeps; i++) {
		const struct insight_sweep *s = &w->in->sweeps[i];

		if (s->summary && sweep_is_single(s->summary))
			list[n++] = s;
	}
	if (n)
		say_of(w, list, n);
	free(list);
}
