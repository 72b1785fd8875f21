/* test_options.c - the table of Ollama's options. */
#include <string.h>

#include "options.h"
#include "unit.h"

static void test_strata(void **state)
{
	/* What Ollama compares to decide whether a runner must be started anew. */
	static const char *const runner[] = {
		"num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread"};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < COUNTOF(runner); i++) {
		assert_non_null(option_find(runner[i]));
		assert_int_equal(option_find(runner[i])->stratum, STRATUM_RUNNER);
	}
	for (size_t i = 0; i < option_count; i++)
		found += option_specs[i].stratum == STRATUM_RUNNER;
	assert_int_equal(found, COUNTOF(runner));
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *o = &option_specs[i];

		assert_ptr_equal(option_find(o->name), o); /* no name stands there twice */
		assert_true(strlen(o->help) > 0);
		if (o->type == OPTION_INT || o->type == OPTION_REAL)
			assert_true(o->min < o->max);
	}
	assert_int_equal(option_find("temperature")->type, OPTION_REAL);
	assert_int_equal(option_find("use_mmap")->type, OPTION_BOOL);
	assert_int_equal(option_find("stop")->type, OPTION_STRINGS);
	assert_null(option_find("num_ctxx"));
	assert_null(option_find(""));
}

static void test_did_you_mean(void **state)
{
	(void)state;
	assert_string_equal(option_did_you_mean("num_ctxx"), "num_ctx");
	assert_string_equal(option_did_you_mean("temprature"), "temperature");
	assert_null(option_did_you_mean("flash_attention"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strata),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_did_you_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
