/* test_clock.c - wall time as text and back. */
#include <string.h>

#include "clock.h"
#include "unit.h"

static void test_iso(void **state)
{
	static const struct {
		ns at;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{-1, "1969-12-31T23:59:59.999999999Z"},
		{951827696 * NS_PER_S + 5, "2000-02-29T12:34:56.000000005Z"},
		{1795562388 * NS_PER_S + 123456789, "2026-11-24T23:19:48.123456789Z"},
		{4107542400 * NS_PER_S, "2100-03-01T00:00:00.000000000Z"},
		{-NS_PER_S * 9214560000 + 1, "1678-01-01T00:00:00.000000001Z"},
		{NS_PER_S * 9214646399, "2261-12-31T23:59:59.000000000Z"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_string_equal(clock_iso(text, cases[i].at), cases[i].text);
		assert_int_equal(clock_parse_iso(text, strlen(text)), cases[i].at);
	}
	assert_string_equal(clock_iso(text, NS_NONE), "");
}

static void test_iso_fraction(void **state)
{
	(void)state;
	assert_int_equal(clock_parse_iso("1970-01-01T00:00:01Z", 20), NS_PER_S);
	assert_int_equal(clock_parse_iso("1970-01-01T00:00:01.5Z", 22), NS_PER_S * 3 / 2);
}

static void test_iso_refuses(void **state)
{
	static const char *const bad[] = {"", "Z", "2026-11-24", "2026-11-24T23:19:48.1",
		"2026-11-24T23:19:48.Z", "2026-11-24T23:19:48.1234567890Z", "2026-11-24T23:19:48Zx",
		"2026-11-24 23:19:48Z", "2026-13-24T23:19:48Z", "2026-00-24T23:19:48Z",
		"2026-02-29T23:19:48Z", "2026-11-31T23:19:48Z", "2026-11-24T24:19:48Z",
		"2026-11-24T23:60:48Z", "2026-11-24T23:19:61Z", "1677-11-24T23:19:48Z",
		"2262-01-01T00:00:00Z", "-026-11-24T23:19:48Z", "2026-1a-24T23:19:48Z"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_int_equal(clock_parse_iso(bad[i], strlen(bad[i])), NS_NONE);
	/* No byte after the length is read. */
	assert_int_equal(clock_parse_iso("2026-11-24T23:19:48Z", 19), NS_NONE);
	assert_int_equal(clock_parse_iso("2026-11-24T23:19:48Z", 3), NS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iso),
		cmocka_unit_test(test_iso_fraction),
		cmocka_unit_test(test_iso_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
