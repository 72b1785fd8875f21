/* sweep_parse.c - the top level of a sweep object. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

#define MAX_NAME    200
#define MAX_SERVERS 64
#define MIN_LIMIT_S 1e-3
#define MAX_LIMIT_S 1e6
#define MIN_MARGIN  1e-6
#define SCHEMA      1

/* The second row is what a resolved sweep (RUN/sweep.json) has beside. */
const char *const sweep_keys[] = {"name", "about", "model", "factors", "options", "prompts",
	"prompt", "system", "template", "raw", "repeats", "passes", "warmups", "concurrency",
	"burst", "cache", "order_seed", "sentinel", "aliases", "keep_alive", "margin", "limits",
	"servers", "$schema", "zip", "cells", "exclude", "only", "subset", "priority",
	"prompt_tokens", "rate", "arrivals", "goodput", "until", "max_passes", "budget",
	"distribute", "schema", "fingerprint", "per_pass", "aliases_found", "budget_cut", "quick",
	"calibrations", "asked", "shard", "priority_kept", NULL};

struct jsonx_at sweep_at(const struct reading *r, const struct jsonx_at *above, const char *key)
{
	struct jsonx_at at = jsonx_key(above, key);
	const char *option = jsonx_get_string(r->origin, at.path);

	/* `--concurrency 4` fixes what the file varies. */
	if (!option && strncmp(at.path, "factors.", 8) == 0)
		option = jsonx_get_string(r->origin, at.path + 8);
	if (option) {
		at.source = NULL;
		err_quote(at.path, sizeof(at.path), option);
	}
	return at;
}

struct jsonx_at sweep_at_index(const struct jsonx_at *above, size_t i)
{
	struct jsonx_at at = *above;

	if (above->source)
		return jsonx_index(above, i);
	at.value = json_array_get(above->value, i);
	return at;
}

int sweep_prefix(const struct jsonx_at *at, struct err *e)
{
	return at->source ? err_prefix(e, "%s: %s: ", at->source, at->path)
			  : err_prefix(e, "%s: ", at->path);
}

static void set_defaults(struct sweep *s, const char *source)
{
	*s = (struct sweep)SWEEP_INIT;
	s->source = xstrdup(source);
	s->options = json_object();
	if (!s->options)
		BUG("no memory for an empty object");
	s->warmups = 2;
	s->concurrency = 1;
	s->cache = xstrdup("unique");
	s->order_seed = 1;
	s->sentinel = s->merge_aliases = true;
	s->keep_alive_s = 1800;
	s->margin_throughput = s->margin_tpot = 0.02;
	s->margin_ttft = s->margin_score = 0.05;
	s->limit_connect_s = 5;
	s->limit_first_load_s = 900;
	s->limit_first_s = 120;
	s->limit_stall_s = 60;
}

/* ---- plain keys ---- */

static int read_text(
	struct reading *r, const struct jsonx_at *above, const char *key, size_t max, char **ret)
{
	struct jsonx_at at = sweep_at(r, above, key);
	const char *text;

	if (!at.value)
		return 0;
	if (jsonx_string(&at, &text, r->e))
		return -1;
	if (strlen(text) > max)
		return jsonx_error(&at, r->e, "longer than %zu bytes", max);
	free(*ret);
	*ret = xstrdup(text);
	return 0;
}

static int read_int(struct reading *r, const struct jsonx_at *above, const char *key, int64_t min,
	int64_t max, int64_t *ret)
{
	struct jsonx_at at = sweep_at(r, above, key);

	return at.value ? jsonx_int(&at, min, max, ret, r->e) : 0;
}

static int read_bool(struct reading *r, const struct jsonx_at *above, const char *key, bool *ret)
{
	struct jsonx_at at = sweep_at(r, above, key);

	return at.value ? jsonx_bool(&at, ret, r->e) : 0;
}

