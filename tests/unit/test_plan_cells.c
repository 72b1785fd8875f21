/* test_plan_cells.c - what a plan makes of levels: aliases, names of cells, what is sent. */
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"

static const char *const one_url[] = {"http://127.0.0.1:11434"};

static void make(struct fake_plan *f, const char *sweep)
{
	fake_plan_make(f, sweep, one_url, 1);
}

/* ---- aliases ---- */

/* "num_gpu 19=99 merged; num_ctx ..." */
static char *alias_text(const struct plan *p)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; i < p->naliases; i++)
		str_addf(&text, "%s%s %s=%s%s", i ? "; " : "", p->aliases[i].factor,
			p->aliases[i].level, p->aliases[i].same_as,
			p->aliases[i].merged ? " merged" : "");
	return str_take(&text);
}

static void test_aliases(void **state)
{
	static const struct {
		const char *sweep;
		bool vision;
		const char *aliases;
		int cells, blocks;
	} cases[] = {
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[\"auto\",0,18,19]}}", false, "", 4, 4},
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[99,0,19,20]}}", false,
			"num_gpu 19=99 merged; num_gpu 20=99 merged", 2, 2},
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[99,0,19]},\"aliases\":\"keep\"}",
			false, "num_gpu 19=99", 3, 3},
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[99]}}", false, "num_gpu 99=19", 1, 1},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[32768,65536,40000]}}", false,
			"num_ctx 65536=32768 merged; num_ctx 40000=32768 merged", 1, 1},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1,2,3,4,5]}}", false,
			"num_ctx 2=1 merged; num_ctx 3=1 merged; num_ctx 4=1 merged", 2, 2},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[3]}}", false, "num_ctx 3=4", 1, 1},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[512,1024,2048,4096]}}", true,
			"num_ctx 1024=512 merged; num_ctx 2048=512 merged", 2, 2},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[512,4096]}}", true, "num_ctx 512=2048",
			2, 2},
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[19,99],\"num_ctx\":[40000,50000],"
		 "\"top_k\":[1,2]}}",
			false, "num_gpu 99=19 merged; num_ctx 50000=40000 merged", 2, 1},
		{"{\"model\":\"m\",\"factors\":{\"num_predict\":[99,19]}}", false, "", 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct server_facts f;
		struct err e = ERR_INIT;
		struct plan p;
		char *text;

		text_sweep(&s, cases[i].sweep, 18, 32768);
		text_server(&f, &s, 18, 32768);
		f.models[0].vision = cases[i].vision;
		assert_int_equal(plan_build(&p, &s, &f, 1, &e), 0);
		text = alias_text(&p);
		assert_string_equal(text, cases[i].aliases);
		assert_int_equal(p.ncells, cases[i].cells);
		assert_int_equal(p.nblocks, cases[i].blocks);
		free(text);
		plan_release(&p);
		server_facts_release(&f);
		sweep_release(&s);
	}
}

/* What is not known is not said to be the same. */
static void test_no_facts(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	struct plan p;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"num_gpu\":[19,99],\"num_ctx\":[4096,1000000]}}",
		-1, -1);
	assert_int_equal(plan_build(&p, &s, NULL, 0, &e), 0);
	assert_int_equal(p.naliases, 0);
	assert_int_equal(p.ncells, 4);
	plan_release(&p);
	sweep_release(&s);
}

static void test_model_aliases(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct server_facts f;
	struct err e = ERR_INIT;
	struct plan p;
	char *text;

	(void)state;
	text_sweep(&s, "{\"factors\":{\"model\":[\"a\",\"b\",\"copy\"],\"num_gpu\":[30,0,19,99]}}",
		18, -1);
	text_server(&f, &s, 18, -1);
	f.models[1].layers = 34; /* b: 19 and 30 are two settings, 99 is 35 */
	for (size_t i = 0; i < 3; i++)
		memset(f.models[i].digest, i == 1 ? 'b' : 'a', 64);
	assert_int_equal(plan_build(&p, &s, &f, 1, &e), 0);
	text = alias_text(&p);
	assert_string_equal(text,
		"model copy=a merged; num_gpu 19=30 merged; num_gpu 99=30 merged; "
		"num_gpu 99=35");
	free(text);
	assert_string_equal(p.aliases[0].why, "both have the digest aaaaaaaaaaaa");
	assert_string_equal(p.aliases[1].why, "all 18 layers and the output layer are 19 (a)");
	assert_string_equal(p.aliases[3].why, "all 34 layers and the output layer are 35 (b)");
	assert_int_equal(p.ncells, 6); /* a: 30 and 0; b: all four */
	assert_int_equal(p.df[0].levels, 2);
	assert_int_equal(p.df[1].levels, 4);
	assert_string_equal(plan_model(&p, 0), "a");
	assert_string_equal(plan_model(&p, 5), "b");
	assert_string_equal(p.blocks[5].model, "b");
	plan_release(&p);
	server_facts_release(&f);
	sweep_release(&s);
}

