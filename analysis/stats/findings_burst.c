/* findings_burst.c - requests in flight together: where the server is a queue, what is more than it
 * takes, and what waiting in the client adds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "columns.h"
#include "findings.h"
#include "fold.h"
#include "num.h"
#include "quantile.h"
#include "str.h"
#include "vec.h"
#include "wording.h"

/* Waiting in the client that is worth a sentence, as a part of the median TTFT. */
#define WAIT_SEEN 0.05

/* Different ones, rising. */
struct numbers {
	double *v;
	size_t n, cap;
};

static void add_number(struct numbers *set, double x)
{
	size_t at = 0;

	while (at < set->n && set->v[at] < x)
		at++;
	if (at < set->n && set->v[at] == x)
		return;
	(void)VEC_PUSH(set);
	memmove(set->v + at + 1, set->v + at, (set->n - 1 - at) * sizeof(*set->v));
	set->v[at] = x;
}

/* "4 and 8" */
static const char *name_numbers(const struct author *a, const struct numbers *set)
{
	const char **names = xcalloc(set->n, sizeof(*names)), *list;
	char text[NUM_TEXT];

	for (size_t i = 0; i < set->n; i++)
		names[i] = arena_str(a->arena, num_text(text, set->v[i]));
	list = wording_list(a->arena, names, set->n, "and");
	free(names);
	return list;
}

/* "phase=measure status=ok concurrency=4|8" */
static const char *filter_of(
	const struct author *a, const char *status, const char *column, const struct numbers *set)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *filter;
	char number[NUM_TEXT];

	str_addf(&text, "phase=measure status=%s %s=", status, column);
	for (size_t i = 0; i < set->n; i++)
		str_addf(&text, "%s%s", i ? "|" : "", num_text(number, set->v[i]));
	filter = arena_str(a->arena, text.s);
	str_release(&text);
	return filter;
}

/* ---- the queue ---- */

/* "with num_ctx=8192", where other runner settings serve another number. */
static const char *where_served(const struct author *a, uint32_t serves)
{
	const struct cell_summary *in = NULL;
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *where;
	bool other = false;

	for (size_t c = 0; c < a->s->ncells; c++) {
		const struct cell_summary *cell = &a->s->cells[c];

		if (cell->queued && cell->serves == serves && !in)
			in = cell;
		other = other || (cell->serves && cell->serves != serves);
	}
	for (size_t f = 0; other && f < a->d->nfactors; f++) {
		const struct data_factor *factor = &a->d->factors[f];

		if (factor->stratum == DATA_RUNNER && factor->nlevels > 1)
			str_addf(&text, "%s %s=%s", text.len ? "" : " with", factor->name,
				factor->level[a->d->cells[in->cell].level[f]]);
	}
	where = text.len ? arena_str(a->arena, text.s) : "";
	str_release(&text);
	return where;
}

static void say_queue(struct author *a, uint32_t serves)
{
	struct numbers levels = {0};
	uint64_t rows = 0;

	for (size_t c = 0; c < a->s->ncells; c++) {
		const struct cell_summary *cell = &a->s->cells[c];

		if (!cell->queued || cell->serves != serves)
			continue;
		add_number(&levels, cell->concurrency);
		rows += cell->n;
	}
	findings_add(a, FIND_LOAD, STRENGTH_UNPLANNED + 1,
		arena_fmt(a->arena,
			"queue: this server decodes %u at a time%s; at concurrency %s the other "
			"requests wait their turn",
			serves, where_served(a, serves), name_numbers(a, &levels)),
		filter_of(a, "ok", "concurrency", &levels), rows);
	VEC_RELEASE(&levels);
}

static void say_queues(struct author *a)
{
	struct numbers said = {0};
	uint32_t most = 0, asked = 0;
	uint64_t rows = 0;

	for (size_t c = 0; c < a->s->ncells; c++) {
		const struct cell_summary *cell = &a->s->cells[c];
		size_t before = said.n;

		if (cell->queued)
			add_number(&said, cell->serves);
		if (said.n > before)
			say_queue(a, cell->serves);
		if (cell->concurrency && cell->at_once) {
			most = cell->at_once > most ? cell->at_once : most;
			asked = cell->concurrency > asked ? cell->concurrency : asked;
			rows += cell->n;
		}
	}
	if (!said.n && asked)
		findings_add(a, FIND_LOAD, STRENGTH_CALM,
			arena_fmt(a->arena,
				"no queue: the server worked on %u requests at a time, of up to %u "
				"in flight",
				most, asked),
			"phase=measure status=ok concurrency!=1", rows);
	VEC_RELEASE(&said);
}

