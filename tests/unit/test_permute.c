/* test_permute.c - permutation within the strata: tiny designs gone through by other means, runs
 * without effects, planted effects beside the F tests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "effects.h"
#include "permute.h"
#include "splitplot.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g is not %.17g", got, want);
}

/* ---- arrangements ---- */

static void test_next(void **state)
{
	uint32_t label[] = {0, 0, 1, 1, 1, 2}, one[] = {7}, seen[60][6];
	size_t n = 0;

	(void)state;
	do {
		assert_true(n < 60);
		memcpy(seen[n++], label, sizeof(label));
	} while (permute_next(label, 6));
	assert_int_equal(n, 60); /* 6! / (2! 3! 1!) */
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			assert_true(memcmp(seen[i], seen[j], sizeof(label)) != 0);
	}
	assert_memory_equal(label, seen[0], sizeof(label));
	assert_false(permute_next(one, 1));
	assert_false(permute_next(one, 0));
}

/* ---- against F, all arrangements by recursion ---- */

/* k levels in blocks, `each` units of each level in each block; F of the additive model from the
 * textbook's sums of squares. */
struct blocks {
	size_t nblocks, k, each;
	const double *y; /* [nblocks][k * each] */
	size_t label[64];
	size_t left[8][8]; /* of each level, in each block */
	double seen, far, all;
};

static double f_of(const struct blocks *b)
{
	size_t n = b->k * b->each, total = b->nblocks * n;
	double level[8] = {0}, all = 0, squares = 0, blocks = 0, levels = 0, df;

	for (size_t i = 0; i < total; i++) {
		level[b->label[i]] += b->y[i];
		all += b->y[i];
		squares += b->y[i] * b->y[i];
	}
	for (size_t i = 0; i < b->nblocks; i++) {
		double sum = 0;

		for (size_t j = 0; j < n; j++)
			sum += b->y[i * n + j];
		blocks += sum * sum / (double)n;
	}
	for (size_t l = 0; l < b->k; l++)
		levels += level[l] * level[l] / (double)(b->each * b->nblocks);
	all = all * all / (double)total;
	df = (double)(total - b->nblocks - b->k + 1);
	return (levels - all) / ((double)b->k - 1) / ((squares - blocks - (levels - all)) / df);
}

static void arrange(struct blocks *b, size_t at)
{
	size_t n = b->k * b->each, block = at / n;

	if (at == b->nblocks * n) {
		b->all++;
		b->far += f_of(b) >= b->seen * (1 - 1e-9);
		return;
	}
	for (size_t l = 0; l < b->k; l++) {
		if (b->left[block][l] == 0)
			continue;
		b->left[block][l]--;
		b->label[at] = l;
		arrange(b, at + 1);
		b->left[block][l]++;
	}
}

/* The values lie in order of their levels. */
static double p_of(struct blocks *b)
{
	size_t n = b->k * b->each;

	for (size_t i = 0; i < b->nblocks * n; i++)
		b->label[i] = i % n / b->each;
	b->seen = f_of(b);
	for (size_t i = 0; i < b->nblocks; i++) {
		for (size_t l = 0; l < b->k; l++)
			b->left[i][l] = b->each;
	}
	b->far = b->all = 0;
	arrange(b, 0);
	return b->far / b->all;
}

