/* sweep_grid.c - "factors" and "options", and the rules between them. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "columns.h"
#include "sweep_internal.h"

#define MAX_OPTION_NAME 40
#define MAX_OPTIONS     100
#define MAX_STOPS       16

/* ---- names ---- */

/* Factors name columns of runs.csv, so only plain names will do. */
static bool is_plain_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= MAX_OPTION_NAME && name[0] >= 'a' && name[0] <= 'z' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static bool is_sweep_key(const char *name)
{
	for (const char *const *key = sweep_keys; *key; key++) {
		if (strcmp(*key, name) == 0)
			return true;
	}
	return false;
}

static int check_name(const struct jsonx_at *at, const char *name, struct err *e)
{
	if (!is_plain_name(name)) {
		jsonx_error(at, e, "is no name of an option");
		return err_hint(
			e, "options have small letters, digits and _, at most %d", MAX_OPTION_NAME);
	}
	if (is_sweep_key(name)) {
		jsonx_error(at, e, "is a key of the sweep, not an option");
		return err_hint(e, "move it one level up");
	}
	return 0;
}

/* runs.csv has columns of its own, which a factor of that name would have to fill. */
static int check_column(const struct jsonx_at *at, const char *name, struct err *e)
{
	if (strcmp(name, "seed") == 0)
		return 0;
	if (!run_column_find(name) && strcmp(name, COLUMN_ROW_CRC) != 0)
		return 0;
	return jsonx_error(at, e, "is a column of runs.csv that a factor cannot fill");
}

static void warn_unknown(struct sweep *s, const char *name)
{
	const char *nearest = option_did_you_mean(name);

	sweep_warn(s,
		"option %s is not one that Ollama is known to have: it ignores what it does not "
		"know%s%s%s",
		name, nearest ? " (did you mean " : "", nearest ? nearest : "",
		nearest ? "?)" : "");
}

/* ---- factors ---- */

struct factor *sweep_new_factor(struct reading *r, const struct jsonx_at *at, const char *name)
{
	struct factor *f;

	if (!sweep_is_kind(name) && (check_name(at, name, r->e) || check_column(at, name, r->e)))
		return NULL;
	if (r->s->nfactors == SWEEP_MAX_FACTORS) {
		jsonx_error(at, r->e, "more than %d factors", SWEEP_MAX_FACTORS);
		return NULL;
	}
	f = sweep_add_factor(r->s, name);
	if (!f->known)
		warn_unknown(r->s, name);
	return f;
}

static int read_factor(struct reading *r, const struct jsonx_at *factors, const char *name)
{
	struct jsonx_at at = sweep_at(r, factors, name);
	struct factor *f = sweep_new_factor(r, &at, name);

	return !f || sweep_read_levels(&at, f, r->e) || sweep_check_prompt_levels(r, &at, f) ? -1
											     : 0;
}

static int read_factors(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at factors = sweep_at(r, root, "factors");
	const char *name;
	json_t *value;

	if (!factors.value)
		return 0;
	if (jsonx_object(&factors, r->e))
		return -1;
	if (json_object_size(factors.value) == 0) {
		jsonx_error(&factors, r->e, "expected at least one factor, got none");
		return err_hint(
			r->e, "leave the key out for the quick grid of num_gpu and num_ctx");
	}
	json_object_foreach (factors.value, name, value) {
		if (read_factor(r, &factors, name))
			return -1;
	}
	return 0;
}

/* ---- options ---- */

/* An array of texts where the option takes one; a single text is an array of one. */
static json_t *typed_strings(struct reading *r, const struct jsonx_at *at)
{
	size_t n = json_array_size(at->value);
	json_t *list = json_array();

	if (json_is_string(at->value))
		n = 1;
	else if (n == 0 || n > MAX_STOPS)
		jsonx_error(at, r->e, "expected 1 to %d texts", MAX_STOPS);
	for (size_t i = 0; i < n && n <= MAX_STOPS; i++) {
		struct jsonx_at one = json_is_string(at->value) ? *at : sweep_at_index(at, i);
		json_t *text = sweep_typed_text(&one, r->e);

		if (!text)
			break;
		json_array_append_new(list, text);
	}
	if (n > 0 && json_array_size(list) == n)
		return list;
	json_decref(list);
	return NULL;
}

static int read_option(struct reading *r, const struct jsonx_at *options, const char *name)
{
	struct jsonx_at at = sweep_at(r, options, name);
	const struct option_spec *spec = option_find(name);
	json_t *value;

	if (check_name(&at, name, r->e))
		return -1;
	if (sweep_factor(r->s, name)) {
		jsonx_error(&at, r->e, "stands under factors too");
		return err_hint(r->e, "one value under options, or several under factors");
	}
	if (!spec)
		warn_unknown(r->s, name);
	value = spec && spec->type == OPTION_STRINGS ? typed_strings(r, &at)
						     : sweep_typed_option(&at, spec, r->e);
	if (!value)
		return -1;
	json_object_set_new(r->s->options, name, value);
	return 0;
}

static int read_options(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at options = sweep_at(r, root, "options");
	const char *name;
	json_t *value;

	if (!options.value)
		return 0;
	if (jsonx_object(&options, r->e))
		return -1;
	if (json_object_size(options.value) > MAX_OPTIONS)
		return jsonx_error(&options, r->e, "more than %d options", MAX_OPTIONS);
	json_object_foreach (options.value, name, value) {
		if (read_option(r, &options, name))
			return -1;
	}
	return 0;
}

/* What stands beside the factors as a key of its own must not be varied too. */
static int check_both(struct reading *r, const struct jsonx_at *root, const char *key)
{
	struct jsonx_at at = sweep_at(r, root, key);

	if (!at.value || !sweep_factor(r->s, key))
		return 0;
	jsonx_error(&at, r->e, "stands under factors too");
	return err_hint(r->e, "one value here, or several under factors");
}

/* How levels were written, which a resolved sweep keeps beside their values. */
static int read_asked(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at asked = sweep_at(r, root, "asked");

	if (asked.value && jsonx_object(&asked, r->e))
		return -1;
	for (size_t i = 0; asked.value && i < r->s->nfactors; i++) {
		struct factor *f = &r->s->factors[i];
		struct jsonx_at list = sweep_at(r, &asked, f->name);

		if (!list.value)
			continue;
		if (json_array_size(list.value) != f->nlevels)
			return jsonx_error(&list, r->e, "expected %zu texts", f->nlevels);
		for (size_t k = 0; k < f->nlevels; k++) {
			struct jsonx_at one = sweep_at_index(&list, k);
			const char *text;

			if (jsonx_string(&one, &text, r->e))
				return -1;
			free(f->levels[k].asked);
			f->levels[k].asked = xstrdup(text);
		}
	}
	return 0;
}

int sweep_read_grid(struct reading *r, const struct jsonx_at *root)
{
	static const char *const both[] = {"model", "concurrency", "cache", "rate", "system",
		"template", "keep_alive", "prompt_tokens"};

	if (read_factors(r, root) || read_asked(r, root) || sweep_read_links(r, root) ||
		read_options(r, root))
		return -1;
	for (size_t i = 0; i < COUNTOF(both); i++) {
		if (check_both(r, root, both[i]))
			return -1;
	}
	return 0;
}
