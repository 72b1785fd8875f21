/* test_sweep_resolve.c - sweeps resolved: layers, quick grid, defaults, warnings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep_text.h"
#include "unit.h"

static void assert_options(const struct sweep *s, const char *wanted)
{
	char *text = text_of(s->options);

	assert_string_equal(text, wanted);
	free(text);
}

static void test_defaults(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s, "{\"model\":\"m\",\"factors\":{\"temperature\":[0,1]}}", 18, 32768);
	assert_options(&s,
		"{\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":\"auto\","
		"\"num_predict\":64,\"seed\":42}");
	assert_int_equal(s.warmups, 2);
	assert_int_equal(s.repeats, 0);
	assert_int_equal(s.passes, 0);
	assert_int_equal(s.concurrency, 1);
	assert_string_equal(s.cache, "unique");
	assert_true(s.sentinel && s.merge_aliases && !s.raw && !s.quick);
	assert_int_equal(s.keep_alive_s, 1800);
	assert_double(s.margin_throughput, 0.02);
	assert_double(s.margin_tpot, 0.02);
	assert_double(s.margin_ttft, 0.05);
	assert_double(s.margin_score, 0.05);
	assert_double(s.limit_connect_s, 5);
	assert_double(s.limit_first_load_s, 900);
	assert_double(s.limit_first_s, 120);
	assert_double(s.limit_stall_s, 60);
	assert_double(s.limit_total_s, 0);
	assert_int_equal(s.nprompts, 1);
	assert_string_equal(s.prompts[0].id, "default");
	assert_string_equal(s.warnings.s, "");
	sweep_release(&s);
	/* What is a factor is no option beside it. */
	text_sweep(
		&s, "{\"model\":\"m\",\"factors\":{\"seed\":[1,2],\"num_batch\":[1,2]}}", 18, 1024);
	assert_options(&s, "{\"num_ctx\":1024,\"num_gpu\":\"auto\",\"num_predict\":64}");
	assert_int_equal(s.factors[0].stratum, STRATUM_SAMPLING);
	assert_int_equal(s.factors[1].stratum, STRATUM_RUNNER);
	sweep_release(&s);
}

/* ---- layers ---- */

static void test_layers(void **state)
{
	static const struct {
		const char *levels;
		int64_t layers;
		const char *grid;
	} cases[] = {
		{"[\"auto\",\"all\",\"75%\",\"50%\",0]", 18, "num_gpu=auto,19,14,9,0"},
		{"[\"100%\",\"0%\",\"1%\"]", 18, "num_gpu=18,0,1"},
		{"[\"12.5%\",-1]", 8, "num_gpu=1,auto"},
		{"[\"70%\"]", 10, "num_gpu=7"}, /* 0.7 * 10 is a little more than 7 in binary */
		{"[\"all\",19,\"75%\",14]", 18, "num_gpu=19,14"},
		{"\"all,0-8+4\"", 18, "num_gpu=19,0,4,8"},
		{"[\"auto\",\"all\",0]", -1, "num_gpu=auto,999,0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		char text[200];

		snprintf(text, sizeof(text), "{\"model\":\"m\",\"factors\":{\"num_gpu\":%s}}",
			cases[i].levels);
		text_sweep(&s, text, cases[i].layers, -1);
		assert_string_equal(text_grid(&s), cases[i].grid);
		sweep_release(&s);
	}
}

static void test_layers_asked(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s, "{\"model\":\"m\",\"factors\":{\"num_gpu\":[\"75%\",\"all\",14]}}", 18, -1);
	assert_string_equal(s.factors[0].levels[0].asked, "75%");
	assert_true(json_is_integer(s.factors[0].levels[0].value));
	assert_int_equal(s.factors[0].nlevels, 2);
	assert_string_equal(
		s.warnings.s, "num_gpu 75% and 14 are both 14 layers here: measured once\n");
	sweep_release(&s);
	text_sweep(&s, "{\"model\":\"m\",\"options\":{\"num_gpu\":\"all\"}}", -1, -1);
	assert_int_equal(json_integer_value(json_object_get(s.options, "num_gpu")), 999);
	assert_string_equal(s.warnings.s,
		"num_gpu all is sent as 999: the server does not tell how many layers there are\n");
	sweep_release(&s);
}

