/* num.c - numbers to text and back, untouched by the user's locale. */
#include "num.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define TWO_53 9007199254740992.0 /* below it every integer is a double of its own */

static locale_t c_locale(void)
{
	static _Atomic(locale_t) cached;
	locale_t c = atomic_load(&cached);

	if (!c) {
		c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		if (!c)
			BUG("there is no C locale");
		atomic_store(&cached, c);
	}
	return c;
}

/* snprintf of one double with a decimal point; `fmt_kind` is 'g', 'f' or 'e'. */
static void print_double(char *dst, size_t size, char kind, int precision, double x)
{
	locale_t users = uselocale(c_locale());

	if (kind == 'g')
		snprintf(dst, size, "%.*g", precision, x);
	else if (kind == 'f')
		snprintf(dst, size, "%.*f", precision, x);
	else
		snprintf(dst, size, "%.*e", precision, x);
	uselocale(users);
}

char *num_text(char *dst, double x)
{
	/* 15 digits, less trailing zeros, are always the fewest; only subnormals have less in them.
	 */
	int digits = fabs(x) < DBL_MIN ? 1 : DBL_DIG;

	if (isnan(x)) {
		dst[0] = '\0';
	} else if (isinf(x)) {
		snprintf(dst, NUM_TEXT, "%s", x > 0 ? "inf" : "-inf");
	} else if (x == trunc(x) && fabs(x) < TWO_53) {
		print_double(dst, NUM_TEXT, 'f', 0, x);
	} else {
		do
			print_double(dst, NUM_TEXT, 'g', digits, x);
		while (strtod_l(dst, NULL, c_locale()) != x && ++digits <= DBL_DECIMAL_DIG);
	}
	return dst;
}

char *num_ms(char *dst, ns t)
{
	uint64_t abs = t < 0 ? -(uint64_t)t : (uint64_t)t;

	if (t == NS_NONE)
		dst[0] = '\0';
	else
		snprintf(dst, NUM_TEXT, "%s%" PRIu64 ".%06" PRIu64, t < 0 ? "-" : "",
			abs / NS_PER_MS, abs % NS_PER_MS);
	return dst;
}

size_t num_us(char *dst, ns t)
{
	char text[NUM_TEXT], *p = text + sizeof(text);
	uint64_t abs = t < 0 ? -(uint64_t)t : (uint64_t)t;
	uint64_t whole = abs / 1000, rest = abs % 1000;
	int decimals = rest == 0 ? 0 : rest % 100 == 0 ? 1 : rest % 10 == 0 ? 2 : 3;
	size_t len;

	dst[0] = '\0';
	if (t == NS_NONE)
		return 0;
	for (int i = decimals; i < 3; i++)
		rest /= 10;
	for (int i = 0; i < decimals; i++, rest /= 10)
		*--p = (char)('0' + rest % 10);
	if (decimals > 0)
		*--p = '.';
	do
		*--p = (char)('0' + whole % 10);
	while (whole /= 10);
	if (t < 0)
		*--p = '-';
	len = (size_t)(text + sizeof(text) - p);
	memcpy(dst, p, len);
	dst[len] = '\0';
	return len;
}

char *num_sig(char *dst, double x, int digits)
{
	char e[NUM_TEXT];
	int exponent, decimals;

	if (!isfinite(x) || fabs(x) >= 1e30)
		return num_text(dst, x); /* it would not fit in plain notation */
	if (digits < 1)
		digits = 1;
	if (digits > DBL_DECIMAL_DIG)
		digits = DBL_DECIMAL_DIG;
	/* Rounding can carry (9.996 is 10.0), so the exponent is that of the rounded number. */
	print_double(e, sizeof(e), 'e', digits - 1, x);
	exponent = atoi(strchr(e, 'e') + 1);
	decimals = digits - 1 - exponent;
	if (x == 0 || decimals > 30)
		snprintf(dst, NUM_TEXT, "0");
	else
		print_double(dst, NUM_TEXT, 'f', decimals > 0 ? decimals : 0, x);
	return dst;
}

char *num_group(char *dst, int64_t x)
{
	char plain[NUM_TEXT];
	char *to = dst;
	size_t len;

	snprintf(plain, sizeof(plain), "%" PRIu64, x < 0 ? -(uint64_t)x : (uint64_t)x);
	len = strlen(plain);
	if (x < 0)
		*to++ = '-';
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = plain[i];
	}
	*to = '\0';
	return dst;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number taken apart: mantissa x 10^exponent, as far as that is exact. */
struct decimal {
	uint64_t mantissa;
	int64_t exponent;
	bool negative;
	bool exact; /* the mantissa holds all digits and is below 2^53 */
};

/* Reads digits at *p into the mantissa; returns how many there were. */
static size_t read_digits(const char **p, const char *end, struct decimal *d)
{
	const char *start = *p;

	for (; *p < end && is_digit(**p); (*p)++) {
		if (d->mantissa > ((uint64_t)1 << 53) / 10 - 1)
			d->exact = false;
		else
			d->mantissa = d->mantissa * 10 + (uint64_t)(**p - '0');
	}
	return (size_t)(*p - start);
}

