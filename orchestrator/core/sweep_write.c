/* sweep_write.c - the resolved sweep as JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "num.h"
#include "sweep_internal.h"

/* An array of values, or {name: value} where any has a name. */
static json_t *levels_json(const struct factor *f)
{
	bool named = false;
	json_t *levels;

	for (size_t k = 0; k < f->nlevels; k++)
		named |= f->levels[k].named;
	levels = named ? json_object() : json_array();
	for (size_t k = 0; k < f->nlevels; k++) {
		if (named)
			jsonx_put(levels, f->levels[k].text, json_incref(f->levels[k].value));
		else
			json_array_append(levels, f->levels[k].value);
	}
	return levels;
}

static json_t *factors_json(const struct sweep *s)
{
	json_t *factors = json_object();

	for (size_t i = 0; i < s->nfactors; i++)
		jsonx_put(factors, s->factors[i].name, levels_json(&s->factors[i]));
	return factors;
}

/* How levels were written, of factors where that is not how they read now ("75%" is 14 layers). */
static json_t *asked_json(const struct sweep *s)
{
	json_t *asked = json_object();

	for (size_t i = 0; i < s->nfactors; i++) {
		const struct factor *f = &s->factors[i];
		json_t *list = json_array();
		bool differs = false;

		for (size_t k = 0; k < f->nlevels; k++) {
			char *text = sweep_value_text(f->levels[k].value);

			differs |= strcmp(text, f->levels[k].asked) != 0;
			json_array_append_new(list, json_string(f->levels[k].asked));
			free(text);
		}
		if (differs && f->kind != FACTOR_SYSTEM && f->kind != FACTOR_TEMPLATE)
			jsonx_put(asked, f->name, json_incref(list));
		json_decref(list);
	}
	return asked;
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
		if (s->prompts[i].kind)
			jsonx_put(one, "kind", json_string(s->prompts[i].kind));
		if (s->prompts[i].difficulty)
			jsonx_put(one, "difficulty", json_string(s->prompts[i].difficulty));
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

static void put_limit(json_t *o, const char *key, double ms)
{
	if (ms > 0)
		jsonx_put(o, key, jsonx_number(ms));
}

static json_t *goodput_json(const struct sweep *s)
{
	json_t *o = json_object();

	put_limit(o, "ttft_ms", s->goodput_ttft_ms);
	put_limit(o, "tpot_ms", s->goodput_tpot_ms);
	put_limit(o, "e2e_ms", s->goodput_e2e_ms);
	return o;
}

json_t *sweep_subset_json(const struct sweep_subset *subset)
{
	json_t *o = json_object();

	jsonx_put(o, "kind", json_string(sweep_subset_word(subset->kind)));
	jsonx_put(o, "cells", json_integer(subset->cells));
	jsonx_put(o, "seed", json_integer(subset->seed));
	return o;
}

/* 7 % is 0.07 * 100 but for the last digit. */
static json_t *percent_json(double share)
{
	char number[NUM_TEXT];

	return json_sprintf("%s%%", num_text(number, round(share * 1e11) / 1e9));
}

/* Seconds as they are read back from a text: the fewest digits. */
static json_t *seconds_json(double seconds)
{
	char number[NUM_TEXT];

	return json_sprintf("%ss", num_text(number, seconds));
}

/* How requests come: closed or open loop, bursts, lengths. */
static void put_load(json_t *o, const struct sweep *s)
{
	json_t *goodput = goodput_json(s);

	if (!sweep_factor(s, "concurrency"))
		jsonx_put(o, "concurrency", json_integer(s->concurrency));
	if (s->rate > 0)
		jsonx_put(o, "rate", jsonx_number(s->rate));
	if (s->rate > 0 || sweep_factor(s, "rate"))
		jsonx_put(o, "arrivals", json_string(s->poisson ? "poisson" : "constant"));
	put_count(o, "burst", s->burst);
	if (s->burst_s > 0)
		jsonx_put(o, "burst", seconds_json(s->burst_s));
	if (json_object_size(goodput))
		jsonx_put(o, "goodput", json_incref(goodput));
	json_decref(goodput);
	put_count(o, "prompt_tokens", s->prompt_tokens);
	if (s->prompt_tokens_share > 0)
		jsonx_put(o, "prompt_tokens", percent_json(s->prompt_tokens_share));
}

/* How long, and on what. */
static void put_extent(json_t *o, const struct sweep *s)
{
	if (s->until > 0)
		jsonx_put(o, "until", jsonx_number(s->until));
	put_count(o, "max_passes", s->max_passes);
	if (s->budget_s > 0)
		jsonx_put(o, "budget", jsonx_number(s->budget_s));
	if (s->distribute == DISTRIBUTE_REPLICATE)
		jsonx_put(o, "distribute", json_string("replicate"));
	if (s->shards)
		jsonx_put(o, "shard", json_sprintf("%" PRIu32 "/%" PRIu32, s->shard, s->shards));
	if (s->subset.kind != SUBSET_ALL)
		jsonx_put(o, "subset", sweep_subset_json(&s->subset));
}

static void put_experiment(json_t *o, const struct sweep *s)
{
	put_count(o, "repeats", s->repeats);
	put_count(o, "passes", s->passes);
	put_count(o, "per_pass", s->per_pass);
	put_count(o, "warmups", s->warmups);
	put_load(o, s);
	put_extent(o, s);
	if (!sweep_factor(s, "cache"))
		jsonx_put(o, "cache", json_string(s->cache));
	jsonx_put(o, "order_seed", json_integer(s->order_seed));
	jsonx_put(o, "sentinel", json_boolean(s->sentinel));
	jsonx_put(o, "aliases", json_string(s->merge_aliases ? "merge" : "keep"));
	if (!sweep_factor(s, "keep_alive"))
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
	json_t *o = json_object(), *asked = asked_json(s);

	jsonx_put(o, "name", json_string(s->name));
	if (s->model)
		jsonx_put(o, "model", json_string(s->model));
	if (s->nfactors)
		jsonx_put(o, "factors", factors_json(s));
	if (json_object_size(asked))
		jsonx_put(o, "asked", json_incref(asked));
	json_decref(asked);
	sweep_put_links(o, s);
	sweep_put_conditions(o, s);
	jsonx_put(o, "options", json_deep_copy(s->options));
	if (s->nprompts)
		jsonx_put(o, "prompts", prompts_json(s));
	if (s->system)
		jsonx_put(o, "system", json_string(s->system));
	if (s->template)
		jsonx_put(o, "template", json_string(s->template));
	jsonx_put(o, "raw", json_boolean(s->raw));
	put_experiment(o, s);
	if (s->nservers)
		jsonx_put(o, "servers", servers_json(s));
	if (s->quick)
		jsonx_put(o, "quick", json_true());
	if (s->ncalibrations)
		jsonx_put(o, "calibrations", sweep_calibrations_json(s));
	return o;
}
