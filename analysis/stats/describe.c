/* describe.c - the figures of each cell. */
#include "describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "num.h"
#include "quantile.h"

/* Rows of phase measure, by cell. */
struct by_cell {
	size_t *first; /* [ncells + 1] into rows */
	const struct data_row **rows;
};

static void sort_by_cell(struct by_cell *b, const struct dataset *d)
{
	size_t *next;

	b->first = xcalloc(d->ncells + 1, sizeof(*b->first));
	b->rows = xcalloc(d->nrows, sizeof(*b->rows));
	next = xcalloc(d->ncells, sizeof(*next));
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].phase == ROW_MEASURE && d->rows[i].cell != DATA_NONE)
			b->first[d->rows[i].cell + 1]++;
	}
	for (size_t c = 0; c < d->ncells; c++) {
		b->first[c + 1] += b->first[c];
		next[c] = b->first[c];
	}
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].phase == ROW_MEASURE && d->rows[i].cell != DATA_NONE)
			b->rows[next[d->rows[i].cell]++] = &d->rows[i];
	}
	free(next);
}

/* ---- one metric of one cell ---- */

/* How often the cell ran into a time limit before the metric could be had: its value is beyond any
 * that was measured. */
static size_t timeouts(
	const struct dataset *d, enum metric m, const struct data_row *const *rows, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const char *status = d->status[rows[i]->status];

		if (m == METRIC_TTFT)
			count += strcmp(status, "timeout_first") == 0;
		else if (m == METRIC_E2E)
			count += strncmp(status, "timeout_", 8) == 0;
	}
	return count;
}

/* A percentile, or why not. */
static const char *set_percentile(double *p, const char *name, double at, size_t needs,
	const double *sorted, size_t n, size_t infinite, struct arena *arena)
{
	*p = NAN;
	if (n < needs)
		return arena_fmt(arena, "%s needs %zu sample%s, there %s %zu", name, needs,
			needs == 1 ? "" : "s", n == 1 ? "is" : "are", n);
	*p = quantile(sorted, n, at);
	if (isfinite(*p))
		return NULL;
	*p = NAN;
	return arena_fmt(
		arena, "%s lies beyond the time limit: %zu of %zu timed out", name, infinite, n);
}

