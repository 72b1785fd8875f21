/* test_plan_random.c - what holds for every plan, tried on many random sweeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"
#include "vec.h"

#define SWEEPS 400

struct all_items {
	struct item *v;
	size_t n, cap;
};

/* Every request of the plan, in its order. */
static struct all_items collect(const struct plan *p)
{
	struct all_items all = {0};

	for (uint32_t i = 0; i < p->nvisits; i++) {
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[i], &items, &n);
		for (size_t k = 0; k < n; k++)
			*VEC_PUSH(&all) = items[k];
		free(items);
	}
	return all;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->run_id, ((const struct item *)b)->run_id);
}

static const char *pick(struct rng *r, const char *const *from, size_t n)
{
	return from[rng_below(r, n)];
}

/* Levels with aliases among them, prompts, bursts, one to three servers, and repeats that need not
 * be a multiple of the passes.  `more` is put at the end. */
static void random_sweep(struct rng *r, struct str *json, size_t *nservers, uint32_t *passes)
{
	static const char *const gpu[] = {"", "\"num_gpu\":[\"auto\",0],", "\"num_gpu\":[99,0,19],",
		"\"num_gpu\":\"0-24+6\",", "\"num_gpu\":[5],"};
	static const char *const ctx[] = {"", "\"num_ctx\":[512,1024,2048],",
		"\"num_ctx\":[40000,32768],", "\"num_ctx\":[8],"};
	static const char *const sampling[] = {"\"top_k\":[1]", "\"top_k\":[1,2,3]",
		"\"concurrency\":[1,3]", "\"concurrency\":[2,4],\"temperature\":[0,1]",
		"\"seed\":[1,2]"};
	static const char *const prompts[] = {"", ",\"prompts\":[\"a\",\"b\"]",
		",\"prompts\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"],\"burst\":5"};

	*nservers = 1 + rng_below(r, 3);
	*passes = (uint32_t)(*nservers + rng_below(r, 3));
	str_addf(json, "{\"model\":\"m\",\"factors\":{%s%s%s}%s", pick(r, gpu, COUNTOF(gpu)),
		pick(r, ctx, COUNTOF(ctx)), pick(r, sampling, COUNTOF(sampling)),
		pick(r, prompts, COUNTOF(prompts)));
	str_addf(json, ",\"repeats\":%u,\"sentinel\":%s,\"aliases\":\"%s\",\"order_seed\":%u",
		1 + (unsigned)rng_below(r, 7), rng_below(r, 3) ? "true" : "false",
		rng_below(r, 3) ? "merge" : "keep", (unsigned)rng_below(r, 100));
}

static void make(
	struct fake_plan *f, const char *json, size_t nservers, uint32_t passes, const char *more)
{
	static const char *const urls[] = {
		"http://10.0.0.1:1", "http://10.0.0.2:1", "http://10.0.0.3:1"};
	char *sweep = xasprintf("%s,\"passes\":%u%s}", json, passes, more);

	fake_plan_make(f, sweep, urls, nservers);
	free(sweep);
}

/* ---- what holds ---- */

static void check_counts(const struct plan *p, const struct all_items *all)
{
	uint64_t sentinel = 0, blocks = 0;

	for (uint32_t i = 0; i < p->nvisits; i++)
		blocks += p->visits[i].kind == VISIT_BLOCK;
	for (size_t i = 0; i < all->n; i++)
		sentinel += all->v[i].sentinel;
	assert_int_equal(blocks, (uint64_t)p->nblocks * (uint64_t)p->passes);
	assert_int_equal(p->block_loads, blocks);
	assert_int_equal(
		p->sentinel_loads, p->sweep->sentinel ? (uint64_t)p->passes + p->nservers : 0);
	assert_int_equal(p->nvisits, p->block_loads + p->sentinel_loads);
	assert_int_equal(sentinel, p->sentinel_requests);
	assert_int_equal(sentinel, PLAN_SENTINEL_REQUESTS * p->sentinel_loads);
	assert_int_equal(all->n - sentinel, p->requests);
	assert_int_equal(p->warmups, p->nvisits * (uint64_t)p->sweep->warmups);
	assert_int_equal(p->repeats, p->per_pass * p->passes);
	assert_true(p->repeats >= p->sweep->repeats);
	assert_true(p->repeats - p->sweep->repeats < p->passes);
}

