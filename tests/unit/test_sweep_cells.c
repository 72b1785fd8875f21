/* test_sweep_cells.c - factors of every kind, named levels, zip and cells. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_text.h"
#include "unit.h"

/* "num_ctx+num_gpu: 0,0 1,1" for each link, one after the other. */
static const char *links_text(const struct sweep *s)
{
	static struct str text = STR_INIT(STR_MAX_LINE);

	str_reset(&text);
	for (size_t i = 0; i < s->nlinks; i++) {
		const struct sweep_link *link = &s->links[i];

		str_add(&text, i ? "; " : "");
		for (size_t k = 0; k < link->nfactors; k++)
			str_addf(&text, "%s%s", k ? "+" : "", s->factors[link->factor[k]].name);
		str_addc(&text, ':');
		for (size_t k = 0; k < link->nrows * link->nfactors; k++)
			str_addf(&text, "%c%u", k % link->nfactors ? ',' : ' ', link->level[k]);
	}
	return text.s;
}

static void test_links(void **state)
{
	static const struct {
		const char *sweep, *grid, *links;
	} cases[] = {
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048,4096],\"top_k\":[1,2],"
		 "\"num_batch\":[64,128]},\"zip\":[\"num_batch\",\"num_ctx\"]}",
			"num_ctx=2048,4096 top_k=1,2 num_batch=64,128",
			"num_ctx+num_batch: 0,0 1,1"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048,4096],\"top_k\":[1,2],"
		 "\"num_batch\":[64,128],\"top_p\":[0.1,1]},\"zip\":[[\"top_p\",\"num_ctx\"],"
		 "[\"top_k\",\"num_batch\"]]}",
			"num_ctx=2048,4096 top_k=1,2 num_batch=64,128 top_p=0.1,1",
			"num_ctx+top_p: 0,0 1,1; top_k+num_batch: 0,0 1,1"},
		/* Levels in order of appearance; 1024.0 is 1024. */
		{"{\"model\":\"m\",\"cells\":[{\"num_ctx\":4096,\"top_k\":5},{\"top_k\":1,"
		 "\"num_ctx\":1024},{\"num_ctx\":1024.0,\"top_k\":5}]}",
			"num_ctx=4096,1024 top_k=5,1", "num_ctx+top_k: 0,0 1,1 1,0"},
		/* Declared factors keep their order, and columns rise with it. */
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1,5],\"temperature\":[0,1]},"
		 "\"cells\":[{\"num_ctx\":4096,\"top_k\":5},{\"num_ctx\":1024,\"top_k\":1}]}",
			"top_k=1,5 temperature=0,1 num_ctx=4096,1024", "top_k+num_ctx: 1,0 0,1"},
		/* Names in place of values. */
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"small\":1024,\"large\":8192}},"
		 "\"cells\":[{\"num_ctx\":\"large\",\"top_k\":5},{\"num_ctx\":1024,\"top_k\":1}]}",
			"num_ctx=small,large top_k=5,1", "num_ctx+top_k: 1,0 0,1"},
		{"{\"model\":\"m\",\"cells\":[{\"system\":{\"brief\":\"Be brief.\"},\"top_k\":5},"
		 "{\"system\":\"\",\"top_k\":5},{\"system\":\"brief\",\"top_k\":1}]}",
			"system=brief,none top_k=5,1", "system+top_k: 0,0 1,0 0,1"},
		/* Two lists are crossed. */
		{"{\"model\":\"m\",\"cells\":[[{\"num_ctx\":1}],[{\"top_k\":1},{\"top_k\":2}]]}",
			"num_ctx=1 top_k=1,2", "num_ctx: 0; top_k: 0 1"},
		/* Levels that become one: all is 19, half is 9. */
		{"{\"model\":\"m\",\"cells\":[{\"num_gpu\":\"all\",\"num_ctx\":2048},"
		 "{\"num_gpu\":19,\"num_ctx\":4096},{\"num_gpu\":19,\"num_ctx\":2048},"
		 "{\"num_gpu\":\"50%\",\"num_ctx\":2048}]}",
			"num_gpu=19,9 num_ctx=2048,4096", "num_gpu+num_ctx: 0,0 0,1 1,0"},
		{"{\"model\":\"m\",\"factors\":{\"num_gpu\":[\"all\",0,19],\"num_ctx\":"
		 "[2048,4096,8192]},\"zip\":[\"num_gpu\",\"num_ctx\"]}",
			"num_gpu=19,0 num_ctx=2048,4096,8192", "num_gpu+num_ctx: 0,0 1,1 0,2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;

		text_sweep(&s, cases[i].sweep, 18, 32768);
		assert_string_equal(text_grid(&s), cases[i].grid);
		assert_string_equal(links_text(&s), cases[i].links);
		sweep_release(&s);
	}
}