/* One of two words. */
static int read_choice(struct reading *r, const struct jsonx_at *root, const char *key,
	const char *yes, const char *no, bool *ret)
{
	struct jsonx_at at = sweep_at(r, root, key);
	const char *word = json_string_value(at.value);
	char expected[80];

	if (!at.value)
		return 0;
	if (!word || (strcmp(word, yes) != 0 && strcmp(word, no) != 0)) {
		snprintf(expected, sizeof(expected), "\"%s\" or \"%s\"", yes, no);
		return jsonx_expected(&at, expected, r->e);
	}
	*ret = strcmp(word, yes) == 0;
	return 0;
}

static int read_counts(struct reading *r, const struct jsonx_at *root)
{
	struct sweep *s = r->s;
	const struct {
		const char *key;
		int64_t min, max, *ret;
	} keys[] = {
		{"repeats", 1, INT64_C(4000000000), &s->repeats},
		{"passes", 1, 100000, &s->passes},
		{"per_pass", 1, 10000000, &s->per_pass},
		{"warmups", 1, 1000, &s->warmups},
		{"concurrency", 1, 4096, &s->concurrency},
		{"order_seed", 0, INT64_C(1) << 53, &s->order_seed},
	};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (read_int(r, root, keys[i].key, keys[i].min, keys[i].max, keys[i].ret))
			return -1;
	}
	return 0;
}

/* ---- keys with an inner form ---- */

static int read_keep_alive(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "keep_alive");

	return at.value ? sweep_keep_alive(&at, &r->s->keep_alive_s, r->e) : 0;
}

struct real_key {
	const char *key;
	double min, max, *ret;
};

static int read_reals(
	struct reading *r, const struct jsonx_at *above, const struct real_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at at = sweep_at(r, above, keys[i].key);

		if (at.value && jsonx_real(&at, keys[i].min, keys[i].max, keys[i].ret, r->e))
			return -1;
	}
	return 0;
}

static int read_margin(struct reading *r, const struct jsonx_at *root)
{
	static const char *const names[] = {"throughput", "tpot", "ttft", "score", NULL};
	struct jsonx_at at = sweep_at(r, root, "margin");
	struct sweep *s = r->s;
	double *const to[] = {
		&s->margin_throughput, &s->margin_tpot, &s->margin_ttft, &s->margin_score};

	if (!at.value)
		return 0;
	if (jsonx_only_keys(&at, names, r->e))
		return -1;
	for (size_t i = 0; i < COUNTOF(to); i++) {
		struct jsonx_at one = sweep_at(r, &at, names[i]);

		if (one.value && sweep_fraction(&one, MIN_MARGIN, 1, to[i], r->e))
			return -1;
	}
	return 0;
}

static int read_limits(struct reading *r, const struct jsonx_at *root)
{
	static const char *const names[] = {
		"connect", "first_load", "first", "stall", "total", NULL};
	struct jsonx_at at = sweep_at(r, root, "limits");
	struct sweep *s = r->s;
	const struct real_key keys[] = {
		{"connect", MIN_LIMIT_S, MAX_LIMIT_S, &s->limit_connect_s},
		{"first_load", MIN_LIMIT_S, MAX_LIMIT_S, &s->limit_first_load_s},
		{"first", MIN_LIMIT_S, MAX_LIMIT_S, &s->limit_first_s},
		{"stall", MIN_LIMIT_S, MAX_LIMIT_S, &s->limit_stall_s},
		{"total", 0, MAX_LIMIT_S, &s->limit_total_s},
	};

	if (!at.value)
		return 0;
	return jsonx_only_keys(&at, names, r->e) || read_reals(r, &at, keys, COUNTOF(keys)) ? -1
											    : 0;
}

static int read_servers(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "servers");
	size_t n = json_array_size(at.value);

	if (!at.value)
		return 0;
	if (jsonx_array(&at, r->e))
		return -1;
	if (n == 0 || n > MAX_SERVERS)
		return jsonx_error(&at, r->e, "expected 1 to %d servers, got %zu", MAX_SERVERS, n);
	r->s->servers = xcalloc(n, sizeof(*r->s->servers));
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = sweep_at_index(&at, i);
		struct server_facts f;
		const char *spec;

		if (jsonx_string(&one, &spec, r->e))
			return -1;
		if (server_facts_init(&f, spec, r->e))
			return sweep_prefix(&one, r->e);
		server_facts_release(&f);
		r->s->servers[r->s->nservers++] = xstrdup(spec);
	}
	return 0;
}