/* One unit or two of each level in a block; values that are often equal, too. */
static void test_tiny_blocks(void **state)
{
	static const size_t sizes[][3] = {
		{3, 3, 1}, {4, 3, 1}, {2, 4, 1}, {3, 2, 2}, {6, 2, 1}, {2, 3, 2}};
	struct rng r;

	(void)state;
	rng_init(&r, 4, "blocks");
	for (size_t i = 0; i < 4 * COUNTOF(sizes); i++) {
		const size_t *size = sizes[i / 4];
		struct blocks b = {.nblocks = size[0], .k = size[1], .each = size[2]};
		size_t n = b.k * b.each, total = b.nblocks * n;
		struct permute_unit units[64];
		struct permutation p;
		double y[64];

		for (size_t j = 0; j < total; j++)
			y[j] = i % 2 ? (double)rng_below(&r, 4) : rng_normal(&r);
		y[0] = 10.25; /* some error is left in every arrangement */
		for (size_t j = 0; j < total; j++)
			units[j] = (struct permute_unit){.where = (uint32_t)(j / n),
				.level = (uint32_t)(j % n / b.each),
				.weight = 3,
				.y = y[j]};
		b.y = y;
		permute_units(units, total, (uint32_t)b.k, &p);
		assert_null(p.why);
		assert_true(p.exact);
		assert_close(p.p, p_of(&b), 1e-12);
		assert_int_equal(p.draws, (uint64_t)b.all);
		assert_true(p.least > 0 && p.least <= p.p);
	}
}

/* ---- runs ---- */

struct run {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct strata s;
};

static void run_fit(struct run *x)
{
	struct alias_finding *aliases;
	size_t naliases;

	effective_find(&x->eff, &x->d, &x->arena, &aliases, &naliases);
	strata_fit(&x->s, &x->d, &x->eff, METRIC_DECODE, false, &x->arena);
}

static void run_make(struct run *x, const struct splitplot *c, struct rng *r)
{
	*x = (struct run){0};
	splitplot_make(&x->d, c, r);
	run_fit(x);
}

static void run_release(struct run *x)
{
	strata_release(&x->s);
	arena_release(&x->arena);
	dataset_release(&x->d);
}

/* The F test's unadjusted p of a main effect, as effects.c makes it. */
static double f_test(struct run *x, int factor)
{
	struct strata strata[METRIC_COUNT];
	struct effects all;
	double p = NAN;

	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&strata[m], &x->d, &x->eff, (enum metric)m, false, &x->arena);
	effects_make(&all, &x->d, &x->eff, strata, &x->arena);
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i].metric == METRIC_DECODE && all.v[i].factor_a == factor &&
			all.v[i].factor_b < 0)
			p = all.v[i].p;
	}
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&strata[m]);
	return p;
}

enum { CONTEXT, GPU, TEMPERATURE };

static const struct splitplot grid = {.contexts = 4,
	.gpus = 1,
	.temperatures = 3,
	.prompts = 1,
	.passes = 3,
	.per_pass = 2,
	.sd_request = 0.01,
	.sd_load = 0.01,
	.sd_pass = 0.01};

/* Means of loads, for a runner factor; single requests, for a sampling factor. */
static void test_tiny_runs(void **state)
{
	struct splitplot c = grid;
	double y[64], n[64];
	struct permutation p;
	struct blocks b;
	struct run x;
	struct rng r;

	(void)state;
	rng_init(&r, 9, "tiny");
	c.contexts = 3;
	run_make(&x, &c, &r);
	memset(y, 0, sizeof(y));
	for (size_t i = 0; i < x.d.nrows; i++)
		y[3 * (x.d.rows[i].pass - 1) + x.d.cells[x.d.rows[i].cell].level[CONTEXT]] +=
			log(x.d.rows[i].metric[METRIC_DECODE]) / 6;
	b = (struct blocks){.nblocks = 3, .k = 3, .each = 1, .y = y};
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_close(p.p, p_of(&b), 1e-12);
	assert_int_equal(p.draws, 216);
	assert_close(p.least, 6.0 / 216, 1e-12);
	assert_string_equal(p.unit, "loads within a pass");
	run_release(&x);

	c.contexts = 1;
	c.temperatures = 2;
	run_make(&x, &c, &r);
	memset(n, 0, sizeof(n));
	for (size_t i = 0; i < x.d.nrows; i++) {
		uint32_t at = 2 * x.d.rows[i].load + x.d.cells[x.d.rows[i].cell].level[TEMPERATURE];

		y[2 * at + (size_t)n[at]++] = log(x.d.rows[i].metric[METRIC_DECODE]);
	}
	b = (struct blocks){.nblocks = 3, .k = 2, .each = 2, .y = y};
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_close(p.p, p_of(&b), 1e-12);
	assert_int_equal(p.draws, 216);
	assert_string_equal(p.unit, "requests within a load");
	run_release(&x);
}

