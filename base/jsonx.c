/* jsonx.c - places in a JSON document, strict reading, and lossless writing. */
#include "jsonx.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "num.h"

#define MAX_FILE  ((size_t)64 << 20)
#define SHOWN_MAX 80                 /* bytes of a value shown in a message */
#define TWO_53    9007199254740992.0 /* below it every integer is a double of its own */

json_t *jsonx_load(const char *path, struct err *e)
{
	struct str text = STR_INIT(MAX_FILE);
	json_error_t why;
	json_t *value = NULL;

	if (fsx_read(path, MAX_FILE, &text, e)) {
		/* A name that is not there is the user's mistake, a file that fails is not. */
		if (e && !fsx_exists(path))
			e->code = ERR_USAGE;
	} else {
		value = json_loadb(text.s, text.len, JSON_REJECT_DUPLICATES, &why);
		if (!value)
			err_set(e, ERR_USAGE, "%s:%d:%d: %s", path, why.line, why.column, why.text);
	}
	str_release(&text);
	return value;
}

json_t *jsonx_parse(const char *s, size_t len)
{
	return json_loadb(s, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
}

struct jsonx_at jsonx_root(const char *source, json_t *value)
{
	return (struct jsonx_at){.source = source, .path = "", .value = value};
}

struct jsonx_at jsonx_key(const struct jsonx_at *at, const char *key)
{
	struct jsonx_at below = {.source = at->source, .value = json_object_get(at->value, key)};
	char text[2 * sizeof(below.path)];

	snprintf(text, sizeof(text), "%s%s%s", at->path, at->path[0] ? "." : "", key);
	err_quote(below.path, sizeof(below.path), text);
	return below;
}

struct jsonx_at jsonx_index(const struct jsonx_at *at, size_t i)
{
	struct jsonx_at below = {.source = at->source, .value = json_array_get(at->value, i)};
	char text[sizeof(below.path) + 32];

	snprintf(text, sizeof(text), "%s[%zu]", at->path, i);
	err_quote(below.path, sizeof(below.path), text);
	return below;
}

/* A value as a message shows it. */
static const char *shown(char dst[SHOWN_MAX], const json_t *value)
{
	char text[SHOWN_MAX - 2];

	if (!value)
		return "nothing";
	switch (json_typeof(value)) {
	case JSON_STRING:
		err_quote(text, sizeof(text), json_string_value(value));
		snprintf(dst, SHOWN_MAX, "\"%s\"", text);
		return dst;
	case JSON_INTEGER:
		snprintf(dst, SHOWN_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return dst;
	case JSON_REAL:
		return num_text(dst, json_real_value(value));
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "null";
	}
	BUG("JSON type %d", (int)json_typeof(value));
}

int jsonx_error(const struct jsonx_at *at, struct err *e, const char *fmt, ...)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	va_list ap;

	if (at->source)
		str_addf(&text, "%s: ", at->source);
	if (at->path[0])
		str_addf(&text, "%s: ", at->path);
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	err_set(e, ERR_USAGE, "%s", text.s);
	str_release(&text);
	return -1;
}

int jsonx_expected(const struct jsonx_at *at, const char *what, struct err *e)
{
	char value[SHOWN_MAX];

	return jsonx_error(at, e, "expected %s, got %s", what, shown(value, at->value));
}

/* "an integer from 1 to 9", where `low` or `high` may be NULL for no limit. */
static int out_of_range(const struct jsonx_at *at, const char *what, const char *low,
	const char *high, struct err *e)
{
	char text[3 * NUM_TEXT];

	if (low && high)
		snprintf(text, sizeof(text), "%s from %s to %s", what, low, high);
	else
		snprintf(text, sizeof(text), "%s of at %s %s", what, low ? "least" : "most",
			low ? low : high);
	return jsonx_expected(at, text, e);
}

int jsonx_int(const struct jsonx_at *at, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	char low[NUM_TEXT], high[NUM_TEXT];
	double real = json_real_value(at->value);
	int64_t x;

	/* 8192.0 and 1e3 are integers to everyone but the parser. */
	if (json_is_integer(at->value))
		x = json_integer_value(at->value);
	else if (json_is_real(at->value) && real == trunc(real) && fabs(real) < TWO_53)
		x = (int64_t)real;
	else
		return jsonx_expected(at, "an integer", e);
	if (x < min || x > max) {
		snprintf(low, sizeof(low), "%" PRId64, min);
		snprintf(high, sizeof(high), "%" PRId64, max);
		return out_of_range(at, "an integer", min > INT64_MIN ? low : NULL,
			max < INT64_MAX ? high : NULL, e);
	}
	*ret = x;
	return 0;
}

int jsonx_real(const struct jsonx_at *at, double min, double max, double *ret, struct err *e)
{
	char low[NUM_TEXT], high[NUM_TEXT];
	double x = json_number_value(at->value);

	if (!json_is_number(at->value))
		return jsonx_expected(at, "a number", e);
	if (x < min || x > max)
		return out_of_range(at, "a number", min > -DBL_MAX ? num_text(low, min) : NULL,
			max < DBL_MAX ? num_text(high, max) : NULL, e);
	*ret = x;
	return 0;
}

int jsonx_bool(const struct jsonx_at *at, bool *ret, struct err *e)
{
	if (!json_is_boolean(at->value))
		return jsonx_expected(at, "true or false", e);
	*ret = json_is_true(at->value);
	return 0;
}

int jsonx_string(const struct jsonx_at *at, const char **ret, struct err *e)
{
	if (!json_is_string(at->value))
		return jsonx_expected(at, "a string", e);
	if (json_string_length(at->value) == 0)
		return jsonx_expected(at, "a string that is not empty", e);
	*ret = json_string_value(at->value);
	return 0;
}

int jsonx_object(const struct jsonx_at *at, struct err *e)
{
	return json_is_object(at->value) ? 0 : jsonx_expected(at, "an object", e);
}

int jsonx_array(const struct jsonx_at *at, struct err *e)
{
	return json_is_array(at->value) ? 0 : jsonx_expected(at, "an array", e);
}

static bool is_listed(const char *word, const char *const *list)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

static int unknown_key(
	const struct jsonx_at *at, const char *key, const char *const *keys, struct err *e)
{
	struct str all = STR_INIT(sizeof(e->hint));
	const char *nearest = jsonx_did_you_mean(key, keys);
	char quoted[SHOWN_MAX];

	jsonx_error(at, e, "unknown key \"%s\"", err_quote(quoted, sizeof(quoted), key));
	if (nearest) {
		err_hint(e, "did you mean \"%s\"?", nearest);
	} else {
		for (; *keys; keys++)
			str_addf(&all, "%s%s", all.len ? ", " : "", *keys);
		err_hint(e, "known keys: %s", all.s);
	}
	str_release(&all);
	return -1;
}

int jsonx_only_keys(const struct jsonx_at *at, const char *const *keys, struct err *e)
{
	const char *key;
	json_t *value;

	if (jsonx_object(at, e))
		return -1;
	json_object_foreach (at->value, key, value) {
		if (!is_listed(key, keys))
			return unknown_key(at, key, keys, e);
	}
	return 0;
}

/* ---- did you mean ---- */

#define WORD_MAX 63 /* longer ones are not misspelt, they are something else */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein: the least number of bytes added, removed or replaced. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t replaced = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[len];
}

