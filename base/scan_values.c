/* scan_values.c - numbers, identities and times of the forms the journal writes, quickly; any other
 * form by the functions that know them all. */
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "num.h"
#include "scan_internal.h"
#include "word.h"

#define TWO_53   9007199254740992u /* up to it every integer is a double */
#define AHEAD    17                /* eight digits, a point and eight more */
#define ISO_DATE 10

/* The value of n digits, 1 to 8: '0' was taken off each, what is behind them does not matter. */
static inline uint64_t digits_value(uint64_t digits, size_t n)
{
	digits <<= 64 - 8 * n; /* zeros before them */
	digits = digits * (10 * 256 + 1) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	digits = digits * (100 * 65536 + 1) >> 16 & UINT64_C(0x0000ffff0000ffff);
	return digits * (UINT64_C(10000) << 32 | 1) >> 32;
}

/* Digits, a point, digits: both parts are exact as doubles, so their quotient is the nearest double
 * (Clinger 1990). */
bool scan_number(const char *s, size_t len, const char *limit, double *ret)
{
	static const uint32_t power[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	bool negative = len > 0 && s[0] == '-';
	const char *number = s + negative;
	size_t n = len - negative, whole, places = 0;
	uint64_t digits, m;
	double x;

	if (limit - number < AHEAD)
		return num_parse(s, len, ret);
	digits = word_at(number) ^ '0' * WORD_EACH;
	whole = word_first(word_above_9(digits));
	whole = whole < n ? whole : n;
	if (whole == 0)
		return num_parse(s, len, ret);
	m = digits_value(digits, whole);
	if (whole < n) {
		places = n - whole - 1;
		digits = word_at(number + whole + 1) ^ '0' * WORD_EACH;
		if (number[whole] != '.' || places < 1 || places > 8 ||
			word_above_9(digits) << (64 - 8 * places) != 0)
			return num_parse(s, len, ret);
		m = m * power[places] + digits_value(digits, places);
		if (m > TWO_53)
			return num_parse(s, len, ret);
	}
	x = places ? (double)(int64_t)m / power[places] : (double)(int64_t)m;
	*ret = negative ? -x : x;
	return true;
}

/* Eight bytes at a time, multiplied and folded. */
uint64_t scan_text_hash(const char *s, size_t len)
{
	uint64_t h = len * UINT64_C(0x9e3779b97f4a7c15), rest = 0;
	char last[8] = {0};

	for (; len >= 8; s += 8, len -= 8) {
		h = (h ^ word_at(s)) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	if (len > 0) {
		memcpy(last, s, len);
		rest = word_at(last);
	}
	h = (h ^ rest) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}

uint64_t scan_hash(const char *s, size_t len)
{
	uint64_t h;

	if (len == 0)
		return 0;
	if (len != 16 || !hash_id_parse(s, &h))
		h = scan_text_hash(s, len);
	return h ? h : 1;
}

/* Two digits, or 100. */
static unsigned two(const char *s)
{
	unsigned a = (unsigned char)s[0] - '0', b = (unsigned char)s[1] - '0';

	return a < 10 && b < 10 ? a * 10 + b : 100;
}

/* "THH:MM:SS.nnnnnnnnnZ" after a date that was read before. */
static bool read_clock(const char *s, size_t len, int64_t *ret)
{
	unsigned hours = two(s + 1), minutes = two(s + 4), seconds = two(s + 7);
	int64_t fraction = 0;

	if (len != 20 || s[0] != 'T' || s[3] != ':' || s[6] != ':' || s[9] != '.' || s[19] != 'Z' ||
		hours > 23 || minutes > 59 || seconds > 59)
		return false;
	for (int i = 10; i < 19; i++) {
		unsigned digit = (unsigned char)s[i] - '0';

		if (digit > 9)
			return false;
		fraction = fraction * 10 + digit;
	}
	*ret = ((int64_t)hours * 3600 + minutes * 60 + seconds) * NS_PER_S + fraction;
	return true;
}

int64_t scan_time(struct scan_day *day, const char *s, size_t len)
{
	int64_t clock, at;

	if (len != ISO_DATE + 20 || !read_clock(s + ISO_DATE, len - ISO_DATE, &clock))
		return clock_parse_iso(s, len);
	if (memcmp(day->text, s, ISO_DATE) != 0) {
		at = clock_parse_iso(s, len);
		if (at == NS_NONE)
			return NS_NONE;
		memcpy(day->text, s, ISO_DATE);
		day->seconds = (at - clock) / NS_PER_S;
	}
	return day->seconds * NS_PER_S + clock;
}
