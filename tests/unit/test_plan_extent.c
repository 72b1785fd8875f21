/* test_plan_extent.c - how many passes and how long: looks, budgets, degrees of freedom of grids
 * that are not whole. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"

static const struct pace ten_and_one = {.per_load = 10, .per_request = 1};

static const char *const urls[] = {"http://10.0.0.1:1", "http://10.0.0.2:1", "http://10.0.0.3:1"};

static void make(struct fake_plan *f, const char *sweep)
{
	fake_plan_make(f, sweep, urls, 1);
}

/* ---- looks ---- */

static void test_looks(void **state)
{
	static const struct {
		int blocks;
		size_t servers;
		const char *keys;
		const char *looks;
	} cases[] = {
		{12, 1, "", "3 6 9 12"},
		{2, 1, "", "7 14 21 28"},
		{3, 1, "", "4 8 12 16"},
		{1, 1, "", "3 6 9 12"},
		{12, 1, ",\"max_passes\":3", "3"},
		{12, 1, ",\"max_passes\":4", "3 4"},
		{12, 1, ",\"max_passes\":10", "3 5 7 10"},
		{2, 1, ",\"max_passes\":6", "6"},
		/* A round of passes on all servers before each look, but for the last. */
		{12, 2, "", "4 8 12 16"},
		{12, 3, ",\"max_passes\":10", "3 6 9 10"},
		{12, 3, ",\"distribute\":\"replicate\"", "3 6 9 12"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str text = STR_INIT(1000);
		struct fake_plan f;
		char sweep[300];

		snprintf(sweep, sizeof(sweep),
			"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-%d\"},\"until\":\"2%%\"%s}",
			cases[i].blocks + 10, cases[i].keys);
		fake_plan_make(&f, sweep, urls, cases[i].servers);
		for (uint32_t k = 0; k < f.plan.nlooks; k++)
			str_addf(&text, "%s%u", k ? " " : "", f.plan.looks[k]);
		assert_string_equal(text.s, cases[i].looks);
		assert_int_equal(f.plan.passes, f.plan.looks[f.plan.nlooks - 1]);
		fake_plan_release(&f);
		str_release(&text);
	}
}

static void test_least(void **state)
{
	struct fake_plan f;
	uint64_t loads, requests;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-15\",\"top_k\":[1,2]},\"until\":0."
		"02}");
	assert_int_equal(f.plan.block_loads, 60);
	assert_int_equal(f.plan.requests, 240);
	plan_least(&f.plan, &loads, &requests);
	assert_int_equal(loads, 15 + 4);
	assert_int_equal(requests, 60);
	/* A load is 10 s; a visit of a block has 4 requests and 2 warm-ups, of the sentinel 5. */
	assert_double(plan_seconds_least(&f.plan, &ten_and_one), 15 * 16 + 4 * 17);
	/* Degrees of freedom are those of the first look. */
	assert_int_equal(f.plan.df[0].df_error, 4 * 2);
	fake_plan_release(&f);
}

/* The sweep as a run keeps it gives the same looks again. */
static void test_looks_extended(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-15\"},\"until\":0.02,\"passes\":12,"
		"\"max_passes\":12,\"per_pass\":2}");
	assert_int_equal(f.plan.nlooks, 4);
	assert_int_equal(f.plan.looks[0], 3);
	assert_int_equal(f.plan.passes, 12);
	fake_plan_release(&f);
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-15\"},\"until\":0.02,\"passes\":15,"
		"\"max_passes\":12,\"per_pass\":2}");
	assert_int_equal(f.plan.passes, 15);
	fake_plan_release(&f);
}

/* A burst at a rate takes until its last request is due and answered. */
static void test_seconds_of_rates(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"rate\":[0.5,10]},\"burst\":11,\"passes\":1,"
		"\"per_pass\":3,\"sentinel\":false,\"warmups\":1}");
	/* A load of 10 s and a warm-up of 1 s; 20 + 1 s, and 1 + 1 s. */
	assert_double(plan_seconds(&f.plan, &ten_and_one), 11 + 3 * 21 + 3 * 2);
	fake_plan_release(&f);
}

/* ---- budget ---- */

#define BUDGET                                                                                     \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-15\",\"top_k\":[1,2,3,4]},\"passes\":5,"   \
	"\"per_pass\":4,\"warmups\":1,\"sentinel\":false,\"priority\":[\"top_k == 1\",\"top_k < "  \
	"4 "                                                                                       \
	"and num_ctx < 14\"],\"budget\":"

