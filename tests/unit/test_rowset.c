/* test_rowset.c - rows are remembered with the table they were met in first. */
#include "rng.h"
#include "rowset.h"
#include "unit.h"

static void first_table_stays(void **state)
{
	struct rowset s = {.most = 10};

	(void)state;
	assert_int_equal(rowset_find(&s, 5), ROWSET_NONE);
	rowset_add(&s, UINT64_C(0x1234567800000001), 3);
	rowset_add(&s, UINT64_C(0x1234567800000001), 4);
	assert_int_equal(rowset_find(&s, UINT64_C(0x1234567800000001)), 3);
	assert_int_equal(rowset_find(&s, UINT64_C(0x1234567900000001)), ROWSET_NONE);
	assert_int_equal(s.n, 1);
	rowset_release(&s);
}

static void many(void **state)
{
	struct rowset s = {.most = SIZE_MAX};
	struct rng r;

	(void)state;
	rng_init(&r, 3, "test");
	for (uint32_t i = 0; i < 100000; i++)
		rowset_add(&s, rng_next(&r), i);
	assert_int_equal(s.n, 100000);
	rng_init(&r, 3, "test");
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(rowset_find(&s, rng_next(&r)), i);
	for (uint32_t i = 0; i < 100000; i++) /* others */
		assert_int_equal(rowset_find(&s, rng_next(&r)), ROWSET_NONE);
	rowset_release(&s);
}

static void full(void **state)
{
	struct rowset s = {.most = 2};

	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		rowset_add(&s, i << 40, 0);
	assert_true(s.full);
	assert_int_equal(s.n, 2);
	assert_int_equal(rowset_find(&s, UINT64_C(3) << 40), ROWSET_NONE);
	rowset_release(&s);
	assert_true(s.full); /* it stays known that not all were remembered */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_table_stays),
		cmocka_unit_test(many),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
