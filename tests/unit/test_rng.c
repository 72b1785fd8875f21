/* test_rng.c - the published sequence, and distributions within wide limits (seeds are fixed). */
#include <math.h>
#include <string.h>

#include "rng.h"
#include "unit.h"

/* The first outputs of xoshiro256** from the state 1, 2, 3, 4, as other implementations give them.
 */
static void test_vector(void **state)
{
	static const uint64_t wanted[] = {11520u, 0u, 1509978240u, 1215971899390074240u,
		1216172134540287360u, 607988272756665600u, 16172922978634559625u,
		8476171486693032832u, 10595114339597558777u, 2904607092377533576u};
	struct rng r = {{1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(wanted); i++)
		assert_true(rng_next(&r) == wanted[i]);
}

static void test_streams(void **state)
{
	struct rng a, b, copy;

	(void)state;
	rng_init(&a, 7, "order");
	rng_init(&b, 7, "order");
	assert_memory_equal(&a, &b, sizeof(a));
	rng_init(&b, 7, "seeds");
	assert_true(rng_next(&a) != rng_next(&b));
	rng_init(&b, 8, "order");
	assert_true(rng_next(&a) != rng_next(&b));
	copy = a;
	for (int i = 0; i < 10; i++)
		assert_true(rng_next(&a) == rng_next(&copy));
}

/* Neighbouring seeds and names must not give related streams. */
static void test_streams_are_independent(void **state)
{
	double sum = 0;
	int n = 20000;

	(void)state;
	for (int i = 0; i < n; i++) {
		struct rng a, b;

		rng_init(&a, (uint64_t)i, "a");
		rng_init(&b, (uint64_t)i + 1, "a");
		sum += (rng_uniform(&a) - 0.5) * (rng_uniform(&b) - 0.5) * 12;
	}
	assert_true(fabs(sum / n) < 5 / sqrt(n));
}

static void test_below(void **state)
{
	struct rng r;
	int count[7] = {0};

	(void)state;
	rng_init(&r, 1, "below");
	for (int i = 0; i < 70000; i++)
		count[rng_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(count[i], 9600, 10400);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_below(&r, 1), 0);
		assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
		assert_true(rng_below(&r, (uint64_t)3 << 62) < (uint64_t)3 << 62);
	}
}

static void test_uniform(void **state)
{
	struct rng r;
	double sum = 0;

	(void)state;
	rng_init(&r, 1, "uniform");
	for (int i = 0; i < 100000; i++) {
		double u = rng_uniform(&r);

		assert_true(u > 0 && u < 1);
		sum += u;
	}
	assert_true(fabs(sum / 100000 - 0.5) < 0.005);
}

static void test_normal(void **state)
{
	struct rng r;
	double sum = 0, squares = 0, fourth = 0;
	int n = 100000;

	(void)state;
	rng_init(&r, 1, "normal");
	for (int i = 0; i < n; i++) {
		double z = rng_normal(&r);

		assert_true(isfinite(z));
		sum += z;
		squares += z * z;
		fourth += z * z * z * z;
	}
	assert_true(fabs(sum / n) < 0.02);
	assert_true(fabs(squares / n - 1) < 0.03);
	assert_true(fabs(fourth / n - 3) < 0.2);
}

static void test_permute(void **state)
{
	uint32_t order[100];
	struct rng r;

	(void)state;
	rng_init(&r, 1, "permute");
	for (size_t n = 0; n <= COUNTOF(order); n++) {
		char seen[COUNTOF(order)] = {0};

		memset(order, 0xff, sizeof(order));
		rng_permute(&r, order, n);
		for (size_t i = 0; i < n; i++) {
			assert_true(order[i] < n);
			assert_int_equal(seen[order[i]]++, 0);
		}
		if (n < COUNTOF(order))
			assert_int_equal(order[n], UINT32_MAX);
	}
}

/* All six orders of three, equally often. */
static void test_permute_is_fair(void **state)
{
	int count[27] = {0};
	uint32_t o[3];
	struct rng r;

	(void)state;
	rng_init(&r, 2, "permute");
	for (int i = 0; i < 60000; i++) {
		rng_permute(&r, o, 3);
		count[o[0] * 9 + o[1] * 3 + o[2]]++;
	}
	for (int i = 0; i < 27; i++) {
		if (count[i])
			assert_in_range(count[i], 9600, 10400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_streams_are_independent),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_permute),
		cmocka_unit_test(test_permute_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
