/* report_performance.c - latency and throughput: warm and all, per cell with intervals,
 * percentiles. */
#include "report_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fold.h"
#include "quantile.h"
#include "wording.h"

#define CELLS_SHOWN 120
#define COLUMNS_MAX 64

/* ---- warm and all ---- */

enum population { WARM, PAID, ALL, POPULATIONS };

/* Those of a population, finished; values_release ends it. */
static void find_population(
	const struct fold *f, enum population p, enum metric m, struct values *ret)
{
	if (p == PAID)
		values_init(ret, f->histogram);
	else
		fold_values(f, m, ret);
	if (p != WARM && f->paid[m])
		values_merge(ret, f->paid[m]);
	if (p == ALL && f->other[m])
		values_merge(ret, f->other[m]);
	values_finish(ret);
}

static const char *percentile(struct report *r, const struct values *v, double p, size_t needs)
{
	return v->n >= needs ? words_plain(r, values_quantile(v, 0, p)) : NOT_GIVEN;
}

static void add_population(struct report *r, const char *name, enum population p, enum metric m)
{
	struct values v;

	find_population(r->s->fold, p, m, &v);
	if (v.n > 0) {
		const char *cells[] = {metric_specs[m].label, name,
			words_fmt(r, "%llu", (unsigned long long)v.n), percentile(r, &v, 0.5, 1),
			percentile(r, &v, 0.95, QUANTILE_P95_NEEDS),
			percentile(r, &v, 0.99, QUANTILE_P99_NEEDS), metric_specs[m].unit};

		doc_table_row(r->doc, cells);
	}
	values_release(&v);
}

static void warm_and_all(struct report *r)
{
	static const char *const head[] = {"Measure", "Requests", "n", "p50", "p95", "p99", "unit"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_LEFT};
	static const char *const names[] = {[WARM] = "counted: the model was loaded",
		[PAID] = "waited for a model load",
		[ALL] = "all that were answered, warm-ups too"};
	static const enum metric metrics[] = {METRIC_TTFT, METRIC_DECODE, METRIC_E2E};

	doc_table(r->doc, "Warm, waiting for a load, and all: over all settings together",
		COUNTOF(head), head, align);
	for (size_t i = 0; i < COUNTOF(metrics); i++)
		for (int p = 0; p < POPULATIONS; p++)
			add_population(r, names[p], (enum population)p, metrics[i]);
	doc_para(r->doc,
		words_fmt(r,
			"Percentiles are interpolated linearly; p95 is given from %d requests on "
			"and p99 from %d. All figures below are of counted requests alone: a "
			"request that waited for a load is never averaged with one that did not.",
			QUANTILE_P95_NEEDS, QUANTILE_P99_NEEDS),
		0);
}

/* ---- cells ---- */

/* A table with a column per factor in front. */
struct table {
	const char *head[COLUMNS_MAX];
	enum doc_align align[COLUMNS_MAX];
	size_t ncols, nfactors;
};

static void add_column(struct table *t, const char *head, enum doc_align align)
{
	t->head[t->ncols] = head;
	t->align[t->ncols++] = align;
}

static void factor_columns(struct report *r, struct table *t)
{
	t->nfactors = r->d->nfactors < 24 ? r->d->nfactors : 24;
	for (size_t f = 0; f < t->nfactors; f++)
		add_column(t, words_quote(r, r->d->factors[f].name),
			r->d->factors[f].numeric ? DOC_RIGHT : DOC_LEFT);
	if (t->nfactors == 0)
		add_column(t, "Setting", DOC_LEFT);
}

/* Returns how many columns it filled. */
static size_t factor_cells(struct report *r, const struct table *t, uint32_t cell, const char **out)
{
	const struct data_cell *c = &r->d->cells[cell];

	for (size_t f = 0; f < t->nfactors; f++)
		out[f] = words_quote(r, r->d->factors[f].level[c->level[f]]);
	if (t->nfactors == 0)
		out[0] = "the one setting";
	return t->nfactors ? t->nfactors : 1;
}

