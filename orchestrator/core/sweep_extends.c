/* sweep_extends.c - reading a sweep file with what it extends. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "sweep_internal.h"

#define MAX_EXTENDS 16

/* The files being read, the outermost first. */
struct chain {
	char *path[MAX_EXTENDS];
	size_t n;
	bool placed; /* the message says already who extends what could not be read */
	struct err *e;
};

static json_t *load_file(struct chain *c, const char *path);

/* ---- one object over another ---- */

/* Objects are merged key by key, null takes a key away, anything else comes in its place. */
static void merge_keys(json_t *base, const json_t *over)
{
	json_t *o = (json_t *)(uintptr_t)over, *value; /* iterating only reads */
	const char *key;

	json_object_foreach (o, key, value) {
		json_t *below = json_object_get(base, key);

		if (json_is_null(value)) {
			json_object_del(base, key);
		} else if (json_is_object(value)) {
			if (!json_is_object(below))
				json_object_set_new(base, key, below = json_object());
			merge_keys(below, value);
		} else {
			json_object_set(base, key, value);
		}
	}
}

static void take_away(json_t *object, const char *group, const char *key)
{
	json_t *inner = json_object_get(object, group);

	json_object_del(inner, key);
	if (json_is_object(inner) && json_object_size(inner) == 0)
		json_object_del(object, group);
}

static bool says(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

/* What the base fixes and the sweep varies, or the other way round, would stand there twice. */
static void make_way(json_t *base, const json_t *over)
{
	json_t *factors = json_object_get(over, "factors"), *value;
	json_t *options = json_object_get(over, "options");
	json_t *o = (json_t *)(uintptr_t)over; /* iterating only reads */
	const char *key;

	json_object_foreach (factors, key, value) {
		if (json_is_null(value))
			continue;
		take_away(base, "options", key);
		if (sweep_is_kind(key) && strcmp(key, "prompt") != 0)
			json_object_del(base, key);
	}
	json_object_foreach (options, key, value) {
		if (!json_is_null(value))
			take_away(base, "factors", key);
	}
	json_object_foreach (o, key, value) {
		if (!json_is_null(value) && sweep_is_kind(key) && strcmp(key, "prompt") != 0)
			take_away(base, "factors", key);
	}
	if (says(over, "prompt"))
		json_object_del(base, "prompts");
	if (says(over, "prompts"))
		json_object_del(base, "prompt");
}

/* A new object: `over` laid over a copy of `base`. */
static json_t *merged(const json_t *base, const json_t *over)
{
	static const char *const own[] = {"name", "about", "$schema", "extends"};
	json_t *result = json_deep_copy(base);

	for (size_t i = 0; i < COUNTOF(own); i++)
		json_object_del(result, own[i]);
	make_way(result, over);
	merge_keys(result, over);
	return result;
}

/* ---- what is extended ---- */

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : xstrdup(".");
}

void sweep_anchor_prompts(json_t *base, const char *path)
{
	const char *name = jsonx_get_string(base, "prompts");
	char *folder, *beside, *full;

	if (!name || name[0] == '/')
		return;
	folder = folder_of(path);
	beside = fsx_join(folder, name);
	full = realpath(beside, NULL);
	if (full)
		json_object_set_new(base, "prompts", json_string(full));
	free(full);
	free(beside);
	free(folder);
}

static bool is_file_name(const char *name)
{
	return strchr(name, '/') || strchr(name, '.');
}

static int unknown_preset(const struct jsonx_at *at, const char *name, struct err *e)
{
	const char *nearest = jsonx_did_you_mean(name, sweep_presets);
	struct str all = STR_INIT(sizeof(e->hint));
	char safe[80];

	jsonx_error(at, e, "there is no preset \"%s\"", err_quote(safe, sizeof(safe), name));
	for (size_t i = 0; sweep_presets[i]; i++)
		str_addf(&all, "%s%s", i ? ", " : "", sweep_presets[i]);
	if (nearest)
		err_hint(e, "did you mean \"%s\"?", nearest);
	else
		err_hint(e, "presets are %s; a file has a point or a slash in its name", all.s);
	str_release(&all);
	return -1;
}

