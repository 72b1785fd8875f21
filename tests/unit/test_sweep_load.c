/* test_sweep_load.c - rates, bursts, goodput, stopping, budget, shards, subsets: read and written.
 */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_text.h"
#include "unit.h"

static void test_open_loop(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"rate\":[0.5,2]},\"arrivals\":\"poisson\","
		"\"burst\":\"1m30.5s\",\"goodput\":{\"ttft_ms\":500,\"e2e_ms\":5000.5}}",
		18, 32768);
	assert_int_equal(s.factors[0].kind, FACTOR_RATE);
	assert_int_equal(s.factors[0].stratum, STRATUM_SAMPLING);
	assert_double(s.rate, 0);
	assert_true(s.poisson);
	assert_double(s.burst_s, 90.5);
	assert_int_equal(s.burst, 0);
	assert_double(s.goodput_ttft_ms, 500);
	assert_double(s.goodput_tpot_ms, 0);
	assert_double(s.goodput_e2e_ms, 5000.5);
	sweep_release(&s);
	text_sweep(&s, "{\"model\":\"m\",\"rate\":3,\"burst\":40,\"concurrency\":1}", 18, 32768);
	assert_double(s.rate, 3);
	assert_false(s.poisson);
	assert_int_equal(s.burst, 40);
	assert_double(s.burst_s, 0);
	sweep_release(&s);
}

static void test_extent(void **state)
{
	static const struct {
		const char *keys;
		double until, budget_s;
		int64_t max_passes;
		enum distribute distribute;
		uint32_t shard, shards;
	} cases[] = {
		{"", 0, 0, 0, DISTRIBUTE_SHARE, 0, 0},
		{",\"until\":\"2%\"", 0.02, 0, 0, DISTRIBUTE_SHARE, 0, 0},
		{",\"until\":0.015,\"max_passes\":12", 0.015, 0, 12, DISTRIBUTE_SHARE, 0, 0},
		{",\"budget\":\"6h\"", 0, 21600, 0, DISTRIBUTE_SHARE, 0, 0},
		{",\"budget\":\"1h30m\",\"distribute\":\"replicate\"", 0, 5400, 0,
			DISTRIBUTE_REPLICATE, 0, 0},
		{",\"budget\":90.5,\"distribute\":\"share\"", 0, 90.5, 0, DISTRIBUTE_SHARE, 0, 0},
		{",\"shard\":\"1/1\"", 0, 0, 0, DISTRIBUTE_SHARE, 1, 1},
		{",\"shard\":\"8/8\"", 0, 0, 0, DISTRIBUTE_SHARE, 8, 8},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		char *text = xasprintf("{\"model\":\"m\"%s}", cases[i].keys);

		text_sweep(&s, text, 18, 32768);
		assert_double(s.until, cases[i].until);
		assert_double(s.budget_s, cases[i].budget_s);
		assert_int_equal(s.max_passes, cases[i].max_passes);
		assert_int_equal(s.distribute, cases[i].distribute);
		assert_int_equal(s.shard, cases[i].shard);
		assert_int_equal(s.shards, cases[i].shards);
		free(text);
		sweep_release(&s);
	}
}

/* As a percentage or as a fraction. */
static void test_margins(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"margin\":{\"throughput\":\"3%\",\"tpot\":0.01,\"score\":"
		"\"10%\"}}",
		18, 32768);
	assert_double(s.margin_throughput, 0.03);
	assert_double(s.margin_tpot, 0.01);
	assert_double(s.margin_ttft, 0.05); /* as it is without */
	assert_double(s.margin_score, 0.1);
	sweep_release(&s);
}

static void test_subsets(void **state)
{
	static const struct {
		const char *subset;
		enum subset_kind kind;
		int64_t cells, seed;
	} cases[] = {
		{"\"random:200\"", SUBSET_RANDOM, 200, 1},
		{"\"latin:1000000\"", SUBSET_LATIN, 1000000, 1},
		{"{\"kind\":\"sobol\",\"cells\":64}", SUBSET_SOBOL, 64, 1},
		{"{\"kind\":\"sobol\",\"cells\":64,\"seed\":0}", SUBSET_SOBOL, 64, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		char *text = xasprintf("{\"model\":\"m\",\"subset\":%s}", cases[i].subset);

		text_sweep(&s, text, 18, 32768);
		assert_int_equal(s.subset.kind, cases[i].kind);
		assert_int_equal(s.subset.cells, cases[i].cells);
		assert_int_equal(s.subset.seed, cases[i].seed);
		free(text);
		sweep_release(&s);
	}
}

/* Every whole percentage reads back to the same share. */
static void test_lengths(void **state)
{
	(void)state;
	for (int percent = 1; percent <= 100; percent++) {
		struct sweep s = SWEEP_INIT;
		char *text = xasprintf("{\"model\":\"m\",\"prompt_tokens\":\"%d%%\"}", percent);
		char *wanted = xasprintf("%d%%", percent);
		json_t *o;

		text_sweep(&s, text, 18, 32768);
		assert_double(s.prompt_tokens_share, (double)percent / 100);
		assert_int_equal(s.prompt_tokens, 0);
		o = sweep_json(&s);
		assert_string_equal(jsonx_get_string(o, "prompt_tokens"), wanted);
		json_decref(o);
		free(text);
		free(wanted);
		sweep_release(&s);
	}
}

/* A group of a prompt is for the report only. */
static void test_prompt_groups(void **state)
{
	struct sweep s = SWEEP_INIT;
	json_t *o;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"prompts\":[{\"text\":\"a\",\"kind\":\"arithmetic\","
		"\"difficulty\":\"2\"}]}",
		18, 32768);
	assert_string_equal(s.prompts[0].kind, "arithmetic");
	assert_string_equal(s.prompts[0].difficulty, "2");
	o = sweep_json(&s);
	assert_string_equal(
		jsonx_get_string(json_array_get(json_object_get(o, "prompts"), 0), "kind"),
		"arithmetic");
	json_decref(o);
	sweep_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_loop),
		cmocka_unit_test(test_extent),
		cmocka_unit_test(test_margins),
		cmocka_unit_test(test_subsets),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_prompt_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
