/* test_plan.c - the plan's counts, sentinel, bursts, servers, and its JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"

static const struct pace ten_and_one = {.per_load = 10, .per_request = 1};

static const char *const one_url[] = {"http://127.0.0.1:11434"};
static const char *const three_urls[] = {
	"http://10.0.0.1:11434", "b=http://10.0.0.1:11435", "http://10.0.0.2:11434"};

static void make(struct fake_plan *f, const char *sweep)
{
	fake_plan_make(f, sweep, one_url, 1);
}

/* ---- counts ---- */

#define GRID                                                                                       \
	"{\"name\":\"g\",\"model\":\"gemma3:270m\",\"factors\":{\"num_gpu\":[\"auto\",0,99],"      \
	"\"num_ctx\":\"1024-8192x2\",\"temperature\":[0.2,0.6,0.8]},\"options\":"                  \
	"{\"num_predict\":64,\"seed\":42},\"repeats\":6}"

static void test_example(void **state)
{
	struct fake_plan f;
	char *label;

	(void)state;
	make(&f, GRID);
	assert_int_equal(f.plan.ncells, 36);
	assert_int_equal(f.plan.nblocks, 12);
	assert_int_equal(f.plan.passes, 3);
	assert_int_equal(f.plan.per_pass, 2);
	assert_int_equal(f.plan.repeats, 6);
	assert_int_equal(f.plan.block_loads, 36);
	assert_int_equal(f.plan.sentinel_loads, 4);
	assert_int_equal(f.plan.nvisits, 40);
	assert_int_equal(f.plan.requests, 216);
	assert_int_equal(f.plan.sentinel_requests, 20);
	assert_int_equal(f.plan.warmups, 80);
	/* The last factor changes fastest. */
	label = plan_cell_label(&f.plan, 1);
	assert_string_equal(label, "num_gpu=auto num_ctx=1024 temperature=0.6");
	free(label);
	assert_string_equal(f.plan.blocks[11].label, "num_gpu=99 num_ctx=8192");
	assert_int_equal(f.plan.blocks[11].ncells, 3);
	/* The middle levels: num_gpu 0, num_ctx 2048, temperature 0.6. */
	label = plan_cell_label(&f.plan, f.plan.sentinel_cell);
	assert_string_equal(label, "num_gpu=0 num_ctx=2048 temperature=0.6");
	free(label);
	/* 99 has no other name here, so nothing is merged. */
	assert_int_equal(f.plan.naliases, 1);
	assert_string_equal(f.plan.aliases[0].factor, "num_gpu");
	assert_string_equal(f.plan.aliases[0].level, "99");
	assert_string_equal(f.plan.aliases[0].same_as, "19");
	assert_string_equal(f.plan.aliases[0].why, "all 18 layers and the output layer are 19");
	assert_false(f.plan.aliases[0].merged);
	fake_plan_release(&f);
}

static void test_passes(void **state)
{
	static const struct {
		const char *keys; /* beside the model and B levels of num_ctx */
		int blocks;
		int64_t passes, per_pass;
	} cases[] = {
		{"", 1, 3, 2},
		{"", 2, 7, 2},
		{"", 3, 4, 2},
		{"", 4, 3, 2},
		{"", 9, 3, 2},
		{",\"repeats\":1", 4, 3, 1},
		{",\"repeats\":3", 4, 3, 1},
		{",\"repeats\":4", 4, 3, 2},
		{",\"repeats\":8", 2, 7, 2},
		{",\"passes\":1", 4, 1, 2},
		{",\"passes\":5,\"repeats\":6", 4, 5, 2},
		{",\"passes\":2,\"repeats\":6", 4, 2, 3},
		/* From sweep.json: what a pass was does not change with the number of passes. */
		{",\"passes\":5,\"repeats\":6,\"per_pass\":3", 4, 5, 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[300];

		snprintf(sweep, sizeof(sweep),
			"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"11-%d\"}%s}",
			cases[i].blocks + 10, cases[i].keys);
		make(&f, sweep);
		assert_int_equal(f.plan.nblocks, cases[i].blocks);
		assert_int_equal(f.plan.passes, cases[i].passes);
		assert_int_equal(f.plan.per_pass, cases[i].per_pass);
		assert_int_equal(f.plan.repeats, cases[i].passes * cases[i].per_pass);
		assert_int_equal(f.plan.block_loads, cases[i].blocks * cases[i].passes);
		fake_plan_release(&f);
	}
}

static void test_one_cell(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f, "{\"model\":\"m\",\"options\":{\"num_gpu\":0,\"num_ctx\":99}}");
	assert_int_equal(f.plan.ncells, 1);
	assert_int_equal(f.plan.nblocks, 1);
	assert_string_equal(f.plan.blocks[0].label, "m");
	assert_int_equal(f.plan.block_loads, 3);
	assert_int_equal(f.plan.sentinel_loads, 4); /* as the sweep says */
	assert_int_equal(f.plan.requests, 6);
	fake_plan_release(&f);
	make(&f, "{\"model\":\"m\",\"factors\":{\"top_k\":[1]},\"sentinel\":false,\"warmups\":3}");
	assert_int_equal(f.plan.sentinel_loads, 0);
	assert_int_equal(f.plan.sentinel_requests, 0);
	assert_int_equal(f.plan.warmups, 9);
	fake_plan_release(&f);
}

