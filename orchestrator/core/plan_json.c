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
		json_array_append_new(list, model_json(p, json_string_value(f->levels[i].value)));
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

static json_t *notes_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nnotes; i++)
		json_array_append_new(list, json_string(p->notes[i]));
	return list;
}

static json_t *counts_json(const struct plan *p)
{
	json_t *o = json_object();

	put_count(o, "grid", p->counts.grid);
	put_count(o, "excluded", p->counts.excluded);
	put_count(o, "left_out", p->counts.left_out);
	put_count(o, "merged", p->counts.merged);
	put_count(o, "dropped", p->counts.dropped);
	return o;
}

/* Factors that vary together. */
static json_t *links_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->sweep->nlinks; i++) {
		const struct sweep_link *link = &p->sweep->links[i];
		json_t *one = json_object(), *names = json_array();

		for (size_t k = 0; k < link->nfactors; k++)
			json_array_append_new(
				names, json_string(p->sweep->factors[link->factor[k]].name));
		jsonx_put(one, "factors", names);
		put_count(one, "rows", link->nrows);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *conditions_json(const struct sweep_condition *conditions, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(conditions[i].text));
	return list;
}

/* After which passes the runner looks, and what the plan comes to if it stops at the first. */
static json_t *looks_json(const struct plan *p)
{
	json_t *o = json_object(), *list = json_array();
	uint64_t loads, requests;

	plan_least(p, &loads, &requests);
	for (uint32_t i = 0; i < p->nlooks; i++)
		json_array_append_new(list, json_integer(p->looks[i]));
	jsonx_put(o, "passes", list);
	jsonx_put(o, "until", jsonx_number(p->sweep->until));
	put_count(o, "least_loads", loads);
	put_count(o, "least_requests", requests);
	return o;
}

/* What a budget took away; null where there is none. */
static json_t *budget_json(const struct plan *p)
{
	json_t *o;

	if (!(p->sweep->budget_s > 0))
		return json_null();
	o = json_object();
	jsonx_put(o, "seconds", jsonx_number(p->sweep->budget_s));
	jsonx_put(o, "cut", json_boolean(p->cut.cut));
	if (p->cut.cut) {
		put_count(o, "per_pass_before", (uint64_t)p->cut.per_pass_before);
		put_count(o, "passes_before", (uint64_t)p->cut.passes_before);
		put_count(o, "cells_before", p->cut.cells_before);
	}
	return o;
}

static const char *distribution(const struct plan *p)
{
	return p->of_kind[FACTOR_SERVER] >= 0 ? "factor"
		: plan_replicates(p)          ? "replicate"
					      : "share";
}

/* Keys that are there only where the sweep asks for what they tell. */
static void put_asked(json_t *o, const struct plan *p)
{
	const struct sweep *s = p->sweep;

	if (s->nlinks)
		jsonx_put(o, "links", links_json(p));
	if (s->nexclude)
		jsonx_put(o, "exclude", conditions_json(s->exclude, s->nexclude));
	if (s->nonly)
		jsonx_put(o, "only", conditions_json(s->only, s->nonly));
	if (s->npriority)
		jsonx_put(o, "priority", conditions_json(s->priority, s->npriority));
	if (p->subset_note)
		jsonx_put(o, "subset", json_string(p->subset_note));
	if (p->nlooks)
		jsonx_put(o, "looks", looks_json(p));
	if (s->shards) {
		jsonx_put(o, "shard", json_integer(s->shard));
		jsonx_put(o, "shards", json_integer(s->shards));
	}
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
	jsonx_put(o, "counts", counts_json(p));
	jsonx_put(o, "distribute", json_string(distribution(p)));
	jsonx_put(o, "budget", budget_json(p));
	put_asked(o, p);
	jsonx_put(o, "notes", notes_json(p));
	jsonx_put(o, "warnings", warnings_json(p));
	if (runs)
		jsonx_put(o, "runs", runs_json(p));
	return o;
}
