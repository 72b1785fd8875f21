/* test_journal_index.c - which attempts of which requests have rows. */
#include "unit.h"

#include "journal_index.h"

static uint64_t nth_id(uint64_t n)
{
	return n % 2 ? n : n * 0x9e3779b97f4a7c15u; /* hashes, and numbers that are none */
}

static void test_the_index_grows(void **state)
{
	const uint64_t n = 200000;
	struct journal_index x = {0};

	(void)state;
	assert_int_equal(sizeof(struct journal_entry), 16);
	assert_null(journal_index_find(&x, 5));
	for (uint64_t i = 0; i < n; i++)
		journal_index_add(&x, nth_id(i), 1 + (uint32_t)(i % 50));
	assert_int_equal(x.n, n);
	assert_true(x.cap < 2 * n);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t attempt = 1 + (uint32_t)(i % 50);

		assert_int_equal(journal_index_find(&x, nth_id(i))->highest, attempt);
		assert_true(journal_index_has(&x, nth_id(i), attempt));
		assert_false(journal_index_has(&x, nth_id(i), attempt + 1));
	}
	for (uint64_t i = n; i < 2 * n; i++)
		assert_false(journal_index_has(&x, nth_id(i), 1));
	journal_index_release(&x);
}

static void test_attempts_in_any_order(void **state)
{
	struct journal_index x = {0};

	(void)state;
	journal_index_add(&x, 7, 3);
	journal_index_add(&x, 7, 1);
	assert_false(journal_index_has(&x, 7, 2));
	assert_true(journal_index_has(&x, 7, 1));
	assert_true(journal_index_has(&x, 7, 3));
	assert_false(journal_index_has(&x, 7, 0));
	assert_int_equal(journal_index_find(&x, 7)->highest, 3);
	journal_index_release(&x);
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(journal_id("0123456789abcdef", 16) == 0x0123456789abcdef);
	assert_true(journal_id("0123456789abcdeF", 16) != 0x0123456789abcdef);
	assert_true(journal_id("1", 1) != journal_id("2", 1));
	assert_true(journal_id("", 0) != journal_id("0", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_index_grows),
		cmocka_unit_test(test_attempts_in_any_order),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
