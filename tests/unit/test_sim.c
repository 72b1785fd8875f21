/* test_sim.c - the simulated machine: its keys, what is loaded and for how long. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simtest.h"

/* --- config --- */

static void test_config_set(void **state)
{
	static const struct {
		const char *text, *in_message, *in_hint;
	} bad[] = {
		{"decode_sped=1", "unknown key \"decode_sped\"", "decode_speed"},
		{"zzzzzzzzzzzzzz=1", "unknown key", "--help"},
		{"layers", "layers has no value", "layers=VALUE"},
		{"layers=0", "from 1 to 1000, got \"0\"", "transformer"},
		{"layers=1.5", "expected an integer", "transformer"},
		{"era=4", "from 1 to 3", "era"},
		{"noise_load=nan", "expected a number", "load to load"},
		{"noise_load=", "expected a number", "load to load"},
		{"model=", "expected a name", "letters"},
		{"model=a\"b", "expected a name", "letters"},
		{"=1", "unknown key", "--help"},
	};
	struct sim_config c;

	(void)state;
	sim_config_default(&c);
	assert_float_equal(c.layers, 18, 0);
	assert_string_equal(c.model, "gemma3:270m");
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(sim_config_set(&c, bad[i].text, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		if (!strstr(e.msg, bad[i].in_message) || !strstr(e.hint, bad[i].in_hint))
			fail_msg("%s: \"%s\" / \"%s\"", bad[i].text, e.msg, e.hint);
	}
	assert_int_equal(sim_config_set(&c, "decode_speed=0.9", NULL), 0);
	assert_float_equal(c.decode_speed, 0.9, 1e-6);
	assert_int_equal(sim_config_set(&c, "model=g2:1b", NULL), 0);
	assert_string_equal(c.model, "g2:1b");
}

static void test_config_version(void **state)
{
	struct sim_config c;

	(void)state;
	sim_config_default(&c);
	assert_string_equal(c.version, "0.32.14-sim");
	assert_int_equal(sim_config_set(&c, "era=2", NULL), 0);
	assert_string_equal(c.version, "0.24.0-sim");
	assert_int_equal(sim_config_set(&c, "version=0.11.0", NULL), 0);
	assert_int_equal(sim_config_set(&c, "era=1", NULL), 0);
	assert_string_equal(c.version, "0.11.0"); /* chosen: stays */
}

static void test_config_help(void **state)
{
	struct str out = STR_INIT(STR_MAX_LINE);

	(void)state;
	sim_config_help(&out);
#define IS_LISTED(name, dflt, min, max, help)                                                      \
	assert_non_null(strstr(out.s, "  " #name "="));                                            \
	assert_non_null(strstr(out.s, help));
	SIM_KEYS(IS_LISTED)
	assert_non_null(strstr(out.s, "model="));
	str_release(&out);
}

/* --- what is loaded --- */

static void test_reload_rules(void **state)
{
	static const struct {
		int era;
		const char *first, *second;
		bool reloads;
	} cases[] = {
		{3, "", "", false},
		/* num_gpu left to the server never reloads, a number does, even one that comes to
		 * the same */
		{3, "\"num_gpu\":0", "", false},
		{3, "\"num_gpu\":0", "\"num_gpu\":-1", false},
		{3, "\"num_gpu\":99", "\"num_gpu\":-5", false},
		{3, "", "\"num_gpu\":0", true},
		{3, "\"num_gpu\":99", "\"num_gpu\":19", true},
		{3, "\"num_gpu\":19", "\"num_gpu\":19", false},
		{3, "\"num_gpu\":19", "\"num_gpu\":19.9", false},
		/* num_ctx */
		{3, "\"num_ctx\":8192", "", true},
		{3, "", "\"num_ctx\":4096", false},
		{3, "\"num_ctx\":40000", "\"num_ctx\":65536", false},
		{2, "\"num_ctx\":40000", "\"num_ctx\":65536", true},
		{3, "\"num_ctx\":0", "\"num_ctx\":4", false},
		{3, "\"num_ctx\":null", "\"num_ctx\":4096", false},
		/* num_batch: a newer server derives it from num_ctx */
		{3, "\"num_batch\":512", "", false},
		{3, "\"num_batch\":256", "", true},
		{3, "\"num_ctx\":8192,\"num_batch\":512", "\"num_ctx\":8192", true},
		{3, "\"num_ctx\":8192,\"num_batch\":1024", "\"num_ctx\":8192", false},
		{2, "\"num_ctx\":8192,\"num_batch\":512", "\"num_ctx\":8192", false},
		/* the others */
		{3, "\"num_thread\":4", "\"num_thread\":2", true},
		{3, "\"main_gpu\":0", "", true},
		{2, "\"main_gpu\":0", "", false},
		{3, "\"use_mmap\":true", "", false},
		{3, "", "\"use_mmap\":true", true},
		{3, "\"use_mmap\":true", "\"use_mmap\":false", true},
		/* sampling never does */
		{3, "\"temperature\":0.1", "\"temperature\":0.9,\"seed\":5,\"top_k\":3", false},
		{3, "\"num_predict\":5", "\"num_keep\":9,\"stop\":[\"x\"],\"nonsense\":1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era == 3 ? "era=3" : "era=2");
		struct sim_answer a = simtest_options(m, 0, cases[i].first), b;

		assert_int_equal(a.load, MS(1000));
		b = simtest_options(m, a.end_at + 1, cases[i].second);
		if (b.load != (cases[i].reloads ? MS(1040) : MS(100)))
			fail_msg("case %zu (%s -> %s): load %lld", i, cases[i].first,
				cases[i].second, (long long)b.load);
		sim_answer_release(&a);
		sim_answer_release(&b);
		sim_free(m);
	}
}

static void test_shift_is_a_launch_option(void **state)
{
	static const struct {
		const char *era;
		ns load;
	} cases[] = {{"era=3", MS(1040)}, {"era=2", MS(100)}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a = simtest_ask(m, 0, "\"prompt\":\"x\""), b;

		b = simtest_ask(m, a.end_at, "\"prompt\":\"x\",\"shift\":false");
		assert_int_equal(b.load, cases[i].load);
		sim_answer_release(&a);
		sim_answer_release(&b);
		sim_free(m);
	}
}

static void test_num_ctx_in_effect(void **state)
{
	static const struct {
		const char *vision, *options;
		double num_ctx;
	} cases[] = {
		{"vision=0", "", 4096},
		{"vision=0", "\"num_ctx\":1024", 1024},
		{"vision=1", "\"num_ctx\":1024", 2048},
		{"vision=1", "\"num_ctx\":2049", 2049},
		{"vision=0", "\"num_ctx\":-3", 4},
		{"vision=0", "\"num_ctx\":40000", 32768},
		{"vision=0", "\"num_ctx\":1e300", 32768},
		{"vision=0", "\"num_ctx\":999.9", 999},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].vision);
		struct sim_answer a = simtest_options(m, 0, cases[i].options);

		assert_float_equal(simtest_ps(m, a.end_at, "context_length"), cases[i].num_ctx, 0);
		sim_answer_release(&a);
		sim_free(m);
	}
}

/* The load is counted in quarters of a second by newer servers, to the millisecond by older ones.
 */
static void test_load_time(void **state)
{
	static const struct {
		const char *era, *load_ms;
		ns load;
	} cases[] = {
		{"era=3", "load_ms=900", MS(1000)}, {"era=3", "load_ms=1001", MS(1250)},
		{"era=2", "load_ms=900", MS(900)},
		{"era=3", "load_ms=0", MS(100)}, /* never less than a resident model's */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era, cases[i].load_ms);
		struct sim_answer a = simtest_options(m, S(5), "");

		assert_int_equal(a.load, cases[i].load);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_keep_alive(void **state)
{
	static const struct {
		const char *keep_alive; /* of the first request, "" for none */
		double idle;            /* seconds until the second */
		bool loads;
	} cases[] = {
		{"", 299, false},
		{"", 301, true},
		{",\"keep_alive\":2", 1.9, false},
		{",\"keep_alive\":2", 2.1, true},
		{",\"keep_alive\":0.5", 0.6, true},
		{",\"keep_alive\":\"1m30s\"", 89, false},
		{",\"keep_alive\":\"1m30s\"", 91, true},
		{",\"keep_alive\":\"1500ms\"", 1.4, false},
		{",\"keep_alive\":\".5h\"", 1799, false},
		{",\"keep_alive\":-1", 1e6, false},
		{",\"keep_alive\":\"-1m\"", 1e6, false},
		{",\"keep_alive\":0", 0.001, true},
		{",\"keep_alive\":\"0\"", 0.001, true},
		{",\"keep_alive\":null", 299, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET);
		struct sim_answer a, b;
		char rest[100];

		snprintf(rest, sizeof(rest), "\"prompt\":\"x\"%s", cases[i].keep_alive);
		a = simtest_ask(m, 0, rest);
		b = simtest_ask(m, a.end_at + S(cases[i].idle), "\"prompt\":\"x\"");
		if ((b.load != MS(100)) != cases[i].loads)
			fail_msg("case %zu: load %lld", i, (long long)b.load);
		sim_answer_release(&a);
		sim_answer_release(&b);
		sim_free(m);
	}
}

/* A request without keep_alive keeps the runner's; each request starts the clock anew. */
static void test_keep_alive_is_the_runners(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_ask(m, 0, "\"prompt\":\"x\",\"keep_alive\":10"), b, c;

	(void)state;
	b = simtest_ask(m, a.end_at + S(9), "\"prompt\":\"x\"");
	assert_int_equal(b.load, MS(100));
	assert_true(simtest_is_listed(m, b.end_at + S(9.9)));
	/* Gone from the list unload_ms after its time. */
	assert_true(simtest_is_listed(m, b.end_at + S(10) + MS(44)));
	assert_false(simtest_is_listed(m, b.end_at + S(10) + MS(45)));
	c = simtest_ask(m, b.end_at + S(11), "\"prompt\":\"x\"");
	assert_int_equal(c.load, MS(1000)); /* nothing to unload any more */
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

static void test_unload(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, ""), u, b;
	ns at = a.end_at + S(1);

	(void)state;
	u = simtest_ask(m, at, "\"keep_alive\":0");
	assert_int_equal(u.shape, SIM_WHOLE);
	assert_int_equal(u.ready_at, at); /* at once, before it is gone */
	assert_non_null(strstr(u.body.s, "\"done_reason\":\"unload\""));
	assert_true(simtest_is_listed(m, at + MS(44)));
	b = simtest_options(m, at + MS(44), "");
	assert_int_equal(b.load, MS(1001)); /* waits for the rest of the unload */
	sim_answer_release(&u);
	/* Unloading what is not loaded says the same. */
	u = simtest_ask(m, b.end_at + S(1000), "\"keep_alive\":\"0s\"");
	assert_non_null(strstr(u.body.s, "\"done_reason\":\"unload\""));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&u);
	sim_free(m);
}

static void test_unload_waits_for_the_answer(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, ""), u;

	(void)state;
	u = simtest_ask(m, a.token_at[5], "\"keep_alive\":0");
	assert_int_equal(u.ready_at, a.token_at[5]);
	assert_true(simtest_is_listed(m, a.end_at + MS(44)));
	assert_false(simtest_is_listed(m, a.end_at + MS(45)));
	sim_answer_release(&a);
	sim_answer_release(&u);
	sim_free(m);
}

static void test_load_only(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer l = simtest_ask(m, 0, "\"options\":{\"num_ctx\":2048}"), a;

	(void)state;
	assert_int_equal(l.ready_at, MS(1000));
	assert_non_null(strstr(l.body.s, "\"done\":true,\"done_reason\":\"load\"}"));
	a = simtest_options(m, l.ready_at, "\"num_ctx\":2048");
	assert_int_equal(a.load, MS(100));
	sim_answer_release(&l);
	sim_answer_release(&a);
	sim_free(m);
}

static void test_other_options_wait_for_the_answer(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, "\"num_ctx\":2048"), b;
	ns at = a.token_at[3];

	(void)state;
	b = simtest_options(m, at, "\"num_ctx\":4096");
	assert_int_equal(b.load, a.end_at - at + MS(40) + MS(1000));
	/* The first stays listed for as long as it answers, the second from its load on. */
	assert_float_equal(simtest_ps(m, a.end_at, "context_length"), 2048, 0);
	assert_float_equal(simtest_ps(m, a.end_at + MS(41), "context_length"), 4096, 0);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

static void test_arrival_during_a_load(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "num_parallel=2");
	struct sim_answer a = simtest_options(m, 0, ""), b, c;

	(void)state;
	b = simtest_options(m, MS(300), "");
	assert_int_equal(b.load, MS(700)); /* the rest of the other's load */
	c = simtest_options(m, MS(950), "");
	assert_int_equal(c.load, MS(100));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_set),
		cmocka_unit_test(test_config_version),
		cmocka_unit_test(test_config_help),
		cmocka_unit_test(test_reload_rules),
		cmocka_unit_test(test_shift_is_a_launch_option),
		cmocka_unit_test(test_num_ctx_in_effect),
		cmocka_unit_test(test_load_time),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_keep_alive_is_the_runners),
		cmocka_unit_test(test_unload),
		cmocka_unit_test(test_unload_waits_for_the_answer),
		cmocka_unit_test(test_load_only),
		cmocka_unit_test(test_other_options_wait_for_the_answer),
		cmocka_unit_test(test_arrival_during_a_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
