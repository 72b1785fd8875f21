/* clock_errors.c - pairing by core/truth.h, and the checks without which a figure is worth nothing.
 */
#include "clock_errors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "fsx.h"
#include "table.h"
#include "truth.h"
#include "vec.h"

struct pairing {
	struct truth truth;
	struct truth_errors errors;
	struct truth_series last; /* errors of the last content, from the send */
};

static void open_pairing(struct pairing *p, const char *truth)
{
	struct err e = ERR_INIT;

	memset(p, 0, sizeof(*p));
	truth_errors_init(&p->errors);
	if (truth_read(&p->truth, truth, &e))
		child_fail("%s", e.msg);
	if (p->truth.rejected)
		child_fail("%s: %zu rows do not count", truth, p->truth.rejected);
}

static void close_pairing(struct pairing *p)
{
	truth_errors_release(&p->errors);
	truth_release(&p->truth);
	VEC_RELEASE(&p->last);
}

/* `last` is the client's time from the send to the last content. */
static void pair_last(struct pairing *p, const char *id, ns last)
{
	const struct truth_row *row = truth_find(&p->truth, id);
	ns truth;

	if (!row || row->first == NS_NONE || last == NS_NONE)
		child_fail("%s: the last token has no time", id);
	truth = row->first;
	for (size_t i = 0; i < row->ngaps; i++)
		truth += row->gaps[i];
	*VEC_PUSH(&p->last) = last - truth;
}

/* ---- figures ---- */

static double in_ms(ns t)
{
	return t == NS_NONE ? NAN : (double)t / 1e6;
}

/* Bias, p50, p99 and max stand in this order. */
static void put_series(double *v, enum clock_figure bias, const struct truth_series *s)
{
	struct truth_figures t = truth_figures(s);

	v[bias] = in_ms(t.bias);
	v[bias + 1] = in_ms(t.p50);
	v[bias + 2] = in_ms(t.p99);
	v[bias + 3] = in_ms(t.max);
}

static void put_figures(struct clock_results *r, const struct pairing *p)
{
	const struct truth_errors *x = &p->errors;
	struct truth_figures last = truth_figures(&p->last), late = truth_figures(&x->late);
	size_t gaps = x->itl.n + x->unresolved;
	double *v = r->figures.v;

	put_series(v, CLOCK_TTFT_BIAS, &x->ttft);
	put_series(v, CLOCK_ITL_BIAS, &x->itl);
	v[CLOCK_LAST_P99] = in_ms(last.p99);
	v[CLOCK_LAST_MAX] = in_ms(last.max);
	v[CLOCK_LATE_P50] = in_ms(late.p50);
	v[CLOCK_LATE_P99] = in_ms(late.p99);
	v[CLOCK_LATE_MAX] = in_ms(late.max);
	v[CLOCK_UNTOLD] = gaps ? (double)x->unresolved / (double)gaps : NAN;
}

static void check_pairs(const struct truth_errors *x, size_t wanted)
{
	if (x->missing || x->twice || x->unmeasured || x->paired != wanted)
		child_fail("of %zu requests %zu have a truth; %zu have none, %zu several, %zu no "
			   "time",
			wanted, x->paired, x->missing, x->twice, x->unmeasured);
}

/* ---- a run ---- */

enum run_text { RUN_ID_TEXT, ATTEMPT, PHASE, STATUS, SOURCE, VALIDITY, STARTED, TEXTS };
static const char *const texts[TEXTS] = {
	"run_id", "attempt", "phase", "status", "timestamp_source", "validity", "started_at"};
enum run_number { CHUNKS, E2E, DONE, LAG, QUEUE, NUMBERS };
static const char *const numbers[NUMBERS] = {
	"chunks", "e2e_ms", "done_ms", "loop_lag_max_us", "client_queue_ms"};

struct run_row {
	const char *text[TEXTS]; /* "" where there is none */
	double number[NUMBERS];
	bool measured;
};

static void read_row(struct run_row *r, const struct table *t, size_t i)
{
	for (int c = 0; c < TEXTS; c++) {
		r->text[c] = table_text(table_column(t, texts[c]), i);
		r->text[c] = r->text[c] ? r->text[c] : "";
	}
	for (int c = 0; c < NUMBERS; c++)
		r->number[c] = table_num(table_column(t, numbers[c]), i);
	r->measured = strcmp(r->text[PHASE], "measure") == 0;
}

static void check_row(const struct run_row *r, const struct clock_load *l)
{
	if (strcmp(r->text[STATUS], "ok") != 0)
		child_fail("request %s ended with %s", r->text[RUN_ID_TEXT], r->text[STATUS]);
	if (r->measured && r->number[CHUNKS] != l->tokens)
		child_fail("request %s: %g of %u tokens came", r->text[RUN_ID_TEXT],
			r->number[CHUNKS], l->tokens);
}

