/* test_sim_plant.c - the simulated machine: planted effects, and noise by measure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simtest.h"
#include "unit.h"

static void plant(
	struct sim *m, const char *name, json_t *value, enum sim_measure measure, double factor)
{
	struct sim_plant p = {name, value, measure, factor};

	sim_plant_add(m, &p);
	json_decref(value); /* the machine has one of its own */
}

/* TTFT, decode time and prefill time of one request after the load is there. */
struct times {
	double ttft, decode, prefill;
};

static struct times ask(struct sim *m, const char *options)
{
	struct sim_answer a = simtest_options(m, 0, options);
	ns now = a.end_at;
	struct times t;

	sim_answer_release(&a);
	a = simtest_options(m, now, options);
	t = (struct times){(double)(a.token_at[0] - now),
		(double)(a.token_at[a.ntokens - 1] - a.token_at[0]), (double)a.prompt_eval};
	sim_answer_release(&a);
	return t;
}

#define STEADY QUIET, "era=1", "sliding_window=0"

static void assert_ratio(double a, double b, double want)
{
	if (!(fabs(a / b - want) < 1e-6))
		fail_msg("%.9g is not %.9g", a / b, want);
}

/* Every measure, by an option that is a number; the others keep their times. */
static void test_measures(void **state)
{
	static const char with[] = "\"num_ctx\":4096,\"temperature\":0.8,\"num_predict\":20";
	struct times plain, planted;
	struct sim *m = MACHINE(1, STEADY);

	(void)state;
	plain = ask(m, with);
	sim_free(m);

	m = MACHINE(1, STEADY);
	plant(m, "num_ctx", json_real(4096), SIM_TTFT, 1.03);
	planted = ask(m, with);
	assert_ratio(planted.ttft, plain.ttft, 1.03);
	assert_ratio(planted.decode, plain.decode, 1);
	sim_free(m);

	m = MACHINE(1, STEADY);
	plant(m, "temperature", json_real(0.8), SIM_DECODE, 0.98);
	planted = ask(m, with);
	assert_ratio(planted.ttft, plain.ttft, 1);
	assert_ratio(planted.decode, plain.decode, 1 / 0.98);
	sim_free(m);

	m = MACHINE(1, STEADY);
	plant(m, "num_ctx", json_integer(4096), SIM_PREFILL, 0.5);
	planted = ask(m, with);
	assert_ratio(planted.prefill, plain.prefill, 2);
	assert_ratio(planted.ttft - plain.ttft, plain.prefill, 1);
	assert_ratio(planted.decode, plain.decode, 1);
	sim_free(m);
}

/* Other values, other types and requests without the option are as they were; plants multiply. */
static void test_matching(void **state)
{
	struct sim *m = MACHINE(1, STEADY), *same = MACHINE(1, STEADY);

	(void)state;
	plant(m, "num_ctx", json_integer(2048), SIM_TTFT, 2);
	plant(m, "num_gpu", json_integer(-1), SIM_TTFT, 3);
	plant(m, "use_mmap", json_true(), SIM_TTFT, 5);
	plant(m, "model", json_string("gemma3:270m"), SIM_DECODE, 0.5);
	plant(m, "num_ctx", json_string("1024"), SIM_TTFT, 7);
	assert_ratio(ask(m, "\"num_ctx\":1024").ttft, ask(same, "\"num_ctx\":1024").ttft, 1);
	sim_free(m);
	sim_free(same);

	m = MACHINE(1, STEADY);
	same = MACHINE(1, STEADY);
	plant(m, "num_ctx", json_integer(1024), SIM_TTFT, 2);
	plant(m, "num_gpu", json_integer(-1), SIM_TTFT, 3);
	plant(m, "model", json_string("gemma3:270m"), SIM_DECODE, 0.5);
	struct times got = ask(m, "\"num_ctx\":1024,\"num_gpu\":-1"),
		     plain = ask(same, "\"num_ctx\":1024,\"num_gpu\":-1");

	assert_ratio(got.ttft, plain.ttft, 6);
	assert_ratio(got.decode, plain.decode, 2);
	sim_free(m);
	sim_free(same);
}

static void test_load(void **state)
{
	struct sim *m = MACHINE(1, STEADY), *same = MACHINE(1, STEADY);
	struct sim_answer a, b;

	(void)state;
	plant(m, "num_ctx", json_integer(4096), SIM_LOAD, 1.5);
	a = simtest_options(m, 0, "\"num_ctx\":4096");
	b = simtest_options(same, 0, "\"num_ctx\":4096");
	assert_ratio((double)a.load, (double)b.load, 1.5);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
	sim_free(same);
}

/* ---- noise by measure ---- */

enum { LOADS = 1500, EACH = 4 };

struct grid {
	double ttft[LOADS][EACH], decode[LOADS][EACH];
};

/* Loads of EACH requests, ten loads to a pass; the first of each load is a warm-up. */
static struct grid *measure(struct sim *m)
{
	struct grid *g = calloc(1, sizeof(*g));
	ns now = 0;