/* The object of one entry of `extends`; new reference. */
static json_t *load_base(struct chain *c, const struct jsonx_at *at)
{
	const char *name, *from = c->path[c->n - 1];
	char *folder, *path;
	json_t *base;

	if (jsonx_string(at, &name, c->e))
		return NULL;
	base = sweep_preset(name);
	if (base)
		return base;
	if (!is_file_name(name)) {
		unknown_preset(at, name, c->e);
		return NULL;
	}
	folder = folder_of(from);
	path = name[0] == '/' || !strchr(from, '/') ? xstrdup(name) : fsx_join(folder, name);
	base = load_file(c, path);
	if (base)
		sweep_anchor_prompts(base, path);
	else if (!c->placed)
		sweep_prefix(at, c->e);
	c->placed = !base;
	free(path);
	free(folder);
	return base;
}

/* Several: the later over the earlier. */
static json_t *load_bases(struct chain *c, const struct jsonx_at *at)
{
	json_t *all = json_object();
	size_t n = json_array_size(at->value);

	if (!json_is_array(at->value) && !json_is_string(at->value)) {
		jsonx_expected(at, "a file or preset, or an array of them", c->e);
		json_decref(all);
		return NULL;
	}
	for (size_t i = 0; all && i < (json_is_array(at->value) ? n : 1); i++) {
		struct jsonx_at one = json_is_array(at->value) ? jsonx_index(at, i) : *at;
		json_t *base = load_base(c, &one), *both = base ? merged(all, base) : NULL;

		json_decref(base);
		json_decref(all);
		all = both;
	}
	return all;
}

/* Steals `object`. */
static json_t *extended(struct chain *c, json_t *object, const char *path)
{
	struct jsonx_at root = jsonx_root(path, object), at = jsonx_key(&root, "extends");
	json_t *bases, *result;

	if (!at.value)
		return object;
	bases = load_bases(c, &at);
	result = bases ? merged(bases, object) : NULL;
	if (result)
		json_object_del(result, "extends");
	json_decref(bases);
	json_decref(object);
	return result;
}

static json_t *load_object(const char *path, struct err *e)
{
	json_t *object = jsonx_load(path, e), *expanded = NULL;
	struct jsonx_at root = jsonx_root(path, object);

	if (!object)
		return NULL;
	/* A resolved sweep is taken at its word. */
	if (jsonx_object(&root, e) == 0)
		expanded = json_object_get(object, "fingerprint") ? json_incref(object)
								  : sweep_expand(&root, e);
	json_decref(object);
	return expanded;
}

static int enter(struct chain *c, const char *path)
{
	char *full = realpath(path, NULL);
	int failed = 0;

	for (size_t i = 0; full && i < c->n && !failed; i++) {
		char *other = realpath(c->path[i], NULL);

		if (other && strcmp(other, full) == 0) {
			err_set(c->e, ERR_USAGE, "%s extends itself", path);
			failed = err_hint(c->e, "take one `extends` out of the circle");
		}
		free(other);
	}
	free(full);
	if (!failed && c->n == MAX_EXTENDS) {
		err_set(c->e, ERR_USAGE, "more than %d files extend one another", MAX_EXTENDS);
		failed = err_hint(c->e, "put the keys of some of them into one file");
	}
	if (!failed)
		c->path[c->n++] = xstrdup(path);
	return failed;
}

static json_t *load_file(struct chain *c, const char *path)
{
	json_t *object;

	if (enter(c, path))
		return NULL;
	object = load_object(path, c->e);
	if (object)
		object = extended(c, object, path);
	free(c->path[--c->n]);
	return object;
}

json_t *sweep_object_load(const char *path, struct err *e)
{
	struct chain c = {.e = e};

	return load_file(&c, path);
}

int sweep_object_preset(json_t **object, const char *name, struct err *e)
{
	struct jsonx_at at = jsonx_root(NULL, NULL);
	json_t *preset = sweep_preset(name), *both;

	if (!preset)
		return unknown_preset(&at, name, e);
	both = merged(preset, *object);
	json_decref(preset);
	json_decref(*object);
	*object = both;
	return 0;
}
