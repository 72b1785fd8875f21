/* test_overload.c - a server that falls behind for good is noticed, a busy one is not: on queues
 * made up here, and on the simulator's machine under the virtual clock.
 *
 * A failure names the seed: CHIMERA_SEED=N runs that one alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "overload.h"
#include "rng.h"
#include "unit.h"
#include "whole.h"

#define QUEUES   3000
#define ARRIVALS 4000
#define SLOTS    16
#define MACHINES 24

/* ---- queues ---- */

struct queue {
	uint32_t slots;
	double load;
	bool poisson;     /* arrivals, else equal gaps */
	bool exponential; /* service times, else equal */
};

/* Arrivals until it is said to be overloaded, 0: never.  Service takes 1 on average. */
static uint32_t run_queue(const struct queue *q, uint64_t seed)
{
	static double ends[ARRIVALS];
	double free_at[SLOTS] = {0}, now = 0, gap = 1 / (q->load * q->slots);
	struct overload o = {0};
	uint32_t verdict = 0, first_open = 0;
	struct rng r;

	rng_init(&r, seed, "queue");
	for (uint32_t i = 0; i < ARRIVALS && !verdict; i++) {
		uint32_t slot = 0, waiting = 0;
		bool answered = false;

		for (uint32_t s = 1; s < q->slots; s++)
			slot = free_at[s] < free_at[slot] ? s : slot;
		for (uint32_t k = first_open; k < i; k++)
			waiting += ends[k] > now;
		while (first_open < i && ends[first_open] <= now)
			first_open++;
		answered = waiting < i;
		if (answered && overload_sees(&o, waiting))
			verdict = i + 1;
		ends[i] = fmax(now, free_at[slot]) + (q->exponential ? -log(rng_uniform(&r)) : 1);
		free_at[slot] = ends[i];
		now += q->poisson ? -log(rng_uniform(&r)) * gap : gap;
	}
	overload_release(&o);
	return verdict;
}

static void test_queues(void **state)
{
	static const struct {
		struct queue q;
		bool falls_behind;
		uint64_t seeds;
	} cases[] = {
		{{1, 0.8, true, false}, false, QUEUES},
		{{1, 0.8, false, false}, false, 1},
		{{1, 0.95, false, false}, false, 1},
		{{4, 0.8, true, false}, false, QUEUES / 4},
		{{16, 0.8, true, false}, false, QUEUES / 4},
		{{1, 0.8, true, true}, false, QUEUES},
		{{16, 0.8, true, true}, false, QUEUES / 4},
		{{1, 1.2, true, false}, true, QUEUES / 4},
		{{1, 1.2, false, false}, true, 1},
		{{4, 1.2, true, false}, true, QUEUES / 4},
		{{16, 1.2, true, true}, true, QUEUES / 4},
		{{1, 2, true, false}, true, QUEUES / 4},
		{{1, 50, false, false}, true, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		uint32_t latest = 0;

		for (uint64_t seed = 1; seed <= cases[i].seeds; seed++) {
			uint32_t at = run_queue(&cases[i].q, seed);

			latest = at > latest ? at : latest;
			if ((at > 0) != cases[i].falls_behind)
				fail_msg("case %zu, CHIMERA_SEED=%llu: verdict after %u", i,
					(unsigned long long)seed, at);
		}
		print_message(
			"%2u slots, load %.2f, %s gaps, %s service: %llu queues of %d, latest "
			"verdict after %u (0: none)\n",
			cases[i].q.slots, cases[i].q.load, cases[i].q.poisson ? "Poisson" : "equal",
			cases[i].q.exponential ? "exponential" : "equal",
			(unsigned long long)cases[i].seeds, ARRIVALS, latest);
	}
}

/* Whatever the server does before its first answer tells nothing. */
static void test_counts(void **state)
{
	struct overload o = {0};

	(void)state;
	for (uint32_t k = 0; k < 64; k++)
		assert_false(overload_sees(&o, 10 + k)); /* 63 more than at first */
	assert_true(overload_sees(&o, 10 + 64));
	overload_clear(&o);
	for (uint32_t k = 0; k < 1000; k++)
		assert_false(overload_sees(&o, 500)); /* much, and no more */
	overload_clear(&o);
	for (uint32_t k = 0; k < 1000; k++) /* it grew, and then did not */
		assert_false(overload_sees(&o, k < 60 ? k : 60));
	for (uint32_t k = 0; k < 20; k++)
		assert_false(overload_sees(&o, 60 + k)); /* a little more lately */
	overload_release(&o);
}

/* ---- the simulator ---- */

static void one_burst(struct whole *w, const char *load, uint32_t requests, const char *burst,
	const struct sim_config *c, uint64_t seed, const char *what)
{
	static const char *const url[] = {"http://10.0.0.1:1"};
	struct str json = STR_INIT(4096);

	memset(w, 0, sizeof(*w));
	str_addf(&json,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\","
		"\"options\":{\"num_predict\":8},%s,\"burst\":%u%s,\"passes\":3,\"repeats\":3,"
		"\"sentinel\":false,\"order_seed\":%u}",
		load, requests, burst, (unsigned)seed);
	fake_plan_make(&w->plan, json.s, url, 1);
	whole_begin(w, seed, what, c);
	str_release(&json);
}

static double seconds_of(
	const struct sim_config *c, uint32_t burst, uint64_t seed, const char *what)
{
	struct runner_progress p;
	struct whole w;
	double seconds;

	one_burst(&w, "\"concurrency\":64", burst, "", c, seed, what);
	assert_true(whole_run(&w, 1, NS_NONE, 0, &p));
	seconds = (double)(w.now - w.first_sent) / 1e9;
	whole_release(&w);
	return seconds;
}

/* Requests per second at which it keeps up: what 200 more in each of three bursts take when
 * something always waits. */
static double capacity(const struct sim_config *c, uint64_t seed, const char *what)
{
	return 600 / (seconds_of(c, 400, seed, what) - seconds_of(c, 200, seed, what));
}

static uint64_t skipped_of(const struct sim_config *c, double rate, uint64_t seed, const char *what)
{
	struct runner_progress p;
	struct whole w;
	char load[60];
	uint64_t skipped = 0;

	snprintf(load, sizeof(load), "\"rate\":%.3f", rate);
	one_burst(&w, load, 900, seed % 2 ? ",\"arrivals\":\"poisson\"" : "", c, seed, what);
	assert_true(whole_run(&w, 1, NS_NONE, 0, &p));
	assert_int_equal(p.done, p.total);
	for (size_t i = 0; i < w.ledger.rows.n; i++)
		skipped += w.ledger.rows.v[i].final;
	whole_release(&w);
	return skipped;
}

static void test_machines(void **state)
{
	const char *only = getenv("CHIMERA_SEED");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : MACHINES;
	char what[40];

	(void)state;
	for (uint64_t seed = first; seed <= last; seed++) {
		struct sim_config c;
		double rate;

		snprintf(what, sizeof(what), "CHIMERA_SEED=%llu", (unsigned long long)seed);
		sim_config_default(&c);
		c.num_parallel = (double)(1u << seed % 4);
		c.load_ms = 1000;
		rate = capacity(&c, seed, what);
		if (skipped_of(&c, 0.8 * rate, seed, what) > 0)
			fail_msg("%s: %.1f/s skipped at four fifths", what, rate);
		/* Two bursts are broken off, the third is not begun. */
		if (skipped_of(&c, 1.3 * rate, seed, what) < 900)
			fail_msg("%s: %.1f/s not noticed at 1.3 times", what, rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