/* Two runner factors: what one does, and how they act together, is left where it is. */
static void test_other_factors(void **state)
{
	static const double context[] = {0, 0.5}, none[] = {0, 0};
	struct splitplot c = grid;
	struct permutation with, without;
	struct run x;
	struct rng r;

	(void)state;
	c.contexts = c.gpus = 2;
	c.prompts = 3;
	for (int i = 0; i < 2; i++) {
		c.context_effect = i ? context : none;
		rng_init(&r, 12, "others");
		run_make(&x, &c, &r);
		permute_effect(&x.s, &x.d, &x.eff, GPU, i ? &with : &without);
		assert_string_equal(
			(i ? with : without).unit, "loads of like other settings within a pass");
		run_release(&x);
	}
	assert_int_equal(with.draws, 64);
	assert_close(with.least, 2.0 / 64, 1e-12);
	assert_close(with.one_level, 2.0 / 64, 1e-12);
	assert_close(with.p, without.p, 1e-12);
	rng_init(&r, 12, "others");
	run_make(&x, &c, &r);
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &with);
	assert_string_equal(with.unit, "requests of like prompt and other settings within a load");
	assert_int_equal(with.draws, PERMUTE_DRAWS);
	assert_close(with.least, 1e-4, 1e-12);
	run_release(&x);
}

/* ---- calibration ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Kolmogorov's distance of p values from the uniform distribution. */
static double distance(double *p, size_t n)
{
	double most = 0;

	qsort(p, n, sizeof(*p), compare);
	for (size_t i = 0; i < n; i++) {
		most = fmax(most, fabs(p[i] - (double)i / (double)n));
		most = fmax(most, fabs(p[i] - (double)(i + 1) / (double)n));
	}
	return most;
}

/* 500 runs without an effect of the factor: p is uniform (Kolmogorov's 1 % limit is 1.63 / sqrt(n))
 * and below .05 in 25 +- 3 x 4.9. */
static void calibrate(const struct splitplot *c, int factor, const char *stream)
{
	size_t small = 0, n = 500;
	double p[500], far;
	struct rng r;

	rng_init(&r, 1, stream);
	for (size_t i = 0; i < n; i++) {
		struct permutation ret;
		struct run x;

		run_make(&x, c, &r);
		permute_effect(&x.s, &x.d, &x.eff, factor, &ret);
		assert_null(ret.why);
		p[i] = ret.p;
		small += ret.p < 0.05;
		run_release(&x);
	}
	far = distance(p, n);
	print_message("%s: %zu of %zu below .05, distance %.4f\n", stream, small, n, far);
	assert_true(far < 1.63 / sqrt((double)n));
	assert_in_range(small, 10, 40);
}

static void test_uniform_loads(void **state)
{
	struct splitplot c = grid;

	(void)state;
	c.sd_load = 0.02;
	calibrate(&c, CONTEXT, "loads");
}

static void test_uniform_requests(void **state)
{
	(void)state;
	calibrate(&grid, TEMPERATURE, "requests");
}

/* Beside a large effect of another factor and an interaction. */
static void test_uniform_beside(void **state)
{
	static const double context[] = {0, 0.3, -0.2};
	struct splitplot c = grid;

	(void)state;
	c.contexts = 3;
	c.gpus = 2;
	c.context_effect = context;
	calibrate(&c, GPU, "beside");
}

/* ---- beside the F test ---- */

struct tally {
	size_t found, says[3];
};

