/* manifest_change.c - see manifest_change.h. */
#include "manifest_change.h"

#include <stdbool.h>
#include <string.h>

#include "bug.h"
#include "err.h"
#include "hash.h"
#include "jsonx.h"

#define MOST_CHANGES 3
#define MOST_VALUES  6
#define VALUE_SHOWN  60

/* ---- what is measured ---- */

static void put_prompt(json_t *prompts, const json_t *prompt, size_t i)
{
	const char *id = jsonx_get_string(prompt, "id");
	struct str text = STR_INIT(STR_MAX_FILE);
	char hex[HASH_SHA_TEXT], number[32];

	snprintf(number, sizeof(number), "%zu", i);
	jsonx_dump(&text, prompt, 0, true);
	jsonx_put(prompts, id ? id : number, json_string(hash_sha256(hex, text.s, text.len)));
	str_release(&text);
}

static json_t *prompts_measured(const json_t *list)
{
	json_t *prompts = json_object(), *one;
	size_t i;

	json_array_foreach (list, i, one)
		put_prompt(prompts, one, i);
	return prompts;
}

json_t *manifest_measured(const json_t *sweep)
{
	static const char *const keys[] = {"model", "factors", "zip", "cells", "exclude", "only",
		"subset", "options", "prompts", "system", "template", "raw", "cache", "concurrency",
		"rate", "arrivals", "burst", "prompt_tokens", "calibrations"};
	json_t *measured = json_object();

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		json_t *value = json_object_get(sweep, keys[i]);

		if (!value)
			continue;
		if (strcmp(keys[i], "prompts") == 0)
			jsonx_put(measured, keys[i], prompts_measured(value));
		else
			jsonx_put(measured, keys[i], json_deep_copy(value));
	}
	return measured;
}

/* ---- what changed ---- */

static bool holds(const json_t *list, const json_t *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		if (json_equal(one, value))
			return true;
	}
	return false;
}

/* Lists are the same if they have the same elements: levels are not measured in their order. */
static bool same(const json_t *then, const json_t *now)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(then) || !json_is_array(now))
		return json_equal(then, now);
	if (json_array_size(then) != json_array_size(now))
		return false;
	json_array_foreach (then, i, one) {
		if (!holds(now, one))
			return false;
	}
	return true;
}

static void add_value(struct str *to, const json_t *value)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	char shown[VALUE_SHOWN];

	if (json_is_string(value))
		str_add(&text, json_string_value(value));
	else
		jsonx_dump(&text, value, 0, true);
	str_add(to, err_quote(shown, sizeof(shown), text.s));
	str_release(&text);
}

/* "1024, 2048"; a key that is not there is "not set". */
static void add_values(struct str *to, const json_t *value)
{
	const json_t *one;
	size_t i;

	if (!value || json_is_null(value)) {
		str_add(to, "not set");
		return;
	}
	if (!json_is_array(value)) {
		add_value(to, value);
		return;
	}
	json_array_foreach (value, i, one) {
		if (i == MOST_VALUES) {
			str_addf(to, ", ... (%zu)", json_array_size(value));
			return;
		}
		if (i)
			str_add(to, ", ");
		add_value(to, one);
	}
	if (json_array_size(value) == 0)
		str_add(to, "empty");
}

struct changes {
	struct str *to;
	size_t n;
};

static void add_change(struct changes *c, const char *group, const char *key, const json_t *then,
	const json_t *now)
{
	char shown[VALUE_SHOWN];

	if (c->n++ >= MOST_CHANGES)
		return;
	str_addf(c->to, "%s%s%s%s: ", c->n > 1 ? "; " : "", group, *group ? "." : "",
		err_quote(shown, sizeof(shown), key));
	if (strcmp(group, "prompts") == 0) { /* hashes tell a reader nothing */
		str_add(c->to, !then ? "is new" : !now ? "is gone" : "its text was changed");
		return;
	}
	str_add(c->to, "was ");
	add_values(c->to, then);
	str_add(c->to, ", now ");
	add_values(c->to, now);
}

/* Keys of one object: those that were, then those that are new. */
static void compare(struct changes *c, const char *group, const json_t *then, const json_t *now)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)then, key, value) {
		json_t *other = json_object_get(now, key);
		bool whole = !*group && json_is_object(value) && json_is_object(other) &&
			strcmp(key, "subset") != 0;

		if (whole)
			compare(c, key, value, other);
		else if (!same(value, other))
			add_change(c, group, key, value, other);
	}
	json_object_foreach ((json_t *)now, key, value) {
		if (!json_object_get(then, key))
			add_change(c, group, key, NULL, value);
	}
}

void manifest_changes(const json_t *then, const json_t *now, struct str *to)
{
	struct changes c = {.to = to};

	compare(&c, "", then, now);
	if (c.n > MOST_CHANGES)
		str_addf(to, "; and %zu more", c.n - MOST_CHANGES);
}
