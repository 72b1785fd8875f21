/* describe_bursts.c - cells that ran as bursts: what the server did with them. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "describe.h"
#include "quantile.h"

/* A percentile of waits that grow as long as requests are sent says nothing. */
static void withhold_waits(struct cell_summary *c)
{
	static const enum metric waits[] = {METRIC_TTFT, METRIC_E2E};
	static const char why[] = "more was sent than the server takes: the wait grows as long as "
				  "requests come";

	for (size_t i = 0; i < COUNTOF(waits); i++) {
		struct metric_summary *m = &c->metric[waits[i]];

		m->median = m->p50 = m->p95 = m->p99 = NAN;
		m->median_why = m->p95_why = m->p99_why = why;
	}
	c->ttft_due_p95 = NAN;
	c->ttft_due_why = why;
}

/* TTFT with the wait in the client, pooled over the cell's bursts. */
static void find_due(struct cell_summary *c, double *v, size_t n)
{
	c->ttft_due_p95 = NAN;
	if (!isfinite(c->rate)) {
		c->ttft_due_why = "requests were kept in flight: none was due at a time of its own";
		return;
	}
	quantile_sort(v, n);
	if (n < QUANTILE_P95_NEEDS)
		c->ttft_due_why = c->metric[METRIC_TTFT].p95_why ? c->metric[METRIC_TTFT].p95_why
								 : "p95 needs 20 samples";
	else
		c->ttft_due_p95 = quantile(v, n, 0.95);
}

static bool has_due(const struct data_row *r)
{
	return r->counts && isfinite(r->metric[METRIC_TTFT] + r->client_queue_ms);
}

/* Each cell's values are put side by side, so that the rows are gone through but twice. */
static void find_all_due(struct summary *s)
{
	const struct dataset *d = s->data;
	size_t nrows = d->nbursts ? d->nrows : 0; /* single requests are not due at a time */
	double *v = xcalloc(nrows, sizeof(*v));
	size_t *end = xcalloc(s->ncells + 1, sizeof(*end)); /* of the values before cell i */

	for (size_t i = 0; i < nrows; i++) {
		if (has_due(&d->rows[i]))
			end[d->rows[i].cell + 1]++;
	}
	for (size_t c = 1; c <= s->ncells; c++)
		end[c] += end[c - 1];
	for (size_t i = 0; i < nrows; i++) {
		const struct data_row *r = &d->rows[i];

		/* end[c] grows from where the values of cell c begin to where they end. */
		if (has_due(r))
			v[end[r->cell]++] = r->metric[METRIC_TTFT] + r->client_queue_ms;
	}
	for (size_t c = 0; c < s->ncells; c++) {
		size_t from = c ? end[c - 1] : 0;

		find_due(&s->cells[c], v + from, end[c] - from);
	}
	free(v);
	free(end);
}

/* A treatment is served by its own loads: how many at once may differ between them. */
void describe_bursts(struct summary *s, const struct effective *eff)
{
	const struct dataset *d = s->data;
	uint32_t *serves = xcalloc(s->ncells, sizeof(*serves)); /* by treatment */

	for (size_t c = 0; c < s->ncells; c++)
		s->cells[c].rate = NAN;
	for (size_t i = 0; i < d->nbursts; i++) {
		const struct data_burst *b = &d->bursts[i];
		struct cell_summary *c = &s->cells[b->cell];
		uint32_t *most = &serves[eff->treatment[b->cell]];

		c->rate = b->rate;
		c->concurrency = isfinite(b->rate) ? 0 : b->concurrency;
		c->nbursts += b->rows > 0 && !b->part;
		c->overload = c->overload || b->overload;
		c->at_once = b->at_once > c->at_once ? b->at_once : c->at_once;
		*most = b->at_once > *most ? b->at_once : *most;
	}
	find_all_due(s);
	for (size_t c = 0; c < s->ncells; c++) {
		struct cell_summary *cell = &s->cells[c];

		cell->serves = cell->nbursts ? serves[eff->treatment[c]] : 0;
		cell->queued = cell->serves > 0 && cell->concurrency > cell->serves;
		if (cell->overload)
			withhold_waits(cell);
	}
	free(serves);
}
