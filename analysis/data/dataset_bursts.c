/* dataset_bursts.c - requests that were in flight together: system throughput, goodput, and how
 * many the server served at once.
 *
 * Ramps are left out: the window is from the first send after the end of the first answer, when the
 * server has filled up (and, where requests are kept in flight, as many are in flight as asked), to
 * the last send; of a rate from due time to due time.  The tokens of an answer are taken as spread
 * evenly from its first content to its last; what lies in the window counts.  (Only answers under
 * way at its two ends are cut, and what is lost at one end is as much as is won at the other;
 * docs/statistics.md.)
 *
 * Beside bursts a single request is a burst of one, from its sending to its last content. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_build.h"

/* That many were served at once for at least this part of the time in which any was. */
#define SLIVER 0.01

/* One request; seconds since the first send of its burst; NaN not known. */
struct span {
	double due, sent, served, first, last, end;
	double tokens; /* 0 of one that failed */
	bool ok, good;
};

struct burst_build {
	struct dataset *d;
	struct data_burst *burst;
	struct span *v; /* by time of sending */
	size_t n;
	double *scratch; /* [2 * n] */
	bool paid, untold;
};

/* ---- the window ---- */

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* When there were first as many in flight as asked; NaN never. */
static double time_full(const struct burst_build *w)
{
	size_t nends = 0, ended = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (isfinite(w->v[i].end))
			w->scratch[nends++] = w->v[i].end;
	}
	qsort(w->scratch, nends, sizeof(*w->scratch), compare_numbers);
	for (size_t i = 0; i < w->n; i++) {
		while (ended < nends && w->scratch[ended] <= w->v[i].sent)
			ended++;
		if (i + 1 - ended >= w->burst->concurrency)
			return w->v[i].sent;
	}
	return NAN;
}

/* When it was sent, or should have been. */
static double begin_of(const struct data_burst *b, const struct span *s)
{
	return isfinite(b->rate) ? s->due : s->sent;
}

static void find_window(struct burst_build *w)
{
	struct data_burst *b = w->burst;
	double full = isfinite(b->rate) ? -INFINITY : time_full(w), answered = NAN, from = NAN;

	b->from_s = b->to_s = NAN;
	for (size_t i = 0; i < w->n; i++) {
		if (w->v[i].ok)
			answered = fmin(answered, w->v[i].last);
	}
	for (size_t i = 0; i < w->n; i++) {
		double begin = begin_of(b, &w->v[i]);

		if (begin >= fmax(answered, full))
			from = fmin(from, begin);
		b->to_s = fmax(b->to_s, begin);
	}
	if (isnan(answered))
		b->why = "none of its requests was answered";
	else if (isnan(full))
		b->why = "there never were as many requests in flight as asked for";
	else if (!(b->to_s > from))
		b->why = "too few requests were sent after the first answer: the burst is too "
			 "short";
	b->from_s = b->why ? (double)NAN : from;
	if (b->why)
		b->to_s = NAN;
}

/* Whether a good request counts in the window: by its answer's end, or of a rate by its due time,
 * of which the last begins the time after. */
static bool is_in(const struct span *s, const struct data_burst *b)
{
	if (isfinite(b->rate))
		return s->due >= b->from_s && s->due < b->to_s;
	return s->last > b->from_s && s->last <= b->to_s;
}

/* ---- what lies in it ---- */

static double tokens_in(const struct span *s, const struct data_burst *b)
{
	double from = fmax(s->first, b->from_s), to = fmin(s->last, b->to_s);

	if (!(s->last > s->first)) /* all at once */
		return s->last > b->from_s && s->last <= b->to_s ? s->tokens : 0;
	return to > from ? s->tokens * (to - from) / (s->last - s->first) : 0;
}

