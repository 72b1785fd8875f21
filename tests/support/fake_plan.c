/* fake_plan.c - sweeps and servers made up for tests. */
#include "fake_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "str.h"
#include "unit.h"

static void fill_model(struct model_facts *m)
{
	m->shown = true;
	m->layers = 18;
	m->context_train = 32768;
	m->sliding_window = 512;
	hash_sha256(m->digest, m->name, strlen(m->name));
	snprintf(m->quantization, sizeof(m->quantization), "Q4_K_M");
}

static void make_server(struct server_facts *f, const struct sweep *s, const char *url)
{
	const struct factor *models = sweep_factor(s, "model");
	struct err e = ERR_INIT;

	if (server_facts_init(f, url, &e))
		fail_msg("%s", e.msg);
	snprintf(f->version, sizeof(f->version), "0.32.14");
	f->has_tags = f->has_show = f->has_ps = true;
	if (s->model)
		server_facts_add_model(f, s->model);
	for (size_t i = 0; models && i < models->nlevels; i++)
		server_facts_add_model(f, models->levels[i].text);
	for (size_t i = 0; i < f->nmodels; i++)
		fill_model(&f->models[i]);
}

void fake_plan_make(struct fake_plan *f, const char *sweep, const char *const *urls, size_t nurls)
{
	json_t *object = jsonx_parse(sweep, strlen(sweep));
	struct err e = ERR_INIT;

	memset(f, 0, sizeof(*f));
	assert_non_null(object);
	if (sweep_parse(&f->sweep, object, "test", NULL, &e))
		fail_msg("%s\n%s", e.msg, sweep);
	json_decref(object);
	f->nservers = nurls;
	f->servers = xcalloc(nurls, sizeof(*f->servers));
	for (size_t i = 0; i < nurls; i++)
		make_server(&f->servers[i], &f->sweep, urls[i]);
	if (sweep_resolve(&f->sweep, f->servers, nurls, &e) ||
		plan_build(&f->plan, &f->sweep, f->servers, nurls, &e))
		fail_msg("%s\n%s", e.msg, sweep);
}

void fake_plan_release(struct fake_plan *f)
{
	plan_release(&f->plan);
	for (size_t i = 0; i < f->nservers; i++)
		server_facts_release(&f->servers[i]);
	free(f->servers);
	sweep_release(&f->sweep);
}

/* "name": [some of the levels], with a comma before it where it is not the first. */
static void add_factor(struct rng *r, struct str *json, bool *first, const char *name,
	const char *const *levels, size_t n)
{
	size_t take = 1 + rng_below(r, n);

	str_addf(json, "%s\"%s\":[", *first ? "" : ",", name);
	for (size_t i = 0; i < take; i++)
		str_addf(json, "%s%s", i ? "," : "", levels[i]);
	str_addc(json, ']');
	*first = false;
}

static void add_factors(struct rng *r, struct str *json)
{
	static const char *const ctx[] = {"2048", "4096", "8192"};
	static const char *const gpu[] = {"\"auto\"", "0", "10"};
	static const char *const temperature[] = {"0", "0.5", "1"};
	static const char *const concurrency[] = {"1", "2", "4"};
	static const char *const cache[] = {"\"unique\"", "\"repeat\""};
	bool first = true;

	str_add(json, "\"factors\":{");
	add_factor(r, json, &first, "num_ctx", ctx, COUNTOF(ctx));
	if (rng_below(r, 2))
		add_factor(r, json, &first, "num_gpu", gpu, COUNTOF(gpu));
	if (rng_below(r, 2))
		add_factor(r, json, &first, "temperature", temperature, COUNTOF(temperature));
	if (rng_below(r, 4) == 0)
		add_factor(r, json, &first, "concurrency", concurrency, COUNTOF(concurrency));
	if (rng_below(r, 5) == 0)
		add_factor(r, json, &first, "cache", cache, COUNTOF(cache));
	str_add(json, "}");
}

static void add_prompts(struct rng *r, struct str *json)
{
	uint32_t n = 1 + (uint32_t)rng_below(r, 3);

	str_add(json, ",\"prompts\":[");
	for (uint32_t i = 0; i < n; i++)
		str_addf(json, "%s{\"id\":\"p%u\",\"text\":\"Say the number %u.\"}", i ? "," : "",
			i, i);
	str_addc(json, ']');
}

/* One to three servers; half of the time the first two share a host. */
static size_t random_urls(struct rng *r, const char *urls[3])
{
	static const char *const apart[] = {
		"http://10.0.0.1:1", "http://10.0.0.2:1", "http://10.0.0.3:1"};
	static const char *const together[] = {
		"http://10.0.0.1:1", "http://10.0.0.1:2", "http://10.0.0.2:1"};
	const char *const *from = rng_below(r, 2) ? together : apart;
	size_t n = rng_below(r, 2) ? 1 : 1 + rng_below(r, 3);

	for (size_t i = 0; i < n; i++)
		urls[i] = from[i];
	return n;
}