static void set_moments(struct metric_summary *m, const double *sorted, size_t n)
{
	double ss = 0;

	m->mean = m->sd = m->cv = m->min = m->max = NAN;
	if (n == 0)
		return;
	m->mean = 0;
	for (size_t i = 0; i < n; i++)
		m->mean += sorted[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		ss += (sorted[i] - m->mean) * (sorted[i] - m->mean);
	if (n > 1)
		m->sd = sqrt(ss / (double)(n - 1));
	m->cv = m->mean != 0 ? m->sd / m->mean : (double)NAN;
	m->min = sorted[0];
	m->max = sorted[n - 1];
}

/* The values, sorted, with the timeouts as infinities behind them. */
static void set_sample(struct metric_summary *m, const struct dataset *d, enum metric metric,
	const struct data_row *const *rows, size_t nrows, double *v, struct arena *arena)
{
	size_t infinite = timeouts(d, metric, rows, nrows), n = 0;

	for (size_t i = 0; i < nrows; i++) {
		if (rows[i]->counts && isfinite(rows[i]->metric[metric]))
			v[n++] = rows[i]->metric[metric];
	}
	quantile_sort(v, n);
	m->n = (uint32_t)n;
	set_moments(m, v, n);
	for (size_t i = 0; i < infinite; i++)
		v[n + i] = INFINITY;
	m->median_why = set_percentile(&m->median, "p50", 0.5, 1, v, n + infinite, infinite, arena);
	m->p50 = m->median;
	m->p95_why = set_percentile(
		&m->p95, "p95", 0.95, QUANTILE_P95_NEEDS, v, n + infinite, infinite, arena);
	m->p99_why = set_percentile(
		&m->p99, "p99", 0.99, QUANTILE_P99_NEEDS, v, n + infinite, infinite, arena);
	m->mad = quantile_mad(v, n);
}

static void set_estimate(struct metric_summary *m, const struct strata *s,
	const struct strata *valid_only, uint32_t cell)
{
	double low, high;

	m->nloads = s->cells[cell].nloads;
	m->estimate = strata_unscale(s, s->cells[cell].mean);
	m->ci_why = strata_cell_interval(s, cell, &low, &high, &m->df);
	m->ci_low = strata_unscale(s, low);
	m->ci_high = strata_unscale(s, high);
	m->estimate_valid_only = strata_unscale(s, valid_only->cells[cell].mean);
}

/* ---- one cell ---- */

static bool is_attempt(const char *status)
{
	return strcmp(status, "skipped") != 0 && strcmp(status, "cancelled") != 0;
}

static void count_rows(struct cell_summary *c, const struct dataset *d,
	const struct data_row *const *rows, size_t nrows, struct arena *arena)
{
	uint32_t *count = xcalloc(d->nstatus, sizeof(*count));
	size_t attempts = 0, failures = 0;

	c->failed = arena_alloc(arena, d->nstatus, sizeof(*c->failed));
	for (size_t i = 0; i < nrows; i++) {
		const struct data_row *r = rows[i];
		bool attempt = is_attempt(d->status[r->status]);

		c->n += r->counts;
		c->n_suspect += r->counts && r->validity == ROW_SUSPECT;
		c->n_invalid += r->ok && r->validity == ROW_INVALID;
		c->n_paid_load += r->ok && r->paid_load;
		c->n_failed += !r->ok;
		count[r->status] += !r->ok;
		attempts += attempt;
		failures += attempt && !r->ok;
	}
	for (size_t i = 0; i < d->nstatus; i++) {
		if (count[i])
			c->failed[c->nfailed++] = (struct status_count){d->status[i], count[i]};
	}
	c->failure_upper = dist_share_upper(failures, attempts, 0.95);
	free(count);
}

static void mix(double *known, double x, bool first)
{
	if (first)
		*known = x;
	else if (*known != x)
		*known = NAN;
}

/* What the server said after the loads that served the cell. */
static void set_effective(struct cell_summary *c, const struct dataset *d,
	const struct data_row *const *rows, size_t nrows)
{
	bool first = true;

	c->eff_num_ctx = c->offload_fraction = NAN;
	for (size_t i = 0; i < nrows; i++) {
		const struct data_load *l;

		if (!rows[i]->counts)
			continue;
		l = &d->loads[rows[i]->load];
		mix(&c->eff_num_ctx, l->context_length, first);
		mix(&c->offload_fraction, l->size > 0 ? l->size_vram / l->size : (double)NAN,
			first);
		first = false;
	}
}

/* num_ctx as asked for, by the cell or for all; NaN if it was left to the server. */
static double asked_num_ctx(const struct dataset *d, uint32_t cell)
{
	int f = dataset_factor(d, "num_ctx");
	const json_t *fixed = dataset_option(d, "num_ctx");

	if (f >= 0)
		return d->factors[f].sent[d->cells[cell].level[f]];
	return json_is_number(fixed) ? json_number_value(fixed) : (double)NAN;
}

static void compare_effective(struct cell_summary *c, const struct dataset *d, struct arena *arena)
{
	double asked = asked_num_ctx(d, c->cell);
	char wish[NUM_TEXT], fact[NUM_TEXT];

	if (!isfinite(asked) || !isfinite(c->eff_num_ctx) || asked == c->eff_num_ctx)
		return;
	c->effective_differs = true;
	c->effective_why = arena_fmt(arena, "num_ctx %s was asked for, %s was loaded",
		num_text(wish, asked), num_text(fact, c->eff_num_ctx));
}

/* Requests planned for a cell; 0 where that is not known or counts bursts. */
static uint32_t planned(const struct dataset *d, const struct data_row *const *rows, size_t nrows)
{
	uint64_t n = dataset_cell_requests(d);

	for (size_t i = 0; i < nrows; i++) {
		if (rows[i]->burst > 0)
			return 0;
	}
	return n < UINT32_MAX ? (uint32_t)n : 0;
}

void describe_cells(struct summary *s, const struct effective *eff, const struct strata *strata,
	const struct strata *valid_only)
{
	const struct dataset *d = s->data;
	double *v = xcalloc(d->nrows, sizeof(*v));
	struct by_cell by;

	sort_by_cell(&by, d);
	s->ncells = d->ncells;
	s->cells = arena_alloc(&s->arena, s->ncells, sizeof(*s->cells));
	for (uint32_t i = 0; i < s->ncells; i++) {
		struct cell_summary *c = &s->cells[i];
		const struct data_row *const *rows = by.rows + by.first[i];
		size_t n = by.first[i + 1] - by.first[i];

		c->cell = i;
		c->alias_of = eff->first_cell[eff->setting[i]];
		c->n_planned = planned(d, rows, n);
		count_rows(c, d, rows, n, &s->arena);
		set_effective(c, d, rows, n);
		compare_effective(c, d, &s->arena);
		for (size_t m = 0; m < d->nmetrics; m++) {
			set_sample(&c->metric[m], d, (enum metric)m, rows, n, v, &s->arena);
			if (!dataset_is_score(d, m))
				set_estimate(&c->metric[m], &strata[m], &valid_only[m], i);
		}
	}
	free(v);
	free(by.first);
	free(by.rows);
}
