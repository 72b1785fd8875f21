/* pace.c - see pace.h. */
#include "pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "clock.h"

#define LEAST_REQUESTS 3

/* ---- means ---- */

struct mean {
	double sum, n;
};

static void add(struct mean *m, double x)
{
	if (isnan(x))
		return;
	m->sum += x;
	m->n++;
}

static double value(const struct mean *m)
{
	return m->n > 0 ? m->sum / m->n : (double)NAN;
}

static bool is(const struct table_column *c, size_t row, const char *text)
{
	const char *its = table_text(c, row);

	return its && strcmp(its, text) == 0;
}

/* ---- rows of bursts ---- */

struct sent {
	const char *load, *cell;
	double burst, concurrency, rate;
	double at, end; /* seconds; end NaN: unknown */
};

struct columns {
	const struct table_column *phase, *status, *load, *cell, *burst, *concurrency, *rate,
		*started, *done, *paid;
};

static void find_columns(struct columns *c, const struct table *t)
{
	c->phase = table_column(t, "phase");
	c->status = table_column(t, "status");
	c->load = table_column(t, "load_id");
	c->cell = table_column(t, "cell_id");
	c->burst = table_column(t, "burst");
	c->concurrency = table_column(t, "concurrency");
	c->rate = table_column(t, "rate");
	c->started = table_column(t, "started_at");
	c->done = table_column(t, "done_ms");
	c->paid = table_column(t, "paid_load");
}

static double seconds_at(const struct table_column *c, size_t row)
{
	const char *text = table_text(c, row);
	ns at = text ? clock_parse_iso(text, strlen(text)) : NS_NONE;

	return at == NS_NONE ? (double)NAN : (double)at / 1e9;
}

static int compare(const void *a, const void *b)
{
	const struct sent *x = a, *y = b;
	int order = strcmp(x->load, y->load);

	order = order ? order : strcmp(x->cell, y->cell);
	if (order)
		return order;
	if (x->burst != y->burst)
		return x->burst < y->burst ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static struct sent *collect(const struct columns *c, size_t nrows, size_t *n)
{
	struct sent *v = xcalloc(nrows + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < nrows; i++) {
		struct sent s = {.load = table_text(c->load, i),
			.cell = table_text(c->cell, i),
			.burst = table_num(c->burst, i),
			.concurrency = table_num(c->concurrency, i),
			.rate = table_num(c->rate, i),
			.at = seconds_at(c->started, i)};

		if (!is(c->phase, i, "measure") || !(s.burst > 0) || !s.load || !s.cell ||
			isnan(s.at))
			continue;
		s.end = s.at + table_num(c->done, i) / 1e3;
		v[(*n)++] = s;
	}
	qsort(v, *n, sizeof(*v), compare);
	return v;
}

/* ---- bursts ---- */

static bool is_rate(double rate)
{
	return rate > 0;
}

static struct pace_burst *find(const struct pace *p, uint32_t concurrency, double rate)
{
	for (size_t i = 0; i < p->nbursts; i++) {
		const struct pace_burst *b = &p->bursts[i];

		if (is_rate(rate) ? fabs(b->rate - rate) <= 1e-9 * rate
				  : !is_rate(b->rate) && b->concurrency == concurrency)
			return (struct pace_burst *)b;
	}
	return NULL;
}

static void note_burst(struct pace *p, const struct sent *v, size_t n)
{
	double end = v[0].at, rate = v->rate > 0 ? v->rate : 0, took;
	uint32_t concurrency = v->concurrency >= 1 ? (uint32_t)v->concurrency : 1;
	struct pace_burst *b = find(p, concurrency, rate);

	for (size_t i = 0; i < n; i++)
		end = v[i].end > end ? v[i].end : end;
	took = end - v[0].at;
	if (!b && p->nbursts == PACE_MAX_BURSTS)
		return;
	if (!b) {
		b = &p->bursts[p->nbursts++];
		*b = (struct pace_burst){.concurrency = concurrency, .rate = rate};
	}
	b->n++;
	b->per_request += (took / (double)n - b->per_request) / b->n;
	if (is_rate(rate))
		b->after += (took - (double)(n - 1) / rate - b->after) / b->n;
}

static void read_bursts(struct pace *p, const struct columns *c, size_t nrows)
{
	size_t n, end;
	struct sent *v = collect(c, nrows, &n);

	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && strcmp(v[end].load, v[i].load) == 0 &&
			strcmp(v[end].cell, v[i].cell) == 0 && v[end].burst == v[i].burst;
			end++)
			;
		note_burst(p, v + i, end - i);
	}
	free(v);
}

/* ---- a run ---- */

/* Requests alone on their server: measured ones, else sentinels, else warm-ups that found the model
 * loaded. */
static double single_request(const struct columns *c, size_t nrows)
{
	static const char *const phases[] = {"measure", "sentinel", "warmup"};

	for (size_t k = 0; k < COUNTOF(phases); k++) {
		struct mean m = {0};

		for (size_t i = 0; i < nrows; i++) {
			if (is(c->phase, i, phases[k]) && is(c->status, i, "ok") &&
				isnan(table_num(c->burst, i)) && !(table_num(c->paid, i) > 0))
				add(&m, table_num(c->done, i) / 1e3);
		}
		if (m.n >= LEAST_REQUESTS || (m.n > 0 && k + 1 == COUNTOF(phases)))
			return value(&m);
	}
	return NAN;
}

static double model_load(const struct table *loads)
{
	struct mean m = {0};

	for (size_t i = 0; loads && i < loads->nrows; i++) {
		if (is(table_column(loads, "status"), i, "ok"))
			add(&m, table_num(table_column(loads, "load_ms"), i) / 1e3);
	}
	return value(&m);
}

bool pace_read(struct pace *ret, const struct table *runs, const struct table *loads)
{
	struct columns c;

	*ret = (struct pace){0};
	find_columns(&c, runs);
	ret->per_load = model_load(loads);
	ret->per_request = single_request(&c, runs->nrows);
	read_bursts(ret, &c, runs->nrows);
	return ret->per_load >= 0 && ret->per_request >= 0;
}

/* ---- what will be ---- */

/* At a concurrency that was not seen: what the next lower one took, since with more in flight a
 * server gets no slower as a whole; or what the next higher one would take with its slots as
 * empty as that. */
static double closed_request(const struct pace *p, uint32_t concurrency)
{
	const struct pace_burst *below = NULL, *above = NULL;

	for (size_t i = 0; i < p->nbursts; i++) {
		const struct pace_burst *b = &p->bursts[i];

		if (is_rate(b->rate))
			continue;
		if (b->concurrency <= concurrency &&
			(!below || b->concurrency > below->concurrency))
			below = b;
		if (b->concurrency > concurrency && (!above || b->concurrency < above->concurrency))
			above = b;
	}
	if (below)
		return below->per_request;
	if (above)
		return fmin(p->per_request, above->per_request * above->concurrency / concurrency);
	return p->per_request;
}

double pace_unit_s(const struct pace *p, uint32_t n, uint32_t concurrency, double rate)
{
	const struct pace_burst *seen;
	double due;

	if (is_rate(rate)) {
		seen = find(p, concurrency, rate);
		due = (double)(n - 1) / rate;
		return fmax(p->per_request, due + (seen ? seen->after : p->per_request));
	}
	return concurrency > 1 ? n * closed_request(p, concurrency) : n * p->per_request;
}