static void test_degrees_of_freedom(void **state)
{
	static const struct {
		const char *sweep;
		const char *factor;
		unsigned levels, df, df_error;
		const char *note;
	} cases[] = {
		/* (12 - 1) * (3 - 1) */
		{GRID, "num_ctx", 4, 3, 22, ""},
		{GRID, "num_gpu", 3, 2, 22, ""},
		/* 216 requests - 36 loads - (2 + 2 * (2 + 3)) */
		{GRID, "temperature", 3, 2, 168, ""},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"passes\":3}", "num_ctx", 2, 1,
			2, "rests on 2 degrees of freedom"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"passes\":2}", "num_ctx", 2, 1,
			1, "rests on 1 degree of freedom"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16]},\"passes\":1}", "num_ctx", 2, 1,
			0, "one pass: estimates without a test"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8]}}", "num_ctx", 1, 0, 0,
			"one setting: nothing to compare"},
		/* Two cells, one request each, in one load: nothing is left over. */
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2]},\"passes\":1,\"repeats\":1}",
			"top_k", 2, 1, 0, "no degrees of freedom: estimates without a test"},
		/* 2 cells * 2 prompts * 2 - 1 load - (1 + 1 for the prompts) */
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2]},\"passes\":1,\"prompts\":[\"a\","
		 "\"b\"]}",
			"top_k", 2, 1, 5, "rests on 5 degrees of freedom"},
		/* Levels that are one setting are one level; one block is left. */
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[19,99]}}", "num_gpu", 1, 0, 0,
			"one setting: nothing to compare"},
		/* A burst is one value: 2 cells * 1 * 3 passes - 3 loads - 1 */
		{"{\"model\":\"m\",\"factors\":{\"concurrency\":[2,4]},\"repeats\":3}",
			"concurrency", 2, 1, 2, "rests on 2 degrees of freedom"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		const struct factor_df *d = NULL;

		make(&f, cases[i].sweep);
		for (size_t k = 0; k < f.plan.ndf; k++) {
			if (strcmp(f.plan.df[k].name, cases[i].factor) == 0)
				d = &f.plan.df[k];
		}
		assert_non_null(d);
		assert_int_equal(d->levels, cases[i].levels);
		assert_int_equal(d->df, cases[i].df);
		assert_int_equal(d->df_error, cases[i].df_error);
		assert_string_equal(d->note, cases[i].note);
		fake_plan_release(&f);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *sweep;
		size_t nservers;
		const char *msg;
	} cases[] = {
		{"{\"model\":\"m\",\"passes\":2}", 3,
			"passes: 2 for 3 servers: http://10.0.0.2:11434 would have nothing to do"},
		{"{\"model\":\"m\",\"factors\":{\"concurrency\":[1,16]},\"burst\":15}", 1,
			"burst: 15 requests cannot keep 16 in flight"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"1001-2000\"},\"passes\":10000}", 1,
			"10,010,001 model loads are more than 10,000,000"},
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1]},\"passes\":1,\"repeats\":10000001}",
			1, "10,000,001 requests in one load are more than 10,000,000"},
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1]},\"passes\":1000,\"repeats\":"
		 "4000000000,"
		 "\"prompts\":[\"a\",\"b\"]}",
			1, "8,000,000 requests in a pass are more than 4,000,000"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct server_facts servers[3];
		struct err e = ERR_INIT;
		struct plan p;

		text_sweep(&s, cases[i].sweep, 18, 32768);
		for (size_t k = 0; k < cases[i].nservers; k++)
			assert_int_equal(server_facts_init(&servers[k], three_urls[k], &e), 0);
		assert_int_equal(plan_build(&p, &s, servers, cases[i].nservers, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
		assert_true(strlen(e.hint) > 0);
		plan_release(&p); /* nothing is left, and releasing it is fine */
		for (size_t k = 0; k < cases[i].nservers; k++)
			server_facts_release(&servers[k]);
		sweep_release(&s);
	}
}

