/* test_sim_noise.c - the simulated machine: noise and faults. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simtest.h"

/* --- noise --- */

/* Logs of eval of n requests in a row, `gap` apart; NULL-ended settings. */
static double *decode_logs(
	const char *const *settings, uint64_t seed, size_t n, ns gap, double *prefill)
{
	struct sim *m = simtest_machine(seed, settings);
	double *x = calloc(n, sizeof(*x));
	ns now = 0;

	for (size_t i = 0; i < n; i++) {
		struct sim_answer a =
			simtest_options(m, now, "\"num_predict\":20,\"num_ctx\":1024");

		x[i] = log((double)a.eval);
		if (prefill)
			prefill[i] = log((double)a.prompt_eval);
		now = a.end_at + gap;
		sim_answer_release(&a);
	}
	sim_free(m);
	return x;
}

#define LOGS(seed, n, gap, prefill, ...)                                                           \
	decode_logs((const char *const[]){QUIET, "era=1", "sliding_window=0", __VA_ARGS__, NULL},  \
		seed, n, gap, prefill)

static double mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

static double covariance(const double *x, const double *y, size_t n)
{
	double mx = mean(x, n), my = mean(y, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mx) * (y[i] - my);
	return sum / (double)(n - 1);
}

static double sd(const double *x, size_t n)
{
	return sqrt(covariance(x, x, n));
}

static double correlation(const double *x, const double *y, size_t n)
{
	return covariance(x, y, n) / (sd(x, n) * sd(y, n));
}

enum { MANY = 4000 };

static void test_noise_request(void **state)
{
	double prefill[MANY], *x = LOGS(5, MANY, 0, prefill, "noise_request=0.05");

	(void)state;
	assert_float_equal(sd(x, MANY), 0.05, 0.05 * 0.06);
	assert_float_equal(sd(prefill, MANY), 0.05, 0.05 * 0.06);
	/* The median is the noiseless time: 19 steps at 280 tok/s. */
	assert_float_equal(mean(x, MANY), log(19e9 / 280), 0.005);
	assert_float_equal(correlation(x, prefill, MANY), 0, 0.08);
	assert_float_equal(correlation(x, x + 1, MANY - 1), 0, 0.08);
	free(x);
}

static void test_noise_ar1(void **state)
{
	double *x = LOGS(5, MANY, 0, NULL, "noise_request=0.05", "ar1=0.7");

	(void)state;
	assert_float_equal(correlation(x, x + 1, MANY - 1), 0.7, 0.05);
	assert_float_equal(sd(x, MANY), 0.05, 0.05 * 0.12); /* the key stays the sd */
	free(x);
}

static void test_noise_tail(void **state)
{
	double *x = LOGS(5, MANY, 0, NULL, "noise_request=0.05", "tail=1"), m = mean(x, MANY);
	size_t beyond = 0, within = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		beyond += fabs(x[i] - m) > 4 * 0.05;
		within += fabs(x[i] - m) < 0.6745 * 0.05;
	}
	/* t with 3 degrees of freedom and unit variance: .62 % beyond 4 sd, 67.1 % within what
	 * holds half of a normal; a normal has .006 % and 50 %. */
	assert_in_range(beyond, 10, 45);
	assert_in_range(within, MANY * 64 / 100, MANY * 70 / 100);
	free(x);
}

static void test_noise_outlier(void **state)
{
	double *x = LOGS(5, MANY, 0, NULL, "outlier=0.05"), slow = log(3);
	size_t n = 0;

	(void)state;
	for (size_t i = 1; i < MANY; i++) {
		double d = fabs(x[i] - x[0]);

		assert_true(d < 1e-6 || fabs(d - slow) < 1e-6);
		n += d > 1;
	}
	assert_in_range(n, MANY * 35 / 1000, MANY * 65 / 1000);
	free(x);
}

/* Idle for longer than keep_alive between requests: each has a load of its own. */
static void test_noise_load(void **state)
{
	double prefill[MANY], *x = LOGS(5, MANY, S(301), prefill, "noise_load=0.05");

	(void)state;
	assert_float_equal(sd(x, MANY), 0.05, 0.05 * 0.06);
	assert_float_equal(correlation(x, prefill, MANY), 1, 1e-4); /* decode and prefill alike */
	free(x);
	x = LOGS(5, 100, 0, NULL, "noise_load=0.05");
	assert_float_equal(sd(x, 100), 0, 1e-7); /* one load, one draw */
	free(x);
}

