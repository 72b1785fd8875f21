/* test_large.c - large designs: the short ways (cross-products of classes, draws that look at few
 * pairs, threads) give what the long ones give. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "best.h"
#include "best_parts.h"
#include "bug.h"
#include "effects.h"
#include "lincode.h"
#include "parallel.h"
#include "splitplot.h"
#include "strata_rows.h"
#include "unit.h"

struct run {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct strata s[METRIC_COUNT];
	struct effects effects;
};

/* `failed` of the rows; `hole`: the last context never ran at the last temperature. */
static void run_make(struct run *x, const struct splitplot *c, double failed, bool hole)
{
	struct alias_finding *aliases;
	size_t naliases;
	struct rng r;

	*x = (struct run){0};
	rng_init(&r, 1, "large");
	splitplot_make(&x->d, c, &r);
	for (size_t i = 0; i < x->d.nrows; i++) {
		struct data_row *row = &x->d.rows[i];
		const uint32_t *level = x->d.cells[row->cell].level;
		bool missing =
			hole && level[0] + 1 == c->contexts && level[2] + 1 == c->temperatures;

		row->ok = row->counts = !missing && rng_uniform(&r) >= failed;
	}
	effective_find(&x->eff, &x->d, &x->arena, &aliases, &naliases);
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&x->s[m], &x->d, &x->eff, (enum metric)m, false, &x->arena);
}

static void run_release(struct run *x)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&x->s[m]);
	arena_release(&x->arena);
	dataset_release(&x->d);
}

static void assert_within(double got, double want, double relative)
{
	if (isnan(got) && isnan(want))
		return;
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.15g is not %.15g", got, want);
}

static void assert_near(double got, double want)
{
	assert_within(got, want, 1e-9);
}

/* ---- least squares ---- */

static void feed_again(struct lin *l, const struct strata *s, const struct strata_model *m)
{
	size_t ncols = l->ncols;

	lin_release(l);
	lin_init(l, ncols);
	if (m)
		strata_feed_rows(l, m);
	else
		strata_feed_load_rows(l, s);
}

/* Every model by Householder's reflections of its rows. */
static void by_rows(struct run *x)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		struct strata *s = &x->s[m];
		struct strata_model within = {
			.s = s, .design = &s->within_design, .ratio = INFINITY, .eff = &x->eff};
		struct strata_model joint = {
			.s = s, .design = &s->joint, .ratio = s->gls_ratio, .eff = &x->eff};

		if (s->why)
			continue;
		feed_again(&s->within, s, &within);
		feed_again(&s->between, s, NULL);
		if (!s->gls)
			continue;
		feed_again(&s->whole, s, &joint);
		joint.ratio = s->gls_ratio + s->gls_step;
		feed_again(&s->near, s, &joint);
	}
}

/* Degrees of freedom in a grid with holes are a numeric derivative, and small p feel them most. */
static void same_effects(const struct effects *a, const struct effects *b, bool hole)
{
	double digits = hole ? 1e-7 : 1e-9, digits_p = hole ? 1e-5 : 1e-9;
	size_t tested = 0;

	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct effect *x = &a->v[i], *y = &b->v[i];

		assert_near(x->df, y->df);
		assert_within(x->df_error, y->df_error, digits);
		assert_near(x->f, y->f);
		assert_within(x->p, y->p, digits_p);
		assert_within(x->p_adjusted, y->p_adjusted, digits_p);
		assert_within(x->partial_eta_sq, y->partial_eta_sq, digits);
		assert_near(x->widest_low, y->widest_low);
		assert_within(x->detectable, y->detectable, digits);
		assert_int_equal(x->verdict, y->verdict);
		tested += !isnan(x->p);
		for (size_t k = 0; k < x->nlevels; k++) {
			assert_near(x->levels[k].ratio, y->levels[k].ratio);
			assert_near(x->levels[k].ci_low, y->levels[k].ci_low);
			assert_near(x->levels[k].ci_high, y->levels[k].ci_high);
			assert_near(x->levels[k].estimate, y->levels[k].estimate);
			assert_near(x->levels[k].estimate_low, y->levels[k].estimate_low);
			assert_near(x->levels[k].estimate_high, y->levels[k].estimate_high);
		}
	}
	assert_true(tested >= 4);
}

static struct splitplot large(void)
{
	static const double slower[] = {0, -0.01, -0.02, -0.05, -0.06, -0.08};
	static const double warmer[] = {0, 0.01, 0.02, 0.03, 0.01, -0.01};

