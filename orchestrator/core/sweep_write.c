/* sweep_write.c - the resolved sweep as JSON, and its fingerprint. */
#include <string.h>

#include "hash.h"
#include "jsonx.h"
#include "sweep_internal.h"

#define DEFINITIONS                                                                                \
	"1" /* of the measures (docs/design.md); another number is another measurement */

static json_t *factors_json(const struct sweep *s)
{
	json_t *factors = json_object();

	for (size_t i = 0; i < s->nfactors; i++) {
		json_t *levels = json_array();

		for (size_t k = 0; k < s->factors[i].nlevels; k++)
			json_array_append(levels, s->factors[i].levels[k].value);
		jsonx_put(factors, s->factors[i].name, levels);
	}
	return factors;
}

static json_t *prompts_json(const struct sweep *s)
{
	json_t *prompts = json_array();

	for (size_t i = 0; i < s->nprompts; i++) {
		json_t *one = json_object();

		jsonx_put(one, "id", json_string(s->prompts[i].id));
		jsonx_put(one, "text", json_string(s->prompts[i].text));
		if (s->prompts[i].check_spec)
			jsonx_put(one, "check", json_incref(s->prompts[i].check_spec));
		json_array_append_new(prompts, one);
	}
	return prompts;
}

static json_t *margin_json(const struct sweep *s)
{
	json_t *o = json_object();

	jsonx_put(o, "throughput", jsonx_number(s->margin_throughput));
	jsonx_put(o, "tpot", jsonx_number(s->margin_tpot));
	jsonx_put(o, "ttft", jsonx_number(s->margin_ttft));
	jsonx_put(o, "score", jsonx_number(s->margin_score));
	return o;
}

static json_t *limits_json(const struct sweep *s)
{
	json_t *o = json_object();

	jsonx_put(o, "connect", jsonx_number(s->limit_connect_s));
	jsonx_put(o, "first_load", jsonx_number(s->limit_first_load_s));
	jsonx_put(o, "first", jsonx_number(s->limit_first_s));
	jsonx_put(o, "stall", jsonx_number(s->limit_stall_s));
	jsonx_put(o, "total", jsonx_number(s->limit_total_s));
	return o;
}

static void put_count(json_t *o, const char *key, int64_t n)
{
	if (n > 0)
		jsonx_put(o, key, json_integer(n));
}

static void put_experiment(json_t *o, const struct sweep *s)
{
	put_count(o, "repeats", s->repeats);
	put_count(o, "passes", s->passes);
	put_count(o, "per_pass", s->per_pass);
	put_count(o, "warmups", s->warmups);
	if (!sweep_factor(s, "concurrency"))
		jsonx_put(o, "concurrency", json_integer(s->concurrency));
	put_count(o, "burst", s->burst);
	if (!sweep_factor(s, "cache"))
		jsonx_put(o, "cache", json_string(s->cache));
	jsonx_put(o, "order_seed", json_integer(s->order_seed));
	jsonx_put(o, "sentinel", json_boolean(s->sentinel));
	jsonx_put(o, "aliases", json_string(s->merge_aliases ? "merge" : "keep"));
	jsonx_put(o, "keep_alive", json_integer(s->keep_alive_s));
	jsonx_put(o, "margin", margin_json(s));
	jsonx_put(o, "limits", limits_json(s));
}

static json_t *servers_json(const struct sweep *s)
{
	json_t *servers = json_array();

	for (size_t i = 0; i < s->nservers; i++)
		json_array_append_new(servers, json_string(s->servers[i]));
	return servers;
}

json_t *sweep_json(const struct sweep *s)
{
	json_t *o = json_object();

	jsonx_put(o, "name", json_string(s->name));
	if (s->model)
		jsonx_put(o, "model", json_string(s->model));
	if (s->nfactors)
		jsonx_put(o, "factors", factors_json(s));
	jsonx_put(o, "options", json_deep_copy(s->options));
	if (s->nprompts)
		jsonx_put(o, "prompts", prompts_json(s));
	if (s->system)
		jsonx_put(o, "system", json_string(s->system));
	jsonx_put(o, "raw", json_boolean(s->raw));
	put_experiment(o, s);
	if (s->nservers)
		jsonx_put(o, "servers", servers_json(s));
	if (s->quick)
		jsonx_put(o, "quick", json_true());
	return o;
}

/* ---- fingerprint ---- */

/* Everything is an object with its keys sorted, so that neither the order of keys in the file nor
 * that of levels matters. */

static void put_model(json_t *models, const struct server_facts *facts, const char *name)
{
	const struct model_facts *m = facts ? server_facts_model(facts, name) : NULL;

	jsonx_put(models, m && m->digest[0] ? m->digest : name, json_true());
}

static json_t *fingerprint_models(const struct sweep *s, const struct server_facts *facts)
{
	const struct factor *f = sweep_factor(s, "model");
	json_t *models = json_object();

	if (s->model)
		put_model(models, facts, s->model);
	for (size_t i = 0; f && i < f->nlevels; i++)
		put_model(models, facts, f->levels[i].text);
	return models;
}

static json_t *fingerprint_factors(const struct sweep *s)
{
	json_t *factors = json_object();

	for (size_t i = 0; i < s->nfactors; i++) {
		const struct factor *f = &s->factors[i];
		json_t *levels = json_object();

		for (size_t k = 0; k < f->nlevels; k++)
			jsonx_put(levels, f->levels[k].text, json_incref(f->levels[k].value));
		if (f->kind != FACTOR_MODEL)
			jsonx_put(factors, f->name, json_incref(levels));
		json_decref(levels);
	}
	return factors;
}

static json_t *fingerprint_prompts(const struct sweep *s)
{
	json_t *list = prompts_json(s), *prompts = json_object(), *one;
	size_t i;

	json_array_foreach (list, i, one)
		jsonx_put(prompts, s->prompts[i].id, json_incref(one));
	json_decref(list);
	return prompts;
}

void sweep_fingerprint(const struct sweep *s, const struct server_facts *facts, char hex[65])
{
	struct str text = STR_INIT(STR_MAX_FILE);
	json_t *o = json_object();

	jsonx_put(o, "definitions", json_string(DEFINITIONS));
	jsonx_put(o, "models", fingerprint_models(s, facts));
	jsonx_put(o, "factors", fingerprint_factors(s));
	jsonx_put(o, "options", json_incref(s->options));
	jsonx_put(o, "prompts", fingerprint_prompts(s));
	jsonx_put(o, "system", s->system ? json_string(s->system) : json_null());
	jsonx_put(o, "raw", json_boolean(s->raw));
	if (!sweep_factor(s, "cache"))
		jsonx_put(o, "cache", json_string(s->cache));
	if (!sweep_factor(s, "concurrency"))
		jsonx_put(o, "concurrency", json_integer(s->concurrency));
	jsonx_put(o, "burst", json_integer(s->burst));
	jsonx_dump(&text, o, 0, true);
	hash_sha256(hex, text.s, text.len);
	str_release(&text);
	json_decref(o);
}
