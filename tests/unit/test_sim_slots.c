/* test_sim_slots.c - the simulated machine: slots, waiting, clients that leave, memory. */
#include "unit.h"

#include <stdlib.h>

#include "simtest.h"

/* --- slots --- */

/* What is left of total when the parts are taken off. */
static ns rest_of(const struct sim_answer *a)
{
	return a->total - a->load - a->prompt_eval - a->eval;
}

static void test_one_slot_is_first_come_first_served(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer warm = simtest_options(m, 0, ""), a[4];
	ns at = warm.end_at + S(1), end = at;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		a[i] = simtest_options(m, at, "\"num_predict\":20");
		assert_int_equal(a[i].load, MS(100));
		/* Waiting shows in the total and in nothing else. */
		assert_in_range(a[i].token_at[0], end + 1, INT64_MAX);
		end = a[i].end_at;
		if (i > 0)
			assert_in_range(rest_of(&a[i]), rest_of(&a[i - 1]) + MS(50), S(1));
	}
	assert_in_range(rest_of(&a[0]), MS(10), MS(10) + 2000);
	for (size_t i = 0; i < 4; i++)
		sim_answer_release(&a[i]);
	sim_answer_release(&warm);
	sim_free(m);
}

static void test_slots_share(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "num_parallel=2", "era=1");
	struct sim_answer warm = simtest_options(m, 0, ""), a, b, c;
	ns at = warm.end_at + S(1);

	(void)state;
	a = simtest_options(m, at, "\"num_predict\":50");
	b = simtest_options(m, at, "\"num_predict\":50");
	c = simtest_options(m, at, "\"num_predict\":50");
	assert_float_equal((double)b.eval / (double)a.eval, 1.35, 1e-4);
	assert_float_equal((double)rest_of(&b) / 1e6, 10, 0.01);
	/* The third waits for the slot of the first. */
	assert_in_range(c.token_at[0], a.end_at, b.end_at);
	assert_float_equal((double)c.eval / (double)a.eval, 1.35, 1e-4);
	sim_answer_release(&warm);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

/* The slowdown per further slot is a key; without it a thousand answers are as fast as one. */
static void test_share_cost(void **state)
{
	struct sim *none =
		MACHINE(1, QUIET, "num_parallel=1024", "max_queue=2048", "share_cost=0", "era=1");
	struct sim *twice = MACHINE(1, QUIET, "num_parallel=3", "share_cost=1", "era=1");
	struct sim_answer warm = simtest_options(none, 0, ""), a, b;
	ns at = warm.end_at + S(1);

	(void)state;
	a = simtest_options(none, at, "\"num_predict\":50");
	for (int i = 1; i < 1024; i++) {
		b = simtest_options(none, at, "\"num_predict\":50");
		assert_int_equal(b.eval, a.eval);
		assert_int_equal(b.prompt_eval, a.prompt_eval);
		assert_int_equal(b.token_at[0], a.token_at[0]);
		sim_answer_release(&b);
	}
	sim_answer_release(&a);
	sim_answer_release(&warm);
	sim_free(none);
	warm = simtest_options(twice, 0, "");
	a = simtest_options(twice, at, "\"num_predict\":50");
	for (int i = 1; i < 3; i++) {
		b = simtest_options(twice, at, "\"num_predict\":50");
		assert_float_equal((double)b.eval / (double)a.eval, 1 + i, 1e-4);
		sim_answer_release(&b);
	}
	sim_answer_release(&a);
	sim_answer_release(&warm);
	sim_free(twice);
}

static void test_queue_full(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "max_queue=2");
	struct sim_answer warm = simtest_options(m, 0, ""), a[4];
	ns at = warm.end_at + S(1);

	(void)state;
	a[0] = simtest_options(m, at, "");
	a[1] = simtest_options(m, at + MS(200), ""); /* the first is at work by now */
	a[2] = simtest_options(m, at + MS(200), "");
	a[3] = simtest_options(m, at + MS(200), "");
	assert_int_equal(a[2].http_status, 200);
	assert_int_equal(a[3].http_status, 503);
	assert_string_equal(a[3].body.s,
		"{\"error\":\"server busy, please try again.  maximum "
		"pending requests exceeded\"}");
	for (size_t i = 0; i < 4; i++)
		sim_answer_release(&a[i]);
	sim_answer_release(&warm);
	sim_free(m);
}

static void test_cancel_frees_the_slot(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, ""), b;
	ns at = a.token_at[4];

	(void)state;
	assert_true(a.handle > 0);
	sim_cancel(m, a.handle, at);
	sim_cancel(m, a.handle, at);  /* twice is harmless */
	sim_cancel(m, 123456789, at); /* so is a handle that never was */
	b = simtest_options(m, at, "");
	assert_int_equal(b.load, MS(100));
	assert_in_range(rest_of(&b), MS(10), MS(10) + 2000);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

static void test_cancel_keeps_those_behind(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, ""), b, c;
	ns at = a.token_at[4];

	(void)state;
	b = simtest_options(m, at, "\"num_predict\":10");
	sim_cancel(m, a.handle, at + 1);
	c = simtest_options(m, at + 2, "\"num_predict\":10");
	assert_in_range(c.token_at[0], b.end_at, INT64_MAX); /* behind b, whose times stand */
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

