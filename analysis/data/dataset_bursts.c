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
 * Without figures: a part of a burst (it was cut off, or some of its requests were made again),
 * since it ran beside fewer requests than planned; and one in which the server had a rest after a
 * request that failed, which a warm-up among its requests tells.
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
	bool paid, untold, rested;
};

/* What the making of every burst needs. */
struct maker {
	struct dataset *d;
	bool *overload;           /* [ncells] */
	double *scratch;          /* [2 * requests of bursts] */
	const struct rest *rests; /* by load and time */
	size_t nrests;
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
	bool limited = goodput_is_limited(&w->d->goodput);
	double tokens = 0, good = 0, seconds = b->to_s - b->from_s;

	b->system_tok_s = b->goodput_rps = NAN;
	if (b->part)
		b->why = "fewer of its requests than planned were made at one go";
	else if (w->paid)
		b->why = "one of its requests waited for a model load";
	else if (w->rested)
		b->why = "a request of it failed, and the server had a rest before it went on";
	else if (w->untold)
		b->why = "the server did not say how many tokens it sent";
	if (b->part || w->paid || w->rested || isnan(seconds))
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
static bool is_good(const struct goodput_limits *limits, const struct data_row *r)
{
	double waited = isfinite(r->client_queue_ms) ? r->client_queue_ms : 0;
	struct goodput_seen seen = {.ttft_ms = r->metric[METRIC_TTFT] + waited,
		.tpot_ms = r->metric[METRIC_TPOT],
		.e2e_ms = r->metric[METRIC_E2E] + waited,
		.tokens = r->output_tokens};

	return r->ok && goodput_judge(limits, &seen).met;
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

/* Requests of a burst that were made again ran without the others: what they waited and how fast
 * they were says nothing of their cell under load. */
static void forget_alone(struct dataset *d, const struct key *keys, size_t n)
{
	static const enum metric under_load[] = {
		METRIC_DECODE, METRIC_TTFT, METRIC_TPOT, METRIC_E2E, METRIC_PREFILL};

	for (size_t i = 0; i < n; i++) {
		for (size_t m = 0; m < COUNTOF(under_load); m++)
			d->rows[keys[i].row].metric[under_load[m]] = NAN;
	}
}

/* Whether there was a warm-up between its first request and its last. */
static bool had_rest(const struct maker *m, uint32_t load, double first, double last)
{
	size_t low = 0, high = m->nrests;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct rest *r = &m->rests[mid];

		if (r->load < load || (r->load == load && r->at <= first))
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->nrests && m->rests[low].load == load && m->rests[low].at < last;
}

static void add_spans(struct burst_build *w, const struct key *keys, size_t n)
{
	const struct dataset *d = w->d;

	w->v = xcalloc(n, sizeof(*w->v));
	for (size_t i = 0; i < n; i++) {
		const struct data_row *r = &d->rows[keys[i].row];

		if (!isfinite(r->started_s))
			continue;
		w->v[w->n] = span_of(d, r, keys[0].sent);
		w->paid = w->paid || (r->ok && r->paid_load);
		w->untold = w->untold || (w->v[w->n].ok && !isfinite(r->output_tokens));
		w->n++;
	}
}

static void make_burst(
	const struct maker *m, struct data_burst *b, const struct key *keys, size_t n)
{
	const struct data_row *first = &m->d->rows[keys[0].row];
	struct burst_build w = {.d = m->d, .burst = b, .scratch = m->scratch};

	*b = (struct data_burst){.cell = first->cell,
		.load = first->load,
		.burst = first->burst,
		.attempt = first->attempt,
		.concurrency = first->concurrency,
		.rate = first->rate,
		.overload = m->overload[first->cell],
		.part = n < build_burst_size(m->d, first->concurrency, first->rate),
		.system_tok_s = NAN,
		.goodput_rps = NAN};
	add_spans(&w, keys, n);
	if (w.n > 0)
		w.rested = had_rest(m, b->load, keys[0].sent, keys[w.n - 1].sent);
	b->rows = w.n;
	find_window(&w);
	find_rates(&w);
	b->at_once = count_at_once(&w);
	place_values(m->d, b, keys, n);
	if (b->part && b->attempt > 1)
		forget_alone(m->d, keys, n);
	free(w.v);
}

void build_rate_single(const struct dataset *d, struct data_row *r)
{
	double seconds = r->metric[METRIC_E2E] / 1000;

	if (!r->counts || r->burst > 0 || !(seconds > 0))
		return;
	if (r->output_tokens > 0)
		r->metric[METRIC_SYSTEM] = r->output_tokens / seconds;
	if (goodput_is_limited(&d->goodput))
		r->metric[METRIC_GOODPUT] = is_good(&d->goodput, r) ? 1 / seconds : 0;
}

static int compare_rests(const void *a, const void *b)
{
	const struct rest *x = a, *y = b;

	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

void build_bursts(struct build *b)
{
	struct maker m = {.d = b->d, .rests = b->rests.v, .nrests = b->rests.n};
	struct dataset *d = b->d;
	size_t n = 0, nbursts = 0;
	struct key *keys = collect(d, &n);

	if (n == 0) {
		free(keys);
		return;
	}
	if (b->rests.n)
		qsort(b->rests.v, b->rests.n, sizeof(*b->rests.v), compare_rests);
	m.scratch = xcalloc(2 * n, sizeof(*m.scratch));
	m.overload = xcalloc(d->ncells, sizeof(*m.overload));
	for (size_t i = 0; i < n; i++)
		m.overload[keys[i].cell] =
			m.overload[keys[i].cell] || d->rows[keys[i].row].overload;
	for (size_t i = 0; i < n; i++)
		nbursts += i == 0 || !is_same_burst(&keys[i], &keys[i - 1]);
	d->bursts = arena_alloc(&d->arena, nbursts, sizeof(*d->bursts));
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && is_same_burst(&keys[i], &keys[end]); end++)
			;
		make_burst(&m, &d->bursts[d->nbursts++], keys + i, end - i);
	}
	free(m.overload);
	free(m.scratch);
	free(keys);
}