/* 20 runs with effects; an F test that found nothing is not counted. */
static struct tally beside_f(const struct splitplot *c, int factor, const char *stream)
{
	struct tally t = {0};
	struct rng r;

	rng_init(&r, 2, stream);
	for (int i = 0; i < 20; i++) {
		struct permutation p;
		struct run x;
		double f;

		run_make(&x, c, &r);
		f = f_test(&x, factor);
		permute_effect(&x.s, &x.d, &x.eff, factor, &p);
		t.found += f < 0.05;
		t.says[permutation_compare(&p, f)]++;
		run_release(&x);
	}
	print_message("%s: F finds %zu, agrees %zu, disagrees %zu, nothing %zu\n", stream, t.found,
		t.says[PERMUTATION_AGREES], t.says[PERMUTATION_DISAGREES],
		t.says[PERMUTATION_NOTHING]);
	return t;
}

/* Both see what was planted. */
static void test_planted(void **state)
{
	static const double context[] = {0, 0.03, 0.06, 0.09}, temperature[] = {0, 0, 0.02};
	struct splitplot c = grid;
	struct tally t;

	(void)state;
	c.context_effect = context;
	c.temperature_effect = temperature;
	t = beside_f(&c, CONTEXT, "a slope over num_ctx");
	assert_int_equal(t.found, 20);
	assert_int_equal(t.says[PERMUTATION_AGREES], 20);
	t = beside_f(&c, TEMPERATURE, "one temperature");
	assert_int_equal(t.found, 20);
	assert_int_equal(t.says[PERMUTATION_AGREES], 20);
}

/* One of four levels far off, in three passes: it leads all of them by chance once in 16, and that
 * is all that can be seen without knowing the noise; one pass more is enough. */
static void test_one_level(void **state)
{
	static const double context[] = {0, 0, 0, 0.08};
	struct splitplot c = grid;
	struct permutation p;
	struct tally t;
	struct run x;
	struct rng r;

	(void)state;
	c.context_effect = context;
	rng_init(&r, 2, "one");
	run_make(&x, &c, &r);
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_true(p.exact);
	assert_int_equal(p.draws, 13824);
	assert_close(p.one_level, 0.0625, 1e-12);
	assert_close(p.least, 24.0 / 13824, 1e-12);
	run_release(&x);
	t = beside_f(&c, CONTEXT, "one of four num_ctx, 3 passes");
	assert_int_equal(t.found, 20);
	assert_int_equal(t.says[PERMUTATION_DISAGREES], 0);
	assert_true(t.says[PERMUTATION_NOTHING] > 0);
	c.passes = 4;
	t = beside_f(&c, CONTEXT, "one of four num_ctx, 4 passes");
	assert_int_equal(t.found, 20);
	assert_int_equal(t.says[PERMUTATION_AGREES], 20);
}

/* Without effects the two give nearly one p: normal noise, 40 runs. */
static void test_like_f(void **state)
{
	struct permutation p;
	double worst[2] = {0};
	struct run x;
	struct rng r;

	(void)state;
	rng_init(&r, 3, "like F");
	for (int i = 0; i < 40; i++) {
		run_make(&x, &grid, &r);
		for (int k = 0; k < 2; k++) {
			permute_effect(&x.s, &x.d, &x.eff, 2 * k, &p);
			worst[k] = fmax(worst[k], fabs(p.p - f_test(&x, 2 * k)));
		}
		run_release(&x);
	}
	print_message("p of F and by permutation differ by %.3f (loads), %.3f (requests)\n",
		worst[0], worst[1]);
	assert_true(worst[0] < 0.15); /* 12 loads */
	assert_true(worst[1] < 0.06); /* 72 requests */
}

