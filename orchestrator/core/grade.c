/* grade.c - checks of answers. */
#include "grade.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "grade_number.h"
#include "grade_regex.h"
#include "grade_schema.h"
#include "jsonx.h"

#define MAX_ANSWER  ((size_t)64 << 10)
#define MAX_CHOICES 1000
#define MAX_TRIES   32 /* brackets that may begin the JSON of an answer */

/* ---- checks, at load time ---- */

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
	static const char *const names[] = {"exact", "one_of", "number", "regex", "json"};
	static const enum check_kind kinds[] = {
		CHECK_EXACT, CHECK_ONE_OF, CHECK_NUMBER, CHECK_REGEX, CHECK_JSON};
	size_t expected = json_object_get(spec, "tolerance") ? 2 : 1;
	const json_t *value = NULL;

	for (size_t i = 0; i < COUNTOF(names) && !value; i++) {
		value = json_object_get(spec, names[i]);
		*kind = kinds[i];
	}
	if (!value || json_object_size(spec) != expected ||
		(expected == 2 && *kind != CHECK_NUMBER)) {
		err_set(e, ERR_USAGE,
			"expected one of exact, one_of, number (with tolerance), regex and json");
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
	case CHECK_JSON:
		return grade_schema_check(value, e);
	default:
		return grade_regex_check("regex", json_string_value(value), e);
	}
}

/* ---- answers ---- */

/* Marks that models put around an answer: **Paris**, `x`, "yes". */
static bool is_mark(char c)
{
	return c == '*' || c == '_' || c == '`' || c == '"' || c == '\'';
}

static void trim(const char **s, size_t *len)
{
	while (*len && isspace((unsigned char)(*s)[*len - 1]))
		--*len;
	for (; *len && isspace((unsigned char)**s); --*len)
		++*s;
}

/* White space, one final full stop and equal marks on both sides taken off, as long as anything is
 * left. */
static const char *bare(const char *s, size_t *len)
{
	bool stopped = false;

	*len = strlen(s);
	for (;;) {
		trim(&s, len);
		if (!stopped && *len > 1 && s[*len - 1] == '.') {
			stopped = true;
			--*len;
		} else if (*len > 2 && is_mark(*s) && s[*len - 1] == *s) {
			s++;
			*len -= 2;
		} else {
			return s;
		}
	}
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

static bool is_number(const char *answer, const json_t *spec)
{
	double wanted = json_number_value(json_object_get(spec, "number"));
	double tolerance = json_number_value(json_object_get(spec, "tolerance"));
	double x = grade_number(answer);

	/* 0.1 written with more digits is still 0.1. */
	return fabs(x - wanted) <= fmax(tolerance, 1e-9 * fabs(wanted));
}

/* Expressions see the answer without the white space around it. */
static bool matches(const char *answer, const char *pattern)
{
	size_t len = strlen(answer);
	char *text;
	bool found;

	trim(&answer, &len);
	text = xstrndup(answer, len);
	found = grade_regex_matches(pattern, text);
	free(text);
	return found;
}

/* The bytes of what begins with the bracket at s, up to the one that closes it; 0 if none does. */
static size_t balanced(const char *s)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; s[i]; i++) {
		if (quoted && s[i] == '\\' && s[i + 1])
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr("{[", s[i]))
			depth++;
		else if (!quoted && strchr("}]", s[i]) && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* The first text in balanced brackets that is a JSON object (or array): what stands around it (a
 * code fence, an introduction) does not count.  New reference or NULL. */
static json_t *first_json(const char *answer, bool object)
{
	const char *s = strpbrk(answer, "{[");

	for (int i = 0; s && i < MAX_TRIES; i++) {
		size_t len = balanced(s);
		json_t *value = len ? json_loadb(s, len, JSON_REJECT_DUPLICATES, NULL) : NULL;

		if (value && json_is_object(value) == object)
			return value;
		json_decref(value);
		s = strpbrk(s + (len ? len : 1), "{[");
	}
	return NULL;
}

static bool is_json(const char *answer, const json_t *schema)
{
	const char *type = jsonx_get_string(schema, "type");
	json_t *value = first_json(answer, strcmp(type, "object") == 0);
	bool fits = value && grade_schema_fits(schema, value);

	json_decref(value);
	return fits;
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
	case CHECK_JSON:
		return is_json(answer, json_object_get(p->check_spec, "json"));
	case CHECK_NONE:
		break;
	}
	BUG("check %d", (int)p->check);
}

double grade_answer(const struct prompt *p, const char *answer)
{
	size_t most = p->check == CHECK_REGEX ? GRADE_MAX_MATCHED : MAX_ANSWER;
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
