/* scan_values.c - numbers, identities and times of the forms the journal writes, quickly; any other
 * form by the functions that know them all. */
#include <string.h>

#include "clock.h"
#include "num.h"
#include "scan_internal.h"

#define MOST_DIGITS 18                /* an integer of so many fits 63 bits */
#define TWO_53      9007199254740992u /* up to it every integer is a double */
#define ISO_DATE    10

/* Digits, a point, digits: both parts are exact as doubles, so their quotient is the nearest double
 * (Clinger 1990). */
bool scan_number(const char *s, size_t len, double *ret)
{
	static const double power[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	size_t i = len > 0 && s[0] == '-', first = i, point = 0;
	uint64_t m = 0;

	if (len > MOST_DIGITS)
		return num_parse(s, len, ret);
	for (; i < len; i++) {
		unsigned digit = (unsigned char)s[i] - '0';

		if (digit < 10)
			m = m * 10 + digit;
		else if (s[i] == '.' && !point && i > first)
			point = i;
		else
			return num_parse(s, len, ret);
	}
	if (m > TWO_53 || len == first || point + 1 == len)
		return num_parse(s, len, ret);
	*ret = point ? (double)m / power[len - point - 1] : (double)m;
	if (first)
		*ret = -*ret;
	return true;
}

/* The digit's value, or 16. */
static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_text(const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h ? h : 1;
}

uint64_t scan_hash(const char *s, size_t len)
{
	uint64_t h = 0;

	if (len == 0)
		return 0;
	if (len != 16)
		return hash_text(s, len);
	for (size_t i = 0; i < 16; i++) {
		unsigned digit = hex_digit(s[i]);

		if (digit > 15)
			return hash_text(s, len);
		h = h << 4 | digit;
	}
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