/* A load takes 10 s and a request 1 s: 5 blocks, each with 4 cells. */
static void test_budget(void **state)
{
	static const struct {
		int budget;
		bool cut;
		int64_t per_pass, passes;
		uint64_t cells;
		double seconds;
	} cases[] = {
		/* 5 * 5 * (10 + 1 + 16) */
		{675, false, 4, 5, 20, 675},
		{674, true, 3, 5, 20, 575},
		{475, true, 2, 5, 20, 475},
		{375, true, 1, 5, 20, 375},
		/* Cells of neither condition go first: 3 blocks with 3 cells, 2 with 1. */
		{374, true, 1, 5, 11, 5 * (3 * 14 + 2 * 12)},
		{329, true, 1, 5, 5, 5 * 5 * 12},
		/* Passes at last. */
		{299, true, 1, 4, 5, 4 * 5 * 12},
		{180, true, 1, 3, 5, 3 * 5 * 12},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		struct plan_cut cut;
		struct plan again;
		struct err e = ERR_INIT;
		char sweep[500];

		snprintf(sweep, sizeof(sweep), "%s%d}", BUDGET, cases[i].budget);
		make(&f, sweep);
		assert_int_equal(plan_fit_budget(&f.sweep, &f.plan, &ten_and_one, &cut, &e), 0);
		assert_int_equal(cut.cut, cases[i].cut);
		assert_int_equal(cut.per_pass, cases[i].per_pass);
		assert_int_equal(cut.passes, cases[i].passes);
		assert_int_equal(cut.cells, cases[i].cells);
		assert_double(cut.seconds, cases[i].seconds);
		assert_int_equal(cut.per_pass_before, 4);
		assert_int_equal(cut.passes_before, 5);
		assert_int_equal(cut.cells_before, 20);
		/* What is built after it is what was promised. */
		assert_int_equal(plan_build(&again, &f.sweep, f.servers, 1, &e), 0);
		assert_int_equal(again.ncells, cut.cells);
		assert_int_equal(again.passes, cut.passes);
		assert_int_equal(again.per_pass, cut.per_pass);
		assert_double(plan_seconds(&again, &ten_and_one), cut.seconds);
		assert_int_equal(again.counts.dropped, 20 - cut.cells);
		assert_string_equal(again.fingerprint, f.plan.fingerprint);
		plan_release(&again);
		fake_plan_release(&f);
	}
}

static void test_budget_too_small(void **state)
{
	struct fake_plan f;
	struct plan_cut cut;
	struct err e = ERR_INIT;
	char sweep[500];

	(void)state;
	snprintf(sweep, sizeof(sweep), "%s179}", BUDGET);
	make(&f, sweep);
	assert_int_equal(plan_fit_budget(&f.sweep, &f.plan, &ten_and_one, &cut, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_string_equal(e.msg,
		"budget: nothing fits into 2 min 59 s: 3 passes of 5 cells, a repeat in each, take "
		"3 min 00 s");
	assert_string_equal(e.hint,
		"write at least that; --passes 1 takes 1 min 00 s, and then num_ctx cannot be "
		"tested");
	/* The sweep is as it was. */
	assert_int_equal(f.sweep.passes, 5);
	assert_int_equal(f.sweep.per_pass, 4);
	assert_int_equal(f.sweep.priority_kept, 0);
	fake_plan_release(&f);
}

/* Without conditions no cell is dropped; with looks the last pass is cut, and a look remains. */
static void test_budget_other(void **state)
{
	struct fake_plan f;
	struct plan_cut cut;
	struct plan again;
	struct err e = ERR_INIT;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"sentinel\":false,\"until\":0."
		"02,"
		"\"warmups\":1,\"budget\":150}");
	assert_int_equal(f.plan.passes, 28);
	assert_int_equal(plan_fit_budget(&f.sweep, &f.plan, &ten_and_one, &cut, &e), 0);
	assert_int_equal(cut.per_pass, 1);
	assert_int_equal(cut.cells, 2);
	assert_int_equal(cut.passes, 6); /* of 2 * 12 s */
	assert_int_equal(plan_build(&again, &f.sweep, f.servers, 1, &e), 0);
	assert_int_equal(again.passes, 6);
	assert_int_equal(again.nlooks, 1);
	plan_release(&again);
	fake_plan_release(&f);
	/* A shard is not cut by its own times. */
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"sentinel\":false,\"passes\":9,"
		"\"warmups\":1,\"budget\":60,\"shard\":\"2/3\"}");
	assert_int_equal(plan_fit_budget(&f.sweep, &f.plan, &ten_and_one, &cut, &e), -1);
	assert_string_equal(e.msg, "budget: shard 2/3 takes 1 min 18 s, more than 1 min 00 s");
	fake_plan_release(&f);
	/* Times that are not known cut nothing. */
	make(&f, "{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"budget\":1}");
	assert_int_equal(plan_fit_budget(&f.sweep, &f.plan,
				 &(struct pace){.per_load = NAN, .per_request = 1}, &cut, &e),
		0);
	assert_false(cut.cut);
	fake_plan_release(&f);
}

/* ---- degrees of freedom ---- */

static void assert_df(const struct plan *p, const char *name, unsigned levels, unsigned df,
	unsigned df_error, const char *note)
{
	for (size_t f = 0; f < p->ndf; f++) {
		if (strcmp(p->df[f].name, name) != 0)
			continue;
		assert_int_equal(p->df[f].levels, levels);
		assert_int_equal(p->df[f].df, df);
		assert_int_equal(p->df[f].df_error, df_error);
		assert_string_equal(p->df[f].note, note);
		return;
	}
	fail_msg("no factor %s", name);
}

