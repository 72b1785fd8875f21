/* test_plan_load.c - how a cell's requests come: bursts, rates, prompts of its own, lengths. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"

#define PLAIN_ID "c6a5fb0913c9cce3" /* as it was before there were rates and lengths */

static const char *const one_url[] = {"http://127.0.0.1:11434"};

static void make(struct fake_plan *f, const char *sweep)
{
	fake_plan_make(f, sweep, one_url, 1);
}

/* The first visit of a block that has the cell. */
static void items_of(const struct plan *p, uint32_t cell, struct item **items, size_t *n)
{
	for (uint32_t i = 0; i < p->nvisits; i++) {
		if (p->visits[i].kind == VISIT_BLOCK &&
			p->visits[i].block == p->block_of_cell[cell]) {
			plan_items(p, &p->visits[i], items, n);
			return;
		}
	}
	fail_msg("cell %u has no visit", cell);
}

static void test_burst_size(void **state)
{
	static const struct {
		const char *keys;
		uint32_t size;
		bool is_burst;
	} cases[] = {
		{"", 1, false},
		{",\"concurrency\":2", 30, true},
		{",\"rate\":2,\"burst\":9", 9, true},
		{",\"rate\":2,\"burst\":\"30s\"", 60, true},
		{",\"rate\":0.1,\"burst\":\"30s\"", 3, true},
		/* As many of each prompt. */
		{",\"rate\":0.5,\"burst\":\"10s\",\"prompts\":[\"a\",\"b\",\"c\"]", 6, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[300];

		snprintf(sweep, sizeof(sweep), "{\"model\":\"m\"%s,\"factors\":{\"top_k\":[1]}}",
			cases[i].keys);
		make(&f, sweep);
		assert_int_equal(plan_burst_size(&f.plan, 0), cases[i].size);
		assert_int_equal(plan_is_burst(&f.plan, 0), cases[i].is_burst);
		fake_plan_release(&f);
	}
}

/* Equal gaps, the first at once, anew for each burst. */
static void test_constant_rate(void **state)
{
	struct fake_plan f;
	struct item *items;
	size_t n;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"rate\":[4,0.5]},\"burst\":5,\"repeats\":6,"
		"\"passes\":3}");
	items_of(&f.plan, 0, &items, &n);
	assert_int_equal(n, 20); /* 2 rates, 2 bursts of each */
	for (size_t i = 0; i < n; i++) {
		ns gap = plan_rate(&f.plan, items[i].cell) > 1 ? NS_PER_S / 4 : 2 * NS_PER_S;

		assert_int_equal(items[i].burst, i / 5);
		assert_in_range(items[i].cell_burst, 1, 2);
		assert_double(items[i].rate, plan_rate(&f.plan, items[i].cell));
		assert_int_equal(items[i].due, (ns)(i % 5) * gap);
		assert_int_equal(items[i].ordinal, (items[i].cell_burst - 1) * 5 + i % 5);
	}
	free(items);
	/* The sentinel is sent one by one. */
	plan_items(&f.plan, &f.plan.visits[0], &items, &n);
	for (size_t i = 0; i < n; i++) {
		assert_double(items[i].rate, 0);
		assert_int_equal(items[i].cell_burst, 0);
		assert_int_equal(items[i].due, 0);
	}
	assert_double(plan_rate(&f.plan, f.plan.sentinel_cell), 0.5);
	free(items);
	fake_plan_release(&f);
}

