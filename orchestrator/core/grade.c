/* grade.c - checks of answers. */
#include "grade.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"

#define MAX_ANSWER ((size_t)64 << 10)
#define MAX_MATCHED                                                                                \
	((size_t)16 << 10) /* glibc takes up to n * n steps: 0.3 s for these, 5 s for 64 KiB */
#define MAX_CHOICES 1000
#define MAX_PATTERN 500
#define MAX_REPEATS 10000 /* how often braces may multiply a pattern: glibc writes them out */

/* ---- checks, at load time ---- */

/* The product of all {n} and {n,m} bounds of a pattern. */
static double pattern_repeats(const char *pattern)
{
	double product = 1;

	for (const char *c = pattern; *c; c++) {
		const char *comma;
		double n;

		if (*c == '\\' && c[1]) {
			c++;
			continue;
		}
		if (*c != '{' || !isdigit((unsigned char)c[1]))
			continue;
		n = atoi(c + 1);
		comma = c + 1 + strspn(c + 1, "0123456789");
		if (*comma == ',' && isdigit((unsigned char)comma[1]))
			n = fmax(n, atoi(comma + 1));
		product *= fmax(n, 1);
	}
	return product;
}

/* \1 is no part of POSIX extended expressions; glibc knows it and takes exponential time over it.
 */
static bool has_back_reference(const char *pattern)
{
	for (const char *c = pattern; *c; c++) {
		if (*c == '\\' && c[1] && isdigit((unsigned char)*++c))
			return true;
	}
	return false;
}

static int check_regex(const json_t *value, struct err *e)
{
	const char *pattern = json_string_value(value);
	char why[200];
	regex_t compiled;
	int failed;

	if (!pattern || !*pattern || strlen(pattern) > MAX_PATTERN)
		return err_set(
			e, ERR_USAGE, "regex: expected a pattern of at most %d bytes", MAX_PATTERN);
	if (has_back_reference(pattern))
		return err_set(
			e, ERR_USAGE, "regex: back references such as \\1 are not supported");
	if (pattern_repeats(pattern) > MAX_REPEATS)
		return err_set(
			e, ERR_USAGE, "regex: its {n} multiply to more than %d", MAX_REPEATS);
	failed = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (failed) {
		regerror(failed, &compiled, why, sizeof(why));
		return err_set(e, ERR_USAGE, "regex: %s", why);
	}
	regfree(&compiled);
	return 0;
}

static int check_one_of(const json_t *value, struct err *e)
{
	size_t n = json_array_size(value);

	if (n == 0 || n > MAX_CHOICES)
		return err_set(
			e, ERR_USAGE, "one_of: expected an array of 1 to %d strings", MAX_CHOICES);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(value, i));

		if (!s || !*s)
			return err_set(e, ERR_USAGE,
				"one_of[%zu]: expected a string that is not empty", i);
	}
	return 0;
}

static int check_exact(const json_t *value, struct err *e)
{
	const char *s = json_string_value(value);

	if (!s || !*s)
		return err_set(e, ERR_USAGE, "exact: expected a string that is not empty");
	return 0;
}

static int check_number(const json_t *spec, const json_t *value, struct err *e)
{
	const json_t *tolerance = json_object_get(spec, "tolerance");

	if (!json_is_number(value))
		return err_set(e, ERR_USAGE, "number: expected a number");
	if (tolerance && !(json_is_number(tolerance) && json_number_value(tolerance) >= 0))
		return err_set(e, ERR_USAGE, "tolerance: expected a number of at least 0");
	return 0;
}