/* The middle levels, for num_gpu not auto, for concurrency the lowest; of what is merged, what is
 * left. */
static void test_sentinel_cell(void **state)
{
	static const struct {
		const char *factors, *label;
	} cases[] = {
		{"\"top_k\":[1,2,3,4],\"num_ctx\":[8,16,32]", "top_k=2 num_ctx=16"},
		{"\"num_gpu\":[0,\"auto\",5]", "num_gpu=5"},
		{"\"num_gpu\":[0,\"auto\"]", "num_gpu=0"},
		{"\"num_gpu\":[\"auto\",0]", "num_gpu=0"},
		{"\"num_gpu\":[\"auto\"]", "num_gpu=auto"},
		{"\"concurrency\":[8,4,2,16]", "concurrency=2"},
		{"\"num_gpu\":[99,19,0],\"top_k\":[1,2]", "num_gpu=99 top_k=1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[300], *label;
		struct item *items;
		size_t n;

		snprintf(sweep, sizeof(sweep),
			"{\"model\":\"m\",\"factors\":{%s},\"prompts\":[\"a\",\"b\"]}",
			cases[i].factors);
		make(&f, sweep);
		label = plan_cell_label(&f.plan, f.plan.sentinel_cell);
		assert_string_equal(label, cases[i].label);
		free(label);
		assert_int_equal(f.plan.visits[0].kind, VISIT_SENTINEL);
		assert_int_equal(
			f.plan.visits[0].block, f.plan.block_of_cell[f.plan.sentinel_cell]);
		plan_items(&f.plan, &f.plan.visits[0], &items, &n);
		assert_int_equal(n, 5);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(items[k].cell, f.plan.sentinel_cell);
			assert_int_equal(items[k].prompt, k % 2);
			assert_int_equal(items[k].concurrency, 1);
			assert_true(items[k].sentinel);
		}
		free(items);
		fake_plan_release(&f);
	}
}

/* ---- bursts and servers ---- */