static void test_says(void **state)
{
	struct permutation p = {
		.p = 0.04, .least = 0.001, .draws = 10000, .exact = true, .unit = "units"};

	(void)state;
	assert_int_equal(permutation_compare(&p, 0.01), PERMUTATION_AGREES);
	assert_int_equal(permutation_compare(&p, 0.2), PERMUTATION_DISAGREES);
	assert_int_equal(permutation_compare(&p, 0.0499), PERMUTATION_AGREES);
	assert_int_equal(permutation_compare(&p, 0.0501), PERMUTATION_DISAGREES);
	p.p = 0.045;
	assert_int_equal(permutation_compare(&p, 0.0501), PERMUTATION_AGREES);
	assert_int_equal(permutation_compare(&p, NAN), PERMUTATION_NOTHING);
	p.p = 0.06;
	p.one_level = 0.0625;
	assert_int_equal(permutation_compare(&p, 0.01), PERMUTATION_NOTHING);
	p.one_level = 0.05;
	assert_int_equal(permutation_compare(&p, 0.01), PERMUTATION_DISAGREES);
	p.least = 0.0625;
	assert_int_equal(permutation_compare(&p, 0.01), PERMUTATION_NOTHING);
	assert_string_equal(permutation_says_name(PERMUTATION_DISAGREES), "disagrees");
}

/* ---- what cannot be checked ---- */

static void test_least(void **state)
{
	struct splitplot c = grid;
	struct permutation p;
	struct run x;
	struct rng r;
	json_t *o;

	(void)state;
	c.contexts = 2;
	c.passes = 4;
	rng_init(&r, 2, "least");
	run_make(&x, &c, &r);
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_int_equal(p.draws, 16);
	assert_close(p.least, 0.125, 1e-12);
	assert_int_equal(permutation_compare(&p, 0.001), PERMUTATION_NOTHING);
	o = permutation_json(&p, 0.001);
	assert_double(json_number_value(json_object_get(o, "least_p")), p.least);
	assert_int_equal(json_integer_value(json_object_get(o, "arrangements")), 16);
	assert_true(json_is_true(json_object_get(o, "exact")));
	assert_string_equal(json_string_value(json_object_get(o, "says")), "nothing");
	assert_null(json_object_get(o, "p_why"));
	json_decref(o);
	permute_effect(&x.s, &x.d, &x.eff, GPU, &p);
	assert_true(isnan(p.p) && isnan(p.least));
	assert_contains(p.why, "one setting");
	o = permutation_json(&p, NAN);
	assert_true(json_is_null(json_object_get(o, "p")));
	assert_contains(json_string_value(json_object_get(o, "p_why")), "one setting");
	json_decref(o);
	run_release(&x);
}

static void test_withheld(void **state)
{
	struct splitplot c = grid;
	struct permutation p;
	struct run x;
	struct rng r;

	(void)state;
	rng_init(&r, 2, "withheld");
	c.passes = 1;
	run_make(&x, &c, &r);
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_contains(p.why, "each setting was loaded once");
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_null(p.why);
	x.s.host = CONTEXT;
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_contains(p.why, "servers");
	x.s.host = -1;
	x.s.metric = METRIC_SCORE;
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_contains(p.why, "question by question");
	run_release(&x);
	c.passes = 3;
	c.per_pass = 600; /* 21,600 requests */
	run_make(&x, &c, &r);
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_contains(p.why, "20,000 requests");
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_null(p.why);
	run_release(&x);
}

/* A cell that always failed: loads hold different requests, but inside a load nothing is amiss. */
static void test_holes(void **state)
{
	struct splitplot c = grid;
	struct permutation p;
	struct run x = {0};
	struct rng r;

	(void)state;
	c.prompts = 2;
	rng_init(&r, 16, "holes");
	splitplot_make(&x.d, &c, &r);
	for (size_t i = 0; i < x.d.nrows; i++)
		x.d.rows[i].counts = x.d.rows[i].cell != splitplot_cell(&c, 1, 0, 2);
	run_fit(&x);
	assert_true(x.s.holes);
	permute_effect(&x.s, &x.d, &x.eff, CONTEXT, &p);
	assert_contains(p.why, "holes");
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_null(p.why);
	assert_string_equal(p.unit, "requests of like prompt and other settings within a load");
	run_release(&x);
}