const char *jsonx_did_you_mean(const char *word, const char *const *candidates)
{
	size_t len = strlen(word);
	size_t limit = len / 3 > 2 ? len / 3 : 2;
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		size_t distance;

		if (strlen(*candidates) > WORD_MAX)
			continue;
		distance = edit_distance(word, *candidates);
		/* A short word with every letter changed is no misspelling. */
		if (distance <= limit && distance < len) {
			nearest = *candidates;
			limit = distance - (distance > 0);
		}
	}
	return nearest;
}

/* ---- writing ---- */

struct dump {
	struct str *out;
	int indent;
	bool sorted;
};

static void dump_value(const struct dump *d, const json_t *value, int depth);

static void dump_newline(const struct dump *d, int depth)
{
	static const char blanks[] = "                                ";
	size_t n = (size_t)d->indent * (size_t)depth;

	if (d->indent <= 0)
		return;
	str_addc(d->out, '\n');
	for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
		str_addn(d->out, blanks, sizeof(blanks) - 1);
	str_addn(d->out, blanks, n);
}

static void dump_string(struct str *out, const char *s, size_t len)
{
	static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	size_t plain = 0;

	str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		const char *at;

		if ((unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
			continue;
		str_addn(out, s + plain, i - plain);
		plain = i + 1;
		at = s[i] ? strchr(special, s[i]) : NULL;
		if (at)
			str_addf(out, "\\%c", letter[at - special]);
		else if ((unsigned char)s[i] < 0x20)
			str_addf(out, "\\u%04x", (unsigned char)s[i]);
	}
	str_addn(out, s + plain, len - plain);
	str_addc(out, '"');
}

static void dump_number(struct str *out, double x)
{
	char text[NUM_TEXT];

	if (x == 0)
		x = 0; /* -0 is the same value, so it must be the same text */
	str_add(out, isfinite(x) ? num_text(text, x) : "null");
}

/* Rows of numbers stay on one line, as people write them. */
static bool all_numbers(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!json_is_number(json_array_get(array, i)))
			return false;
	}
	return true;
}