void fake_plan_random(struct fake_plan *f, struct rng *r)
{
	struct str json = STR_INIT(1 << 16);
	const char *urls[3];
	size_t n = random_urls(r, urls);
	uint32_t passes = (uint32_t)(n + rng_below(r, 3)); /* none is left without a pass */

	str_add(&json, "{\"model\":\"gemma3:270m\",");
	add_factors(r, &json);
	add_prompts(r, &json);
	str_addf(&json, ",\"options\":{\"num_predict\":%u}", 2 + (unsigned)rng_below(r, 10));
	str_addf(&json, ",\"passes\":%u,\"repeats\":%u,\"warmups\":%u,\"burst\":%u", passes,
		passes * (1 + (uint32_t)rng_below(r, 2)), 1 + (unsigned)rng_below(r, 3),
		4 + (unsigned)rng_below(r, 4));
	str_addf(&json, ",\"sentinel\":%s,\"order_seed\":%u}", rng_below(r, 2) ? "true" : "false",
		(unsigned)rng_below(r, 1000));
	fake_plan_make(f, json.s, urls, n);
	str_release(&json);
}

/* ---- wide ---- */

static size_t random_specs(struct rng *r, const char *specs[4], bool *together)
{
	static const char *const apart[] = {"a=http://10.0.0.1:1", "b=http://10.0.0.2:1",
		"c=http://10.0.0.3:1", "d=http://10.0.0.4:1"};
	static const char *const shared[] = {"a=http://10.0.0.1:1", "b=http://10.0.0.1:2",
		"c=http://10.0.0.2:1", "d=http://10.0.0.1:3"};
	size_t n = rng_below(r, 3) ? 1 + rng_below(r, 4) : 1;

	*together = rng_below(r, 2);
	for (size_t i = 0; i < n; i++)
		specs[i] = (*together ? shared : apart)[i];
	return n;
}

/* A rate, or a number in flight, or neither.  True: a rate. */
static bool add_load_factor(struct rng *r, struct str *json, bool *first)
{
	static const char *const concurrency[] = {"1", "2", "4"};
	static const char *const rate[] = {"1", "2.5", "4"};

	switch (rng_below(r, 5)) {
	case 0:
		add_factor(r, json, first, "concurrency", concurrency, COUNTOF(concurrency));
		break;
	case 1:
		add_factor(r, json, first, "rate", rate, COUNTOF(rate));
		return true;
	default:
		break;
	}
	return false;
}

static void add_wide_factors(struct rng *r, struct str *json, size_t nservers, bool by_server)
{
	bool rate;

	static const char *const ctx[] = {"2048", "4096", "8192"};
	static const char *const temperature[] = {"0", "0.5", "1"};
	static const char *const servers[] = {"\"a\"", "\"b\"", "\"c\"", "\"d\""};
	bool first = true;

	str_add(json, "\"factors\":{");
	add_factor(r, json, &first, "num_ctx", ctx, COUNTOF(ctx));
	if (rng_below(r, 2))
		add_factor(r, json, &first, "temperature", temperature, COUNTOF(temperature));
	rate = add_load_factor(r, json, &first);
	if (by_server) {
		str_add(json, ",\"server\":[");
		for (size_t i = 0; i < nservers; i++)
			str_addf(json, "%s%s", i ? "," : "", servers[i]);
		str_addc(json, ']');
	}
	str_addc(json, '}');
	if (rate && rng_below(r, 2))
		str_add(json, ",\"arrivals\":\"poisson\"");
}

void fake_plan_random_wide(struct fake_plan *f, struct rng *r, struct fake_wish wish)
{
	struct str json = STR_INIT(1 << 16);
	const char *specs[4];
	bool together;
	size_t n = random_specs(r, specs, &together);
	bool by_server = n > 1 && rng_below(r, 4) == 0;
	bool replicate = !by_server && n > 1 && rng_below(r, 4) == 0;
	bool deals = !by_server && !replicate;
	uint32_t shards = wish.shards && deals && rng_below(r, 3) == 0 ? 2 : 0;
	uint32_t least = (deals ? (uint32_t)n : 1) * (shards ? shards : 1);
	uint32_t passes = least + (uint32_t)rng_below(r, 3) + (rng_below(r, 3) == 0);

	passes = wish.looks && passes < 3 ? 3 : passes;
	str_add(&json, "{\"model\":\"gemma3:270m\",");
	add_wide_factors(r, &json, n, by_server);
	add_prompts(r, &json);
	str_addf(&json, ",\"options\":{\"num_predict\":%u}", 2 + (unsigned)rng_below(r, 8));
	str_addf(&json, ",\"warmups\":%u,\"burst\":%u", 1 + (unsigned)rng_below(r, 2),
		4 + (unsigned)rng_below(r, 4));
	str_addf(&json, ",\"passes\":%u,\"repeats\":%u", passes,
		passes * (1 + (uint32_t)rng_below(r, 2)));
	if (replicate)
		str_add(&json, ",\"distribute\":\"replicate\"");
	if (shards)
		str_addf(&json, ",\"shard\":\"%u/%u\"", 1 + (unsigned)rng_below(r, shards), shards);
	if (wish.looks)
		str_addf(&json, ",\"until\":\"1%%\",\"max_passes\":%u",
			passes + 1 + (unsigned)rng_below(r, 6));
	str_addf(&json, ",\"sentinel\":%s,\"order_seed\":%u}", rng_below(r, 2) ? "true" : "false",
		(unsigned)rng_below(r, 1000));
	fake_plan_make(f, json.s, specs, n);
	str_release(&json);
}
