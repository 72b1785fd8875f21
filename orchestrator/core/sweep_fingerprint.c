/* sweep_fingerprint.c - the name of what is measured. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "sweep_internal.h"

#define DEFINITIONS                                                                                \
	"1" /* of the measures (docs/design.md); another number is another measurement */

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
		put_model(models, facts, json_string_value(f->levels[i].value));
	return models;
}

/* By value, whatever it is called. */
static json_t *fingerprint_levels(const struct factor *f)
{
	json_t *levels = json_object();

	for (size_t k = 0; k < f->nlevels; k++) {
		char *text = sweep_value_text(f->levels[k].value);

		jsonx_put(levels, text, json_incref(f->levels[k].value));
		free(text);
	}
	return levels;
}

static json_t *fingerprint_factors(const struct sweep *s)
{
	json_t *factors = json_object();

	for (size_t i = 0; i < s->nfactors; i++) {
		if (s->factors[i].kind != FACTOR_MODEL)
			jsonx_put(factors, s->factors[i].name, fingerprint_levels(&s->factors[i]));
	}
	return factors;
}

static json_t *fingerprint_prompts(const struct sweep *s)
{
	json_t *prompts = json_object();

	for (size_t i = 0; i < s->nprompts; i++) {
		const struct prompt *p = &s->prompts[i];
		json_t *one = json_object();

		jsonx_put(one, "id", json_string(p->id));
		jsonx_put(one, "text", json_string(p->text));
		if (p->check_spec)
			jsonx_put(one, "check", json_incref(p->check_spec));
		jsonx_put(prompts, p->id, one);
	}
	return prompts;
}

/* ---- which cells there are ---- */

/* A set: {text of the element: true}. */
static void put_element(json_t *set, const json_t *element)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	jsonx_dump(&text, element, 0, true);
	jsonx_put(set, text.s, json_true());
	str_release(&text);
}

static json_t *fingerprint_links(const struct sweep *s)
{
	json_t *links = json_object();

	for (size_t i = 0; i < s->nlinks; i++) {
		json_t *rows = json_object();

		for (size_t row = 0; row < s->links[i].nrows; row++) {
			json_t *cell = sweep_link_row_json(s, &s->links[i], row, false);

			put_element(rows, cell);
			json_decref(cell);
		}
		put_element(links, rows);
		json_decref(rows);
	}
	return links;
}

static json_t *fingerprint_conditions(const struct sweep_condition *list, size_t n)
{
	json_t *set = json_object();

	for (size_t i = 0; i < n; i++)
		jsonx_put(set, list[i].text, json_true());
	return set;
}

/* Which cells a subset draws depends on the order of levels and of linked rows, which
 * sweep_sort_levels made one of their values: not of how they were written. */
static json_t *fingerprint_subset(const struct sweep *s)
{
	json_t *o = sweep_subset_json(&s->subset), *order = json_object(), *rows = json_array();

	for (size_t i = 0; i < s->nfactors; i++) {
		json_t *levels = json_array();

		for (size_t k = 0; k < s->factors[i].nlevels; k++)
			json_array_append(levels, s->factors[i].levels[k].value);
		jsonx_put(order, s->factors[i].name, levels);
	}
	for (size_t i = 0; i < s->nlinks; i++) {
		for (size_t row = 0; row < s->links[i].nrows; row++)
			json_array_append_new(
				rows, sweep_link_row_json(s, &s->links[i], row, false));
	}
	jsonx_put(o, "order", order);
	jsonx_put(o, "rows", rows);
	return o;
}

static void put_cells(json_t *o, const struct sweep *s)
{
	if (s->nlinks)
		jsonx_put(o, "links", fingerprint_links(s));
	if (s->nexclude)
		jsonx_put(o, "exclude", fingerprint_conditions(s->exclude, s->nexclude));
	if (s->nonly)
		jsonx_put(o, "only", fingerprint_conditions(s->only, s->nonly));
	if (s->subset.kind != SUBSET_ALL)
		jsonx_put(o, "subset", fingerprint_subset(s));
}

/* Keys are there only where they are used: a sweep without them keeps the name it had before there
 * were such keys. */
static void put_load(json_t *o, const struct sweep *s)
{
	if (s->rate > 0)
		jsonx_put(o, "rate", jsonx_number(s->rate));
	if (s->rate > 0 || sweep_factor(s, "rate"))
		jsonx_put(o, "arrivals", json_string(s->poisson ? "poisson" : "constant"));
	if (s->burst_s > 0)
		jsonx_put(o, "burst_s", jsonx_number(s->burst_s));
	if (s->template)
		jsonx_put(o, "template", json_string(s->template));
	if (s->prompt_tokens)
		jsonx_put(o, "prompt_tokens", json_integer(s->prompt_tokens));
	if (s->prompt_tokens_share > 0)
		jsonx_put(o, "prompt_tokens_share", jsonx_number(s->prompt_tokens_share));
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
	put_cells(o, s);
	put_load(o, s);
	jsonx_dump(&text, o, 0, true);
	hash_sha256(hex, text.s, text.len);
	str_release(&text);
	json_decref(o);
}