static void find_rates(struct burst_build *w)
{
	struct data_burst *b = w->burst;
	const struct data_goodput *limit = &w->d->goodput;
	bool limited =
		isfinite(limit->ttft_ms) || isfinite(limit->tpot_ms) || isfinite(limit->e2e_ms);
	double tokens = 0, good = 0, seconds = b->to_s - b->from_s;

	b->system_tok_s = b->goodput_rps = NAN;
	if (w->paid)
		b->why = "one of its requests waited for a model load";
	else if (w->untold)
		b->why = "the server did not say how many tokens it sent";
	if (w->paid || isnan(seconds))
		return;
	for (size_t i = 0; i < w->n; i++) {
		const struct span *s = &w->v[i];

		if (!s->ok)
			continue;
		tokens += tokens_in(s, b);
		good += s->good && is_in(s, b);
	}
	if (!w->untold && tokens > 0)
		b->system_tok_s = tokens / seconds;
	if (limited && !b->overload)
		b->goodput_rps = good / seconds;
}

/* ---- how many at once ---- */

/* Answers begun less answers ended: the starts and the ends, each in order of time. */
static uint32_t count_at_once(const struct burst_build *w)
{
	double *start = w->scratch, *end = w->scratch + w->n, *at, from = 0, busy = 0, deep = 0;
	size_t n = 0, depth = 0, s = 0, e = 0, most = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->v[i].ok && w->v[i].last > w->v[i].served) {
			start[n] = w->v[i].served;
			end[n++] = w->v[i].last;
		}
	}
	qsort(start, n, sizeof(*start), compare_numbers);
	qsort(end, n, sizeof(*end), compare_numbers);
	at = xcalloc(n + 1, sizeof(*at)); /* seconds with exactly so many */
	while (e < n) {
		bool begins = s < n && start[s] < end[e];
		double now = begins ? start[s] : end[e];

		at[depth] += depth ? now - from : 0;
		from = now;
		if (begins)
			s++;
		else
			e++;
		depth = s - e;
	}
	for (size_t k = n; k > 0; k--)
		busy += at[k];
	for (size_t k = n; k > 0 && busy > 0 && !most; k--) {
		deep += at[k];
		most = deep >= SLIVER * busy ? k : 0;
	}
	free(at);
	return (uint32_t)most;
}

/* ---- from rows ---- */

/* What burst a row is of, and where in it. */
struct key {
	uint32_t load, cell, burst, attempt, row;
	double sent; /* infinite: not sent */
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	if (x->burst != y->burst)
		return x->burst < y->burst ? -1 : 1;
	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	if (x->sent != y->sent)
		return x->sent < y->sent ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static bool is_same_burst(const struct key *a, const struct key *b)
{
	return a->load == b->load && a->cell == b->cell && a->burst == b->burst &&
		a->attempt == b->attempt;
}

static struct key *collect(const struct dataset *d, size_t *n)
{
	struct key *keys = xcalloc(d->nrows, sizeof(*keys));

	for (uint32_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (r->phase == ROW_MEASURE && r->burst > 0 && r->cell != DATA_NONE)
			keys[(*n)++] = (struct key){r->load, r->cell, r->burst, r->attempt, i,
				isfinite(r->started_s) ? r->started_s : (double)INFINITY};
	}
	qsort(keys, *n, sizeof(*keys), compare_keys);
	return keys;
}

/* Waiting in the client counts for what was promised from the due time on. */
static bool is_good(const struct data_goodput *limit, const struct data_row *r)
{
	double waited = isfinite(r->client_queue_ms) ? r->client_queue_ms : 0;
	double tpot = r->metric[METRIC_TPOT];
	bool is_one = r->output_tokens <= 2; /* between one token and the next there is no time */

	return r->ok &&
		!(isfinite(limit->ttft_ms) &&
			!(r->metric[METRIC_TTFT] + waited <= limit->ttft_ms)) &&
		!(isfinite(limit->e2e_ms) && !(r->metric[METRIC_E2E] + waited <= limit->e2e_ms)) &&
		!(isfinite(limit->tpot_ms) && !is_one && !(tpot <= limit->tpot_ms));
}

static struct span span_of(const struct dataset *d, const struct data_row *r, double zero)
{
	double sent = r->started_s - zero, ttft = r->metric[METRIC_TTFT];
	double waited = isfinite(r->client_queue_ms) ? r->client_queue_ms : 0;
	double prefill = isfinite(r->prompt_eval_ms) ? r->prompt_eval_ms : 0;
	struct span s = {.due = sent - waited / 1000,
		.sent = sent,
		.served = sent + fmax(0, ttft - prefill) / 1000,
		.first = sent + ttft / 1000,
		.last = sent + r->metric[METRIC_E2E] / 1000,
		.tokens = r->output_tokens,
		.good = is_good(&d->goodput, r)};

