/* wording.c - numbers and lists in sentences. */
#include "wording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "str.h"

#define MOST_DECIMALS 6

int wording_decimals(double half)
{
	int exponent;

	if (!(half > 0) || !isfinite(half))
		return 1;
	exponent = (int)floor(log10(half));
	/* 0.095 shown with one digit would read 0.1: the rule of the Particle Data Group, in short.
	 */
	return (half / pow(10, exponent) < 3.55 ? 1 : 0) - exponent;
}

char *wording_fixed(char *dst, double x, int decimals)
{
	char whole[NUM_TEXT];
	double scale, scaled, units;
	int digits = decimals < 0 ? 0 : decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;

	if (!isfinite(x) || fabs(x) > 1e12) {
		snprintf(dst, WORDING_TEXT, "%s", num_text(whole, x));
		return dst;
	}
	scale = pow(10, decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals);
	scaled = round(fabs(x) * scale) / scale;
	units = floor(scaled + 0.5 / pow(10, digits + 1));
	num_group(whole, (int64_t)units);
	snprintf(dst, WORDING_TEXT, "%s%s", x < 0 && scaled > 0 ? "-" : "", whole);
	if (digits > 0) {
		int64_t rest = (int64_t)llround((scaled - units) * pow(10, digits));
		size_t len = strlen(dst);

		snprintf(dst + len, WORDING_TEXT - len, ".%0*lld", digits,
			(long long)(rest < 0 ? 0 : rest));
	}
	return dst;
}

char *wording_plain(char *dst, double x)
{
	/* 100 * 0.07 is 7.000000000000001: what a person set has few digits. */
	snprintf(dst, WORDING_TEXT, "%s", "");
	return num_text(dst, round(x * 1e9) / 1e9);
}

const char *wording_count(struct arena *a, uint64_t n, const char *singular, const char *plural)
{
	char text[NUM_TEXT];

	return arena_fmt(a, "%s %s", num_group(text, (int64_t)n), n == 1 ? singular : plural);
}

const char *wording_list(
	struct arena *a, const char *const *items, size_t n, const char *conjunction)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *list;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i + 1 == n)
			str_addf(&text, " %s ", conjunction);
		else if (i > 0)
			str_add(&text, ", ");
		str_add(&text, items[i]);
	}
	list = arena_str(a, text.s);
	str_release(&text);
	return list;
}

const char *wording_verb(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}
