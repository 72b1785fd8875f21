/* describe_run.c - the run as a whole: counts, times, the client's own lateness. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "describe.h"
#include "quantile.h"

/* Ollama's part of the TTFT that no duration of its own covers; outside, the clocks or the read-out
 * of one of them are to be doubted. */
#define GAP_LEAST_MS 0
#define GAP_MOST_MS  50

static void count_rows(struct summary *s)
{
	const struct dataset *d = s->data;

	s->rows = d->nrows;
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		s->warmups += r->phase == ROW_WARMUP;
		s->sentinel += r->phase == ROW_SENTINEL;
		if (r->phase != ROW_MEASURE)
			continue;
		s->measured++;
		s->ok += r->ok;
		s->failed += !r->ok;
		s->suspect += r->ok && r->validity == ROW_SUSPECT;
		s->invalid += r->ok && r->validity == ROW_INVALID;
	}
	for (size_t i = 0; i < d->nfiles; i++)
		s->set_aside += d->files[i].rejected;
	s->loads_made = d->nloads;
	s->loads_planned = d->planned_loads;
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].phase == ROW_MEASURE && d->rows[i].pass > 1)
			s->interleaved = true;
	}
}

/* From the first send to the last end of each session. */
static double session_seconds(const struct dataset *d)
{
	uint32_t sessions = 0;
	double *first, *last, sum = 0;
	bool known = false;

	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].session > sessions && d->rows[i].session < d->nrows + 2)
			sessions = d->rows[i].session;
	}
	first = xcalloc(sessions + 1, sizeof(*first));
	last = xcalloc(sessions + 1, sizeof(*last));
	for (uint32_t k = 0; k <= sessions; k++) {
		first[k] = INFINITY;
		last[k] = -INFINITY;
	}
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (!isfinite(r->started_s) || r->session > sessions)
			continue;
		known = true;
		first[r->session] = fmin(first[r->session], r->started_s);
		last[r->session] = fmax(last[r->session],
			r->started_s + (isfinite(r->done_ms) ? r->done_ms / 1000 : 0));
	}
	for (uint32_t k = 0; k <= sessions; k++)
		sum += last[k] >= first[k] ? last[k] - first[k] : 0;
	free(first);
	free(last);
	/* Seconds since 1970 have no more than microseconds in a double. */
	return known ? round(sum * 1e6) / 1e6 : (double)NAN;
}

static void measure_client(struct summary *s, double *v)
{
	const struct dataset *d = s->data;
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].ok && isfinite(d->rows[i].loop_lag_us))
			v[n++] = d->rows[i].loop_lag_us;
	}
	quantile_sort(v, n);
	s->client_lag_p99_us = n >= QUANTILE_P99_NEEDS ? quantile(v, n, 0.99) : (double)NAN;
}

/* TTFT less what the server says of its load and its prefill, for requests that had the server to
 * themselves. */
static void measure_gap(struct summary *s, double *v)
{
	const struct dataset *d = s->data;
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double gap = r->metric[METRIC_TTFT] - r->metric[METRIC_LOAD] - r->prompt_eval_ms;

		if (!r->counts || r->burst > 0 || !isfinite(gap))
			continue;
		v[n++] = gap;
		s->ttft_minus_server_outside += gap < GAP_LEAST_MS || gap > GAP_MOST_MS;
	}
	quantile_sort(v, n);
	s->ttft_minus_server_n = n;
	s->ttft_minus_server_ms_p50 = quantile(v, n, 0.5);
	s->ttft_minus_server_ms_p95 = n >= QUANTILE_P95_NEEDS ? quantile(v, n, 0.95) : (double)NAN;
}

static void measure_context(struct summary *s)
{
	const struct dataset *d = s->data;

	s->prompt_tokens_max = s->context_filled_max = NAN;
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double context =
			r->load == DATA_NONE ? (double)NAN : d->loads[r->load].context_length;

		if (!r->counts || !isfinite(r->prompt_tokens))
			continue;
		s->prompt_tokens_max = fmax(s->prompt_tokens_max, r->prompt_tokens);
		if (context > 0)
			s->context_filled_max =
				fmax(s->context_filled_max, r->prompt_tokens / context);
	}
}

void describe_run(struct summary *s)
{
	double *v = xcalloc(s->data->nrows, sizeof(*v));

	count_rows(s);
	s->seconds = session_seconds(s->data);
	measure_client(s, v);
	measure_gap(s, v);
	measure_context(s);
	free(v);
}
