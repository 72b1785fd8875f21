/* sweep_variables.c - ${NAME} and ${NAME:-default} in the texts of a sweep file. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_internal.h"

#define MAX_EXPANDED ((size_t)4 << 20)
#define NAME_CHARS   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define MAX_VARIABLE 100

/* ${NAME} or ${NAME:-default} at the front of a text. */
struct variable {
	char name[MAX_VARIABLE];
	const char *dflt; /* NULL: none */
	size_t dflt_len, len;
};

static int read_variable(
	const struct jsonx_at *at, const char *s, struct variable *v, struct err *e)
{
	size_t len = strspn(s + 2, NAME_CHARS);
	const char *after = s + 2 + len, *end = strchr(s, '}');
	bool has_default = strncmp(after, ":-", 2) == 0;

	if (len == 0 || len >= sizeof(v->name) || (s[2] >= '0' && s[2] <= '9') || !end ||
		(*after != '}' && !has_default)) {
		jsonx_error(at, e, "expected ${NAME} or ${NAME:-default}");
		return err_hint(e, "two dollars, $${, stand for the characters themselves");
	}
	if (has_default && memmem(after, (size_t)(end - after), "${", 2)) {
		jsonx_error(at, e, "a variable stands in the default of another");
		return err_hint(e, "one of them: ${%.*s}, or ${%.*s:-a text}", (int)len, s + 2,
			(int)len, s + 2);
	}
	memcpy(v->name, s + 2, len);
	v->name[len] = '\0';
	v->dflt = has_default ? after + 2 : NULL;
	v->dflt_len = has_default ? (size_t)(end - after - 2) : 0;
	v->len = (size_t)(end - s) + 1;
	return 0;
}

/* As shells have it: the default also stands for an empty value. */
static int add_value(
	const struct jsonx_at *at, const struct variable *v, struct str *out, struct err *e)
{
	const char *value = getenv(v->name);

	if (v->dflt && (!value || !*value)) {
		str_addn(out, v->dflt, v->dflt_len);
		return 0;
	}
	if (!value) {
		jsonx_error(at, e, "the variable %s is not set", v->name);
		return err_hint(e, "set it, or write ${%s:-default}", v->name);
	}
	str_add(out, value);
	return 0;
}

/* *whole: the text is one variable and nothing else. */
static int expand_text(
	const struct jsonx_at *at, const char *s, struct str *out, bool *whole, struct err *e)
{
	struct variable v = {.len = 0};

	*whole = false;
	for (const char *from = s; *s;) {
		if (strncmp(s, "$${", 3) == 0) {
			str_add(out, "${");
			s += 3;
		} else if (strncmp(s, "${", 2) == 0) {
			if (read_variable(at, s, &v, e) || add_value(at, &v, out, e))
				return -1;
			*whole = s == from && !s[v.len];
			s += v.len;
		} else {
			str_addc(out, *s++);
		}
	}
	if (out->overflowed)
		return jsonx_error(at, e, "longer than %zu bytes", out->max);
	return 0;
}

/* Where a text is one variable, a value that reads as a number, true or false is one. */
static json_t *as_value(const struct str *text, bool whole)
{
	json_t *value = whole ? jsonx_parse(text->s, text->len) : NULL;

	if (json_is_number(value) || json_is_boolean(value))
		return value;
	json_decref(value);
	return json_stringn(text->s, text->len);
}

static json_t *expand_string(const struct jsonx_at *at, struct err *e)
{
	struct str text = STR_INIT(MAX_EXPANDED);
	const char *s = json_string_value(at->value);
	json_t *value = NULL;
	bool whole;

	if (!strstr(s, "${"))
		return json_incref(at->value);
	if (expand_text(at, s, &text, &whole, e) == 0) {
		value = as_value(&text, whole);
		if (!value)
			jsonx_error(at, e, "is no text in UTF-8 with its variables filled in");
	}
	str_release(&text);
	return value;
}

static json_t *expand_object(const struct jsonx_at *at, struct err *e)
{
	json_t *object = json_object();
	const char *key;
	json_t *value;

	json_object_foreach (at->value, key, value) {
		struct jsonx_at one = jsonx_key(at, key);
		json_t *now = sweep_expand(&one, e);

		if (!now) {
			json_decref(object);
			return NULL;
		}
		json_object_set_new(object, key, now);
	}
	return object;
}

static json_t *expand_array(const struct jsonx_at *at, struct err *e)
{
	json_t *array = json_array();

	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct jsonx_at one = jsonx_index(at, i);
		json_t *now = sweep_expand(&one, e);

		if (!now) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, now);
	}
	return array;
}

json_t *sweep_expand(const struct jsonx_at *at, struct err *e)
{
	if (json_is_object(at->value))
		return expand_object(at, e);
	if (json_is_array(at->value))
		return expand_array(at, e);
	return json_is_string(at->value) ? expand_string(at, e) : json_incref(at->value);
}