static void check_run_ids(const struct all_items *all)
{
	struct item *sorted = xmalloc(all->n * sizeof(*sorted));

	memcpy(sorted, all->v, all->n * sizeof(*sorted));
	qsort(sorted, all->n, sizeof(*sorted), compare_ids);
	for (size_t i = 0; i < all->n; i++) {
		assert_int_equal(strlen(sorted[i].run_id), HASH_ID_TEXT - 1);
		assert_true(i == 0 || compare_ids(&sorted[i], &sorted[i - 1]) != 0);
	}
	free(sorted);
}

/* Passes in order, each block once in each, a pass on one server, the sentinel around it. */
static void check_visits(const struct plan *p)
{
	unsigned *seen = xcalloc((size_t)p->nblocks * (size_t)p->passes, sizeof(*seen));
	uint32_t pass = 0;

	for (uint32_t i = 0; i < p->nvisits; i++) {
		const struct visit *v = &p->visits[i];

		if (v->kind == VISIT_SENTINEL) {
			assert_true(v->pass == 0 || v->pass == pass);
			continue;
		}
		assert_true(v->pass >= pass && v->pass <= p->passes);
		pass = v->pass;
		assert_int_equal(v->server, (pass - 1) % p->nservers);
		seen[(size_t)(pass - 1) * p->nblocks + v->block]++;
	}
	for (size_t i = 0; i < (size_t)p->nblocks * (size_t)p->passes; i++)
		assert_int_equal(seen[i], 1);
	free(seen);
}

/* Every cell gets every prompt equally often, in repeats 0, 1, 2 ... over the passes. */
static void check_repeats(const struct plan *p, const struct all_items *all)
{
	size_t nprompts = p->sweep->nprompts;
	uint32_t *count = xcalloc(p->ncells * nprompts, sizeof(*count));
	uint64_t *sum = xcalloc(p->ncells * nprompts, sizeof(*sum));

	for (size_t i = 0; i < all->n; i++) {
		const struct item *it = &all->v[i];

		assert_true(it->cell < p->ncells && it->prompt < nprompts);
		if (it->sentinel)
			continue;
		count[it->cell * nprompts + it->prompt]++;
		sum[it->cell * nprompts + it->prompt] += it->repeat;
	}
	for (uint32_t c = 0; c < p->ncells; c++) {
		uint32_t concurrency = plan_concurrency(p, c);
		uint64_t n = (uint64_t)p->repeats;

		if (concurrency > 1)
			n = n * plan_burst_size(p, c) / nprompts;
		for (size_t q = 0; q < nprompts; q++) {
			assert_int_equal(count[c * nprompts + q], n);
			assert_int_equal(sum[c * nprompts + q], n * (n - 1) / 2);
		}
	}
	free(count);
	free(sum);
}

/* Inside a load: only cells of its block; a burst is one cell's, whole and uninterrupted. */
static void check_bursts(const struct plan *p)
{
	for (uint32_t i = 0; i < p->nvisits; i++) {
		const struct visit *v = &p->visits[i];
		struct item *items;
		size_t n, size = 0;

		plan_items(p, v, &items, &n);
		assert_true(n > 0);
		for (size_t k = 0; k < n; k++) {
			const struct item *it = &items[k];
			bool begins = k == 0 || it->burst != items[k - 1].burst;

			assert_int_equal(p->block_of_cell[it->cell], v->block);
			size = begins ? 1 : size + 1;
			assert_int_equal(it->burst, k == 0 ? 0 : items[k - 1].burst + begins);
			assert_true(begins || it->cell == items[k - 1].cell);
			if (it->sentinel)
				assert_int_equal(it->concurrency, 1);
			else
				assert_int_equal(it->concurrency, plan_concurrency(p, it->cell));
			if (k + 1 == n || items[k + 1].burst != it->burst)
				assert_int_equal(
					size, it->sentinel ? 1 : plan_burst_size(p, it->cell));
		}
		free(items);
	}
}