/* [eE][+-]digits at *p, to the end.  Exponents beyond any double stay beyond it. */
static bool read_exponent(const char *p, const char *end, struct decimal *d)
{
	int64_t value = 0;
	bool negative = false;

	if (p == end)
		return true;
	if (*p != 'e' && *p != 'E')
		return false;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		if (value < 100000)
			value = value * 10 + (*p - '0');
	}
	d->exponent += negative ? -value : value;
	return true;
}

/* Checks the grammar, which is narrower than strtod's. */
static bool read_decimal(const char *s, size_t len, struct decimal *d)
{
	const char *p = s, *end = s + len;
	size_t whole, fraction = 0;

	*d = (struct decimal){.exact = true};
	if (p < end && (*p == '+' || *p == '-'))
		d->negative = *p++ == '-';
	whole = read_digits(&p, end, d);
	if (p < end && *p == '.') {
		p++;
		fraction = read_digits(&p, end, d);
	}
	if (whole + fraction == 0)
		return false;
	d->exponent = -(int64_t)fraction;
	return read_exponent(p, end, d);
}

bool num_parse(const char *s, size_t len, double *ret)
{
	/* Both operands are exact, so one division or product rounds once: correctly (Clinger
	 * 1990). */
	static const double ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	struct decimal d;
	char copy[64], *text = copy;
	double x;

	if (!read_decimal(s, len, &d))
		return false;
	if (d.exact && d.exponent >= -22 && d.exponent <= 22) {
		x = (double)d.mantissa;
		x = d.exponent < 0 ? x / ten[-d.exponent] : x * ten[d.exponent];
		*ret = d.negative ? -x : x;
		return true;
	}
	if (len >= sizeof(copy))
		text = xmalloc(len + 1);
	memcpy(text, s, len);
	text[len] = '\0';
	x = strtod_l(text, NULL, c_locale());
	if (text != copy)
		free(text);
	if (isinf(x))
		return false;
	*ret = x;
	return true;
}

bool num_parse_int(const char *s, size_t len, int64_t *ret)
{
	const char *p = s, *end = s + len;
	bool negative = false;
	int64_t x = 0;

	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	/* Counted downwards, since the smallest int64 has no positive counterpart. */
	for (; p < end; p++) {
		if (!is_digit(*p) || __builtin_mul_overflow(x, 10, &x) ||
			__builtin_sub_overflow(x, *p - '0', &x))
			return false;
	}
	if (!negative && x == INT64_MIN)
		return false;
	*ret = negative ? x : -x;
	return true;
}

bool num_share(const char *s, size_t len, double min, double max, double *ret)
{
	bool percent = len > 0 && s[len - 1] == '%';
	double x;

	if (!num_parse(s, len - percent, &x))
		return false;
	x = percent ? x / 100 : x;
	if (!(x >= min && x <= max))
		return false;
	*ret = x;
	return true;
}

/* Two units, the smaller one with two digits: "2 h 05 min". */
static void print_two(char *dst, int64_t count, int64_t per, const char *large, const char *small)
{
	snprintf(dst, NUM_TEXT - 1, "%" PRId64 " %s %02" PRId64 " %s", count / per, large,
		count % per, small);
}

/* Each limit is where the smaller unit would round up to the larger one. */
char *num_duration(char *dst, double seconds)
{
	char *to = dst;
	char text[NUM_TEXT];

	dst[0] = '\0';
	if (!isfinite(seconds))
		return num_text(dst, seconds);
	if (seconds < 0) {
		*to++ = '-';
		seconds = -seconds;
	}
	if (seconds < 0.0095)
		snprintf(to, NUM_TEXT - 1, "%s ms", num_sig(text, seconds * 1e3, 2));
	else if (seconds < 0.9995)
		snprintf(to, NUM_TEXT - 1, "%s ms", num_sig(text, round(seconds * 1e3), 1));
	else if (seconds < 59.95)
		snprintf(to, NUM_TEXT - 1, "%s s",
			num_sig(text, round(seconds * 10) / 10, seconds < 9.95 ? 2 : 3));
	else if (seconds < 3599.5)
		print_two(to, (int64_t)round(seconds), 60, "min", "s");
	else if (seconds < 48 * 3600 - 30)
		print_two(to, (int64_t)round(seconds / 60), 60, "h", "min");
	else if (seconds < 1e12)
		print_two(to, (int64_t)round(seconds / 3600), 24, "d", "h");
	else
		snprintf(to, NUM_TEXT - 1, "%s s", num_text(text, seconds));
	return dst;
}

char *num_bytes(char *dst, double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t unit = 0;
	char text[NUM_TEXT];

	if (!isfinite(bytes))
		return num_text(dst, bytes);
	while (fabs(bytes) >= 1023.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	if (unit == 0 || fabs(bytes) >= 9.95)
		num_sig(text, round(bytes), 1);
	else
		num_sig(text, bytes, 2);
	snprintf(dst, NUM_TEXT, "%.30s %s", text, units[unit]);
	return dst;
}
