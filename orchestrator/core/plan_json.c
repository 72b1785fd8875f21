/* plan_json.c - the plan as `chimera plan --json` prints it. */
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "plan_internal.h"

static void put_count(json_t *object, const char *key, uint64_t n)
{
	jsonx_put(object, key, json_integer((json_int_t)n));
}

/* Text from a server that is not known is null. */
static json_t *known_text(const char *s)
{
	json_t *text = s && *s ? json_string(s) : NULL;

	return text ? text : json_null();
}

static json_t *known_count(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *plan_aliases_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->naliases; i++) {
		const struct alias *a = &p->aliases[i];
		json_t *one = json_object();

		jsonx_put(one, "factor", json_string(a->factor));
		jsonx_put(one, "level", json_string(a->level));
		jsonx_put(one, "same_as", json_string(a->same_as));
		jsonx_put(one, "why", json_string(a->why));
		jsonx_put(one, "merged", json_boolean(a->merged));
		json_array_append_new(list, one);
	}
	return list;
}

/* `levels` counts the different ones; `values` are those asked for. */
static json_t *factors_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t f = 0; f < p->ndf; f++) {
		const struct factor_df *d = &p->df[f];
		json_t *one = json_object(), *values = json_array();

		for (size_t l = 0; l < p->sweep->factors[f].nlevels; l++)
			json_array_append(values, p->sweep->factors[f].levels[l].value);
		jsonx_put(one, "name", json_string(d->name));
		jsonx_put(one, "stratum",
			json_string(d->stratum == STRATUM_RUNNER ? "runner" : "sampling"));
		put_count(one, "levels", d->levels);
		put_count(one, "df", d->df);
		put_count(one, "df_error", d->df_error);
		jsonx_put(one, "note", json_string(d->note));
		jsonx_put(one, "values", values);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *model_json(const struct plan *p, const char *name)
{
	const struct model_facts *m = p->nservers ? server_facts_model(&p->servers[0], name) : NULL;
	json_t *one = json_object();

	jsonx_put(one, "name", json_string(name));
	jsonx_put(one, "digest", known_text(m ? m->digest : NULL));
	jsonx_put(one, "quantization", known_text(m ? m->quantization : NULL));
	jsonx_put(one, "parameter_size", known_text(m ? m->parameter_size : NULL));
	jsonx_put(one, "layers", known_count(m ? m->layers : -1));
	jsonx_put(one, "context_train", known_count(m ? m->context_train : -1));
	return one;
}

static json_t *models_json(const struct plan *p)
{
	const struct factor *f = sweep_factor(p->sweep, "model");
	json_t *list = json_array();

	if (p->sweep->model)
		json_array_append_new(list, model_json(p, p->sweep->model));
	for (size_t i = 0; f && i < f->nlevels; i++)
		json_array_append_new(list, model_json(p, f->levels[i].text));
	return list;
}

static json_t *servers_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nservers; i++) {
		json_t *one = json_object();

		jsonx_put(one, "name", known_text(p->servers[i].name));
		jsonx_put(one, "url", known_text(p->servers[i].url));
		jsonx_put(one, "version", known_text(p->servers[i].version));
		jsonx_put(one, "proxy", known_text(p->servers[i].proxy));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *warnings_json(const struct plan *p)
{
	json_t *list = json_array();

	for (const char *line = p->sweep->warnings.s; *line;) {
		size_t len = strcspn(line, "\n");
		json_t *text = json_stringn(line, len);

		if (len && text)
			json_array_append(list, text);
		json_decref(text);
		line += len + (line[len] == '\n');
	}
	return list;
}

static void add_runs(const struct plan *p, const struct visit *v, json_t *list)
{
	struct item *items;
	char cell_id[HASH_ID_TEXT];
	size_t n;

	plan_items(p, v, &items, &n);
	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object();

		plan_cell_id(p, items[i].cell, cell_id);
		jsonx_put(one, "run_id", json_string(items[i].run_id));
		jsonx_put(one, "cell_id", json_string(cell_id));
		jsonx_put(one, "pass", json_integer(v->pass));
		json_array_append_new(list, one);
	}
	free(items);
}

/* The measured requests, in the order of the plan. */
static json_t *runs_json(const struct plan *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->nvisits; i++) {
		if (p->visits[i].kind == VISIT_BLOCK)
			add_runs(p, &p->visits[i], list);
	}
	return list;
}

json_t *plan_json(const struct plan *p, double seconds, bool runs)
{
	json_t *o = json_object();

	jsonx_put(o, "name", json_string(p->sweep->name));
	jsonx_put(o, "fingerprint", json_string(p->fingerprint));
	jsonx_put(o, "models", models_json(p));
	jsonx_put(o, "servers", servers_json(p));
	put_count(o, "cells", p->ncells);
	put_count(o, "blocks", p->nblocks);
	put_count(o, "passes", (uint64_t)p->passes);
	put_count(o, "repeats", (uint64_t)p->repeats);
	put_count(o, "per_pass", (uint64_t)p->per_pass);
	put_count(o, "prompts", p->sweep->nprompts);
	put_count(o, "loads", p->block_loads + p->sentinel_loads);
	put_count(o, "block_loads", p->block_loads);
	put_count(o, "sentinel_loads", p->sentinel_loads);
	put_count(o, "requests", p->requests);
	put_count(o, "sentinel_requests", p->sentinel_requests);
	put_count(o, "warmups", p->warmups);
	jsonx_put(o, "seconds",
		seconds >= 0 ? json_integer((json_int_t)(seconds + 0.5)) : json_null());
	jsonx_put(o, "aliases", plan_aliases_json(p));
	jsonx_put(o, "factors", factors_json(p));
	jsonx_put(o, "warnings", warnings_json(p));
	if (runs)
		jsonx_put(o, "runs", runs_json(p));
	return o;
}
