/* grade_regex.c - POSIX regular expressions within bounds. */
#include "grade_regex.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define MAX_PATTERN 500
#define MAX_REPEATS 10000 /* how often braces may multiply a pattern: glibc writes them out */

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

int grade_regex_check(const char *key, const char *pattern, struct err *e)
{
	char why[200];
	regex_t compiled;
	int failed;

	if (!pattern || !*pattern || strlen(pattern) > MAX_PATTERN)
		return err_set(e, ERR_USAGE, "%s: expected a pattern of at most %d bytes", key,
			MAX_PATTERN);
	if (has_back_reference(pattern))
		return err_set(
			e, ERR_USAGE, "%s: back references such as \\1 are not supported", key);
	if (pattern_repeats(pattern) > MAX_REPEATS)
		return err_set(
			e, ERR_USAGE, "%s: its {n} multiply to more than %d", key, MAX_REPEATS);
	failed = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (failed) {
		regerror(failed, &compiled, why, sizeof(why));
		err_set(e, ERR_USAGE, "%s: %s", key, why);
		return err_hint(e,
			"patterns are POSIX extended regular expressions; \\ takes the "
			"meaning of ( ) [ { . * + ? | ^ $ away");
	}
	regfree(&compiled);
	return 0;
}

bool grade_regex_matches(const char *pattern, const char *text)
{
	char *capped = NULL;
	regex_t compiled;
	bool found;

	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	if (strnlen(text, GRADE_MAX_MATCHED) == GRADE_MAX_MATCHED)
		text = capped = xstrndup(text, GRADE_MAX_MATCHED);
	found = regexec(&compiled, text, 0, NULL, 0) == 0;
	free(capped);
	regfree(&compiled);
	return found;
}
