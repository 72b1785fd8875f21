/* test_plan_fleet.c - several servers: sharing, replicating, comparing; and shards of a plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"
#include "vec.h"

#define SWEEPS 150

static const char *const abc[] = {
	"a=http://10.0.0.1:1", "b=http://10.0.0.2:1", "c=http://10.0.0.3:1"};
static const char *const cba[] = {
	"c=http://10.0.0.3:1", "b=http://10.0.0.2:1", "a=http://10.0.0.1:1"};

struct ids {
	char (*v)[HASH_ID_TEXT];
	size_t n, cap;
};

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum which { MEASURED = 1, SENTINEL = 2, WARMUP = 4 };

/* Adds the ids of a plan's requests. */
static void add_ids(struct ids *ids, const struct plan *p, int which)
{
	for (uint32_t i = 0; i < p->nvisits; i++) {
		bool sentinel = p->visits[i].kind == VISIT_SENTINEL;
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[i], &items, &n);
		for (size_t k = 0; k < n && which & (sentinel ? SENTINEL : MEASURED); k++)
			memcpy(*VEC_PUSH(ids), items[k].run_id, HASH_ID_TEXT);
		for (uint32_t w = 0; w < 3 && which & WARMUP; w++)
			plan_warmup_id(p, &p->visits[i], w, *VEC_PUSH(ids));
		free(items);
	}
}

static void sort_ids(struct ids *ids)
{
	qsort(ids->v, ids->n, sizeof(*ids->v), compare_ids);
}

static void assert_different(struct ids *ids)
{
	sort_ids(ids);
	for (size_t i = 1; i < ids->n; i++)
		assert_string_not_equal(ids->v[i], ids->v[i - 1]);
}

static void assert_same_ids(struct ids *a, struct ids *b)
{
	sort_ids(a);
	sort_ids(b);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->v[i], b->v[i]);
}

static void make(struct fake_plan *f, const char *base, const char *const *urls, size_t nurls,
	const char *more)
{
	char *sweep = xasprintf("%s%s}", base, more);

	fake_plan_make(f, sweep, urls, nurls);
	free(sweep);
}

/* A sweep without its last brace. */
static void random_sweep(struct rng *r, struct str *json, uint32_t passes)
{
	static const char *const factors[] = {"\"num_ctx\":[512,1024,2048]",
		"\"num_ctx\":[512,1024],\"top_k\":[1,2]", "\"top_k\":[1,2,3],\"concurrency\":[1,3]",
		"\"num_gpu\":[0,99,19],\"rate\":[2,5],\"top_k\":[1,2]"};
	static const char *const more[] = {"", ",\"prompts\":[\"a\",\"b\",\"c\"]",
		",\"exclude\":[\"top_k == 1\"],\"options\":{\"num_keep\":3}",
		",\"arrivals\":\"poisson\""};
	size_t f = rng_below(r, COUNTOF(factors)), m = rng_below(r, COUNTOF(more));

	if (m >= 2 && f != 3)
		m = 1;
	str_addf(json,
		"{\"model\":\"m\",\"factors\":{%s}%s,\"burst\":6,\"passes\":%u,\"repeats\":%u",
		factors[f], more[m], passes, passes * (1 + (unsigned)rng_below(r, 2)));
	str_addf(json, ",\"sentinel\":%s,\"order_seed\":%u", rng_below(r, 3) ? "true" : "false",
		(unsigned)rng_below(r, 100));
}

/* ---- what holds whatever the distribution ---- */

static void check_counts(const struct plan *p)
{
	uint64_t blocks = 0, requests = 0, sentinel = 0;

	for (uint32_t i = 0; i < p->nvisits; i++) {
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[i], &items, &n);
		if (p->visits[i].kind == VISIT_BLOCK) {
			blocks++;
			requests += n;
		} else {
			sentinel += n;
		}
		free(items);
	}
	assert_int_equal(p->block_loads, blocks);
	assert_int_equal(p->nvisits, p->block_loads + p->sentinel_loads);
	assert_int_equal(p->requests, requests);
	assert_int_equal(p->sentinel_requests, sentinel);
}

/* ---- shards ---- */