static void test_nothing_varies(void **state)
{
	struct permute_unit same[] = {{.weight = 1, .y = 2}, {.weight = 1, .y = 2, .level = 1}};
	struct permute_unit apart[] = {
		{.weight = 1, .y = 2}, {.where = 1, .weight = 1, .y = 3, .level = 1}};
	struct permutation p;

	(void)state;
	permute_units(same, 2, 2, &p);
	assert_contains(p.why, "all values are the same");
	permute_units(apart, 2, 2, &p);
	assert_contains(p.why, "beside each other");
	permute_units(NULL, 0, 2, &p);
	assert_contains(p.why, "beside each other");
	permute_units(same, 2, PERMUTE_LEVELS + 1, &p);
	assert_contains(p.why, "100 levels");
}

/* ---- rows that are missing, bursts ---- */

/* A third of one temperature's requests failed, and a load: the test still has its level, 300 runs;
 * and the same input gives the same p. */
static void test_unbalanced(void **state)
{
	size_t small[2] = {0}, holes = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 14, "unbalanced");
	for (int i = 0; i < 300; i++) {
		struct permutation p, again;
		struct run x = {0};

		splitplot_make(&x.d, &grid, &r);
		for (size_t k = 0; k < x.d.nrows; k++) {
			struct data_row *row = &x.d.rows[k];

			row->counts = row->load != 5 &&
				(x.d.cells[row->cell].level[TEMPERATURE] != 2 ||
					rng_below(&r, 3) > 0);
		}
		run_fit(&x);
		for (int k = 0; k < 2; k++) {
			permute_effect(&x.s, &x.d, &x.eff, 2 * k, &p);
			permute_effect(&x.s, &x.d, &x.eff, 2 * k, &again);
			assert_double(p.p, again.p);
			holes += p.why != NULL;
			if (p.why)
				assert_contains(p.why, "holes"); /* all of a cell failed */
			small[k] += p.p < 0.05;
		}
		run_release(&x);
	}
	print_message(
		"unbalanced: %zu (loads), %zu (requests) of 300 below .05\n", small[0], small[1]);
	assert_true(holes < 30);
	assert_in_range(small[0], 4, 27); /* 15, 3 standard errors of 3.8 */
	assert_in_range(small[1], 4, 27);
}

/* Four requests of a cell in a load are two bursts of two: a burst is one unit. */
static void test_bursts(void **state)
{
	struct splitplot c = grid;
	struct permutation p;
	struct run x = {0};
	struct rng r;

	(void)state;
	c.contexts = 1;
	c.temperatures = 2;
	c.per_pass = 4;
	rng_init(&r, 15, "bursts");
	splitplot_make(&x.d, &c, &r);
	for (uint32_t load = 0; load < x.d.nloads; load++) {
		uint32_t met[2] = {0};

		for (size_t i = 0; i < x.d.nrows; i++) {
			if (x.d.rows[i].load == load)
				x.d.rows[i].burst = 1 + met[x.d.rows[i].cell]++ / 2;
		}
	}
	run_fit(&x);
	permute_effect(&x.s, &x.d, &x.eff, TEMPERATURE, &p);
	assert_null(p.why);
	assert_int_equal(p.draws, 216); /* two and two of four, in three loads */
	run_release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_tiny_blocks),
		cmocka_unit_test(test_tiny_runs),
		cmocka_unit_test(test_other_factors),
		cmocka_unit_test(test_uniform_loads),
		cmocka_unit_test(test_uniform_requests),
		cmocka_unit_test(test_uniform_beside),
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_one_level),
		cmocka_unit_test(test_like_f),
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_nothing_varies),
		cmocka_unit_test(test_unbalanced),
		cmocka_unit_test(test_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
