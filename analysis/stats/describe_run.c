/* describe_run.c - the run as a whole: counts, times, the client's own lateness. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "describe.h"
#include "fold.h"
#include "quantile.h"

static void count_rows(struct summary *s)
{
	const struct dataset *d = s->data;
	const struct fold *f = s->fold;

	s->rows = f->rows;
	s->warmups = f->warmups;
	s->sentinel = f->sentinel;
	s->measured = f->measured;
	s->ok = f->ok;
	s->failed = f->failed;
	s->suspect = f->suspect_rows;
	s->invalid = f->invalid;
	s->interleaved = f->interleaved;
	for (size_t i = 0; i < d->nfiles; i++)
		s->set_aside += d->files[i].rejected;
	s->loads_made = d->nloads;
	s->loads_planned = d->planned_loads;
}

static int compare_sessions(const void *a, const void *b)
{
	const struct fold_session *x = a, *y = b;

	return (x->session > y->session) - (x->session < y->session);
}

/* From the first send to the last end of each session, all together. */
static double session_seconds(const struct fold *f)
{
	struct fold_session *list = xcalloc(f->nsessions, sizeof(*list));
	double sum = 0;

	for (size_t i = 0; i < f->nsessions; i++)
		list[i] = f->sessions[i];
	qsort(list, f->nsessions, sizeof(*list), compare_sessions);
	for (size_t i = 0; i < f->nsessions; i++)
		sum += fmax(0, list[i].last_s - list[i].first_s);
	free(list);
	/* Seconds since 1970 have no more than microseconds in a double. */
	return f->nsessions ? round(sum * 1e6) / 1e6 : (double)NAN;
}

static void measure_client(struct summary *s)
{
	const struct fold *f = s->fold;

	s->client_lag_p99_us =
		f->lag.n >= QUANTILE_P99_NEEDS ? values_quantile(&f->lag, 0, 0.99) : (double)NAN;
	client_describe(&s->client, &f->client, s->data);
	s->ttft_minus_server_n = f->gap.n;
	s->ttft_minus_server_outside = f->gap_outside;
	s->ttft_minus_server_ms_p50 = values_quantile(&f->gap, 0, 0.5);
	s->ttft_minus_server_ms_p95 =
		f->gap.n >= QUANTILE_P95_NEEDS ? values_quantile(&f->gap, 0, 0.95) : (double)NAN;
}

static void measure_context(struct summary *s)
{
	const struct dataset *d = s->data;

	s->prompt_tokens_max = s->context_filled_max = NAN;
	for (size_t i = 0; i < d->nloads; i++) {
		const struct fold_load *l = &s->fold->loads[i];
		double context = d->loads[i].context_length;

		if (l->told == 0)
			continue;
		s->prompt_tokens_max = fmax(s->prompt_tokens_max, l->prompt_tokens);
		if (context > 0)
			s->context_filled_max =
				fmax(s->context_filled_max, l->prompt_tokens / context);
	}
}

void describe_run(struct summary *s)
{
	count_rows(s);
	s->seconds = session_seconds(s->fold);
	measure_client(s);
	measure_context(s);
}
