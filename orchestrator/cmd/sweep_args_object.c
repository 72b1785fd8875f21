/* sweep_args_object.c - the sweep file, a preset below it, and the options over it: one object. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "sweep.h"
#include "sweep_args.h"

/* A single value for something the file varies leaves a factor of one level: the grid shrinks, it
 * does not become another grid. */
static bool fix_factor(json_t *object, const char *name, json_t *value)
{
	json_t *factors = json_object_get(object, "factors");
	json_t *one;

	if (!json_object_get(factors, name))
		return false;
	one = json_array();
	json_array_append(one, value);
	json_object_set_new(factors, name, one);
	return true;
}

/* Takes the keys of a given "factors", "options", "limits", "margin" or "goodput" over into the
 * file's. */
static void override_inner(json_t *object, const char *key, json_t *given)
{
	bool factors = strcmp(key, "factors") == 0, options = strcmp(key, "options") == 0;
	json_t *inner = json_object_get(object, key);
	const char *name;
	json_t *v;

	if (!json_is_object(inner))
		json_object_set_new(object, key, inner = json_object());
	json_object_foreach (given, name, v) {
		if (options && fix_factor(object, name, v))
			continue;
		json_object_set(inner, name, v);
		if (factors) {
			json_object_del(json_object_get(object, "options"), name);
			json_object_del(object, name); /* model, concurrency, rate, ... */
		}
	}
	if (json_object_size(inner) == 0)
		json_object_del(object, key);
}

/* "graded" in a file or preset is the suite that comes with the program, unless there is a file of
 * that name beside the sweep. */
static void find_suite(json_t *object, const char *file)
{
	const char *name = jsonx_get_string(object, "prompts"), *slash;
	char *folder, *beside, *full = NULL;

	if (!name || strchr(name, '/'))
		return;
	slash = file ? strrchr(file, '/') : NULL;
	folder = slash ? xstrndup(file, (size_t)(slash - file) + 1) : xstrdup(".");
	beside = fsx_join(folder, name);
	if (!fsx_exists(beside))
		full = sweep_args_suite(name);
	if (full)
		json_object_set_new(object, "prompts", json_string(full));
	free(full);
	free(beside);
	free(folder);
}

/* Keys that a preset has brought are blamed on it, not on the file; an option over them is named
 * itself. */
static void blame_preset(
	json_t *origin, const char *name, const char *above, const json_t *before, json_t *after)
{
	const char *key;
	json_t *value;

	json_object_foreach (after, key, value) {
		json_t *old = json_object_get(before, key);
		char *path = xasprintf("%s%s%s", above, *above ? "." : "", key);

		if (json_is_object(value) && !*above)
			blame_preset(origin, name, path, old, value);
		else if (!old && !json_object_get(origin, path) && !json_object_get(origin, key))
			json_object_set_new(
				origin, path, json_sprintf("--preset %s: %s", name, path));
		free(path);
	}
}

/* The keys of the file win over presets, and of presets the later. */
static int add_presets(const struct sweep_args *a, json_t **object, struct err *e)
{
	for (size_t i = json_array_size(a->presets); i-- > 0;) {
		const char *name = json_string_value(json_array_get(a->presets, i));
		json_t *before = json_incref(*object);
		int failed = sweep_object_preset(object, name, e);

		if (!failed)
			blame_preset(a->origin, name, "", before, *object);
		json_decref(before);
		if (failed)
			return err_prefix(e, "--preset: ");
	}
	return 0;
}

json_t *sweep_args_object(const struct sweep_args *a, const char **source, struct err *e)
{
	json_t *object = a->file ? sweep_object_load(a->file, e) : json_object();
	const char *key;
	json_t *value;

	if (!object)
		return NULL;
	*source = a->file ? a->file : "command line";
	if (add_presets(a, &object, e)) {
		json_decref(object);
		return NULL;
	}
	find_suite(object, a->file);
	json_object_foreach (a->given, key, value) {
		if (json_is_object(value))
			override_inner(object, key, value);
		else if (!fix_factor(object, key, value))
			json_object_set(object, key, value);
	}
	return object;
}