/* Cells have different settings in effect unless they are kept as a control, and different names.
 */
static void check_cells(const struct plan *p)
{
	char(*ids)[HASH_ID_TEXT] = xmalloc(p->ncells * sizeof(*ids));

	for (uint32_t c = 0; c < p->ncells; c++) {
		plan_cell_id(p, c, ids[c]);
		for (uint32_t k = 0; k < c; k++)
			assert_string_not_equal(ids[c], ids[k]);
		assert_true(c == 0 || p->grid_index[c] > p->grid_index[c - 1]);
	}
	for (uint32_t b = 0; b < p->nblocks; b++) {
		for (uint32_t i = 0; i < p->blocks[b].ncells; i++)
			assert_int_equal(
				p->block_of_cell[p->cell_of_block[p->blocks[b].first_cell + i]], b);
	}
	assert_true(p->sentinel_cell < p->ncells);
	free(ids);
}

static void test_invariants(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1, "plans");
	for (int i = 0; i < SWEEPS; i++) {
		struct str json = STR_INIT(STR_MAX_LINE);
		struct fake_plan f;
		struct all_items all;
		size_t nservers;
		uint32_t passes;

		random_sweep(&r, &json, &nservers, &passes);
		make(&f, json.s, nservers, passes, "");
		all = collect(&f.plan);
		check_counts(&f.plan, &all);
		check_run_ids(&all);
		check_visits(&f.plan);
		check_repeats(&f.plan, &all);
		check_bursts(&f.plan);
		check_cells(&f.plan);
		VEC_RELEASE(&all);
		fake_plan_release(&f);
		str_release(&json);
	}
}

/* ---- order, extension, names ---- */

static bool same_order(const struct all_items *a, const struct all_items *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a->v[i].run_id, b->v[i].run_id) != 0)
			return false;
	}
	return true;
}

#define ORDERED "{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-18\",\"temperature\":[0,0.5,1]}"

static void test_order(void **state)
{
	static const struct {
		const char *more;
		bool same;
	} cases[] = {
		{",\"order_seed\":5", true},
		{",\"order_seed\":5,\"name\":\"other\",\"warmups\":9", true},
		{",\"order_seed\":6", false},
	};
	struct fake_plan f, g;
	struct all_items a, b;

	(void)state;
	make(&f, ORDERED, 1, 3, ",\"order_seed\":5");
	a = collect(&f.plan);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		make(&g, ORDERED, 1, 3, cases[i].more);
		b = collect(&g.plan);
		assert_int_equal(a.n, b.n);
		assert_int_equal(same_order(&a, &b, a.n), cases[i].same);
		/* The same requests in any case. */
		qsort(b.v, b.n, sizeof(*b.v), compare_ids);
		for (size_t k = 0; k < a.n; k++)
			assert_non_null(bsearch(&a.v[k], b.v, b.n, sizeof(*b.v), compare_ids));
		VEC_RELEASE(&b);
		fake_plan_release(&g);
	}
	VEC_RELEASE(&a);
	fake_plan_release(&f);
}