static double estimate_of(const struct report *r, uint32_t cell)
{
	const struct metric_summary *m = &r->s->cells[cell].metric[METRIC_DECODE];

	return isnan(m->estimate) ? -INFINITY : m->estimate;
}

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x > y ? -1 : x < y;
}

/* Which cells the tables show, in the order of the grid: all, or those with the best throughput. */
static uint32_t *shown_cells(const struct report *r, size_t *n)
{
	size_t ncells = r->s->ncells, kept = 0;
	uint32_t *shown = xcalloc(ncells + 1, sizeof(*shown));
	double *sorted = xcalloc(ncells + 1, sizeof(*sorted));
	double least = -INFINITY;

	for (uint32_t c = 0; c < ncells; c++)
		sorted[c] = estimate_of(r, c);
	qsort(sorted, ncells, sizeof(*sorted), descending);
	if (ncells > CELLS_SHOWN)
		least = sorted[CELLS_SHOWN - 1];
	for (uint32_t c = 0; c < ncells && kept < CELLS_SHOWN; c++)
		if (estimate_of(r, c) >= least)
			shown[kept++] = c;
	free(sorted);
	*n = kept;
	return shown;
}

static const char *best_marks(struct report *r, uint32_t cell)
{
	bool throughput = report_in_set(r, METRIC_DECODE, cell);
	bool ttft = report_in_set(r, METRIC_TTFT, cell);

	return throughput && ttft ? "both" : throughput ? "throughput" : ttft ? "TTFT" : NOT_GIVEN;
}

static bool has_metric(const struct report *r, enum metric m)
{
	for (size_t i = 0; i < r->s->ncells; i++)
		if (r->s->cells[i].metric[m].n > 0)
			return true;
	return false;
}

static void estimates_table(struct report *r, const uint32_t *cells, size_t n)
{
	static const enum metric all[] = {METRIC_TTFT, METRIC_DECODE, METRIC_TPOT, METRIC_SCORE};
	struct table t = {.ncols = 0};
	const char *row[COLUMNS_MAX];

	factor_columns(r, &t);
	add_column(&t, "n", DOC_RIGHT);
	add_column(&t, "failed", DOC_RIGHT);
	for (size_t i = 0; i < COUNTOF(all); i++)
		if (has_metric(r, all[i]))
			add_column(&t,
				words_fmt(r, "%s%s%s", metric_specs[all[i]].label,
					metric_specs[all[i]].unit[0] ? ", " : "",
					metric_specs[all[i]].unit),
				DOC_RIGHT);
	add_column(&t, "May be best in", DOC_LEFT);
	doc_table(r->doc, words_fmt(r, "Each setting: estimate (%s interval)", words_share(r)),
		t.ncols, t.head, t.align);
	for (size_t k = 0; k < n; k++) {
		const struct cell_summary *c = &r->s->cells[cells[k]];
		size_t at = factor_cells(r, &t, cells[k], row);

		row[at++] = words_fmt(r, "%u", c->n);
		row[at++] = words_fmt(r, "%u", c->n_failed);
		for (size_t i = 0; i < COUNTOF(all); i++) {
			const struct metric_summary *m = &c->metric[all[i]];

			if (has_metric(r, all[i]))
				row[at++] = words_estimate(r, m->estimate, m->ci_low, m->ci_high);
		}
		row[at] = best_marks(r, cells[k]);
		doc_table_row(r->doc, row);
	}
}

/* ---- percentiles per cell ---- */

struct column {
	enum metric metric;
	int which; /* 50, 95, 99 */
	bool given;
	const char *why; /* of the first cell, where no cell has it */
};

static double value_of(const struct metric_summary *m, int which)
{
	return which == 50 ? m->p50 : which == 95 ? m->p95 : m->p99;
}

static const char *why_of(const struct metric_summary *m, int which)
{
	return which == 50 ? m->median_why : which == 95 ? m->p95_why : m->p99_why;
}