static void check_shards(
	const char *base, const char *const *urls, size_t nurls, uint32_t shards, const char *more)
{
	struct ids whole = {0}, parts = {0}, all = {0};
	uint64_t requests = 0, loads = 0;
	struct fake_plan f, g;
	char text[200];

	make(&f, base, urls, nurls, more);
	add_ids(&whole, &f.plan, MEASURED);
	for (uint32_t k = 1; k <= shards; k++) {
		snprintf(text, sizeof(text), "%s,\"shard\":\"%u/%u\"", more, k, shards);
		make(&g, base, urls, nurls, text);
		assert_string_equal(f.plan.fingerprint, g.plan.fingerprint);
		check_counts(&g.plan);
		for (uint32_t i = 0; i < g.plan.nvisits; i++)
			assert_true(g.plan.visits[i].pass == 0 ||
				(g.plan.visits[i].pass - k) % shards == 0);
		add_ids(&parts, &g.plan, MEASURED);
		add_ids(&all, &g.plan, MEASURED | SENTINEL | WARMUP);
		requests += g.plan.requests;
		loads += g.plan.block_loads;
		fake_plan_release(&g);
	}
	assert_int_equal(requests, f.plan.requests);
	assert_int_equal(loads, f.plan.block_loads);
	assert_same_ids(&whole, &parts);
	assert_different(&all);
	VEC_RELEASE(&whole);
	VEC_RELEASE(&parts);
	VEC_RELEASE(&all);
	fake_plan_release(&f);
}

/* Shards of a plan are disjoint and together the whole of it, whatever the servers do. */
static void test_shards(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3, "shards");
	for (int i = 0; i < SWEEPS; i++) {
		struct str json = STR_INIT(STR_MAX_LINE);
		uint32_t shards = 1 + (uint32_t)rng_below(&r, 4);
		size_t nurls = 1 + rng_below(&r, 2);
		bool replicate = rng_below(&r, 2);

		random_sweep(&r, &json, shards * (uint32_t)nurls + (uint32_t)rng_below(&r, 3));
		check_shards(json.s, abc, nurls, shards,
			replicate ? ",\"distribute\":\"replicate\"" : "");
		str_release(&json);
	}
}

/* A single shard is the whole plan with its names, the sentinel's too. */
static void test_one_shard(void **state)
{
	struct ids a = {0}, b = {0};
	struct fake_plan f, g;

	(void)state;
	make(&f, "{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"passes\":3", abc, 1, "");
	make(&g, "{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"passes\":3", abc, 1,
		",\"shard\":\"1/1\"");
	add_ids(&a, &f.plan, MEASURED | SENTINEL | WARMUP);
	add_ids(&b, &g.plan, MEASURED | SENTINEL | WARMUP);
	assert_same_ids(&a, &b);
	VEC_RELEASE(&a);
	VEC_RELEASE(&b);
	fake_plan_release(&f);
	fake_plan_release(&g);
}

/* ---- replicate ---- */

static void test_replicate(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 4, "replicate");
	for (int i = 0; i < SWEEPS; i++) {
		static const char more[] = ",\"distribute\":\"replicate\"";
		struct str json = STR_INIT(STR_MAX_LINE);
		struct ids ids = {0}, other = {0}, all = {0};
		struct fake_plan one, f, g;

		random_sweep(&r, &json, 1 + (uint32_t)rng_below(&r, 3));
		make(&one, json.s, abc, 1, more);
		make(&f, json.s, abc, 3, more);
		make(&g, json.s, cba, 3, more);
		check_counts(&f.plan);
		assert_int_equal(f.plan.requests, 3 * one.plan.requests);
		assert_int_equal(f.plan.block_loads, 3 * one.plan.block_loads);
		assert_int_equal(f.plan.sentinel_loads, 3 * one.plan.sentinel_loads);
		add_ids(&all, &f.plan, MEASURED | SENTINEL | WARMUP);
		assert_different(&all);
		/* The order in which servers are named is nobody's business. */
		add_ids(&ids, &f.plan, MEASURED | SENTINEL | WARMUP);
		add_ids(&other, &g.plan, MEASURED | SENTINEL | WARMUP);
		assert_same_ids(&ids, &other);
		VEC_RELEASE(&ids);
		VEC_RELEASE(&other);
		VEC_RELEASE(&all);
		fake_plan_release(&one);
		fake_plan_release(&f);
		fake_plan_release(&g);
		str_release(&json);
	}
}

/* Every block once in every pass on every server, each server in an order of its own. */
static void test_replicate_order(void **state)
{
	uint32_t order[3][2][12], n[3][2] = {{0}};
	struct fake_plan f;

	(void)state;
	make(&f, "{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-22\"},\"passes\":2", abc, 3,
		",\"distribute\":\"replicate\"");
	for (uint32_t i = 0; i < f.plan.nvisits; i++) {
		const struct visit *v = &f.plan.visits[i];

		if (v->kind == VISIT_BLOCK)
			order[v->server][v->pass - 1][n[v->server][v->pass - 1]++] = v->block;
	}
	for (int s = 0; s < 3; s++) {
		for (int pass = 0; pass < 2; pass++) {
			uint32_t seen = 0;

			assert_int_equal(n[s][pass], 12);
			for (int k = 0; k < 12; k++)
				seen |= 1u << order[s][pass][k];
			assert_int_equal(seen, 0xfff);
		}
		assert_memory_not_equal(order[s], order[(s + 1) % 3], sizeof(order[s]));
	}
	fake_plan_release(&f);
}

