/* grade_schema.c - a table of keywords: which values of the schema they take, and what they ask of
 * an answer. */
#include "grade_schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grade_regex.h"
#include "jsonx.h"

#define MAX_DEPTH   16
#define MAX_SCHEMAS 1000
#define MAX_CHOICES 1000

static const char *const type_names[] = {
	"object", "array", "string", "number", "integer", "boolean", "null", NULL};

/* One checking of a schema. */
struct checking {
	size_t schemas;
	struct err *e;
};

static int check_schema(struct checking *c, const struct jsonx_at *at, int depth);

/* ---- the keywords, at load time ---- */

static bool is_type_name(const json_t *value)
{
	for (size_t i = 0; json_is_string(value) && type_names[i]; i++) {
		if (strcmp(json_string_value(value), type_names[i]) == 0)
			return true;
	}
	return false;
}

static int check_type(struct checking *c, const struct jsonx_at *at, int depth)
{
	bool good = is_type_name(at->value) || json_array_size(at->value) > 0;
	const json_t *one;
	size_t i;

	(void)depth;
	json_array_foreach (at->value, i, one)
		good = good && is_type_name(one);
	return good ? 0
		    : jsonx_expected(at,
			      "object, array, string, number, integer, boolean or null, or several",
			      c->e);
}

static int check_enum(struct checking *c, const struct jsonx_at *at, int depth)
{
	size_t n = json_array_size(at->value);

	(void)depth;
	return n > 0 && n <= MAX_CHOICES ? 0
					 : jsonx_expected(at, "an array of 1 to 1000 values", c->e);
}

static int check_any(struct checking *c, const struct jsonx_at *at, int depth)
{
	(void)c;
	(void)at;
	(void)depth;
	return 0;
}

static int check_required(struct checking *c, const struct jsonx_at *at, int depth)
{
	bool good = json_is_array(at->value);
	const json_t *one;
	size_t i;

	(void)depth;
	json_array_foreach (at->value, i, one)
		good = good && json_is_string(one);
	return good ? 0 : jsonx_expected(at, "an array of names", c->e);
}

static int check_properties(struct checking *c, const struct jsonx_at *at, int depth)
{
	const char *name;
	json_t *one;

	if (jsonx_object(at, c->e))
		return -1;
	json_object_foreach (at->value, name, one) {
		struct jsonx_at below = jsonx_key(at, name);

		if (check_schema(c, &below, depth + 1))
			return -1;
	}
	return 0;
}

static int check_boolean(struct checking *c, const struct jsonx_at *at, int depth)
{
	(void)depth;
	return json_is_boolean(at->value) ? 0 : jsonx_expected(at, "true or false", c->e);
}

static int check_below(struct checking *c, const struct jsonx_at *at, int depth)
{
	return check_schema(c, at, depth + 1);
}

static int check_real(struct checking *c, const struct jsonx_at *at, int depth)
{
	(void)depth;
	return json_is_number(at->value) ? 0 : jsonx_expected(at, "a number", c->e);
}

static int check_count(struct checking *c, const struct jsonx_at *at, int depth)
{
	int64_t n;

	(void)depth;
	return jsonx_int(at, 0, INT32_MAX, &n, c->e);
}

static int check_pattern(struct checking *c, const struct jsonx_at *at, int depth)
{
	(void)depth;
	return grade_regex_check(at->path, json_string_value(at->value), c->e);
}

static const struct keyword {
	const char *name;
	int (*check)(struct checking *c, const struct jsonx_at *at, int depth);
} keywords[] = {
	{"type", check_type},
	{"enum", check_enum},
	{"const", check_any},
	{"required", check_required},
	{"properties", check_properties},
	{"additionalProperties", check_boolean},
	{"items", check_below},
	{"minItems", check_count},
	{"maxItems", check_count},
	{"minimum", check_real},
	{"maximum", check_real},
	{"minLength", check_count},
	{"maxLength", check_count},
	{"pattern", check_pattern},
};

static const struct keyword *find_keyword(const char *name)
{
	for (size_t i = 0; i < COUNTOF(keywords); i++) {
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	}
	return NULL;
}