	s.ok = r->ok && isfinite(s.first) && isfinite(s.last);
	s.end = isfinite(r->done_ms) ? sent + r->done_ms / 1000 : s.last;
	return s;
}

/* Its values stand on one row: the first that counts, a valid one where there is one. */
static void place_values(
	struct dataset *d, const struct data_burst *b, const struct key *keys, size_t n)
{
	struct data_row *on = NULL;

	for (size_t i = 0; i < n; i++) {
		struct data_row *r = &d->rows[keys[i].row];

		if (r->counts && (!on || (on->validity != ROW_VALID && r->validity == ROW_VALID)))
			on = r;
	}
	if (!on)
		return;
	on->metric[METRIC_SYSTEM] = b->system_tok_s;
	on->metric[METRIC_GOODPUT] = b->goodput_rps;
}

static void make_burst(struct dataset *d, struct data_burst *b, const struct key *keys, size_t n,
	const bool *overload, double *scratch)
{
	const struct data_row *first = &d->rows[keys[0].row];
	struct burst_build w = {.d = d, .burst = b, .scratch = scratch};

	*b = (struct data_burst){.cell = first->cell,
		.load = first->load,
		.burst = first->burst,
		.attempt = first->attempt,
		.concurrency = first->concurrency,
		.rate = first->rate,
		.overload = overload[first->cell],
		.system_tok_s = NAN,
		.goodput_rps = NAN};
	w.v = xcalloc(n, sizeof(*w.v));
	for (size_t i = 0; i < n; i++) {
		const struct data_row *r = &d->rows[keys[i].row];

		if (!isfinite(r->started_s))
			continue;
		w.v[w.n] = span_of(d, r, first->started_s);
		w.paid = w.paid || (r->ok && r->paid_load);
		w.untold = w.untold || (w.v[w.n].ok && !isfinite(r->output_tokens));
		w.n++;
	}
	b->rows = w.n;
	find_window(&w);
	find_rates(&w);
	b->at_once = count_at_once(&w);
	place_values(d, b, keys, n);
	free(w.v);
}

/* Single requests beside bursts: what one at a time comes to. */
static void rate_singles(struct dataset *d)
{
	const struct data_goodput *g = &d->goodput;
	bool limited = isfinite(g->ttft_ms) || isfinite(g->tpot_ms) || isfinite(g->e2e_ms);

	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *r = &d->rows[i];
		double seconds = r->metric[METRIC_E2E] / 1000;

		if (!r->counts || r->burst > 0 || !(seconds > 0))
			continue;
		if (r->output_tokens > 0)
			r->metric[METRIC_SYSTEM] = r->output_tokens / seconds;
		if (limited)
			r->metric[METRIC_GOODPUT] = is_good(g, r) ? 1 / seconds : 0;
	}
}

void build_bursts(struct build *b)
{
	struct dataset *d = b->d;
	size_t n = 0, nbursts = 0;
	struct key *keys = collect(d, &n);
	double *scratch = xcalloc(2 * n, sizeof(*scratch));
	bool *overload = xcalloc(d->ncells, sizeof(*overload));

	for (size_t i = 0; i < n; i++)
		overload[keys[i].cell] = overload[keys[i].cell] || d->rows[keys[i].row].overload;
	for (size_t i = 0; i < n; i++)
		nbursts += i == 0 || !is_same_burst(&keys[i], &keys[i - 1]);
	d->bursts = arena_alloc(&d->arena, nbursts, sizeof(*d->bursts));
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && is_same_burst(&keys[i], &keys[end]); end++)
			;
		make_burst(d, &d->bursts[d->nbursts++], keys + i, end - i, overload, scratch);
	}
	free(overload);
	free(scratch);
	free(keys);
	if (d->nbursts)
		rate_singles(d);
}