/* Exponential gaps: their mean is 1 / rate, and a share of 1 - 1/e is below it. */
static void test_poisson(void **state)
{
	struct fake_plan f, g;
	struct item *items, *again;
	size_t n, m, below = 0;
	double mean = 0;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"top_k\":[1]},\"rate\":5,\"burst\":10000,"
		"\"arrivals\":\"poisson\",\"repeats\":3,\"passes\":3}");
	items_of(&f.plan, 0, &items, &n);
	assert_int_equal(n, 10000);
	assert_int_equal(items[0].due, 0);
	for (size_t i = 1; i < n; i++) {
		double gap = (double)(items[i].due - items[i - 1].due) / (double)NS_PER_S;

		assert_true(gap >= 0);
		mean += gap / (double)(n - 1);
		below += gap < 0.2;
	}
	/* 5 standard errors: 0.2 / sqrt(10000), and sqrt(.632 * .368 / 10000). */
	assert_true(fabs(mean - 0.2) < 0.01);
	assert_true(fabs((double)below / (double)(n - 1) - 0.632) < 0.025);
	/* The same plan, the same times; another seed or another pass, others. */
	plan_items(&f.plan, &f.plan.visits[1], &again, &m);
	assert_int_equal(again[9].due, items[9].due);
	free(again);
	for (uint32_t i = 2; i < f.plan.nvisits; i++) {
		if (f.plan.visits[i].kind == VISIT_SENTINEL)
			continue;
		plan_items(&f.plan, &f.plan.visits[i], &again, &m);
		assert_int_not_equal(again[9].due, items[9].due);
		free(again);
	}
	make(&g,
		"{\"model\":\"m\",\"factors\":{\"top_k\":[1]},\"rate\":5,\"burst\":10000,"
		"\"arrivals\":\"poisson\",\"repeats\":3,\"passes\":3,\"order_seed\":99}");
	items_of(&g.plan, 0, &again, &m);
	assert_int_not_equal(again[9].due, items[9].due);
	assert_string_equal(again[9].run_id, items[9].run_id);
	free(again);
	free(items);
	fake_plan_release(&f);
	fake_plan_release(&g);
}

/* With a factor `prompt` a cell has one prompt, else all. */
static void test_prompts(void **state)
{
	struct fake_plan f;
	struct item *items;
	size_t n, first;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"prompts\":[{\"id\":\"x\",\"text\":\"1\"},{\"id\":\"y\","
		"\"text\":"
		"\"2\"},{\"id\":\"z\",\"text\":\"3\"}],\"factors\":{\"prompt\":[\"z\",\"x\"],"
		"\"top_k\":[1,2]},\"passes\":3}");
	assert_int_equal(f.plan.ncells, 4);
	assert_int_equal(f.plan.requests, 4 * 2 * 3);
	assert_int_equal(plan_prompts(&f.plan, 0, &first), 1);
	assert_int_equal(first, 2);
	items_of(&f.plan, 0, &items, &n);
	assert_int_equal(n, 8);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i].prompt, items[i].cell < 2 ? 2 : 0);
	free(items);
	/* 2 * 4 cells * 3 passes - 3 loads - (1 + 1): prompts are no term of their own. */
	assert_int_equal(f.plan.df[0].df, 1);
	assert_int_equal(f.plan.df[0].df_error, 24 - 3 - 2);
	fake_plan_release(&f);
	make(&f, "{\"model\":\"m\",\"prompts\":[\"a\",\"b\"],\"factors\":{\"top_k\":[1,2]}}");
	assert_int_equal(plan_prompts(&f.plan, 1, &first), 2);
	assert_int_equal(first, 0);
	fake_plan_release(&f);
}

/* What is asked of a cell, varied or fixed. */
static void test_settings(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"system\":{\"short\":\"Be brief.\",\"none\":\"\"},"
		"\"keep_alive\":[60,120]},\"template\":\"{{ .Prompt }}\"}");
	assert_string_equal(plan_system(&f.plan, 0), "Be brief.");
	assert_string_equal(f.plan.sweep->factors[0].levels[0].text, "short");
	assert_null(plan_system(&f.plan, 2));
	assert_string_equal(plan_template(&f.plan, 0), "{{ .Prompt }}");
	assert_int_equal(plan_keep_alive_s(&f.plan, 0), 60);
	assert_int_equal(plan_keep_alive_s(&f.plan, 3), 120);
	assert_int_equal(f.plan.nblocks, 2); /* keep_alive is a runner factor */
	fake_plan_release(&f);
	make(&f, "{\"model\":\"m\",\"factors\":{\"top_k\":[1]}}");
	assert_null(plan_system(&f.plan, 0));
	assert_null(plan_template(&f.plan, 0));
	assert_int_equal(plan_keep_alive_s(&f.plan, 0), f.sweep.keep_alive_s);
	assert_double(plan_rate(&f.plan, 0), 0);
	assert_int_equal(plan_prompt_tokens(&f.plan, 0), 0);
	fake_plan_release(&f);
}