static void dump_array(const struct dump *d, const json_t *array, int depth)
{
	size_t n = json_array_size(array);
	bool one_line = all_numbers(array);

	str_addc(d->out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			str_add(d->out, one_line && d->indent > 0 ? ", " : ",");
		if (!one_line)
			dump_newline(d, depth + 1);
		dump_value(d, json_array_get(array, i), depth + 1);
	}
	if (!one_line)
		dump_newline(d, depth);
	str_addc(d->out, ']');
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void dump_object(const struct dump *d, const json_t *object, int depth)
{
	size_t n = json_object_size(object), i = 0;
	const char **keys = xmalloc(n * sizeof(*keys));
	json_t *borrowed = (json_t *)(uintptr_t)object; /* iterating only reads */

	for (void *it = json_object_iter(borrowed); it; it = json_object_iter_next(borrowed, it))
		keys[i++] = json_object_iter_key(it);
	if (d->sorted)
		qsort(keys, n, sizeof(*keys), compare_keys);
	str_addc(d->out, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			str_addc(d->out, ',');
		dump_newline(d, depth + 1);
		dump_string(d->out, keys[i], strlen(keys[i]));
		str_add(d->out, d->indent > 0 ? ": " : ":");
		dump_value(d, json_object_get(object, keys[i]), depth + 1);
	}
	if (n > 0)
		dump_newline(d, depth);
	str_addc(d->out, '}');
	free(keys);
}

static void dump_value(const struct dump *d, const json_t *value, int depth)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		dump_object(d, value, depth);
		break;
	case JSON_ARRAY:
		dump_array(d, value, depth);
		break;
	case JSON_STRING:
		dump_string(d->out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		str_addf(d->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		dump_number(d->out, json_real_value(value));
		break;
	case JSON_TRUE:
		str_add(d->out, "true");
		break;
	case JSON_FALSE:
		str_add(d->out, "false");
		break;
	case JSON_NULL:
		str_add(d->out, "null");
		break;
	}
}

void jsonx_dump(struct str *out, const json_t *value, int indent, bool sorted)
{
	struct dump d = {.out = out, .indent = indent, .sorted = sorted};

	if (value)
		dump_value(&d, value, 0);
	else
		str_add(out, "null");
}

void jsonx_put(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		BUG("no JSON for \"%s\"", key);
}

void jsonx_put_or_why(json_t *object, const char *key, double x, const char *why)
{
	char name[80];

	jsonx_put(object, key, jsonx_number(x));
	if (isfinite(x))
		return;
	snprintf(name, sizeof(name), "%s_why", key);
	jsonx_put(object, name, json_string(why && why[0] ? why : "not measured"));
}

json_t *jsonx_number(double x)
{
	json_t *value;

	if (!isfinite(x))
		return json_null();
	value = x == trunc(x) && fabs(x) < TWO_53 ? json_integer((json_int_t)x) : json_real(x);
	if (!value)
		BUG("no JSON number for %g", x);
	return value;
}

json_t *jsonx_text(const char *s)
{
	json_t *text = s && *s ? json_string(s) : NULL;

	return text ? text : json_null();
}

double jsonx_get_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *jsonx_get_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
