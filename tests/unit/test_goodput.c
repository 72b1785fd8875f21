/* test_goodput.c - whether an answer kept what was promised. */
#include <math.h>

#include "goodput.h"
#include "unit.h"

#define NO ((double)NAN)

static void test_judge(void **state)
{
	static const struct {
		struct goodput_limits limits;
		struct goodput_seen seen;
		struct goodput_kept kept;
	} cases[] = {
		/* at the limit, just above it, and no limit */
		{{500, NO, NO}, {500, NO, NO, 11}, {.met = true}},
		{{500, NO, NO}, {500.001, 1, 1, 11}, {.over_ttft = true}},
		{{NO, 20, NO}, {9000, 20, NO, 11}, {.met = true}},
		{{NO, 20, NO}, {1, 20.001, 1, 11}, {.over_tpot = true}},
		{{NO, NO, 900}, {NO, NO, 901, 11}, {.over_e2e = true}},
		{{NO, NO, NO}, {NO, NO, NO, NO}, {.met = true}},
		{{1, 1, 1}, {2, 2, 2, 11},
			{.over_ttft = true, .over_tpot = true, .over_e2e = true}},
		/* a figure that is not known */
		{{500, NO, NO}, {NO, 1, 1, 11}, {.unknown = true}},
		{{NO, 20, NO}, {1, NO, 1, 11}, {.unknown = true}},
		{{NO, 20, NO}, {1, NO, 1, NO}, {.unknown = true}},
		/* one token has no time per token; two may */
		{{NO, 20, NO}, {1, NO, 1, 1}, {.met = true}},
		{{NO, 20, NO}, {1, NO, 1, 2}, {.met = true}},
		{{NO, 20, NO}, {1, 30, 1, 2}, {.over_tpot = true}},
		{{NO, 20, NO}, {1, NO, 1, 3}, {.unknown = true}},
		{{500, 20, NO}, {501, NO, 1, 1}, {.over_ttft = true}},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct goodput_kept k = goodput_judge(&cases[i].limits, &cases[i].seen);

		assert_int_equal(k.met, cases[i].kept.met);
		assert_int_equal(k.over_ttft, cases[i].kept.over_ttft);
		assert_int_equal(k.over_tpot, cases[i].kept.over_tpot);
		assert_int_equal(k.over_e2e, cases[i].kept.over_e2e);
		assert_int_equal(k.unknown, cases[i].kept.unknown);
	}
}

static void test_is_limited(void **state)
{
	(void)state;
	assert_false(goodput_is_limited(&(struct goodput_limits){NO, NO, NO}));
	assert_true(goodput_is_limited(&(struct goodput_limits){1, NO, NO}));
	assert_true(goodput_is_limited(&(struct goodput_limits){NO, 1, NO}));
	assert_true(goodput_is_limited(&(struct goodput_limits){NO, NO, 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