static void test_noise_pass(void **state)
{
	enum { N = 2000 };
	double *x = LOGS(5, N, S(300), NULL, "noise_pass=0.05"), first[N / 5];
	size_t changes = 0, blocks = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		changes += i > 0 && fabs(x[i] - x[i - 1]) > 1e-7;
		if (i == 0 || fabs(x[i] - x[i - 1]) > 1e-7)
			first[blocks++ % COUNTOF(first)] = x[i];
	}
	/* 300 s apart and a little more: six to half an hour. */
	assert_in_range(changes, N / 6 - 5, N / 6 + 10);
	assert_float_equal(sd(first, blocks), 0.05, 0.05 * 0.15);
	free(x);
}

static void test_noise_day_and_drift(void **state)
{
	enum { DAYS = 1000 };
	double days[DAYS], *x;

	(void)state;
	for (uint64_t seed = 0; seed < DAYS; seed++) {
		x = LOGS(seed, 2, 0, NULL, "noise_day=0.05");
		assert_float_equal(x[0], x[1], 1e-7);
		days[seed] = x[0];
		free(x);
	}
	assert_float_equal(sd(days, DAYS), 0.05, 0.05 * 0.12);
	/* An hour and the time of one request later. */
	x = LOGS(1, 2, S(3600), NULL, "drift=0.1");
	assert_float_equal(x[1] - x[0], 0.1, 0.001);
	free(x);
	x = LOGS(1, 2, S(3600 * 10), NULL, "drift=-1"); /* never a time below zero */
	assert_true(isfinite(x[1]) && x[1] < x[0]);
	free(x);
}

/* Turning one key leaves the draws of all others as they were. */
static void test_noise_sources_do_not_disturb_each_other(void **state)
{
	static const char *const keys[] = {"noise_load=0.1", "noise_pass=0.1", "noise_day=0.1",
		"outlier=0.5", "fail_connect=0", "fail_stall=0.5", "fail_truncated=0.5",
		"fail_midstream=0.5", "stop_probability=0.00001", "temperature_cost=0.3"};
	enum { N = 200 };
	double *plain = LOGS(9, N, 0, NULL, "noise_request=0.05");

	(void)state;
	for (size_t k = 0; k < COUNTOF(keys); k++) {
		double *x = LOGS(9, N, 0, NULL, "noise_request=0.05", keys[k]);

		for (size_t i = 1; i < N; i++) {
			double d = fabs((x[i] - plain[i]) - (x[0] - plain[0]));

			/* Equal but for a constant, and for what an outlier multiplies. */
			if (d > 1e-6 && fabs(d - log(3)) > 1e-6)
				fail_msg("%s: request %zu differs by %g", keys[k], i, d);
		}
		free(x);
	}
	free(plain);
}

static void test_extreme_noise_stays_a_duration(void **state)
{
	struct sim *m = MACHINE(3, "noise_request=5", "noise_load=5", "noise_pass=5", "noise_day=5",
		"tail=1", "outlier=1", "drift=1", "cpu_tok_s=0.01", "vram_mib=0", "load_ms=1e7");
	ns now = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct sim_answer a = simtest_options(m, now, "\"num_predict\":1000");

		assert_true(a.load > 0 && a.eval >= 0 && a.total >= a.load);
		assert_true(a.end_at > now && a.token_at[0] > now);
		now += S(1);
		sim_answer_release(&a);
	}
	sim_free(m);
}

