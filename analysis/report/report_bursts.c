/* report_bursts.c - requests in flight together: what the server makes of them as a whole, where it
 * is a queue, and what is more than it takes. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "bug.h"
#include "wording.h"

#define CELLS_SHOWN 60

/* "TTFT within 500 ms and TPOT within 20 ms" */
static const char *limits_text(struct report *r)
{
	const struct goodput_limits *g = &r->d->goodput;
	const char *parts[3];
	char text[WORDING_TEXT];
	size_t n = 0;

	if (isfinite(g->ttft_ms))
		parts[n++] = words_fmt(r, "TTFT within %s ms", wording_plain(text, g->ttft_ms));
	if (isfinite(g->tpot_ms))
		parts[n++] = words_fmt(r, "TPOT within %s ms", wording_plain(text, g->tpot_ms));
	if (isfinite(g->e2e_ms))
		parts[n++] = words_fmt(
			r, "the whole answer within %s ms", wording_plain(text, g->e2e_ms));
	return wording_list(&r->arena, parts, n, "and");
}

static const char *mark(struct report *r, const struct cell_summary *c)
{
	if (c->overload)
		return "more than it takes";
	if (c->queued)
		return words_fmt(r, "queue: decodes %u at a time", c->serves);
	return NOT_GIVEN;
}

static const char *estimate(struct report *r, const struct metric_summary *m)
{
	return words_estimate(r, m->estimate, m->ci_low, m->ci_high);
}

/* TTFT from due times stands nowhere else; that from sending is among the percentiles. */
static bool has_rates(const struct report *r)
{
	for (size_t i = 0; i < r->s->ncells; i++)
		if (isfinite(r->s->cells[i].rate))
			return true;
	return false;
}

static void add_row(struct report *r, const struct cell_summary *c)
{
	const char *cells[7];
	size_t n = 0;

	cells[n++] = words_cell(r, c->cell);
	cells[n++] = words_fmt(r, "%u", c->nbursts);
	cells[n++] = c->at_once ? words_fmt(r, "%u", c->at_once) : NOT_GIVEN;
	cells[n++] = estimate(r, &c->metric[METRIC_SYSTEM]);
	if (goodput_is_limited(&r->d->goodput))
		cells[n++] = estimate(r, &c->metric[METRIC_GOODPUT]);
	if (has_rates(r))
		cells[n++] = words_plain(r, c->ttft_due_p95);
	cells[n] = mark(r, c);
	doc_table_row(r->doc, cells);
}

static void begin_table(struct report *r)
{
	enum doc_align align[7] = {DOC_LEFT};
	const char *head[7];
	size_t n = 0;

	head[n++] = "Setting";
	head[n++] = "Bursts";
	head[n++] = "Served at once";
	head[n++] = "System throughput, tok/s";
	if (goodput_is_limited(&r->d->goodput))
		head[n++] = "Goodput, req/s";
	if (has_rates(r))
		head[n++] = "TTFT p95 from due, ms";
	for (size_t i = 1; i < n; i++)
		align[i] = DOC_RIGHT;
	align[n] = DOC_LEFT;
	head[n++] = "Mark";
	doc_table(r->doc,
		words_fmt(r, "Bursts: all requests of a setting together (%s interval)",
			words_share(r)),
		n, head, align);
}

static void table(struct report *r)
{
	size_t shown = 0;

	begin_table(r);
	for (size_t i = 0; i < r->s->ncells && shown < CELLS_SHOWN; i++) {
		const struct cell_summary *c = &r->s->cells[i];

		if (c->nbursts == 0 && !c->overload)
			continue;
		add_row(r, c);
		shown++;
	}
	if (shown == CELLS_SHOWN)
		doc_para(r->doc,
			words_fmt(r, "The first %d are shown; tables/cells.csv has all.",
				CELLS_SHOWN),
			0);
}

bool report_has_bursts(const struct report *r)
{
	return r->d->nbursts > 0;
}

void report_bursts(struct report *r)
{
	if (!report_has_bursts(r))
		return;
	table(r);
	doc_para(r->doc,
		words_fmt(r,
			"System throughput%s made from whole bursts, without their ramps, and a "
			"burst is one value%s%s%s%s.",
			goodput_is_limited(&r->d->goodput) ? " and goodput are" : " is",
			goodput_is_limited(&r->d->goodput)
				? "; a request is good with "
				: "; goodput is not given, since no limits were stated "
				  "(sweep key goodput)",
			goodput_is_limited(&r->d->goodput) ? limits_text(r) : "",
			goodput_is_limited(&r->d->goodput) ? ", waiting in the client included"
							   : "",
			has_rates(r) ? "; TTFT p95 pools the requests of a setting's bursts" : ""),
		0);
	report_chart(r, "bursts");
}