static int read_schema(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "schema");
	int64_t schema = SCHEMA;

	if (!at.value)
		return 0;
	if (jsonx_int(&at, 1, INT64_MAX, &schema, r->e))
		return -1;
	if (schema > SCHEMA) {
		jsonx_error(&at, r->e, "%d is the newest that is known here", SCHEMA);
		return err_hint(r->e, "it was written by a newer chimera");
	}
	return 0;
}

/* ---- rules between keys ---- */

static int check_model(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "model");

	if (r->s->model || sweep_factor(r->s, "model"))
		return 0;
	jsonx_error(&at, r->e, "missing");
	return err_hint(r->e, "name the model to measure, as `ollama list` does");
}

static int check_raw(struct reading *r, const struct jsonx_at *root)
{
	static const char *const keys[] = {"system", "template"};
	const bool fixed[] = {r->s->system, r->s->template};
	struct jsonx_at factors = sweep_at(r, root, "factors");

	for (size_t i = 0; r->s->raw && i < COUNTOF(keys); i++) {
		bool varied = sweep_factor(r->s, keys[i]);
		struct jsonx_at at = sweep_at(r, varied ? &factors : root, keys[i]);

		if (!varied && !fixed[i])
			continue;
		jsonx_error(
			&at, r->e, "raw prompts have no %s", i == 0 ? "system prompt" : "template");
		return err_hint(r->e, "leave out `raw`, or put the text into the prompts");
	}
	return 0;
}

static int read_keys(struct reading *r, const struct jsonx_at *root)
{
	struct sweep *s = r->s;
	bool unique = true;

	if (jsonx_only_keys(root, sweep_keys, r->e)) {
		if (r->e && strncmp(r->e->hint, "did you", 7) != 0)
			err_hint(r->e,
				"keys are model, factors, options, prompts, repeats, passes and "
				"more: sweeps/README.md has all; options of requests belong "
				"under options or factors");
		return -1;
	}
	if (read_schema(r, root))
		return -1;
	if (read_text(r, root, "name", MAX_NAME, &s->name) ||
		read_text(r, root, "model", MAX_NAME, &s->model) ||
		read_text(r, root, "system", SWEEP_MAX_SYSTEM, &s->system) ||
		read_text(r, root, "template", SWEEP_MAX_SYSTEM, &s->template))
		return -1;
	if (read_counts(r, root) || read_keep_alive(r, root) || read_margin(r, root) ||
		read_limits(r, root) || read_servers(r, root) || sweep_read_traffic(r, root))
		return -1;
	if (read_bool(r, root, "raw", &s->raw) || read_bool(r, root, "sentinel", &s->sentinel) ||
		read_bool(r, root, "quick", &s->quick))
		return -1;
	if (read_choice(r, root, "aliases", "merge", "keep", &s->merge_aliases) ||
		read_choice(r, root, "cache", "unique", "repeat", &unique))
		return -1;
	if (!unique) {
		free(s->cache);
		s->cache = xstrdup("repeat");
	}
	if (!s->name)
		s->name = xstrdup("sweep");
	return 0;
}

int sweep_parse(
	struct sweep *s, json_t *object, const char *source, const json_t *origin, struct err *e)
{
	struct reading r = {.s = s, .origin = origin, .e = e};
	struct jsonx_at root = jsonx_root(source, object);

	set_defaults(s, source);
	/* Levels of a factor `prompt` are prompts, conditions name factors and options. */
	if (read_keys(&r, &root) || sweep_read_prompts(&r, &root) || sweep_read_grid(&r, &root))
		return -1;
	sweep_suite_defaults(&r);
	if (s->subset.kind != SUBSET_ALL)
		sweep_sort_factors(s);
	if (sweep_read_calibrations(&r, &root) || sweep_read_conditions(&r, &root))
		return -1;
	return check_model(&r, &root) || check_raw(&r, &root) || sweep_check_traffic(&r, &root) ||
			sweep_check_places(&r, &root)
		? -1
		: 0;
}