/* The order is drawn anew for each pass and for each load. */
static void test_drawn_anew(void **state)
{
	struct fake_plan f;
	uint32_t orders[3][8];
	struct item *items[3];
	size_t n;

	(void)state;
	make(&f, ORDERED, 1, 3, ",\"sentinel\":false,\"repeats\":12");
	for (uint32_t i = 0; i < 24; i++)
		orders[i / 8][i % 8] = f.plan.visits[i].block;
	assert_memory_not_equal(orders[0], orders[1], sizeof(orders[0]));
	assert_memory_not_equal(orders[1], orders[2], sizeof(orders[0]));
	for (uint32_t i = 0; i < 3; i++)
		plan_items(&f.plan, &f.plan.visits[i], &items[i], &n);
	assert_int_equal(n, 12);
	for (int i = 1; i < 3; i++) {
		int different = 0;

		for (size_t k = 0; k < n; k++)
			different += plan_level(&f.plan, items[i][k].cell, 1) !=
				plan_level(&f.plan, items[0][k].cell, 1);
		assert_int_not_equal(different, 0);
	}
	for (int i = 0; i < 3; i++)
		free(items[i]);
	fake_plan_release(&f);
}

/* More passes: what was planned keeps its names and its order, and the new passes come after it. */
static void test_extension(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2, "plans");
	for (int i = 0; i < SWEEPS / 4; i++) {
		struct str json = STR_INIT(STR_MAX_LINE);
		struct fake_plan f, g;
		struct all_items a, b;
		size_t nservers;
		uint32_t passes;
		char more[40];

		random_sweep(&r, &json, &nservers, &passes);
		make(&f, json.s, nservers, passes, "");
		snprintf(more, sizeof(more), ",\"per_pass\":%d", (int)f.plan.per_pass);
		make(&g, json.s, nservers, passes + 2, more);
		a = collect(&f.plan);
		b = collect(&g.plan);
		assert_string_equal(f.plan.fingerprint, g.plan.fingerprint);
		assert_true(b.n > a.n);
		assert_true(same_order(&a, &b, a.n));
		VEC_RELEASE(&a);
		VEC_RELEASE(&b);
		fake_plan_release(&f);
		fake_plan_release(&g);
		str_release(&json);
	}
}

/* The order of keys in the file is not what is measured: the same names, the same cells. */
static void test_key_order(void **state)
{
	struct fake_plan f, g;
	struct all_items a, b;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[9,8],\"top_k\":[1,2]},\"options\":"
		"{\"min_p\":0,\"seed\":3}",
		1, 3, "");
	make(&g,
		"{\"options\":{\"seed\":3,\"min_p\":0},\"factors\":{\"top_k\":[2,1],\"num_ctx\":[8,"
		"9]},"
		"\"model\":\"m\"",
		1, 3, "");
	assert_string_equal(f.plan.fingerprint, g.plan.fingerprint);
	a = collect(&f.plan);
	b = collect(&g.plan);
	qsort(b.v, b.n, sizeof(*b.v), compare_ids);
	for (size_t k = 0; k < a.n; k++) {
		if (!a.v[k].sentinel) /* which of two levels is the middle one is a matter of order
				       */
			assert_non_null(bsearch(&a.v[k], b.v, b.n, sizeof(*b.v), compare_ids));
	}
	VEC_RELEASE(&a);
	VEC_RELEASE(&b);
	fake_plan_release(&f);
	fake_plan_release(&g);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Warm-ups have names of their own, different from each other. */
static void test_warmup_ids(void **state)
{
	struct fake_plan f;
	char(*ids)[HASH_ID_TEXT];
	size_t n = 0;

	(void)state;
	make(&f, ORDERED, 3, 4, "");
	ids = xmalloc((size_t)f.plan.nvisits * 5 * sizeof(*ids));
	for (uint32_t i = 0; i < f.plan.nvisits; i++) {
		for (uint32_t w = 0; w < 5; w++)
			plan_warmup_id(&f.plan, &f.plan.visits[i], w, ids[n++]);
	}
	qsort(ids, n, sizeof(*ids), compare_texts);
	for (size_t i = 1; i < n; i++)
		assert_string_not_equal(ids[i], ids[i - 1]);
	free(ids);
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invariants),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_drawn_anew),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_warmup_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
