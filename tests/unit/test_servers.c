/* test_servers.c - servers compared with each other: the server's own effect has an error of its
 * own, everything else is compared within server and pass (docs/statistics.md, servers). */
#include <math.h>
#include <string.h>

#include "analysed.h"
#include "effects.h"
#include "unit.h"

/* num_gpu becomes the server: each block is pinned to one.  Each server has a shift of its own in
 * each pass. */
static void make(
	struct dataset *d, const struct splitplot *c, double sd_day, double effect, struct rng *r)
{
	struct data_factor *f;
	double shift[8][16];

	splitplot_make(d, c, r);
	f = &d->factors[1];
	f->name = f->column = "server";
	d->nservers = c->gpus;
	d->servers = arena_alloc(&d->arena, c->gpus, sizeof(*d->servers));
	f->numeric = false;
	for (uint32_t s = 0; s < c->gpus; s++) {
		d->servers[s] = f->level[s] = arena_fmt(&d->arena, "host%u", s);
		f->value[s] = f->sent[s] = NAN;
		for (uint32_t p = 0; p <= c->passes; p++)
			shift[s][p] = sd_day * rng_normal(r) + (s ? effect : 0);
	}
	for (size_t i = 0; i < d->nloads; i++)
		d->loads[i].server = d->loads[i].block % c->gpus;
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *row = &d->rows[i];

		row->metric[METRIC_DECODE] *= exp(shift[d->loads[row->load].server][row->pass]);
	}
}

static struct splitplot plan(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 2,
		.temperatures = 2,
		.prompts = 1,
		.passes = 5,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.005};
}

static const struct effect *effect_of(const struct effects *all, const char *factor)
{
	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].metric == METRIC_DECODE && strcmp(all->v[i].factor, factor) == 0)
			return &all->v[i];
	}
	fail_msg("no effect of %s", factor);
	return NULL;
}

struct fitted {
	struct dataset d;
	struct effective eff;
	struct alias_finding *aliases;
	size_t naliases;
	struct strata strata[METRIC_COUNT];
	struct effects effects;
};

static void fit(
	struct fitted *f, const struct splitplot *c, double sd_day, double effect, struct rng *r)
{
	*f = (struct fitted){0};
	make(&f->d, c, sd_day, effect, r);
	effective_find(&f->eff, &f->d, &f->d.arena, &f->aliases, &f->naliases);
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&f->strata[m], &f->d, &f->eff, (enum metric)m, false, &f->d.arena);
	effects_make(&f->effects, &f->d, &f->eff, f->strata, &f->d.arena);
}

static void release(struct fitted *f)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&f->strata[m]);
	dataset_release(&f->d);
}

static void test_errors(void **state)
{
	struct splitplot c = plan();
	const struct effect *e;
	struct fitted f;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "servers");
	fit(&f, &c, 0.01, 0, &r);
	e = effect_of(&f.effects, "server");
	assert_string_equal(e->error_term, "server x pass");
	assert_double(e->df, 1);
	assert_double(e->df_error, 4); /* (servers - 1) * (passes - 1) */
	assert_true(isfinite(e->p));
	assert_true(isfinite(e->levels[1].ci_low));
	e = effect_of(&f.effects, "num_ctx");
	assert_string_equal(e->error_term, "block x pass");
	assert_double(e->df_error, 2 * 3 * 4); /* servers * (blocks of one - 1) * (passes - 1) */
	e = effect_of(&f.effects, "num_ctx:server");
	assert_string_equal(e->error_term, "block x pass");
	assert_double(e->df, 3);
	assert_true(isfinite(e->p));
	assert_double(f.strata[METRIC_DECODE].df_within, 80 * 2 - 40 - 8);
	release(&f);
}

/* One block on each server: passes are all the replication there is. */
static void test_server_alone(void **state)
{
	struct splitplot c = plan();
	struct fitted f;
	struct rng r;
	double low, high, df;

	(void)state;
	c.contexts = 1;
	rng_init(&r, 2, "servers");
	fit(&f, &c, 0.01, 0.1, &r);
	assert_double(effect_of(&f.effects, "server")->df_error, 4);
	assert_int_equal(effect_of(&f.effects, "server")->verdict, VERDICT_EFFECT);
	assert_null(strata_cell_interval(&f.strata[METRIC_DECODE], 0, &low, &high, &df));
	assert_true(low < high);
	release(&f);
	c.passes = 1;
	fit(&f, &c, 0.01, 0.1, &r);
	assert_true(isnan(effect_of(&f.effects, "server")->p));
	assert_contains(effect_of(&f.effects, "server")->why, "in one pass");
	release(&f);
}

/* Days that differ between servers by twice as much as loads do, and no effect: the server raises
 * no more alarms than it may, where one error for all of it raises them in a third of the sweeps.
 */
static void test_false_alarms(void **state)
{
	struct splitplot c = plan();
	int alarms = 0, pooled = 0, others = 0, n = 400, covered = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 3, "servers");
	for (int k = 0; k < n; k++) {
		const struct effect *e;
		const struct strata *s;
		struct fitted f;
		double ms;

		fit(&f, &c, 0.01, 0.02, &r);
		s = &f.strata[METRIC_DECODE];
		e = effect_of(&f.effects, "server");
		covered += e->levels[1].ci_low < exp(0.02) && e->levels[1].ci_high > exp(0.02);
		release(&f);
		fit(&f, &c, 0.01, 0, &r);
		e = effect_of(&f.effects, "server");
		alarms += e->p < 0.05;
		others += effect_of(&f.effects, "num_ctx")->p < 0.05;
		/* What it would be with the number of the pass as the only term. */
		ms = (s->ms_load * s->df_load + s->ms_host * s->df_host) /
			(s->df_load + s->df_host);
		pooled += e->f * s->ms_host / ms > 4.196; /* F of 1 and 28, 5 % */
		release(&f);
	}
	assert_in_range(alarms, 8, 34); /* 20 expected, sd 4.4 */
	assert_in_range(others, 8, 34);
	assert_in_range(covered, 366, 392);
	assert_true(pooled > 60);
}

/* The best over all servers: a server that is ahead on its days is not crowned for it. */
static void test_best(void **state)
{
	struct splitplot c = plan();
	int held = 0, n = 150;
	struct rng r;

	(void)state;
	c.temperatures = 1;
	rng_init(&r, 4, "servers");
	for (int k = 0; k < n; k++) {
		struct summary s;
		struct dataset d;
		struct err e = ERR_INIT;
		bool in = false;

		make(&d, &c, 0.01, 0, &r);
		assert_int_equal(summary_make(&s, &d, &e), 0);
		for (size_t i = 0; i < s.best[METRIC_DECODE].ncells; i++)
			in = in || s.best[METRIC_DECODE].cells[i] == 3; /* all are equal */
		held += in;
		summary_release(&s);
		dataset_release(&d);
	}
	assert_true(held >= 133); /* 95 % is 142.5, sd 2.7 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_server_alone),
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