	return (struct splitplot){.contexts = 6,
		.gpus = 4,
		.temperatures = 6,
		.prompts = 2,
		.passes = 12,
		.per_pass = 1,
		.sd_request = 0.01,
		.sd_load = 0.007,
		.sd_pass = 0.005,
		.context_effect = slower,
		.temperature_effect = warmer,
		.interaction = 0.01};
}

static void compare_ways(const struct splitplot *c, double failed, bool hole)
{
	struct effects by_classes;
	struct run x;

	run_make(&x, c, failed, hole);
	assert_int_equal(x.s[METRIC_DECODE].gls, hole);
	effects_make(&by_classes, &x.d, &x.eff, x.s, &x.arena);
	by_rows(&x);
	effects_make(&x.effects, &x.d, &x.eff, x.s, &x.arena);
	same_effects(&by_classes, &x.effects, hole);
	run_release(&x);
}

static void test_balanced(void **state)
{
	struct splitplot c = large();

	(void)state;
	compare_ways(&c, 0, false);
}

static void test_unbalanced(void **state)
{
	struct splitplot c = large();

	(void)state;
	compare_ways(&c, 0.1, false);
}

static void test_with_a_hole(void **state)
{
	struct splitplot c = large();

	(void)state;
	c.interaction = 0;
	c.passes = 6;
	compare_ways(&c, 0.05, true);
}

/* A table that is far from what is exact enough is refused, and the rows are fed. */
static void test_refused(void **state)
{
	static const struct lin_code_term terms[] = {{1, 1, true}, {2, 1, false}};
	struct lin_code c;
	struct lin l;

	(void)state;
	lin_code_init(&c, terms, 2, 0);
	lin_code_x(&c, (uint32_t[]){0, 1}, 1e10);
	lin_code_x(&c, (uint32_t[]){0, 2}, 1);
	lin_init(&l, 2);
	assert_false(lin_code_fold(&c, 1, &l));
	assert_null(l.rows);
	lin_code_release(&c);
	lin_release(&l);
}

/* y = 1e9 + (3, 8): weights, and values far from 0. */
static void test_codes(void **state)
{
	static const struct lin_code_term terms[] = {{1, 1, true}, {2, 1, false}};
	static const bool use[] = {true, true};
	struct lin_code c;
	struct lin_fit fit;
	struct lin l;
	double unit;

	(void)state;
	lin_code_init(&c, terms, 2, 1e9);
	for (uint32_t k = 0; k < 2; k++) {
		for (int i = -1; i <= 1; i += 2) {
			lin_code_x(&c, (uint32_t[]){0, 1 + k}, 1 + k);
			lin_code_y(&c, (uint32_t[]){0, 1 + k}, 3 + 5 * k + i, 1 + k);
		}
	}
	lin_init(&l, 2);
	assert_true(lin_code_fold(&c, 1, &l));
	lin_fit(&l, use, &fit);
	assert_int_equal(l.fed, 4);
	assert_int_equal(fit.rank, 2);
	assert_near(lin_contrast(&fit, (double[]){1, 1}, &unit), 1e9 + 3);
	assert_near(unit, 0.5);
	assert_near(lin_contrast(&fit, (double[]){1, -1}, &unit), 1e9 + 8);
	assert_near(unit, 0.25);
	assert_near(fit.rss, 2 + 4);
	lin_fit_release(&fit);
	lin_release(&l);
	lin_code_release(&c);
}

/* ---- the set that holds the best ---- */

/* Variances between two settings from the groups themselves: the shares of both in every load. */
static void test_variances(void **state)
{
	struct splitplot c = large();
	struct best_contest contest;
	struct strata *s;
	struct run x;
	double *share;

	(void)state;
	c.contexts = 3;
	c.temperatures = 4;
	c.passes = 3;
	run_make(&x, &c, 0.3, false);
	s = &x.s[METRIC_DECODE];
	best_contest_init(&contest, s, &x.eff);
	share = xcalloc(contest.n * s->nloads, sizeof(*share));
	for (size_t i = 0; i < contest.n; i++) {
		for (size_t g = 0; g < s->ngroups; g++) {
			if (x.eff.setting[s->groups[g].cell] == contest.v[i].setting)
				share[i * s->nloads + s->groups[g].load] +=
					s->groups[g].weight / contest.v[i].weight;
		}
	}
	for (size_t i = 0; i < contest.n; i++) {
		for (size_t j = 0; j < i; j++) {
			struct best_variance v = best_variance(&contest, i, j);
			double load = 0;

			for (size_t l = 0; l < s->nloads; l++)
				load += pow(share[i * s->nloads + l] - share[j * s->nloads + l], 2);
			assert_true(fabs(v.load - load) < 1e-12);
			assert_double(v.host, 0);
		}
	}
	assert_true(contest.needs_load && contest.needs_request && !contest.needs_host);
	free(share);
	best_contest_release(&contest);
	run_release(&x);
}