static void test_dropped_cells_are_told(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"cells\":[{\"num_gpu\":\"all\",\"num_ctx\":2048},"
		"{\"num_gpu\":19,\"num_ctx\":2048},{\"num_gpu\":0,\"num_ctx\":2048}]}",
		18, 32768);
	assert_contains(s.warnings.s, "num_gpu all and 19 are both 19 layers here");
	assert_contains(s.warnings.s, "1 cell written out are cells");
	sweep_release(&s);
}

/* What is sent is the value, what is shown the name. */
static void test_named_levels(void **state)
{
	struct sweep s = SWEEP_INIT;
	const struct factor *f;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"num_gpu\":{\"most\":\"75%\",\"cpu\":0},"
		"\"system\":{\"brief\":\"Answer in one word.\",\"own\":\"\"},"
		"\"keep_alive\":[\"1m\",90],\"prompt_tokens\":[100,\"80.0%\"]}}",
		18, 32768);
	f = sweep_factor(&s, "num_gpu");
	assert_string_equal(f->levels[0].text, "most");
	assert_string_equal(f->levels[0].asked, "75%");
	assert_int_equal(json_integer_value(f->levels[0].value), 14);
	assert_true(f->levels[0].named);
	f = sweep_factor(&s, "system");
	assert_int_equal(f->kind, FACTOR_SYSTEM);
	assert_string_equal(f->levels[0].text, "brief");
	assert_string_equal(json_string_value(f->levels[0].value), "Answer in one word.");
	assert_string_equal(json_string_value(f->levels[1].value), "");
	f = sweep_factor(&s, "keep_alive");
	assert_int_equal(json_integer_value(f->levels[0].value), 60);
	assert_string_equal(f->levels[0].text, "60");
	assert_string_equal(f->levels[0].asked, "1m");
	assert_false(f->levels[0].named);
	f = sweep_factor(&s, "prompt_tokens");
	assert_string_equal(f->levels[1].text, "80%");
	assert_string_equal(f->column, "prompt_tokens_asked");
	sweep_release(&s);
}

/* Long texts and such with line ends are named by their place. */
static void test_texts_get_names(void **state)
{
	struct sweep s = SWEEP_INIT;
	const struct factor *f;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"system\":[\"\",\"Be brief.\","
		"\"0123456789012345678901234567890123456789\","
		"\"01234567890123456789012345678901234567890\",\"a\\nb\"]}}",
		18, 32768);
	f = sweep_factor(&s, "system");
	assert_string_equal(f->levels[0].text, "none");
	assert_string_equal(f->levels[1].text, "Be brief.");
	assert_string_equal(f->levels[2].text, "0123456789012345678901234567890123456789");
	assert_string_equal(f->levels[3].text, "system-4");
	assert_string_equal(f->levels[4].text, "system-5");
	assert_string_equal(json_string_value(f->levels[4].value), "a\nb");
	sweep_release(&s);
}