static void test_burst_size(void **state)
{
	static const struct {
		const char *keys;
		uint32_t concurrency, size;
	} cases[] = {
		{"", 1, 1},
		{"", 2, 30},
		{"", 3, 30},
		{"", 8, 80},
		{",\"burst\":12", 1, 1},
		{",\"burst\":12", 4, 12},
		{",\"prompts\":[\"a\",\"b\",\"c\",\"d\"]", 2, 32},
		{",\"burst\":5,\"prompts\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]", 2, 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_plan f;
		char sweep[300];

		snprintf(sweep, sizeof(sweep), "{\"model\":\"m\",\"concurrency\":%u%s}",
			(unsigned)cases[i].concurrency, cases[i].keys);
		make(&f, sweep);
		assert_int_equal(plan_burst_size(&f.plan, 0), cases[i].size);
		fake_plan_release(&f);
	}
}

static void test_servers(void **state)
{
	static const struct {
		enum visit_kind kind;
		uint32_t pass, server;
	} wanted[] = {
		{VISIT_SENTINEL, 0, 0},
		{VISIT_BLOCK, 1, 0},
		{VISIT_SENTINEL, 1, 0},
		{VISIT_SENTINEL, 0, 1},
		{VISIT_BLOCK, 2, 1},
		{VISIT_SENTINEL, 2, 1},
		{VISIT_SENTINEL, 0, 2},
		{VISIT_BLOCK, 3, 2},
		{VISIT_SENTINEL, 3, 2},
		{VISIT_BLOCK, 4, 0},
		{VISIT_SENTINEL, 4, 0},
	};
	struct fake_plan f;

	(void)state;
	fake_plan_make(&f,
		"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2]},\"passes\":4,\"repeats\":4}",
		three_urls, 3);
	assert_int_equal(f.plan.sentinel_loads, 7);
	assert_int_equal(f.plan.nvisits, COUNTOF(wanted));
	for (size_t i = 0; i < COUNTOF(wanted); i++) {
		assert_int_equal(f.plan.visits[i].kind, wanted[i].kind);
		assert_int_equal(f.plan.visits[i].pass, wanted[i].pass);
		assert_int_equal(f.plan.visits[i].server, wanted[i].server);
	}
	/* A load is 10 s and a request 1 s; 2 warm-ups and 2 requests a block, 5 a sentinel: 14 and
	 * 17 s. The first two servers share a host, which is busy with 3 blocks and 5 sentinels. */
	assert_double(plan_seconds(&f.plan, &ten_and_one), 3 * 14 + 5 * 17);
	assert_double(plan_seconds(&f.plan, &(struct pace){.per_load = -1, .per_request = 1}), -1);
	assert_double(plan_seconds(&f.plan, &(struct pace){.per_load = 1, .per_request = NAN}), -1);
	fake_plan_release(&f);
	/* Every server has a pass. */
	fake_plan_make(&f,
		"{\"model\":\"m\",\"options\":{\"num_ctx\":9},\"factors\":{\"num_gpu\":\"0-9\"}}",
		(const char *const[]){"a", "b", "c", "d", "e"}, 5);
	assert_int_equal(f.plan.passes, 5);
	fake_plan_release(&f);
}

/* ---- as JSON ---- */

static void assert_json(json_t *steal, const char *wanted)
{
	char *text = text_of(steal);

	assert_string_equal(text, wanted);
	free(text);
	json_decref(steal);
}

static void test_json(void **state)
{
	static const struct {
		const char *key;
		int64_t value;
	} counts[] = {{"cells", 36}, {"blocks", 12}, {"passes", 3}, {"repeats", 6}, {"per_pass", 2},
		{"loads", 40}, {"block_loads", 36}, {"sentinel_loads", 4}, {"requests", 216},
		{"sentinel_requests", 20}, {"warmups", 80}};
	struct fake_plan f;
	json_t *o, *runs;

	(void)state;
	make(&f, GRID);
	o = plan_json(&f.plan, 12.5, true);
	for (size_t i = 0; i < COUNTOF(counts); i++) {
		assert_true(json_is_integer(json_object_get(o, counts[i].key)));
		assert_int_equal(
			json_integer_value(json_object_get(o, counts[i].key)), counts[i].value);
	}
	assert_true(json_is_integer(json_object_get(o, "seconds")));
	assert_double(jsonx_get_number(o, "seconds"), 13); /* 12.5, rounded */
	assert_string_equal(jsonx_get_string(o, "fingerprint"), f.plan.fingerprint);
	assert_json(json_incref(json_object_get(o, "aliases")),
		"[{\"factor\":\"num_gpu\",\"level\":\"99\",\"merged\":false,\"same_as\":\"19\","
		"\"why\":\"all 18 layers and the output layer are 19\"}]");
	assert_json(json_incref(json_array_get(json_object_get(o, "factors"), 2)),
		"{\"df\":2,\"df_error\":168,\"levels\":3,\"name\":\"temperature\",\"note\":\"\","
		"\"stratum\":\"sampling\",\"values\":[0.2,0.6,0.8]}");
	runs = json_object_get(o, "runs");
	assert_int_equal(json_array_size(runs), 216);
	for (size_t i = 0; i < 216; i++) {
		const json_t *one = json_array_get(runs, i);

		assert_int_equal(json_object_size(one), 3);
		assert_int_equal(strlen(jsonx_get_string(one, "run_id")), 16);
		assert_int_equal(strlen(jsonx_get_string(one, "cell_id")), 16);
		assert_int_equal(json_integer_value(json_object_get(one, "pass")), 1 + i / 72);
	}
	json_decref(o);
	o = plan_json(&f.plan, -1, false);
	assert_true(json_is_null(json_object_get(o, "seconds")));
	assert_null(json_object_get(o, "runs"));
	json_decref(o);
	fake_plan_release(&f);
}

/* A million cells are a few bytes each: nothing here is made per request. */
static void test_million_cells(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f, "{\"model\":\"m\",\"factors\":{\"num_ctx\":\"1001-2000\",\"top_k\":\"1-1000\"}}");
	assert_int_equal(f.plan.ncells, 1000000);
	assert_int_equal(f.plan.nblocks, 1000);
	assert_int_equal(f.plan.requests, 6000000);
	assert_int_equal(plan_level(&f.plan, 999999, 0), 999);
	assert_int_equal(plan_level(&f.plan, 999001, 1), 1);
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_one_cell),
		cmocka_unit_test(test_degrees_of_freedom),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sentinel_cell),
		cmocka_unit_test(test_burst_size),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_million_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