/* Only its own slot, and what stands before it there. */
static void test_cancel_with_two_slots(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "num_parallel=2");
	struct sim_answer a = simtest_options(m, 0, "\"num_predict\":100"), b, c, d;
	ns at = a.token_at[4];

	(void)state;
	b = simtest_options(m, at, "\"num_predict\":900");
	sim_cancel(m, a.handle, at + 1);
	c = simtest_options(m, at + 2, "\"num_predict\":500");
	assert_in_range(rest_of(&c), MS(10), MS(10) + 2000);
	/* d waits for c; without d, the next one still does. */
	d = simtest_options(m, at + 3, "");
	sim_cancel(m, d.handle, at + 4);
	sim_answer_release(&d);
	d = simtest_options(m, at + 5, "");
	assert_in_range(d.token_at[0], c.end_at, b.end_at);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_answer_release(&d);
	sim_free(m);
}

static void test_idle_counts_from_a_cancel(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "decode_speed=0.001");
	struct sim_answer a = simtest_ask(m, 0, "\"prompt\":\"x\",\"keep_alive\":10");

	(void)state;
	sim_cancel(m, a.handle, S(60));
	assert_true(simtest_is_listed(m, S(70)));
	assert_false(simtest_is_listed(m, S(70.1)));
	sim_answer_release(&a);
	sim_free(m);
}

static void test_cancel_drops_the_load(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, ""), b, c;

	(void)state;
	sim_cancel(m, a.handle, MS(400));
	assert_false(simtest_is_listed(m, MS(400)));
	b = simtest_options(m, MS(500), "");
	assert_int_equal(b.load, MS(1000));
	/* A load that another waits for goes on. */
	c = simtest_options(m, MS(600), "");
	sim_cancel(m, b.handle, MS(700));
	assert_true(simtest_is_listed(m, MS(700)));
	assert_int_equal(c.load, MS(900));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

/* --- memory --- */

static void test_gpu_share(void **state)
{
	static const struct {
		const char *vram, *options;
		double layers; /* of 19 */
	} cases[] = {
		{"vram_mib=12288", "", 19},
		{"vram_mib=12288", "\"num_gpu\":0", 0},
		{"vram_mib=12288", "\"num_gpu\":9", 9},
		{"vram_mib=12288", "\"num_gpu\":999", 19},
		{"vram_mib=0", "", 0},
		{"vram_mib=0", "\"num_gpu\":99", 0},
		/* 240 MiB + 18 KiB x 4096 = 312 MiB, 16.42 a layer: 9 in 150 */
		{"vram_mib=150", "", 9},
		{"vram_mib=150", "\"num_gpu\":9", 9},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].vram);
		struct sim_answer a = simtest_options(m, 0, cases[i].options);
		double size = simtest_ps(m, a.end_at, "size");

		assert_float_equal(size, 312 * 1048576.0, 0);
		assert_float_equal(
			simtest_ps(m, a.end_at, "size_vram") / size, cases[i].layers / 19, 1e-6);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_out_of_memory(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "vram_mib=150");
	struct sim_answer a = simtest_options(m, 0, "\"num_gpu\":10"), b;

	(void)state;
	assert_int_equal(a.http_status, 500);
	assert_string_equal(a.content_type, "application/json; charset=utf-8");
	assert_string_equal(a.body.s,
		"{\"error\":\"llama-server process has terminated: exit "
		"status 1: cudaMalloc failed: out of memory\"}");
	assert_int_equal(a.ready_at, MS(1000)); /* by the end of the load */
	assert_false(simtest_is_listed(m, MS(500)));
	b = simtest_options(m, MS(1500), "\"num_gpu\":9");
	assert_int_equal(b.load, MS(1000));
	sim_answer_release(&a);
	/* What was loaded has to make room first, and is gone then. */
	a = simtest_options(m, b.end_at, "\"num_gpu\":10");
	assert_int_equal(a.ready_at, b.end_at + MS(1040));
	assert_false(simtest_is_listed(m, b.end_at + MS(1040)));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

static void test_out_of_system_memory(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "ram_mib=1024");
	struct sim_answer a = simtest_options(m, 0, "\"num_ctx\":65536"), b;

	(void)state;
	/* 240 MiB + 18 KiB x 32768 = 816 MiB: fits as clamped. */
	assert_int_equal(a.http_status, 200);
	sim_free(m);
	m = MACHINE(1, QUIET, "ram_mib=512");
	b = simtest_options(m, 0, "\"num_ctx\":32768");
	assert_int_equal(b.http_status, 500);
	assert_string_equal(b.body.s,
		"{\"error\":\"model requires more system memory (0.8 GiB) "
		"than is available (0.5 GiB)\"}");
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_slot_is_first_come_first_served),
		cmocka_unit_test(test_slots_share),
		cmocka_unit_test(test_share_cost),
		cmocka_unit_test(test_queue_full),
		cmocka_unit_test(test_cancel_frees_the_slot),
		cmocka_unit_test(test_cancel_keeps_those_behind),
		cmocka_unit_test(test_cancel_with_two_slots),
		cmocka_unit_test(test_idle_counts_from_a_cancel),
		cmocka_unit_test(test_cancel_drops_the_load),
		cmocka_unit_test(test_gpu_share),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_out_of_system_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