static void test_layers_unknown(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct server_facts f;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(
		text_parse(&s, "{\"model\":\"m\",\"options\":{\"num_gpu\":\"75%\"}}", &e), 0);
	assert_int_equal(text_resolve(&s, -1, -1, &e), -1);
	assert_string_equal(
		e.msg, "num_gpu: 75% of the layers: the server does not tell how many there are");
	assert_contains(e.hint, "/api/show");
	assert_int_equal(e.code, ERR_USAGE);
	sweep_release(&s);

	/* A share of two models is not one number; all of both is. */
	assert_int_equal(
		text_parse(&s, "{\"factors\":{\"model\":[\"a\",\"b\"],\"num_gpu\":[\"50%\"]}}", &e),
		0);
	text_server(&f, &s, 18, -1);
	f.models[1].layers = 34;
	assert_int_equal(sweep_resolve(&s, &f, 1, &e), -1);
	assert_string_equal(e.msg, "num_gpu: 50% of the layers: the models have 18 to 34 of them");
	sweep_release(&s);
	assert_int_equal(
		text_parse(&s, "{\"factors\":{\"model\":[\"a\",\"b\"],\"num_gpu\":[\"all\"]}}", &e),
		0);
	assert_int_equal(sweep_resolve(&s, &f, 1, &e), 0);
	assert_string_equal(text_grid(&s), "model=a,b num_gpu=35");
	sweep_release(&s);
	server_facts_release(&f);
	/* Without any server nothing is known. */
	assert_int_equal(text_parse(&s, "{\"model\":\"m\"}", &e), 0);
	assert_int_equal(sweep_resolve(&s, NULL, 0, &e), 0);
	assert_string_equal(text_grid(&s), "num_gpu=auto,999,0 num_ctx=4096,8192,16384");
	sweep_release(&s);
}

static void test_quick_grid(void **state)
{
	static const struct {
		const char *sweep;
		int64_t layers, train;
		const char *grid;
	} cases[] = {
		{"{\"model\":\"m\"}", 18, 32768, "num_gpu=auto,19,14,9,0 num_ctx=4096,8192,16384"},
		{"{\"model\":\"m\"}", -1, -1, "num_gpu=auto,999,0 num_ctx=4096,8192,16384"},
		{"{\"model\":\"m\"}", 1, 8192, "num_gpu=auto,2,1,0 num_ctx=4096,8192"},
		{"{\"model\":\"m\"}", 18, 2048, "num_gpu=auto,19,14,9,0 num_ctx=2048"},
		{"{\"model\":\"m\",\"options\":{\"num_gpu\":0}}", 18, 32768,
			"num_ctx=4096,8192,16384"},
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":512}}", 18, 32768,
			"num_gpu=auto,19,14,9,0"},
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":512,\"num_gpu\":0}}", 18, 32768, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		bool one_cell = cases[i].grid[0] == '\0';

		text_sweep(&s, cases[i].sweep, cases[i].layers, cases[i].train);
		assert_string_equal(text_grid(&s), cases[i].grid);
		assert_true(s.quick);
		assert_int_equal(strstr(s.warnings.s, "nothing varies") != NULL, one_cell);
		sweep_release(&s);
	}
}

static void test_warnings(void **state)
{
	static const struct {
		const char *sweep, *warning; /* "" for none */
	} cases[] = {
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":99},\"prompt\":\"123456789 123456789 "
		 "123456789 "
		 "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456\"}",
			""}, /* 35 tokens and 64 */
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":98},\"prompt\":\"123456789 123456789 "
		 "123456789 "
		 "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456\"}",
			"1 of 1 prompts may not fit into num_ctx 98: \"p1\" has about 35 tokens, "
			"and an "
			"answer up to 64\n"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[60,70],\"num_predict\":[5,66]},"
		 "\"prompts\":[\"x\",\"123456789\"]}",
			"2 of 2 prompts may not fit into num_ctx 60: \"p2\" has about 3 tokens, "
			"and an answer "
			"up to 66\n"},
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":10,\"num_predict\":-1},\"prompt\":"
		 "\"x\"}",
			""},
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":40000}}",
			"num_ctx 40000 is 32768 here: the model was trained for no more\n"},
		/* Lengths that are asked for. */
		{"{\"model\":\"m\",\"prompt_tokens\":\"80%\"}", ""},
		{"{\"model\":\"m\",\"prompt_tokens\":\"100%\"}",
			"prompts of 4096 tokens may not fit into num_ctx 4096 with an answer of up "
			"to "
			"64\n"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048,8192],\"prompt_tokens\":[100,"
		 "\"50%\",2000]}}",
			"prompts of 2000 tokens may not fit into num_ctx 2048 with an answer of up "
			"to "
			"64\n"},
		/* The longest of several system prompts. */
		{"{\"model\":\"m\",\"options\":{\"num_ctx\":8},\"prompt\":\"abc\",\"factors\":"
		 "{\"system\":[\"\",\"abcdefghijklmnopqrstuvwx\"],\"num_predict\":[0]}}",
			"1 of 1 prompts may not fit into num_ctx 8: \"p1\" has about 9 tokens, and "
			"an "
			"answer up to 0\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;

		text_sweep(&s, cases[i].sweep, 18, 32768);
		assert_string_equal(s.warnings.s, cases[i].warning);
		sweep_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_layers_asked),
		cmocka_unit_test(test_layers_unknown),
		cmocka_unit_test(test_quick_grid),
		cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
