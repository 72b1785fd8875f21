/* test_readback.c - levels that came to the same thing, by what /api/ps said and by what the plan
 * knew. */
#include <math.h>
#include <string.h>

#include "readback.h"
#include "splitplot.h"
#include "unit.h"

struct fixture {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct alias_finding *aliases;
	size_t naliases;
};

/* 4 num_ctx, 3 passes, and `gpus` levels of num_gpu: 0, 10, 20. */
static void make(struct fixture *f, uint32_t gpus, bool no_gpu)
{
	struct splitplot c = {.contexts = 4,
		.gpus = gpus,
		.temperatures = 3,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2,
		.no_gpu = no_gpu};
	struct rng r;

	*f = (struct fixture){0};
	rng_init(&r, 3, "read back");
	splitplot_make(&f->d, &c, &r);
}

static void find(struct fixture *f)
{
	effective_find(&f->eff, &f->d, &f->arena, &f->aliases, &f->naliases);
}

static void release(struct fixture *f)
{
	arena_release(&f->arena);
	dataset_release(&f->d);
}

/* Treatments are numbered from 0 without a gap. */
static uint32_t treatments(const struct fixture *f)
{
	uint32_t n = 0;

	for (size_t c = 0; c < f->d.ncells; c++)
		n = f->eff.treatment[c] >= n ? f->eff.treatment[c] + 1 : n;
	return n;
}

static void test_no_gpu(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 3, true);
	f.d.loads[4].size_vram = NAN; /* not read back once: the others say it */
	find(&f);
	assert_int_equal(f.naliases, 1);
	assert_string_equal(f.aliases[0].factor, "num_gpu");
	assert_int_equal(f.aliases[0].nlevels, 3);
	assert_true(f.aliases[0].by_read_back);
	assert_string_equal(
		f.aliases[0].why, "this server has no GPU: size_vram is 0 after every load");
	assert_int_equal(f.eff.nsettings, 12);
	assert_int_equal(treatments(&f), 4);
	assert_string_equal(f.eff.factors[1].name[0], "0 = 10 = 20");
	/* num_ctx 1024, num_gpu 10, temperature 0.2 is the first cell under another name. */
	assert_int_equal(f.eff.setting[3], f.eff.setting[0]);
	assert_int_equal(f.eff.first_cell[f.eff.setting[3]], 0);
	assert_int_not_equal(f.eff.setting[4], f.eff.setting[0]);
	release(&f);
	make(&f, 3, true);
	f.d.loads[4].size_vram = 1; /* something was on a GPU once */
	find(&f);
	assert_int_equal(f.naliases, 0);
	release(&f);
}

static void test_different(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 3, false);
	find(&f);
	assert_int_equal(f.naliases, 0);
	assert_int_equal(f.eff.nsettings, 36);
	assert_int_equal(treatments(&f), 12);
	release(&f);
}

/* What was read back after a load counts, whatever became of the request that caused it; a load
 * that failed was not read back. */
static void test_failed_loads(void **state)
{
	static const char *const statuses[] = {
		"ok", "truncated", "prompt_truncated", "server_error"};
	struct fixture f;

	(void)state;
	make(&f, 3, true);
	f.d.loads[2].status = "out_of_memory";
	f.d.loads[2].size = f.d.loads[2].size_vram = f.d.loads[2].context_length = NAN;
	find(&f);
	assert_int_equal(f.naliases, 1);
	release(&f);
	for (size_t i = 0; i < COUNTOF(statuses); i++) {
		make(&f, 3, true);
		f.d.loads[2].status = statuses[i];
		f.d.loads[2].size_vram = 7e8; /* so there is a GPU */
		find(&f);
		assert_int_equal(f.naliases, 0);
		release(&f);
	}
}

/* What /api/ps says decides: the sizes of the levels, not their names. */
static void test_sizes(void **state)
{
	(void)state;
	for (int twist = 0; twist < 3; twist++) {
		struct fixture f;

		make(&f, 3, false);
		for (size_t i = 0; i < f.d.nloads; i++) {
			struct data_load *l = &f.d.loads[i];

			l->size = 5e8 + 1000 * (l->block / 3);
			l->size_vram = l->block % 3 == 0 ? 1e8 : 4e8; /* 10 and 20 are the same */
			if (twist == 1 && l->block == 5)
				l->size_vram = 3e8; /* not at this num_ctx */
			if (twist == 2 && l->block == 5)
				l->size_vram = NAN; /* not read back there */
		}
		find(&f);
		assert_int_equal(f.naliases, twist == 1 ? 0 : 1);
		assert_int_equal(f.eff.factors[1].nlevels, twist == 1 ? 3 : 2);
		if (twist != 1) {
			assert_string_equal(f.eff.factors[1].name[1], "10 = 20");
			assert_contains(f.aliases[0].why, "381 MiB on the GPU");
		}
		release(&f);
	}
}

static void test_context(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 1, false);
	for (size_t i = 0; i < f.d.nloads; i++) {
		if (f.d.loads[i].context_length < 2048)
			f.d.loads[i].context_length = 2048;
	}
	find(&f);
	assert_int_equal(f.naliases, 1);
	assert_int_equal(f.eff.factors[0].nlevels, 3);
	assert_string_equal(f.eff.factors[0].name[0], "1024 = 2048");
	assert_string_equal(f.aliases[0].why, "the server loaded a context of 2048 for each");
	release(&f);
}

/* The plan kept 10 and 20 as a control: both are what no level is called. */
static struct data_alias known[] = {{"num_gpu", "10", "19", "all 18 layers are 19", false},
	{"num_gpu", "20", "10", "all 18 layers are 19", false}};

static void test_planned(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 3, false);
	f.d.aliases = known;
	f.d.naliases = COUNTOF(known);
	find(&f);
	assert_int_equal(f.naliases, 1);
	assert_int_equal(f.aliases[0].nlevels, 3);
	assert_string_equal(f.aliases[0].levels[0], "19");
	assert_false(f.aliases[0].by_read_back);
	assert_int_equal(f.eff.factors[1].nlevels, 2);
	assert_string_equal(f.eff.factors[1].name[1], "10 = 20");
	release(&f);
}

/* What one of several models makes equal, the other need not. */
static void test_planned_of_one_model(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 3, false);
	f.d.aliases = known;
	f.d.naliases = COUNTOF(known);
	f.d.factors[0].name = "model";
	find(&f);
	assert_int_equal(f.eff.factors[1].nlevels, 3);
	assert_int_equal(f.naliases, 1); /* it is still said */
	release(&f);
}

/* Without sweep.json there are no factors: cells and blocks are all there is. */
static void test_no_factors(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 1, false);
	f.d.nfactors = 0;
	find(&f);
	assert_int_equal(f.eff.nsettings, 12);
	assert_int_equal(treatments(&f), 4);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_gpu),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_failed_loads),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_planned),
		cmocka_unit_test(test_planned_of_one_model),
		cmocka_unit_test(test_no_factors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