/* ---- a factor `server` ---- */

#define COMPARED                                                                                   \
	"{\"model\":\"m\",\"factors\":{\"server\":[\"b\",\"a\",\"c\"],\"num_ctx\":[8,16,32],"      \
	"\"top_k\":[1,2]},\"passes\":4"

static void test_compare(void **state)
{
	struct ids ids = {0}, other = {0};
	struct fake_plan f, g;
	unsigned seen[9][4] = {{0}};

	(void)state;
	make(&f, COMPARED, abc, 3, "");
	assert_int_equal(f.plan.ncells, 18);
	assert_int_equal(f.plan.nblocks, 9);
	assert_int_equal(f.plan.block_loads, 36);
	assert_int_equal(f.plan.sentinel_loads, 15);
	check_counts(&f.plan);
	for (uint32_t i = 0; i < f.plan.nvisits; i++) {
		const struct visit *v = &f.plan.visits[i];
		uint32_t cell = plan_visit_cell(&f.plan, v);

		assert_string_equal(f.sweep.factors[0].levels[plan_level(&f.plan, cell, 0)].text,
			f.servers[v->server].name);
		assert_int_equal(v->block, f.plan.block_of_cell[cell]);
		if (v->kind == VISIT_BLOCK)
			seen[v->block][v->pass - 1]++;
	}
	for (int b = 0; b < 9; b++) {
		for (int pass = 0; pass < 4; pass++)
			assert_int_equal(seen[b][pass], 1);
	}
	make(&g, COMPARED, cba, 3, "");
	add_ids(&ids, &f.plan, MEASURED | SENTINEL | WARMUP);
	add_ids(&other, &g.plan, MEASURED | SENTINEL | WARMUP);
	assert_different(&ids);
	assert_same_ids(&ids, &other);
	VEC_RELEASE(&ids);
	VEC_RELEASE(&other);
	fake_plan_release(&f);
	fake_plan_release(&g);
}

/* A server without cells has nothing to do; a factor that varies with the server compares hosts. */
static void test_confounded(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f, COMPARED, abc, 3, ",\"exclude\":[\"server == c\"]");
	assert_int_equal(f.plan.sentinel_loads, 10);
	check_counts(&f.plan);
	assert_int_equal(f.plan.nnotes, 1);
	assert_string_equal(f.plan.notes[0], "server c has no cell: it has nothing to do");
	fake_plan_release(&f);
	make(&f, COMPARED, abc, 3,
		",\"only\":[\"server == a and num_ctx == 8 or server == b and num_ctx > 8\"]");
	assert_string_equal(f.plan.df[1].name, "num_ctx");
	assert_string_equal(f.plan.df[1].note,
		"1 of 2 differences can be told from other factors; "
		"its levels are on different servers: it compares hosts; "
		"rests on 3 degrees of freedom");
	fake_plan_release(&f);
}

/* ---- refused ---- */

static void test_refused(void **state)
{
	static const struct {
		const char *sweep;
		size_t nservers;
		const char *msg, *hint;
	} cases[] = {
		{"{\"model\":\"m\",\"passes\":3,\"shard\":\"2/4\"}", 1,
			"shards: 4 for 3 passes: shard 4 would have nothing to do",
			"a shard is whole passes: fewer shards, or --passes 4"},
		{"{\"model\":\"m\",\"passes\":5,\"shard\":\"2/4\"}", 2,
			"passes: shard 2/4 has 1 for 2 servers: b would have nothing to do",
			"a pass is made on one server: name fewer servers, or --passes 8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct server_facts servers[3];
		struct err e = ERR_INIT;
		struct plan p;

		text_sweep(&s, cases[i].sweep, 18, 32768);
		for (size_t k = 0; k < cases[i].nservers; k++)
			assert_int_equal(server_facts_init(&servers[k], abc[k], &e), 0);
		assert_int_equal(plan_build(&p, &s, servers, cases[i].nservers, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_string_equal(e.hint, cases[i].hint);
		assert_int_equal(e.code, ERR_USAGE);
		for (size_t k = 0; k < cases[i].nservers; k++)
			server_facts_release(&servers[k]);
		sweep_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_one_shard),
		cmocka_unit_test(test_replicate),
		cmocka_unit_test(test_replicate_order),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_confounded),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
