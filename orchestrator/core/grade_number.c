/* grade_number.c - numbers as people and models write them. */
#include "grade_number.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "num.h"

#define MINUS_SIGN "\xe2\x88\x92" /* U+2212 */
#define EN_DASH    "\xe2\x80\x93" /* U+2013 */

/* What may stand around a number that is alone in its line. */
#define BEFORE " \t\r*_`\"'($"
#define AFTER  " \t\r*_`\"').,!%"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes of the minus sign that ends at `at`, 0 if there is none. */
static size_t minus_bytes(const char *start, const char *at)
{
	if (at > start && at[-1] == '-')
		return 1;
	if (at - start >= 3 &&
		(memcmp(at - 3, MINUS_SIGN, 3) == 0 || memcmp(at - 3, EN_DASH, 3) == 0))
		return 3;
	return 0;
}

/* Whether the number at `at` is negative: a dash where no word, number or bracket stands before
 * it. */
static bool is_negative(const char *start, const char *at)
{
	size_t n = minus_bytes(start, at);
	const char *sign = at - n;

	return n > 0 &&
		(sign == start || (!isalnum((unsigned char)sign[-1]) && !strchr(")].%", sign[-1])));
}

/* ".5" written without a digit before the point; s is at the 5. */
static bool lacks_zero(const char *start, const char *s)
{
	return s > start && s[-1] == '.' &&
		(s - 1 == start || (!isalnum((unsigned char)s[-2]) && s[-2] != '.'));
}

/* Digits at s into dst (without thousands separators); returns where they end. */
static const char *take_digits(const char *s, char *dst, size_t size, size_t *len)
{
	size_t group = 0;

	while (is_digit(*s) ||
		(*s == ',' && group && group <= 3 && is_digit(s[1]) && is_digit(s[2]) &&
			is_digit(s[3]) && !is_digit(s[4]))) {
		group = *s == ',' ? 0 : group + 1;
		if (*s != ',' && *len + 1 < size)
			dst[(*len)++] = *s;
		s++;
	}
	return s;
}

/* Digits without separators. */
static const char *take_fraction(const char *s, char *dst, size_t size, size_t *len)
{
	for (; is_digit(*s); s++) {
		if (*len < size)
			dst[(*len)++] = *s;
	}
	return s;
}

/* Reads the number whose digits begin at s; returns where it ends. */
static const char *read_number(const char *start, const char *s, double *ret)
{
	char text[80];
	size_t len = 0;
	double x;

	if (is_negative(start, lacks_zero(start, s) ? s - 1 : s))
		text[len++] = '-';
	if (lacks_zero(start, s))
		text[len++] = '.';
	s = take_digits(s, text, sizeof(text) - 30, &len);
	if (*s == '.' && is_digit(s[1]) && !memchr(text, '.', len)) {
		text[len++] = *s++;
		s = take_fraction(s, text, sizeof(text) - 10, &len);
	}
	if ((*s == 'e' || *s == 'E') && is_digit(s[1 + (s[1] == '-' || s[1] == '+')])) {
		text[len++] = *s++;
		if (!is_digit(*s))
			text[len++] = *s++;
		s = take_fraction(s, text, sizeof(text) - 1, &len);
	}
	*ret = num_parse(text, len, &x) ? x : NAN;
	return s;
}

/* The last number of a text, NaN if it has none.  Digits that belong to a word (H2O) are none. */
static double last_number(const char *text)
{
	double x = NAN;
	const char *s = text;

	while (*s) {
		if (!is_digit(*s)) {
			s++;
		} else if (s > text && (isalpha((unsigned char)s[-1]) || s[-1] == '_')) {
			while (is_digit(*s))
				s++;
		} else {
			s = read_number(text, s, &x);
		}
	}
	return x;
}

/* The number that is all of the first line that is not empty; false if that holds anything else. */
static bool first_line_number(const char *text, double *ret)
{
	const char *line = text + strspn(text, " \t\r\n"), *at = line + strspn(line, BEFORE), *end;

	if (*at == '-')
		at++;
	else if (strncmp(at, MINUS_SIGN, 3) == 0 || strncmp(at, EN_DASH, 3) == 0)
		at += 3;
	at += *at == '.';
	if (!is_digit(*at))
		return false;
	end = read_number(line, at, ret);
	end += strspn(end, AFTER);
	return *end == '\n' || *end == '\0';
}

double grade_number(const char *answer)
{
	double x;

	return first_line_number(answer, &x) ? x : last_number(answer);
}
