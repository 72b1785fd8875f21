/* rehearse_tally.c - rehearsals on threads, and their sums.
 *
 * Each rehearsal writes an outcome of its own, told by its number; the sums are made afterwards, in
 * order, so that nothing depends on which thread was quicker. */
#include "rehearse_tally.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "quantile.h"

/* The best is looked for in so many only: each takes as long as all the rest. */
#define BEST_TIMES 100

struct pool {
	const struct rehearse_stage *stage;
	const struct rehearse_truth *truth;
	struct rehearse_outcome *outcomes;
	uint64_t seed;
	size_t times;
	atomic_size_t next;
	atomic_size_t failed; /* number of the first that was not played */
	pthread_mutex_t lock; /* of why */
	char *why;
	size_t why_size;
};

static void note_failure(struct pool *pool, size_t number, const struct err *e)
{
	pthread_mutex_lock(&pool->lock);
	if (number < pool->failed) {
		pool->failed = number;
		snprintf(pool->why, pool->why_size, "%s", e->msg);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void play_one(struct pool *pool, size_t number)
{
	struct err e = ERR_INIT;
	struct rehearse_run run;

	if (rehearse_play(&run, pool->stage, pool->seed + number, number < BEST_TIMES, &e)) {
		note_failure(pool, number, &e);
		return;
	}
	rehearse_judge(&pool->outcomes[number], &run, pool->truth);
	rehearse_release(&run);
}

static void *work(void *arg)
{
	struct pool *pool = arg;

	for (;;) {
		size_t number = atomic_fetch_add(&pool->next, 1);

		if (number >= pool->times)
			return NULL;
		play_one(pool, number);
	}
}

static void play_all(struct pool *pool, size_t jobs)
{
	pthread_t *threads = xcalloc(jobs, sizeof(*threads));
	size_t started = 0;

	/* Without a thread the caller's own does it all. */
	while (started + 1 < jobs && started + 1 < pool->times &&
		pthread_create(&threads[started], NULL, work, pool) == 0)
		started++;
	work(pool);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

/* ---- sums ---- */

static void count(struct rehearse_share *s, bool hit)
{
	s->hits += hit;
	s->of++;
}

static void count_effects(struct rehearse_tally *t, const struct rehearse_outcome *o,
	const struct rehearse_truth *truth)
{
	bool alarm = false;

	for (size_t i = 0; i < truth->n; i++) {
		const struct rehearse_judged *j = &o->effects[i];

		if (truth->effects[i].alias)
			continue;
		count(&t->effects[i], j->verdict == REHEARSE_EFFECT);
		count(&t->withheld, j->verdict == REHEARSE_WITHHELD);
		count(&t->inconclusive, j->verdict == REHEARSE_INCONCLUSIVE);
		count(&t->no_effect, j->verdict == REHEARSE_NO_EFFECT);
		alarm = alarm || (truth->effects[i].null && j->verdict == REHEARSE_EFFECT);
	}
	count(&t->alarms, alarm);
}

/* Ratios of a planted factor count once for each measure, however many plants it has. */
static void count_plants(struct rehearse_tally *t, const struct rehearse_outcome *o,
	const struct rehearse_truth *truth, const struct rehearse_stage *stage)
{
	for (size_t i = 0; i < stage->nplants; i++) {
		const struct rehearse_plant *p = &stage->plants[i];
		int at = rehearse_truth_main(truth, p->sim.name, p->metric);
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again ||
				(strcmp(stage->plants[k].sim.name, p->sim.name) == 0 &&
					stage->plants[k].metric == p->metric);
		count(&t->plants[i], at >= 0 && o->effects[at].in_order);
		if (at < 0 || again)
			continue;
		t->covered.hits += o->effects[at].covered;
		t->covered.of += o->effects[at].compared;
	}
}

static void count_best(struct rehearse_tally *t, const struct rehearse_outcome *o)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (o->size[m] == 0)
			continue;
		count(&t->held[m], o->held[m]);
		t->mean_size[m] += o->size[m];
	}
}

static void percentiles(double *values, size_t n, double ret[2])
{
	quantile_sort(values, n);
	ret[0] = quantile(values, n, 0.5);
	ret[1] = quantile(values, n, 0.95);
}

static void count_cost(struct rehearse_tally *t, const struct rehearse_outcome *o, size_t times)
{
	double *values[4];
	size_t n = 0;

	for (int k = 0; k < 4; k++)
		values[k] = xcalloc(times, sizeof(**values));
	for (size_t i = 0; i < times; i++) {
		if (!o[i].played)
			continue;
		values[0][n] = o[i].loads;
		values[1][n] = o[i].requests;
		values[2][n] = o[i].passes;
		values[3][n++] = o[i].seconds;
	}
	percentiles(values[0], n, t->loads);
	percentiles(values[1], n, t->requests);
	percentiles(values[2], n, t->passes);
	percentiles(values[3], n, t->seconds);
	for (int k = 0; k < 4; k++)
		free(values[k]);
}

static void sum_up(struct rehearse_tally *t, const struct pool *pool)
{
	for (size_t i = 0; i < pool->times; i++) {
		const struct rehearse_outcome *o = &pool->outcomes[i];

		if (!o->played)
			continue;
		t->played++;
		count(&t->enough, o->enough);
		count_effects(t, o, pool->truth);
		count_plants(t, o, pool->truth, pool->stage);
		count_best(t, o);
	}
	for (int m = 0; m < METRIC_COUNT; m++)
		t->mean_size[m] =
			t->held[m].of ? t->mean_size[m] / (double)t->held[m].of : (double)NAN;
	count_cost(t, pool->outcomes, pool->times);
}

void rehearse_tally_make(struct rehearse_tally *t, const struct rehearse_stage *stage,
	const struct rehearse_truth *truth, uint64_t seed, size_t times, size_t jobs)
{
	struct rehearse_judged *effects = xcalloc(times * truth->n, sizeof(*effects));
	struct pool pool = {.stage = stage,
		.truth = truth,
		.outcomes = xcalloc(times, sizeof(*pool.outcomes)),
		.seed = seed,
		.times = times,
		.failed = times,
		.why = t->why,
		.why_size = sizeof(t->why)};

	*t = (struct rehearse_tally){.asked = times,
		.plants = xcalloc(stage->nplants, sizeof(*t->plants)),
		.effects = xcalloc(truth->n, sizeof(*t->effects))};
	for (size_t i = 0; i < times; i++)
		pool.outcomes[i].effects = effects + i * truth->n;
	pthread_mutex_init(&pool.lock, NULL);
	play_all(&pool, jobs);
	pthread_mutex_destroy(&pool.lock);
	sum_up(t, &pool);
	free(pool.outcomes);
	free(effects);
}

void rehearse_tally_release(struct rehearse_tally *t)
{
	free(t->plants);
	free(t->effects);
}

void rehearse_share_limits(struct rehearse_share s, double *low, double *high)
{
	*high = dist_share_upper(s.hits, s.of, 0.95);
	*low = 1 - dist_share_upper(s.of - s.hits, s.of, 0.95);
}