struct tally {
	size_t rows, measured, kernel, doubted;
	double tokens, lag_ms, queue_ms;
	ns began, ended;
};

static void add_row(struct tally *t, const struct run_row *r)
{
	ns sent = clock_parse_iso(r->text[STARTED], strlen(r->text[STARTED]));
	ns done = sent + (ns)(r->number[DONE] * 1e6);

	t->rows++;
	t->tokens += r->number[CHUNKS];
	if (!r->measured)
		return;
	t->measured++;
	t->kernel += strcmp(r->text[SOURCE], "kernel") == 0;
	t->doubted += strcmp(r->text[VALIDITY], "valid") != 0;
	t->lag_ms = fmax(t->lag_ms, r->number[LAG] / 1e3);
	t->queue_ms = fmax(t->queue_ms, r->number[QUEUE]);
	t->began = sent < t->began ? sent : t->began;
	t->ended = done > t->ended ? done : t->ended;
}

static void put_tally(struct clock_results *r, const struct tally *t)
{
	double *v = r->figures.v;

	v[CLOCK_REQUESTS] = (double)t->rows;
	v[CLOCK_TOKENS] = t->tokens;
	v[CLOCK_KERNEL] = (double)t->kernel / (double)t->measured;
	v[CLOCK_SUSPECT] = (double)t->doubted / (double)t->measured;
	v[CLOCK_LAG_MAX] = t->lag_ms;
	v[CLOCK_QUEUE_MAX] = t->queue_ms;
	r->span_s = (double)(t->ended - t->began) / 1e9;
}

static void read_runs(struct clock_results *r, const struct clock_load *l, struct pairing *p,
	const char *run_folder)
{
	char *path = fsx_join(run_folder, "runs.csv"), id[120];
	struct tally tally = {.began = INT64_MAX, .ended = INT64_MIN};
	struct err e = ERR_INIT;
	struct table t;

	if (table_read(&t, path, true, run_columns, RUN_COLUMN_COUNT, NULL, NULL, &e))
		child_fail("%s", e.msg);
	for (size_t i = 0; i < t.nrows; i++) {
		struct run_row row;

		read_row(&row, &t, i);
		check_row(&row, l);
		add_row(&tally, &row);
		snprintf(id, sizeof(id), "%s-%s", row.text[RUN_ID_TEXT], row.text[ATTEMPT]);
		pair_last(p, id, (ns)(row.number[E2E] * 1e6));
	}
	/* More where rows were measured again, since the client doubted them. */
	if (tally.measured < (size_t)l->streams * l->rounds)
		child_fail(
			"%zu of %u requests were measured", tally.measured, l->streams * l->rounds);
	put_tally(r, &tally);
	table_release(&t);
	free(path);
}

void clock_errors_of_run(struct clock_results *r, const struct clock_load *l, const char *truth,
	const char *run_folder)
{
	struct err e = ERR_INIT;
	struct pairing p;

	open_pairing(&p, truth);
	read_runs(r, l, &p, run_folder);
	if (truth_pair_run(&p.errors, &p.truth, run_folder, &e))
		child_fail("%s", e.msg);
	check_pairs(&p.errors, (size_t)r->figures.v[CLOCK_REQUESTS]);
	if (p.errors.differing)
		child_fail("%zu requests have not the tokens that were sent", p.errors.differing);
	put_figures(r, &p);
	close_pairing(&p);
}

/* ---- the least client ---- */

void clock_errors_of_least(struct clock_results *r, const struct clock_load *l, const char *truth,
	const struct least_answer *answers)
{
	size_t n = (size_t)l->streams * l->rounds;
	struct pairing p;

	open_pairing(&p, truth);
	for (size_t i = 0; i < n; i++) {
		const struct least_answer *a = &answers[i];
		char id[LEAST_ID];
		/* It keeps no times between. */
		struct truth_client c = {.request_id = least_id(id, i),
			.sent_wall = NS_NONE,
			.first = a->first == NS_NONE ? NS_NONE : a->first - a->sent};

		if (a->lines != (uint64_t)l->tokens + 1)
			child_fail("%s: %llu lines came of %u tokens", id,
				(unsigned long long)a->lines, l->tokens);
		truth_pair(&p.errors, &p.truth, &c);
	}
	check_pairs(&p.errors, n);
	put_figures(r, &p);
	r->figures.v[CLOCK_REQUESTS] = (double)n;
	r->figures.v[CLOCK_TOKENS] = (double)n * l->tokens;
	close_pairing(&p);
}