/* The factor that shifts are drawn by has the covariance of the shares as its square. */
static void test_factors(void **state)
{
	struct splitplot c = large();
	struct best_contest contest;
	struct run x;

	(void)state;
	c.contexts = 2;
	c.gpus = 1;
	for (uint32_t passes = 3; passes <= 30;
		passes += 27) { /* fewer loads than cells, and more */
		c.passes = passes;
		run_make(&x, &c, 0.3, false);
		best_contest_init(&contest, &x.s[METRIC_DECODE], &x.eff);
		for (size_t k = 0; k < contest.ntreatments; k++) {
			const struct best_treatment *t = &contest.treatments[k];

			assert_in_range(t->npatterns, 4, 6);
			assert_int_equal(
				t->nfactors, passes < t->npatterns ? passes : t->npatterns);
			for (size_t p = 0, at = 0; p < t->npatterns; p++) {
				for (size_t q = 0; q <= p; q++, at++) {
					double sum = 0;

					for (size_t f = 0; f < t->nfactors; f++)
						sum += t->factor[p * t->nfactors + f] *
							t->factor[q * t->nfactors + f];
					assert_true(fabs(sum - t->common[at]) < 1e-12);
				}
			}
		}
		best_contest_release(&contest);
		run_release(&x);
	}
}

/* A thousand settings, one of them far above: it is alone; and where all are equal most stay. */
static void test_thousand_settings(void **state)
{
	static const double one[] = {0, 0, 0, 0.2, 0, 0, 0, 0, 0, 0};
	struct splitplot c = {.contexts = 10,
		.gpus = 10,
		.temperatures = 10,
		.prompts = 1,
		.passes = 3,
		.per_pass = 1,
		.sd_request = 0.01,
		.sd_load = 0.01};
	struct best_set best;
	struct run x;

	(void)state;
	run_make(&x, &c, 0, false);
	best_find(&best, &x.s[METRIC_DECODE], &x.d, &x.eff, &x.arena);
	assert_null(best.why);
	assert_int_equal(best.of, 1000);
	assert_in_range(best.ncells, 500, 1000);
	assert_in_range(best.worse, 0, 10);
	run_release(&x);
	c.context_effect = c.temperature_effect = one;
	c.sd_load = 0.001;
	run_make(&x, &c, 0, false);
	best_find(&best, &x.s[METRIC_DECODE], &x.d, &x.eff, &x.arena);
	assert_in_range(best.ncells, 1, 10); /* one for each num_gpu, which does nothing */
	assert_in_range(best.worse, 900, 990);
	for (size_t i = 0; i < best.ncells; i++) {
		assert_int_equal(x.d.cells[best.cells[i]].level[0], 3);
		assert_int_equal(x.d.cells[best.cells[i]].level[2], 3);
	}
	run_release(&x);
}

/* ---- threads ---- */

static void write_number(void *of, size_t i, struct arena *a)
{
	const char **texts = of;

	for (size_t k = 0; k < 1000; k++)
		texts[i] = arena_fmt(a, "%zu squared is %zu", i, i * i);
}

/* The work is done once each, and what it allocated outlives the threads. */
static void test_threads(void **state)
{
	const char *texts[100] = {NULL};
	struct arena arena = {0};
	char *before = arena_str(&arena, "before");

	(void)state;
	for (int heavy = 0; heavy < 2; heavy++) {
		memset(texts, 0, sizeof(texts));
		parallel_for(COUNTOF(texts), heavy, &arena, write_number, texts);
		assert_string_equal(texts[0], "0 squared is 0");
		assert_string_equal(texts[99], "99 squared is 9801");
	}
	assert_string_equal(before, "before");
	assert_string_equal(arena_str(&arena, "after"), "after");
	parallel_for(0, true, &arena, write_number, texts);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_unbalanced),
		cmocka_unit_test(test_with_a_hole),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_variances),
		cmocka_unit_test(test_factors),
		cmocka_unit_test(test_thousand_settings),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
