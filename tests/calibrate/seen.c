/* seen.c - see seen.h. */
#include "seen.h"

#include <math.h>
#include <string.h>

#include "trust.h"

#define SURE_TREND 0.01 /* below it a trend is mentioned (docs/statistics.md) */

static const enum metric family[2] = {METRIC_DECODE, METRIC_TTFT};
static const char *const names[3] = {"num_ctx", "temperature", "num_ctx:temperature"};
const char *const seen_tests[SEEN_TESTS] = {"num_ctx in throughput", "temperature in throughput",
	"interaction in throughput", "num_ctx in TTFT", "temperature in TTFT",
	"interaction in TTFT"};

/* Nothing is planted on the factor, or on one of both. */
static bool is_null(const struct chain *c, const struct effect *e)
{
	if (e->factor_b >= 0)
		return true; /* plants multiply */
	for (size_t i = 0; i < c->plants.n; i++) {
		if (c->plants.v[i].metric == e->metric &&
			strcmp(c->plants.v[i].sim.name, e->factor) == 0)
			return false;
	}
	return true;
}

static void see_tests(struct seen *s, const struct chain *c, const struct chain_run *run)
{
	for (unsigned i = 0; i < SEEN_TESTS; i++) {
		const struct effect *e = chain_effect(run, names[i % 3], family[i / 3]);
		unsigned bit = 1u << i;

		if (!e)
			continue;
		s->tests |= bit;
		if (isnan(e->p))
			s->withheld |= bit;
		if (e->p < 0.05)
			s->small |= bit;
		if (e->verdict == VERDICT_EFFECT) {
			s->effects |= bit;
			s->alarm = s->alarm || is_null(c, e);
		}
	}
}

static void see_warnings(struct seen *s, const struct summary *sum)
{
	for (size_t i = 0; i < 2; i++) {
		const struct drift_summary *d = &sum->drift[family[i]];

		s->worse = s->worse || sum->best[family[i]].worse > 0;
		s->trend = s->trend || d->trend_p < SURE_TREND;
		s->sentinel = s->sentinel || d->sentinel_low > 1 || d->sentinel_high < 1;
	}
	for (size_t i = 0; sum->trust && i < sum->trust->nchanges; i++)
		s->step = s->step || sum->trust->changes[i].change.p < TRUST_STEP_P;
	for (size_t i = 0; sum->trust && i < sum->trust->ncells; i++) {
		const struct trust_cell *c = &sum->trust->cells[i];

		s->cell = s->cell || c->humps_adjusted < TRUST_HUMPS_P ||
			c->trend_adjusted < TRUST_TREND_P;
	}
}

/* ---- intervals ---- */

static struct seen_interval interval(double low, double high, double truth)
{
	return (struct seen_interval){.given = isfinite(low) && isfinite(high),
		.holds = log(low) <= truth && truth <= log(high),
		.width = log(high) - log(low)};
}

/* A level against the reference, another one for each sweep. */
static void see_ratio(struct seen_interval *to, const struct chain *c, const struct chain_run *run,
	const char *factor, size_t number)
{
	enum metric m = family[number % 2];
	const struct effect *e = chain_effect(run, factor, m);
	const struct level_summary *l;
	size_t at, reference = 0;

	if (!e || e->nlevels < 2)
		return;
	while (reference + 1 < e->nlevels && strcmp(e->levels[reference].level, e->reference) != 0)
		reference++;
	at = number / 2 % (e->nlevels - 1);
	l = &e->levels[at + (at >= reference)];
	*to = interval(l->ci_low, l->ci_high,
		chain_planted(c, factor, l->level, m) - chain_planted(c, factor, e->reference, m));
}

static void see_cell(
	struct seen_interval *to, const struct chain *c, const struct chain_run *run, size_t number)
{
	enum metric m = family[number % 2];
	const struct cell_summary *cell = &run->summary.cells[number / 2 % run->summary.ncells];

	*to = interval(cell->metric[m].ci_low, cell->metric[m].ci_high,
		chain_cell(c, &run->data, cell->cell, m));
}

int seen_play(struct seen *s, const struct chain *c, uint64_t seed, size_t number, struct err *e)
{
	struct chain_run run;

	if (chain_play(&run, c, seed + number, e))
		return -1;
	see_tests(s, c, &run);
	see_warnings(s, &run.summary);
	see_ratio(&s->interval[SEEN_RUNNER], c, &run, "num_ctx", number);
	see_ratio(&s->interval[SEEN_REQUEST], c, &run, "temperature", number);
	see_cell(&s->interval[SEEN_CELL], c, &run, number);
	chain_run_release(&run);
	return 0;
}