/* ---- more than it takes ---- */

static void say_overload(struct author *a)
{
	struct numbers rates = {0};
	uint64_t unsent = a->s->fold->unsent;

	for (size_t c = 0; c < a->s->ncells; c++) {
		if (a->s->cells[c].overload)
			add_number(&rates, a->s->cells[c].rate);
	}
	if (rates.n)
		findings_add(a, FIND_FAILURE, STRENGTH_FAILING - 1,
			arena_fmt(a->arena,
				"%s requests a second %s " OVERLOAD_ERROR ": they came "
				"faster than they were answered, the queue grew without end, and "
				"%s",
				name_numbers(a, &rates), rates.n == 1 ? "is" : "are",
				wording_count(a->arena, unsent, "request was not sent",
					"requests were not sent")),
			filter_of(a, "skipped", "rate", &rates), unsent);
	VEC_RELEASE(&rates);
}

/* ---- waiting in the client ---- */

static void say_waiting(struct author *a)
{
	double *wait = xcalloc(a->d->nrows, sizeof(*wait));
	double *ttft = xcalloc(a->d->nrows, sizeof(*ttft)), p95;
	char text[WORDING_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < a->d->nrows; i++) {
		const struct data_row *r = &a->d->rows[i];

		if (!r->counts || !isfinite(r->rate) || !isfinite(r->client_queue_ms) ||
			!isfinite(r->metric[METRIC_TTFT]))
			continue;
		wait[n] = r->client_queue_ms;
		ttft[n++] = r->metric[METRIC_TTFT];
	}
	quantile_sort(wait, n);
	quantile_sort(ttft, n);
	p95 = n >= QUANTILE_P95_NEEDS ? quantile(wait, n, 0.95) : 0;
	if (p95 > WAIT_SEEN * quantile(ttft, n, 0.5))
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena,
				"requests of a rate waited in the client, 5 in 100 longer than %s "
				"ms: "
				"TTFT counts from sending, goodput and latency from due times "
				"count "
				"the wait too",
				wording_fixed(text, p95, p95 < 9.5 ? 1 : 0)),
			"phase=measure status=ok rate!=", n);
	free(wait);
	free(ttft);
}

/* ---- rates that were left out ---- */

static bool is_short(const struct data_burst *b)
{
	return b->rows > 0 && !isfinite(b->system_tok_s) && b->why;
}

#define MAX_REASONS 8 /* dataset_bursts.c has fewer */

struct reason {
	const char *why;
	uint64_t n;
};

static void count_reason(struct reason *reasons, size_t *n, const char *why)
{
	size_t i = 0;

	while (i < *n && strcmp(reasons[i].why, why) != 0)
		i++;
	if (i == MAX_REASONS)
		return;
	if (i == *n)
		reasons[(*n)++] = (struct reason){.why = why};
	reasons[i].n++;
}

static void say_short(struct author *a)
{
	struct reason reasons[MAX_REASONS];
	size_t n = 0;

	for (size_t i = 0; i < a->d->nbursts; i++) {
		if (is_short(&a->d->bursts[i]))
			count_reason(reasons, &n, a->d->bursts[i].why);
	}
	for (size_t i = 0; i < n; i++)
		findings_add(a, FIND_LIMIT, STRENGTH_LIMIT,
			arena_fmt(a->arena, "%s of %zu no system throughput: %s",
				wording_count(a->arena, reasons[i].n, "burst has", "bursts have"),
				a->d->nbursts, reasons[i].why),
			"phase=measure burst!=", reasons[i].n);
}

void findings_bursts(struct author *a)
{
	say_queues(a);
	say_overload(a);
	say_waiting(a);
	say_short(a);
}