static void test_prompt_levels(void **state)
{
	static const char prompts[] = "\"prompts\":[{\"id\":\"a\",\"text\":\"1\"},{\"id\":\"2-3\","
				      "\"text\":\"2\"},\"three\"]";
	static const char *const cases[][2] = {
		{"\"*\"", "prompt=a,2-3,p3"},
		{"[\"*\"]", "prompt=a,2-3,p3"},
		{"[\"p3\",\"a\"]", "prompt=p3,a"},
		{"\" 2-3 , a\"", "prompt=2-3,a"},
		{"{\"first\":\"a\",\"last\":\"p3\"}", "prompt=first,last"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		char *text = xasprintf(
			"{\"model\":\"m\",%s,\"factors\":{\"prompt\":%s}}", prompts, cases[i][0]);

		text_sweep(&s, text, 18, 32768);
		assert_string_equal(text_grid(&s), cases[i][1]);
		assert_int_equal(s.factors[0].kind, FACTOR_PROMPT);
		assert_string_equal(s.factors[0].column, "prompt_id");
		free(text);
		sweep_release(&s);
	}
}

static void test_server_levels(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;

	(void)state;
	text_sweep(&s, "{\"model\":\"m\",\"factors\":{\"server\":\"*\"}}", 18, 32768);
	assert_string_equal(text_grid(&s), "server=http://127.0.0.1:11434");
	assert_int_equal(s.factors[0].stratum, STRATUM_RUNNER);
	sweep_release(&s);
	assert_int_equal(
		text_parse(&s, "{\"model\":\"m\",\"factors\":{\"server\":[\"box\"]}}", &e), 0);
	assert_int_equal(text_resolve(&s, 18, 32768, &e), -1);
	assert_string_equal(e.msg, "x.json: factors.server: there is no server \"box\"");
	assert_contains(e.hint, "\"http://127.0.0.1:11434\"");
	sweep_release(&s);
}

/* 24 factors of 10,000 levels in step are 10,000 cells. */
static void test_links_count_once(void **state)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;

	(void)state;
	str_add(&text, "{\"model\":\"m\",\"factors\":{");
	for (int i = 0; i < SWEEP_MAX_FACTORS; i++)
		str_addf(&text, "%s\"x%d\":\"1-10000\"", i ? "," : "", i);
	str_add(&text, "},\"zip\":[[");
	for (int i = 0; i < SWEEP_MAX_FACTORS; i++)
		str_addf(&text, "%s\"x%d\"", i ? "," : "", i);
	str_add(&text, "]]}");
	assert_int_equal(text_parse(&s, text.s, &e), 0);
	assert_int_equal(s.links[0].nrows, 10000);
	assert_int_equal(s.links[0].nfactors, SWEEP_MAX_FACTORS);
	str_release(&text);
	sweep_release(&s);
}

/* A grid that is too large as a whole may be thinned out. */
static void test_large_grids(void **state)
{
	static const struct {
		const char *keys;
		int failed;
	} cases[] = {
		{"", -1},
		{",\"exclude\":\"num_ctx > top_k\"", 0},
		{",\"only\":\"num_ctx > top_k\"", 0},
		{",\"subset\":\"random:100\"", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct err e = ERR_INIT;
		char *text = xasprintf("{\"model\":\"m\",\"factors\":{\"num_ctx\":\"1-2000\","
				       "\"top_k\":\"1-2000\"}%s}",
			cases[i].keys);

		assert_int_equal(text_parse(&s, text, &e), cases[i].failed);
		free(text);
		sweep_release(&s);
	}
}

/* What is drawn must not depend on the order of keys: factors by name, levels by value. */
static void test_order_of_subsets(void **state)
{
	static const char *const cases[][3] = {
		{"{\"model\":\"m\",\"subset\":\"latin:2\",\"factors\":{\"top_k\":[1,2],"
		 "\"num_ctx\":[2048,4096]}}",
			"num_ctx=2048,4096 top_k=1,2", ""},
		{"{\"model\":\"m\",\"subset\":\"latin:2\",\"factors\":{\"top_p\":[0.1,1],"
		 "\"num_ctx\":[2048,4096],\"top_k\":[1,2],\"num_batch\":[64,128]},"
		 "\"zip\":[[\"top_k\",\"top_p\"],[\"num_ctx\",\"num_batch\"]]}",
			"num_batch=64,128 num_ctx=2048,4096 top_k=1,2 top_p=0.1,1",
			"num_batch+num_ctx: 0,0 1,1; top_k+top_p: 0,0 1,1"},
		{"{\"model\":\"m\",\"subset\":\"latin:2\",\"cells\":[{\"top_k\":5,\"num_ctx\":1},"
		 "{\"top_k\":6,\"num_ctx\":1}]}",
			"num_ctx=1 top_k=5,6", "num_ctx+top_k: 0,0 0,1"},
		{"{\"model\":\"m\",\"subset\":\"latin:2\"}",
			"num_ctx=4096,8192,16384 num_gpu=0,9,14,19,auto", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;

		text_sweep(&s, cases[i][0], 18, 32768);
		assert_string_equal(text_grid(&s), cases[i][1]);
		assert_string_equal(links_text(&s), cases[i][2]);
		for (size_t f = 0; f < s.nfactors; f++)
			assert_string_equal(s.factors[f].column, s.factors[f].name);
		sweep_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_dropped_cells_are_told),
		cmocka_unit_test(test_named_levels),
		cmocka_unit_test(test_texts_get_names),
		cmocka_unit_test(test_prompt_levels),
		cmocka_unit_test(test_server_levels),
		cmocka_unit_test(test_links_count_once),
		cmocka_unit_test(test_large_grids),
		cmocka_unit_test(test_order_of_subsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