static int check_schema(struct checking *c, const struct jsonx_at *at, int depth)
{
	const char *name;
	json_t *value;

	if (depth > MAX_DEPTH || ++c->schemas > MAX_SCHEMAS)
		return jsonx_error(
			at, c->e, "more than %d levels or %d schemas", MAX_DEPTH, MAX_SCHEMAS);
	if (jsonx_object(at, c->e))
		return -1;
	json_object_foreach (at->value, name, value) {
		const struct keyword *k = find_keyword(name);
		struct jsonx_at below = jsonx_key(at, name);

		if (!k) {
			jsonx_error(&below, c->e, "this keyword of JSON Schema is not known here");
			return err_hint(c->e,
				"known are type, enum, const, required, properties, "
				"additionalProperties, items, minItems, maxItems, minimum, "
				"maximum, "
				"minLength, maxLength and pattern");
		}
		if (k->check(c, &below, depth))
			return -1;
	}
	return 0;
}

int grade_schema_check(const json_t *schema, struct err *e)
{
	struct checking c = {.e = e};
	const char *type = jsonx_get_string(schema, "type");
	struct jsonx_at root = jsonx_root(NULL, (json_t *)schema);

	snprintf(root.path, sizeof(root.path), "json");
	if (check_schema(&c, &root, 1))
		return -1;
	if (!type || (strcmp(type, "object") != 0 && strcmp(type, "array") != 0))
		return err_set(e, ERR_USAGE, "json: its type must be object or array");
	return 0;
}

/* ---- answers ---- */

static bool is_integer(const json_t *value)
{
	double x = json_number_value(value);

	return json_is_integer(value) || (json_is_real(value) && floor(x) == x);
}

static bool has_type(const json_t *value, const char *type)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return strcmp(type, "object") == 0;
	case JSON_ARRAY:
		return strcmp(type, "array") == 0;
	case JSON_STRING:
		return strcmp(type, "string") == 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return strcmp(type, "number") == 0 ||
			(strcmp(type, "integer") == 0 && is_integer(value));
	case JSON_TRUE:
	case JSON_FALSE:
		return strcmp(type, "boolean") == 0;
	case JSON_NULL:
		return strcmp(type, "null") == 0;
	}
	return false;
}

static bool fits_type(const json_t *type, const json_t *value)
{
	const json_t *one;
	size_t i;

	if (json_is_string(type))
		return has_type(value, json_string_value(type));
	json_array_foreach (type, i, one) {
		if (has_type(value, json_string_value(one)))
			return true;
	}
	return false;
}

static bool same_value(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b) == 1;
}

static bool fits_choice(const json_t *schema, const json_t *value)
{
	const json_t *choices = json_object_get(schema, "enum"), *one,
		     *only = json_object_get(schema, "const");
	bool found = !choices;
	size_t i;

	json_array_foreach (choices, i, one)
		found = found || same_value(one, value);
	return found && (!only || same_value(only, value));
}

/* Whether n is within two keywords that may be missing. */
static bool is_within(const json_t *schema, const char *least, const char *most, double n)
{
	/* Comparisons with NaN are false. */
	return !(n < jsonx_get_number(schema, least)) && !(n > jsonx_get_number(schema, most));
}

static bool fits_object(const json_t *schema, json_t *value)
{
	const json_t *properties = json_object_get(schema, "properties"), *name;
	bool closed = json_is_false(json_object_get(schema, "additionalProperties"));
	const char *key;
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(schema, "required"), i, name) {
		if (!json_object_get(value, json_string_value(name)))
			return false;
	}
	json_object_foreach (value, key, one) {
		const json_t *below = json_object_get(properties, key);

		if (below ? !grade_schema_fits(below, one) : closed)
			return false;
	}
	return true;
}

static bool fits_array(const json_t *schema, const json_t *value)
{
	const json_t *items = json_object_get(schema, "items"), *one;
	size_t i;

	if (!is_within(schema, "minItems", "maxItems", (double)json_array_size(value)))
		return false;
	json_array_foreach (value, i, one) {
		if (items && !grade_schema_fits(items, one))
			return false;
	}
	return true;
}

/* Characters of a text that jansson has found to be UTF-8. */
static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool fits_string(const json_t *schema, const json_t *value)
{
	const char *text = json_string_value(value), *pattern = jsonx_get_string(schema, "pattern");

	return is_within(schema, "minLength", "maxLength", (double)characters(text)) &&
		(!pattern || grade_regex_matches(pattern, text));
}

bool grade_schema_fits(const json_t *schema, const json_t *value)
{
	const json_t *type = json_object_get(schema, "type");

	if ((type && !fits_type(type, value)) || !fits_choice(schema, value))
		return false;
	if (json_is_object(value))
		return fits_object(schema, (json_t *)value);
	if (json_is_array(value))
		return fits_array(schema, value);
	if (json_is_string(value))
		return fits_string(schema, value);
	return !json_is_number(value) ||
		is_within(schema, "minimum", "maximum", json_number_value(value));
}