	for (int l = 0; l < LOADS; l++) {
		struct sim_answer a;

		sim_set_pass(m, (uint32_t)(l / 10));
		a = simtest_ask(m, now, "\"keep_alive\":0");
		now = a.ready_at + S(1);
		sim_answer_release(&a);
		for (int i = -1; i < EACH; i++) {
			a = simtest_options(m, now, "\"num_predict\":20");
			if (i >= 0) {
				g->ttft[l][i] = log((double)(a.token_at[0] - now));
				g->decode[l][i] =
					log((double)(a.token_at[a.ntokens - 1] - a.token_at[0]));
			}
			now = a.end_at;
			sim_answer_release(&a);
		}
	}
	return g;
}

/* sds of requests within loads, of loads within passes and of passes, by moments. */
static void components(double x[LOADS][EACH], double *request, double *load, double *pass)
{
	double within = 0, between = 0, among = 0, all = 0, passes[LOADS / 10] = {0}, mean[LOADS];

	for (int l = 0; l < LOADS; l++) {
		mean[l] = 0;
		for (int i = 0; i < EACH; i++)
			mean[l] += x[l][i] / EACH;
		for (int i = 0; i < EACH; i++)
			within += pow(x[l][i] - mean[l], 2) / (LOADS * (EACH - 1));
		passes[l / 10] += mean[l] / 10;
	}
	for (int l = 0; l < LOADS; l++)
		between += pow(mean[l] - passes[l / 10], 2) / (LOADS * 0.9);
	for (int p = 0; p < LOADS / 10; p++)
		all += passes[p] / (LOADS / 10.0);
	for (int p = 0; p < LOADS / 10; p++)
		among += pow(passes[p] - all, 2) / (LOADS / 10.0 - 1);
	*request = sqrt(within);
	*load = sqrt(between - within / EACH);
	*pass = sqrt(among - between / 10);
}

static void assert_near(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * want))
		fail_msg("%g is not %g", got, want);
}

/* What is asked for is what a client sees, of either measure by itself; the keys do not count. */
static void test_own_noise(void **state)
{
	struct sim_noise_of ttft = {.request = 0.04, .load = 0.03, .pass = 0.05},
			    decode = {.request = 0.01, .load = 0.02, .pass = 0.01};
	struct sim *m = MACHINE(7, STEADY, "noise_request=0.5", "noise_load=0.5", "noise_pass=0.5");
	double request, load, pass;
	struct grid *g;

	(void)state;
	sim_set_noise(m, &ttft, &decode);
	g = measure(m);
	components(g->ttft, &request, &load, &pass);
	assert_near(request, 0.04, 0.05);
	assert_near(load, 0.03, 0.10);
	assert_near(pass, 0.05, 0.20);
	components(g->decode, &request, &load, &pass);
	assert_near(request, 0.01, 0.05);
	assert_near(load, 0.02, 0.10);
	assert_near(pass, 0.01, 0.35);
	free(g);
	sim_free(m);
}

/* Autocorrelation and tails of one measure leave the other alone. */
static void test_own_shape(void **state)
{
	struct sim_noise_of ttft = {.request = 0.01, .ar1 = 0.7},
			    decode = {.request = 0.01, .tail = 1};
	struct sim *m = MACHINE(8, STEADY);
	double lag[2] = {0}, squares[2] = {0}, far[2] = {0};
	struct grid *g;

	(void)state;
	sim_set_noise(m, &ttft, &decode);
	g = measure(m);
	for (int w = 0; w < 2; w++) {
		double *x = w ? &g->decode[0][0] : &g->ttft[0][0], mean = 0;

		for (int i = 0; i < LOADS * EACH; i++)
			mean += x[i] / (LOADS * EACH);
		for (int i = 0; i < LOADS * EACH; i++) {
			squares[w] += pow(x[i] - mean, 2);
			far[w] += fabs(x[i] - mean) > 0.04;
			if (i % EACH > 0)
				lag[w] += (x[i] - mean) * (x[i - 1] - mean) * EACH / (EACH - 1);
		}
	}
	assert_near(lag[0] / squares[0], 0.7, 0.07);
	assert_true(fabs(lag[1] / squares[1]) < 0.1);
	assert_true(far[0] <= 2);  /* 6,000 normal draws: 0.4 beyond four sds */
	assert_true(far[1] >= 15); /* 0.6 % of Student's t with 3 */
	free(g);
	sim_free(m);
}

/* Several models: another one is another load, and only its own requests have its plants. */
static void test_models(void **state)
{
	static const char other[] =
		"{\"model\":\"b:1b\",\"prompt\":\"x\",\"options\":{\"num_predict\":20}}";
	struct sim *m = MACHINE(1, STEADY, "model=gemma3:270m,b:1b");
	struct sim_answer a, b, again;

	(void)state;
	plant(m, "model", json_string("b:1b"), SIM_DECODE, 0.5);
	a = simtest_options(m, 0, "\"num_predict\":20");
	sim_request(m, "POST", "/api/generate", other, strlen(other), a.end_at, &b);
	assert_int_equal(b.http_status, 200);
	assert_in_range(b.load, MS(1000), MS(1100));
	assert_ratio((double)b.eval, (double)a.eval, 2);
	again = simtest_options(m, b.end_at, "\"num_predict\":20");
	assert_in_range(again.load, MS(1000), MS(1100));
	assert_int_equal(again.eval, a.eval);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_answer_release(&again);
	sim_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measures),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_own_noise),
		cmocka_unit_test(test_own_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