static void test_unbalanced(void **state)
{
	static const struct {
		const char *keys; /* 3 passes and 2 repeats in each */
		const char *factor;
		unsigned levels, df, df_error;
		const char *note;
	} cases[] = {
		/* A zip of two runner options: 4 blocks. */
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"num_batch\":[1,2,3,4]},\"zip\":["
		 "\"num_ctx\",\"num_batch\"]",
			"num_batch", 4, 3, 6, "varies with num_ctx: one effect under two names"},
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"num_batch\":[1,2,3,4]},\"zip\":["
		 "\"num_ctx\",\"num_batch\"]",
			"num_ctx", 4, 3, 6, ""},
		/* Of a runner and a sampling option: nothing varies inside a load. */
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"top_k\":[1,2,3,4]},\"zip\":[\"num_ctx\","
		 "\"top_k\"]",
			"top_k", 4, 0, 12, "varies with num_ctx: one effect under two names"},
		/* Two halves that meet nowhere: num_ctx 8 and 16 with one batch, 32 and 64 with
		   another. */
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"num_batch\":[1,2]},\"only\":[\"num_ctx < "
		 "20 and num_batch == 1 or num_ctx > 20 and num_batch == 2\"]",
			"num_batch", 2, 0, 6, "cannot be told from the other factors"},
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"num_batch\":[1,2]},\"only\":[\"num_ctx < "
		 "20 and num_batch == 1 or num_ctx > 20 and num_batch == 2\"]",
			"num_ctx", 4, 2, 6, "2 of 3 differences can be told from other factors"},
		/* A corner is missing: all main effects can be told. */
		{"\"factors\":{\"num_ctx\":[8,16,32],\"num_batch\":[1,2,3]},\"exclude\":[\"num_ctx "
		 "== 8 and num_batch == 1\"]",
			"num_ctx", 3, 2, 14, ""},
		/* A level is gone. */
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"num_batch\":[1,2]},\"exclude\":[\"num_"
		 "ctx "
		 "== 8\"]",
			"num_ctx", 3, 2, 10, ""},
		/* Each load has one level of top_k: it never varies inside one. */
		{"\"factors\":{\"num_ctx\":[8,16,32,64],\"top_k\":[1,2]},\"only\":[\"num_ctx < 20 "
		 "and "
		 "top_k == 1 or num_ctx > 20 and top_k == 2\"]",
			"top_k", 2, 0, 12,
			"never varies inside a load: cannot be told from runner options"},
		/* 5 cells in 3 loads a pass: 30 - 9 - (1 + 1) */
		{"\"factors\":{\"num_ctx\":[8,16,32],\"top_k\":[1,2]},\"exclude\":[\"num_ctx == 8 "
		 "and "
		 "top_k == 2\"]",
			"top_k", 2, 1, 19, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[500];

		snprintf(sweep, sizeof(sweep), "{\"model\":\"m\",\"passes\":3,%s}", cases[i].keys);
		make(&f, sweep);
		assert_df(&f.plan, cases[i].factor, cases[i].levels, cases[i].df, cases[i].df_error,
			cases[i].note);
		fake_plan_release(&f);
	}
}

static void test_df_of_servers(void **state)
{
	static const char *const abc[] = {"a=http://10.0.0.1:1", "b=http://10.0.0.2:1"};
	struct fake_plan f;

	(void)state;
	fake_plan_make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16,32,64]},\"passes\":3,"
		"\"distribute\":\"replicate\"}",
		abc, 2);
	assert_df(&f.plan, "num_ctx", 4, 3, 3 * 5, ""); /* 6 passes on two servers */
	fake_plan_release(&f);
	fake_plan_make(&f,
		"{\"model\":\"m\",\"factors\":{\"server\":[\"a\",\"b\"],\"num_ctx\":[8,16,32,64]},"
		"\"passes\":5}",
		abc, 2);
	assert_df(&f.plan, "num_ctx", 4, 3, (8 - 2) * 4, "");
	assert_df(&f.plan, "server", 2, 1, 4, "rests on 4 degrees of freedom");
	fake_plan_release(&f);
}

/* Too many columns to be counted: at most. */
static void test_at_most(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"1001-1300\",\"num_batch\":[1,2]},"
		"\"exclude\":[\"num_ctx == 1001 and num_batch == 1\"]}");
	assert_df(&f.plan, "num_ctx", 300, 299, 598 * 2, "at most: not all combinations are there");
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_looks_extended),
		cmocka_unit_test(test_seconds_of_rates),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_too_small),
		cmocka_unit_test(test_budget_other),
		cmocka_unit_test(test_unbalanced),
		cmocka_unit_test(test_df_of_servers),
		cmocka_unit_test(test_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