static void test_same_seed_same_answers(void **state)
{
	struct sim *m[3] = {MACHINE(42, "era=3"), MACHINE(42, "era=3"), MACHINE(43, "era=3")};
	bool differs = false;
	ns now = S(100);

	(void)state;
	for (int i = 0; i < 30; i++) {
		struct sim_answer a[3];
		struct str line[3] = {STR_INIT(9999), STR_INIT(9999), STR_INIT(9999)};

		for (size_t k = 0; k < 3; k++) {
			a[k] = simtest_options(m[k], now, i % 3 ? "" : "\"num_ctx\":2048");
			sim_answer_line(&a[k], a[k].ntokens, 0, &line[k]);
		}
		assert_string_equal(line[0].s, line[1].s);
		assert_memory_equal(
			a[0].token_at, a[1].token_at, a[0].ntokens * sizeof(*a[0].token_at));
		differs = differs || strcmp(line[0].s, line[2].s) != 0;
		now += S(10);
		for (size_t k = 0; k < 3; k++) {
			sim_answer_release(&a[k]);
			str_release(&line[k]);
		}
	}
	assert_true(differs);
	for (size_t k = 0; k < 3; k++)
		sim_free(m[k]);
}

/* --- faults --- */

static void test_faults(void **state)
{
	static const struct {
		const char *key;
		enum sim_ending ending;
		enum sim_shape shape;
	} cases[] = {
		{"fail_connect=0.3", SIM_END_CLEAN, SIM_REFUSE},
		{"fail_midstream=0.3", SIM_END_ERROR_LINE, SIM_STREAM},
		{"fail_truncated=0.3", SIM_END_NO_DONE, SIM_STREAM},
		{"fail_stall=0.3", SIM_END_STALL, SIM_STREAM},
	};
	enum { N = 1000 };

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(8, QUIET, cases[i].key);
		size_t bad = 0, shortest = 99, longest = 0;
		ns now = 0;

		for (int k = 0; k < N; k++) {
			struct sim_answer a = simtest_options(m, now, "\"num_predict\":20");
			struct str line = STR_INIT(9999);

			sim_answer_line(&a, a.ntokens, 0, &line);
			if (a.shape == cases[i].shape && a.ending == cases[i].ending) {
				bad++;
				shortest = a.ntokens < shortest ? a.ntokens : shortest;
				longest = a.ntokens > longest ? a.ntokens : longest;
				if (a.shape == SIM_STREAM)
					assert_null(strstr(line.s, "\"done\":true"));
			} else {
				assert_int_equal(a.shape, SIM_STREAM);
				assert_int_equal(a.ending, SIM_END_CLEAN);
				assert_int_equal(a.ntokens, 20);
				assert_non_null(strstr(line.s, "\"done\":true"));
			}
			/* What is cut is over early, but for a stall. */
			if (a.shape == SIM_STREAM)
				assert_int_equal(a.end_at <= now + a.total,
					a.ntokens < 20 && a.ending != SIM_END_STALL);
			assert_true(a.end_at >= now);
			now = a.end_at + 1;
			sim_answer_release(&a);
			str_release(&line);
		}
		assert_in_range(bad, N * 25 / 100, N * 35 / 100);
		if (cases[i].shape == SIM_STREAM) {
			assert_int_equal(shortest, 1);
			assert_int_equal(longest, 20);
		}
		sim_free(m);
	}
}

/* A stream that stalls keeps its slot until the client leaves, or its answer would have been over.
 */
static void test_stall_and_cancel(void **state)
{
	struct sim *m = MACHINE(8, QUIET, "fail_stall=1");
	struct sim_answer a = simtest_options(m, 0, ""), b, c;

	(void)state;
	assert_int_equal(a.ending, SIM_END_STALL);
	b = simtest_options(m, MS(1100), "");
	assert_in_range(b.token_at[0], a.end_at, INT64_MAX);
	sim_cancel(m, a.handle, b.end_at); /* long over */
	sim_cancel(m, b.handle, b.end_at);
	c = simtest_options(m, b.end_at, "");
	assert_in_range(c.token_at[0], b.end_at, b.end_at + MS(150));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&c);
	sim_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise_request),
		cmocka_unit_test(test_noise_ar1),
		cmocka_unit_test(test_noise_tail),
		cmocka_unit_test(test_noise_outlier),
		cmocka_unit_test(test_noise_load),
		cmocka_unit_test(test_noise_pass),
		cmocka_unit_test(test_noise_day_and_drift),
		cmocka_unit_test(test_noise_sources_do_not_disturb_each_other),
		cmocka_unit_test(test_extreme_noise_stays_a_duration),
		cmocka_unit_test(test_same_seed_same_answers),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_stall_and_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
