/* describe.c - the figures of each cell. */
#include "describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "fold.h"
#include "num.h"
#include "quantile.h"

/* ---- one metric of one cell ---- */

/* How often the cell ran into a time limit before the metric could be had: its value is beyond any
 * that was measured. */
static size_t timeouts(const struct dataset *d, enum metric m, const struct fold_cell *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->nby_status; i++) {
		const char *status = d->status[c->by_status[i].status];

		if ((m == METRIC_TTFT && strcmp(status, "timeout_first") == 0) ||
			(m == METRIC_E2E && strncmp(status, "timeout_", 8) == 0))
			count += c->by_status[i].n;
	}
	return d->foreign ? 0 : count;
}

/* A percentile, or why not. */
static const char *set_percentile(double *p, const char *name, double at, size_t needs,
	const struct values *v, size_t infinite, struct arena *arena)
{
	size_t n = v->n + infinite;

	*p = NAN;
	if (n < needs)
		return arena_fmt(arena, "%s needs %zu sample%s, there %s %zu", name, needs,
			needs == 1 ? "" : "s", n == 1 ? "is" : "are", n);
	*p = values_quantile(v, infinite, at);
	if (isfinite(*p))
		return NULL;
	*p = NAN;
	return arena_fmt(
		arena, "%s lies beyond the time limit: %zu of %zu timed out", name, infinite, n);
}

static void set_moments(struct metric_summary *m, const struct values *v)
{
	m->mean = v->mean;
	m->sd = values_sd(v);
	m->cv = m->mean != 0 ? m->sd / m->mean : (double)NAN;
	m->min = v->min;
	m->max = v->max;
}

/* Those that ran into a time limit lie behind the values. */
static void set_sample(struct metric_summary *m, const struct dataset *d, enum metric metric,
	const struct fold_cell *c, struct arena *arena)
{
	size_t infinite = timeouts(d, metric, c);
	struct values none;
	const struct values *v = c->value[metric];

	values_init(&none, false);
	if (!v)
		v = &none;
	m->n = (uint32_t)v->n;
	set_moments(m, v);
	m->median_why = set_percentile(&m->median, "p50", 0.5, 1, v, infinite, arena);
	m->p50 = m->median;
	m->p95_why = set_percentile(&m->p95, "p95", 0.95, QUANTILE_P95_NEEDS, v, infinite, arena);
	m->p99_why = set_percentile(&m->p99, "p99", 0.99, QUANTILE_P99_NEEDS, v, infinite, arena);
	m->mad = values_mad(v);
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

static void count_rows(struct cell_summary *c, const struct dataset *d, const struct fold_cell *of,
	struct arena *arena)
{
	size_t attempts = of->rows - of->failed, failures = 0;

	c->n = of->counted;
	c->n_suspect = of->suspect;
	c->n_invalid = of->invalid;
	c->n_paid_load = of->paid_load;
	c->n_failed = of->failed;
	c->failed = arena_alloc(arena, of->nby_status, sizeof(*c->failed));
	for (size_t status = 0; status < d->nstatus; status++) {
		for (size_t i = 0; i < of->nby_status; i++) {
			if (of->by_status[i].status != status)
				continue;
			c->failed[c->nfailed++] =
				(struct status_count){d->status[status], of->by_status[i].n};
			if (is_attempt(d->status[status]))
				failures += of->by_status[i].n;
		}
	}
	attempts += failures;
	c->failure_upper = dist_share_upper(failures, attempts, 0.95);
}

/* What the server said after the loads that served each cell: NaN where they differ. */
static void mix(double *known, double x, bool first)
{
	if (first)
		*known = x;
	else if (*known != x)
		*known = NAN;
}

static void set_effective(struct summary *s, const struct fold *f)
{
	const struct dataset *d = s->data;
	bool *met = xcalloc(s->ncells, sizeof(*met));

	for (size_t i = 0; i < f->ngroups; i++) {
		const struct fold_group *g = fold_group(f, i);
		const struct data_load *l = &d->loads[g->load];
		struct cell_summary *c = &s->cells[g->cell];

		mix(&c->eff_num_ctx, l->context_length, !met[g->cell]);
		mix(&c->offload_fraction, l->size > 0 ? l->size_vram / l->size : (double)NAN,
			!met[g->cell]);
		met[g->cell] = true;
	}
	free(met);
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
static uint32_t planned(const struct dataset *d, const struct fold_cell *c)
{
	uint64_t n = dataset_cell_requests(d);

	return !c->bursts && n < UINT32_MAX ? (uint32_t)n : 0;
}

void describe_cells(struct summary *s, const struct effective *eff, const struct strata *strata,
	const struct strata *valid_only)
{
	const struct dataset *d = s->data;

	s->ncells = d->ncells;
	s->cells = arena_alloc(&s->arena, s->ncells, sizeof(*s->cells));
	for (uint32_t i = 0; i < s->ncells; i++) {
		struct cell_summary *c = &s->cells[i];
		const struct fold_cell *of = &s->fold->cells[i];

		c->cell = i;
		c->alias_of = eff->first_cell[eff->setting[i]];
		c->n_planned = planned(d, of);
		c->eff_num_ctx = c->offload_fraction = NAN;
		count_rows(c, d, of, &s->arena);
		for (size_t m = 0; m < d->nmetrics; m++) {
			set_sample(&c->metric[m], d, (enum metric)m, of, &s->arena);
			if (!dataset_is_score(d, m))
				set_estimate(&c->metric[m], &strata[m], &valid_only[m], i);
		}
	}
	set_effective(s, s->fold);
	for (uint32_t i = 0; i < s->ncells; i++)
		compare_effective(&s->cells[i], d, &s->arena);
}