/* ---- what is sent ---- */

static void assert_json(json_t *steal, const char *wanted)
{
	char *text = text_of(steal);

	assert_string_equal(text, wanted);
	free(text);
	json_decref(steal);
}

static void test_options_sent(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_gpu\":[\"auto\",0],\"stop\":[\"x\",\"y\"]},"
		"\"options\":{\"seed\":7,\"temperature\":0.1,\"mirostat\":2,\"use_mmap\":false}}");
	assert_json(plan_options(&f.plan, 0, 0),
		"{\"mirostat\":2,\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":-1,\"num_predict\":"
		"64,"
		"\"seed\":7,\"stop\":[\"x\"],\"temperature\":0.1,\"use_mmap\":false}");
	assert_json(plan_options(&f.plan, 3, 5),
		"{\"mirostat\":2,\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":0,\"num_predict\":"
		"64,"
		"\"seed\":12,\"stop\":[\"y\"],\"temperature\":0.1,\"use_mmap\":false}");
	assert_json(plan_runner_options(&f.plan, 0),
		"{\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":-1,\"use_mmap\":false}");
	assert_json(plan_runner_options(&f.plan, 1),
		"{\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":0,\"use_mmap\":false}");
	fake_plan_release(&f);
	/* A seed that is a factor is not shifted; what is no option of Ollama's is not among them.
	 */
	make(&f,
		"{\"factors\":{\"model\":[\"a\",\"b\"],\"seed\":[1,2],\"cache\":[\"repeat\"],"
		"\"concurrency\":[1,2]},\"options\":{\"num_gpu\":5}}");
	assert_json(plan_options(&f.plan, 2, 9),
		"{\"num_batch\":512,\"num_ctx\":4096,\"num_gpu\":5,\"num_predict\":64,\"seed\":2}");
	assert_string_equal(plan_cache(&f.plan, 0), "repeat");
	assert_int_equal(plan_concurrency(&f.plan, 0), 1);
	assert_int_equal(plan_concurrency(&f.plan, 1), 2);
	fake_plan_release(&f);
}

/* The name of the only cell of a sweep. */
static void cell_id(const char *sweep, char id[HASH_ID_TEXT])
{
	struct fake_plan f;

	make(&f, sweep);
	assert_int_equal(f.plan.ncells, 1);
	plan_cell_id(&f.plan, 0, id);
	assert_int_equal(strlen(id), HASH_ID_TEXT - 1);
	fake_plan_release(&f);
}

static void test_cell_ids(void **state)
{
	/* Whether a value is fixed or a factor's only level, how it is written and in which order,
	 * and the seed do not change the settings. */
	static const char *const same[] = {
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"temperature\":0.2}"
		"}",
		"{\"model\":\"m\",\"options\":{\"temperature\":2e-1,\"num_gpu\":0,\"num_ctx\":4096."
		"0}}",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[4096],\"num_gpu\":[0]},\"options\":"
		"{\"temperature\":0.2}}",
		"{\"factors\":{\"temperature\":[0.2],\"model\":[\"m\"],\"cache\":[\"unique\"],"
		"\"concurrency\":[1]},\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"seed\":5}}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"temperature\":0.2},"
		"\"repeats\":9,\"prompt\":\"other\",\"order_seed\":3}",
	};
	static const char *const other[] = {
		"{\"model\":\"n\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"temperature\":0.2}"
		"}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4097,\"num_gpu\":0,\"temperature\":0.2}"
		"}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":\"auto\","
		"\"temperature\":0.2}}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0}}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"temperature\":0.2},"
		"\"concurrency\":2}",
		"{\"model\":\"m\",\"options\":{\"num_ctx\":4096,\"num_gpu\":0,\"temperature\":0.2},"
		"\"cache\":\"repeat\"}",
	};
	char base[HASH_ID_TEXT], id[HASH_ID_TEXT];

	(void)state;
	cell_id(same[0], base);
	for (size_t i = 1; i < COUNTOF(same); i++) {
		cell_id(same[i], id);
		assert_string_equal(id, base);
	}
	for (size_t i = 0; i < COUNTOF(other); i++) {
		cell_id(other[i], id);
		assert_string_not_equal(id, base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_no_facts),
		cmocka_unit_test(test_model_aliases),
		cmocka_unit_test(test_options_sent),
		cmocka_unit_test(test_cell_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