/* A share of num_ctx is one of the context in effect: the model was trained for 32768. */
static void test_prompt_tokens(void **state)
{
	static const struct {
		const char *keys;
		int64_t tokens[3];
	} cases[] = {
		{"\"factors\":{\"num_ctx\":[1000,4096,65536]},\"prompt_tokens\":\"75%\"",
			{750, 3072, 24576}},
		{"\"factors\":{\"num_ctx\":[1000,4096,65536]},\"prompt_tokens\":500",
			{500, 500, 500}},
		{"\"factors\":{\"prompt_tokens\":[100,\"50%\",\"7%\"]},\"options\":{\"num_ctx\":"
		 "100}",
			{100, 50, 7}},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[300];

		snprintf(sweep, sizeof(sweep),
			"{\"model\":\"m\",%s,\"prompt\":\"hello\",\"aliases\":\"keep\"}",
			cases[i].keys);
		make(&f, sweep);
		assert_int_equal(f.plan.ncells, 3);
		for (uint32_t c = 0; c < 3; c++)
			assert_int_equal(plan_prompt_tokens(&f.plan, c), cases[i].tokens[c]);
		fake_plan_release(&f);
	}
}

/* Conditions see a share as the tokens that it is. */
static void test_tokens_in_conditions(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1000,2000],\"prompt_tokens\":[300,"
		"\"50%\"]},\"exclude\":[\"prompt_tokens + num_predict > 1050\"],\"options\":"
		"{\"num_predict\":64}}");
	assert_int_equal(f.plan.ncells, 3); /* 50 % of 2000 and 64 are too many */
	fake_plan_release(&f);
}

static void cell_id(const char *sweep, char id[HASH_ID_TEXT])
{
	struct fake_plan f;

	make(&f, sweep);
	plan_cell_id(&f.plan, 0, id);
	fake_plan_release(&f);
}

/* A value has the same part in the name whether it is fixed or a level. */
static void test_cell_ids(void **state)
{
	static const char *const pairs[][2] = {
		{"\"system\":\"x\",\"factors\":{\"top_k\":[1]}",
			"\"factors\":{\"top_k\":[1],\"system\":[\"x\",\"y\"]}"},
		{"\"template\":\"x\",\"factors\":{\"top_k\":[1]}",
			"\"factors\":{\"top_k\":[1],\"template\":[\"x\"]}"},
		{"\"rate\":2.5,\"burst\":9,\"factors\":{\"top_k\":[1]}",
			"\"burst\":9,\"factors\":{\"top_k\":[1],\"rate\":[2.5,3]}"},
		{"\"prompt_tokens\":\"7%\",\"factors\":{\"top_k\":[1]}",
			"\"factors\":{\"top_k\":[1],\"prompt_tokens\":[\"7%\"]}"},
		{"\"prompt_tokens\":70,\"factors\":{\"top_k\":[1]}",
			"\"factors\":{\"top_k\":[1],\"prompt_tokens\":[70]}"},
	};
	char plain[HASH_ID_TEXT], a[HASH_ID_TEXT], b[HASH_ID_TEXT];

	(void)state;
	cell_id("{\"model\":\"m\",\"factors\":{\"top_k\":[1]}}", plain);
	assert_string_equal(plain, PLAIN_ID); /* names of plain sweeps do not change */
	for (size_t i = 0; i < COUNTOF(pairs); i++) {
		char sweep[300];

		snprintf(sweep, sizeof(sweep), "{\"model\":\"m\",%s}", pairs[i][0]);
		cell_id(sweep, a);
		snprintf(sweep, sizeof(sweep), "{\"model\":\"m\",%s}", pairs[i][1]);
		cell_id(sweep, b);
		assert_string_equal(a, b);
		assert_string_not_equal(a, plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_size),
		cmocka_unit_test(test_constant_rate),
		cmocka_unit_test(test_poisson),
		cmocka_unit_test(test_prompts),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_prompt_tokens),
		cmocka_unit_test(test_tokens_in_conditions),
		cmocka_unit_test(test_cell_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
