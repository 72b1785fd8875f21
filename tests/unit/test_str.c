/* test_str.c - the string builder and the clock's texts. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "str.h"
#include "unit.h"

static void test_empty(void **state)
{
	struct str b = STR_INIT(10);
	char *taken;

	(void)state;
	assert_string_equal(b.s, "");
	str_add(&b, "");
	str_addn(&b, NULL, 0);
	str_addf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 0); /* nothing allocated */
	str_reset(&b);
	taken = str_take(&b);
	assert_string_equal(taken, "");
	free(taken);
	str_release(&b);
	str_release(&b);
}

static void test_adds(void **state)
{
	struct str b = STR_INIT(STR_MAX_LINE);

	(void)state;
	str_add(&b, "abc");
	str_addn(&b, "defgh", 2);
	str_addc(&b, '!');
	str_addf(&b, " %d %s", 42, "x");
	assert_string_equal(b.s, "abcde! 42 x");
	assert_int_equal(b.len, strlen(b.s));
	str_reset(&b);
	assert_string_equal(b.s, "");
	str_addc(&b, '\0');
	str_add(&b, "z");
	assert_int_equal(b.len, 2);
	assert_memory_equal(b.s, "\0z", 3);
	str_release(&b);
	assert_string_equal(b.s, "");
	assert_int_equal(b.max, STR_MAX_LINE);
}

static void test_growth(void **state)
{
	struct str b = STR_INIT(STR_MAX_LINE);

	(void)state;
	for (int i = 0; i < 100000; i++) {
		str_addc(&b, (char)('a' + i % 26));
		assert_int_equal(b.s[b.len], 0);
	}
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.s[i], 'a' + i % 26);
	str_release(&b);
}

static void test_ceiling(void **state)
{
	struct str b = STR_INIT(5);

	(void)state;
	str_add(&b, "12345");
	assert_false(b.overflowed);
	str_add(&b, "");
	assert_false(b.overflowed);
	str_addc(&b, '6');
	assert_true(b.overflowed);
	assert_string_equal(b.s, "12345");
	str_reset(&b);
	assert_false(b.overflowed);
	str_add(&b, "123");
	str_addf(&b, "%d", 456); /* would pass it: adds nothing */
	assert_true(b.overflowed);
	assert_string_equal(b.s, "123");
	str_addc(&b, '4'); /* would fit, but leave a hole */
	assert_string_equal(b.s, "123");
	str_addn(&b, "x", SIZE_MAX); /* the sum must not wrap */
	assert_string_equal(b.s, "123");
	str_release(&b);
	assert_false(b.overflowed);
	assert_int_equal(b.max, 5);
}

static void test_take(void **state)
{
	struct str b = STR_INIT(100);
	char *taken;

	(void)state;
	str_add(&b, "mine");
	taken = str_take(&b);
	assert_string_equal(taken, "mine");
	assert_string_equal(b.s, "");
	str_add(&b, "next");
	assert_string_equal(b.s, "next");
	assert_string_equal(taken, "mine");
	free(taken);
	str_release(&b);
}

static void test_iso(void **state)
{
	static const struct {
		ns wall;
		const char *iso, *date;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000000Z", "1970-01-01"},
		{1, "1970-01-01T00:00:00.000000001Z", "1970-01-01"},
		{-1, "1969-12-31T23:59:59.999999999Z", "1969-12-31"},
		{-NS_PER_S, "1969-12-31T23:59:59.000000000Z", "1969-12-31"},
		{1795562388 * NS_PER_S + 123456789, "2026-11-24T23:19:48.123456789Z", "2026-11-24"},
		{951782400 * NS_PER_S, "2000-02-29T00:00:00.000000000Z", "2000-02-29"},
		{INT64_MAX, "2262-04-11T23:47:16.854775807Z", "2262-04-11"},
		{NS_NONE, "", ""},
	};
	char dst[32];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_string_equal(clock_iso(dst, cases[i].wall), cases[i].iso);
		assert_string_equal(clock_date(dst, cases[i].wall), cases[i].date);
	}
}

static void test_clocks_go_forward(void **state)
{
	ns mono = clock_mono(), boot = clock_boot();

	(void)state;
	assert_true(clock_mono() >= mono);
	assert_true(clock_boot() >= boot);
	assert_true(boot >= mono); /* it counts sleep too */
	assert_true(clock_wall() > 1700000000 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_adds),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_iso),
		cmocka_unit_test(test_clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
