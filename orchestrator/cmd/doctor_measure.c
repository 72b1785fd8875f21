/* doctor_measure.c - see doctor_measure.h */
#include "doctor_measure.h"

#include <math.h>

#include "doctor_server.h"
#include "trial.h"

#define LABEL    "doctor"
#define WANTED   100 /* times to first content, for their p99 */
#define TTFT_S   (DOCTOR_TTFT_MS / 1e3)
#define SETTLE   0.2 /* of the streaming time, until costs are taken */
#define START_S  0.3 /* server, connections, first request */
#define PATIENCE 4   /* times as long as it should take is given up */

/* Bursts of one token before the long one, so that few streams give times enough as well. */
static uint32_t short_bursts(uint32_t streams, const struct doctor_load *load)
{
	double fit = floor(2 * load->seconds / TTFT_S);
	uint32_t need = streams < WANTED ? (WANTED - 1) / streams : 0;

	return fit < need ? (uint32_t)fit : need;
}

double doctor_takes(uint32_t streams, const struct doctor_load *load)
{
	return START_S + short_bursts(streams, load) * TTFT_S * 1.03 + TTFT_S + load->seconds;
}

/* ---- what came of it ---- */

static double per_token(ns cpu, uint64_t tokens)
{
	return tokens ? (double)cpu / NS_PER_US / (double)tokens : (double)NAN;
}

static double share(ns cpu, ns wall)
{
	return wall > 0 && cpu != NS_NONE ? (double)cpu / (double)wall : (double)NAN;
}

static void take_requests(struct streams_level *l, struct truth_errors *x, const struct trial *t,
	const struct truth *log)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct sample *s = &t->v[i].sample;

		truth_pair_sample(x, log, t->v[i].id, s);
		l->failed += s->status != STATUS_OK;
		l->user_stamped += (uint64_t)s->user_stamped;
		l->gaps += s->times.n > 1 ? s->times.n - 1 : 0;
	}
	l->requests = t->n;
	l->unpaired = x->missing + x->twice;
	l->differing = x->differing;
	l->unresolved = x->unresolved;
	l->ttft = truth_figures(&x->ttft);
	l->itl = truth_figures(&x->itl);
	l->sent = truth_figures(&x->sent);
	l->late = truth_figures(&x->late);
}

static void take_cost(struct streams_level *l, const struct trial *t)
{
	const struct trial_cost *c = &t->cost;

	l->tokens = c->tokens;
	l->cpu_us = per_token(c->user + c->system, c->tokens);
	l->user_us = l->system_us = (double)NAN;
	if (c->user + c->system >= STREAMS_SPLIT) {
		l->user_us = per_token(c->user, c->tokens);
		l->system_us = per_token(c->system, c->tokens);
	}
	l->client_share = share(c->user + c->system, c->wall);
	l->server_share = share(c->server, c->wall);
	l->memory = t->memory;
}

static int judge(
	struct streams_level *l, const struct trial *t, const char *log_path, struct err *e)
{
	struct truth_errors x;
	struct truth log;
	int rc = truth_read(&log, log_path, e);

	truth_errors_init(&x);
	if (!rc) {
		take_requests(l, &x, t, &log);
		take_cost(l, t);
		streams_judge(l);
	}
	truth_errors_release(&x);
	truth_release(&log);
	return rc;
}

int doctor_measure(
	struct streams_level *l, uint32_t streams, const struct doctor_load *load, struct err *e)
{
	double tokens = round(load->rate * load->seconds);
	struct doctor_server server;
	struct trial trial = {0};
	struct trial_spec spec = {.model = DOCTOR_MODEL,
		.label = LABEL,
		.streams = streams,
		.short_bursts = short_bursts(streams, load),
		.bursts = 1,
		.tokens = tokens < 2 ? 2 : (uint32_t)tokens,
		.settle = (ns)((TTFT_S + SETTLE * load->seconds) * (double)NS_PER_S),
		.limit = (ns)(PATIENCE * (doctor_takes(streams, load) + 1) * (double)NS_PER_S)};
	int rc;

	*l = (struct streams_level){.streams = streams, .memory = -1};
	if (doctor_server_start(&server, load->rate, e))
		return -1;
	spec.url = server.url;
	spec.server = server.pid;
	rc = trial_run(&trial, &spec, e) || doctor_server_stop(&server, e) ||
			judge(l, &trial, server.truth, e)
		? -1
		: 0;
	trial_release(&trial);
	return rc;
}
