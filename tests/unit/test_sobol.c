/* test_sobol.c - the Sobol sequence against known points and against what makes it one. */
#include <string.h>

#include "sobol.h"
#include "unit.h"

/* The first points in two dimensions, in 16ths; the order is that of Gray codes. */
static void test_two_dimensions(void **state)
{
	static const uint32_t wanted[][2] = {{0, 0}, {8, 8}, {12, 4}, {4, 12}, {6, 6}, {14, 14},
		{10, 2}, {2, 10}, {3, 5}, {11, 13}, {15, 1}};
	struct sobol s;
	uint32_t x[2];

	(void)state;
	sobol_init(&s, 2, NULL);
	for (size_t i = 0; i < COUNTOF(wanted); i++) {
		assert_true(sobol_next(&s, x));
		assert_int_equal(x[0], wanted[i][0] << 28);
		assert_int_equal(x[1], wanted[i][1] << 28);
	}
}

/* Points 1000 and 2047 in 24 dimensions, as SciPy 1 (scipy.stats.qmc.Sobol, unscrambled) has them.
 */
static void test_known_points(void **state)
{
	static const uint32_t at_1000[] = {943718400, 415236096, 2227175424, 2906652672, 1203765248,
		3896508416, 197132288, 3862953984, 2151677952, 297795584, 364904448, 1094713344,
		692060160, 1648361472, 616562688, 1589641216, 3091202048, 1480589312, 4257218560,
		3116367872, 2243952640, 2361393152, 4081057792, 2319450112};
	static const uint32_t at_2047[] = {2097152, 2694840320, 3999268864, 1507852288, 2707423232,
		2824863744, 505413632, 136314880, 3927965696, 1914699776, 2141192192, 3802136576,
		2510290944, 4242538496, 2099249152, 2912944128, 2325741568, 3537895424, 471859200,
		157286400, 1537212416, 463470592, 404750336, 2996830208};
	uint32_t x[SOBOL_MAX_DIMS];
	struct sobol s;

	(void)state;
	sobol_init(&s, SOBOL_MAX_DIMS, NULL);
	for (int i = 0; i <= 2047; i++) {
		assert_true(sobol_next(&s, x));
		if (i == 1000)
			assert_memory_equal(x, at_1000, sizeof(at_1000));
	}
	assert_memory_equal(x, at_2047, sizeof(at_2047));
}

/* The first 1024 points have one in each 1024th of every dimension, shifted or not. */
static void test_even(void **state)
{
	(void)state;
	for (int shifted = 0; shifted < 2; shifted++) {
		bool seen[SOBOL_MAX_DIMS][1024];
		uint32_t x[SOBOL_MAX_DIMS];
		struct sobol s;
		struct rng r;

		memset(seen, 0, sizeof(seen));
		rng_init(&r, 7, "shift");
		sobol_init(&s, SOBOL_MAX_DIMS, shifted ? &r : NULL);
		for (int i = 0; i < 1024; i++) {
			assert_true(sobol_next(&s, x));
			for (size_t d = 0; d < SOBOL_MAX_DIMS; d++) {
				assert_false(seen[d][x[d] >> 22]);
				seen[d][x[d] >> 22] = true;
			}
		}
	}
}

/* After 2^32 points there are no more. */
static void test_end(void **state)
{
	struct sobol s;
	uint32_t x[1];

	(void)state;
	sobol_init(&s, 1, NULL);
	s.index = UINT32_MAX;
	assert_true(sobol_next(&s, x));
	assert_false(sobol_next(&s, x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_dimensions),
		cmocka_unit_test(test_known_points),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