int grade_check(const json_t *spec, enum check_kind *kind, struct err *e)
{
	static const char *const names[] = {"exact", "one_of", "number", "regex"};
	static const enum check_kind kinds[] = {
		CHECK_EXACT, CHECK_ONE_OF, CHECK_NUMBER, CHECK_REGEX};
	size_t expected = json_object_get(spec, "tolerance") ? 2 : 1;
	const json_t *value = NULL;

	for (size_t i = 0; i < COUNTOF(names) && !value; i++) {
		value = json_object_get(spec, names[i]);
		*kind = kinds[i];
	}
	if (!value || json_object_size(spec) != expected ||
		(expected == 2 && *kind != CHECK_NUMBER)) {
		err_set(e, ERR_USAGE,
			"expected one of exact, one_of, number (with tolerance) and regex");
		return err_hint(e,
			"such as {\"exact\": \"Paris\"} or {\"number\": 4, \"tolerance\": 0.01}");
	}
	switch (*kind) {
	case CHECK_EXACT:
		return check_exact(value, e);
	case CHECK_ONE_OF:
		return check_one_of(value, e);
	case CHECK_NUMBER:
		return check_number(spec, value, e);
	default:
		return check_regex(value, e);
	}
}

/* ---- answers ---- */

/* Surrounding white space and one final full stop taken off. */
static const char *bare(const char *s, size_t *len)
{
	s += strspn(s, " \t\r\n");
	*len = strlen(s);
	while (*len && isspace((unsigned char)s[*len - 1]))
		--*len;
	if (*len && s[*len - 1] == '.')
		--*len;
	return s;
}

static bool same_text(const char *answer, const char *wanted)
{
	size_t answer_len, wanted_len;

	answer = bare(answer, &answer_len);
	wanted = bare(wanted, &wanted_len);
	return answer_len == wanted_len && strncasecmp(answer, wanted, answer_len) == 0;
}

static bool is_one_of(const char *answer, const json_t *choices)
{
	for (size_t i = 0; i < json_array_size(choices); i++) {
		if (same_text(answer, json_string_value(json_array_get(choices, i))))
			return true;
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether the number at `at` is negative.  A dash counts only where no word, number or bracket
 * stands before it: "10-12" ends in 12. */
static bool is_negative(const char *start, const char *at)
{
	if (at - start >= 3 && memcmp(at - 3, "\xe2\x88\x92", 3) == 0) /* U+2212, the minus sign */
		return true;
	return at > start && at[-1] == '-' &&
		(at - 1 == start || (!isalnum((unsigned char)at[-2]) && !strchr(")].%", at[-2])));
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
	if (num_parse(text, len, &x))
		*ret = x;
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

static bool is_number(const char *answer, const json_t *spec)
{
	double wanted = json_number_value(json_object_get(spec, "number"));
	double tolerance = json_number_value(json_object_get(spec, "tolerance"));
	double x = last_number(answer);

	/* 0.1 written with more digits is still 0.1. */
	return fabs(x - wanted) <= fmax(tolerance, 1e-9 * fabs(wanted));
}

static bool matches(const char *answer, const char *pattern)
{
	regex_t compiled;
	bool found;

	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = regexec(&compiled, answer, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}

static bool is_right(const struct prompt *p, const char *answer)
{
	switch (p->check) {
	case CHECK_EXACT:
		return same_text(answer, jsonx_get_string(p->check_spec, "exact"));
	case CHECK_ONE_OF:
		return is_one_of(answer, json_object_get(p->check_spec, "one_of"));
	case CHECK_NUMBER:
		return is_number(answer, p->check_spec);
	case CHECK_REGEX:
		return matches(answer, jsonx_get_string(p->check_spec, "regex"));
	case CHECK_NONE:
		break;
	}
	BUG("check %d", (int)p->check);
}

double grade_answer(const struct prompt *p, const char *answer)
{
	size_t most = p->check == CHECK_REGEX ? MAX_MATCHED : MAX_ANSWER;
	char *capped = NULL;
	double score;

	if (p->check == CHECK_NONE || !answer)
		return NAN;
	if (strnlen(answer, most) == most)
		answer = capped = xstrndup(answer, most);
	score = is_right(p, answer) ? 1 : 0;
	free(capped);
	return score;
}
