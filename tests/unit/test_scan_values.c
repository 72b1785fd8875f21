/* test_scan_values.c - the quick ways of a scan say what the plain ones say. */
#include <string.h>

#include "clock.h"
#include "num.h"
#include "rng.h"
#include "scan_internal.h"
#include "unit.h"

static void check_number(const char *s, size_t len, const char *limit)
{
	double a = -1, b = -1;
	bool ours = scan_number(s, len, limit, &a), theirs = num_parse(s, len, &b);

	assert_int_equal(ours, theirs);
	if (ours)
		assert_memory_equal(&a, &b, sizeof(a));
}

/* Whatever is behind the field. */
static void numbers_are_those_of_num_parse(void **state)
{
	static const char set[] = "0123456789012345678901234567890123456789..-+eE x,\"";
	struct rng r;

	(void)state;
	rng_init(&r, 2, "numbers");
	for (int i = 0; i < 300000; i++) {
		char s[64];
		size_t len = rng_below(&r, 24);

		for (size_t k = 0; k < sizeof(s); k++)
			s[k] = set[rng_below(&r, i % 2 ? 41 : sizeof(set) - 1)];
		check_number(s, len, s + sizeof(s));
		check_number(s, len, s + len);
		check_number(s, len, s + len + rng_below(&r, 20));
	}
}

/* Of the forms that are written: whole digits and places in all combinations. */
static void numbers_as_they_are_written(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3, "numbers");
	for (int whole = 0; whole <= 10; whole++) {
		for (int places = -1; places <= 10; places++) {
			for (int i = 0; i < 400; i++) {
				char s[64];
				size_t len = 0;

				if (i % 4 == 0)
					s[len++] = '-';
				for (int k = 0; k < whole; k++)
					s[len++] = (char)('0' + (i < 2 ? 9 : rng_below(&r, 10)));
				if (places >= 0)
					s[len++] = '.';
				for (int k = 0; k < places; k++)
					s[len++] = (char)('0' + (i < 2 ? 9 : rng_below(&r, 10)));
				memset(s + len, i % 3 ? ',' : '5', sizeof(s) - len);
				check_number(s, len, s + sizeof(s));
			}
		}
	}
}

/* Every byte, at every distance from the 64 that are looked at together. */
static void lines_are_split_alike_on_any_machine(void **state)
{
	enum { ROOM = 20 };
	uint32_t commas[2][ROOM + SCAN_SPLIT_BYTES];
	struct scan_line a = {.comma = commas[0], .room = ROOM};
	struct scan_line b = {.comma = commas[1], .room = ROOM};
	struct rng r;

	(void)state;
	rng_init(&r, 4, "lines");
	for (int i = 0; i < 50000; i++) {
		static const char rare[] = {'\n', '"', '\\', '\0', '\r', '-', '\x8c', '\xac'};
		char s[300];
		size_t len = rng_below(&r, sizeof(s) + 1);

		for (size_t k = 0; k < len; k++) {
			s[k] = (char)(rng_below(&r, 6) ? 'a' + rng_below(&r, 26) : ',');
			if (rng_below(&r, 60) == 0)
				s[k] = rare[rng_below(&r, i % 2 ? sizeof(rare) : 1)];
		}
		scan_split(&a, s, s + len);
		scan_split_portable(&b, s, s + len);
		assert_int_equal(a.ended, memchr(s, '\n', len) != NULL);
		assert_int_equal(a.ended, b.ended);
		assert_int_equal(a.len, b.len);
		assert_int_equal(a.special, b.special);
		assert_int_equal(a.ncommas, b.ncommas);
		for (size_t k = 0; k < a.ncommas && k < ROOM; k++) {
			assert_int_equal(a.comma[k], b.comma[k]);
			assert_int_equal(s[a.comma[k]], ',');
		}
	}
}

static void identities_are_their_digits(void **state)
{
	(void)state;
	assert_true(scan_hash("00000000000000ff", 16) == 255);
	assert_true(scan_hash("0000000000000000", 16) == 1);
	assert_true(scan_hash("", 0) == 0);
	assert_true(scan_hash("00000000000000FF", 16) != 255);
	assert_true(scan_hash("abc", 3) != scan_hash("abd", 3));
	assert_true(scan_hash("abc", 3) != scan_hash("abc\0", 4));
	assert_true(scan_hash("0123456789abcdef", 16) == UINT64_C(0x0123456789abcdef));
}

/* Times of the form that is written, a byte changed in most of them, and more than one of a day. */
static void times_are_those_of_clock_parse_iso(void **state)
{
	struct scan_day day = {0};
	size_t read = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 5, "times");
	for (int i = 0; i < 100000; i++) {
		ns wall = (ns)(rng_next(&r) >> 1);
		char s[32];
		size_t len;

		clock_iso(s, i % 3 ? wall : wall % (40 * 86400 * NS_PER_S));
		len = strlen(s);
		if (i % 4)
			s[rng_below(&r, len)] = "0123456789T:-.Z 9"[rng_below(&r, 17)];
		if (i % 16 == 0)
			len = rng_below(&r, len + 1);
		assert_true(scan_time(&day, s, len) == clock_parse_iso(s, len));
		read += clock_parse_iso(s, len) != NS_NONE;
	}
	assert_in_range(read, 40000, 90000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_num_parse),
		cmocka_unit_test(numbers_as_they_are_written),
		cmocka_unit_test(lines_are_split_alike_on_any_machine),
		cmocka_unit_test(identities_are_their_digits),
		cmocka_unit_test(times_are_those_of_clock_parse_iso),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