static void look_up(const struct report *r, struct column *c)
{
	for (size_t i = 0; i < r->s->ncells; i++) {
		const struct metric_summary *m = &r->s->cells[i].metric[c->metric];

		c->given = c->given || isfinite(value_of(m, c->which));
		if (!c->why)
			c->why = why_of(m, c->which);
	}
}

/* One sentence for each percentile that no setting has. */
static void say_withheld(struct report *r, const struct column *columns, size_t n)
{
	static const int percentiles[] = {50, 95, 99};

	for (size_t k = 0; k < COUNTOF(percentiles); k++) {
		const char *names[METRIC_COUNT], *why = NULL;
		size_t count = 0;

		for (size_t i = 0; i < n; i++) {
			if (columns[i].which != percentiles[k] || columns[i].given)
				continue;
			names[count++] = words_name(columns[i].metric);
			why = why ? why : columns[i].why;
		}
		if (count > 0)
			doc_para(r->doc,
				words_fmt(r, "p%d of %s is left out, since no setting has it: %s.",
					percentiles[k],
					wording_list(&r->arena, names, count, "and"),
					why ? doc_guard(r->doc, why) : "there is no value"),
				0);
	}
}

static void percentiles_table(struct report *r, const uint32_t *cells, size_t n)
{
	struct column columns[] = {{METRIC_TTFT, 50, false, NULL}, {METRIC_TTFT, 95, false, NULL},
		{METRIC_TTFT, 99, false, NULL}, {METRIC_DECODE, 50, false, NULL},
		{METRIC_DECODE, 95, false, NULL}, {METRIC_DECODE, 99, false, NULL},
		{METRIC_E2E, 50, false, NULL}, {METRIC_PREFILL, 50, false, NULL}};
	struct table t = {.ncols = 0};
	const char *row[COLUMNS_MAX];

	factor_columns(r, &t);
	for (size_t i = 0; i < COUNTOF(columns); i++) {
		look_up(r, &columns[i]);
		if (columns[i].given)
			add_column(&t,
				words_fmt(r, "%s p%d, %s", metric_specs[columns[i].metric].label,
					columns[i].which, metric_specs[columns[i].metric].unit),
				DOC_RIGHT);
	}
	if (t.ncols > (t.nfactors ? t.nfactors : 1)) {
		doc_table(r->doc, "Each setting: percentiles of its requests", t.ncols, t.head,
			t.align);
		for (size_t k = 0; k < n; k++) {
			size_t at = factor_cells(r, &t, cells[k], row);

			for (size_t i = 0; i < COUNTOF(columns); i++)
				if (columns[i].given)
					row[at++] = words_plain(r,
						value_of(&r->s->cells[cells[k]]
								  .metric[columns[i].metric],
							columns[i].which));
			doc_table_row(r->doc, row);
		}
	}
	say_withheld(r, columns, COUNTOF(columns));
}

/* ---- what is odd about a cell ---- */

static void say_effective(struct report *r)
{
	for (size_t i = 0; i < r->s->ncells; i++) {
		const struct cell_summary *c = &r->s->cells[i];

		if (c->effective_differs && c->effective_why)
			doc_item(r->doc, words_fmt(r, "%s:", words_cell(r, c->cell)),
				words_fmt(r, "%s; its figures are those of what was loaded.",
					doc_guard(r->doc, c->effective_why)),
				0);
		if (i == CELLS_SHOWN)
			break;
	}
}

void report_performance(struct report *r)
{
	size_t n;
	uint32_t *cells = shown_cells(r, &n);

	doc_section(r->doc, "performance", "Performance");
	warm_and_all(r);
	estimates_table(r, cells, n);
	if (n < r->s->ncells)
		doc_para(r->doc,
			words_fmt(r,
				"Of %s the %zu with the highest throughput are shown; "
				"tables/cells.csv has all.",
				words_count(r, r->s->ncells, "setting"), n),
			0);
	say_effective(r);
	report_chart(r, "heatmap-throughput");
	report_chart(r, "heatmap-ttft");
	percentiles_table(r, cells, n);
	free(cells);
	report_bursts(r);
}
