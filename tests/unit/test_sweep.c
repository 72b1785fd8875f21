/* test_sweep.c - sweep objects: read, or refused with the place named. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep_text.h"
#include "unit.h"

/* ---- files ---- */

typedef void file_fn(const char *path, const char *name);

static int each_json(const char *folder, file_fn *fn)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int n = 0;

	if (!dir)
		fail_msg("no folder %s", folder);
	while ((entry = readdir(dir))) {
		char path[1200];
		size_t len = strlen(entry->d_name);

		if (len < 6 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		fn(path, entry->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

static const char *data(const char *name)
{
	static char path[1000];

	snprintf(path, sizeof(path), "%s/%s", getenv("TEST_DATA"), name);
	return path;
}

/* What is wrong stands in the file's own "about": [message, hint]. */
static void refuse(const char *path, const char *name)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	json_t *object = sweep_object_load(path, &e);
	const json_t *about = json_object_get(object, "about");
	const char *message = json_string_value(json_array_get(about, 0));
	const char *hint = json_string_value(json_array_get(about, 1));
	char wanted[1800];

	if (!object || !message || !hint)
		fail_msg("%s: no object that says what is wrong with it", name);
	/* Most mistakes can be found without the file's folder; a short name is shown whole. */
	if (sweep_parse(&s, object, name, NULL, &e) == 0)
		fail_msg("%s was accepted", name);
	snprintf(wanted, sizeof(wanted), "%s: %s", name, message);
	assert_string_equal(e.msg, wanted);
	assert_string_equal(e.hint, hint);
	assert_int_equal(e.code, ERR_USAGE);
	sweep_release(&s);
	json_decref(object);
}

static void test_bad_files(void **state)
{
	(void)state;
	assert_in_range(each_json(data("sweeps/bad"), refuse), 60, 1000);
}

/* Read, resolved, written, read and resolved again: nothing changes. */
static void round_trip(const char *path, const char *name)
{
	struct sweep s = SWEEP_INIT, again = SWEEP_INIT;
	struct err e = ERR_INIT;
	json_t *object = sweep_object_load(path, &e), *first, *second;
	char a[65], b[65], *first_text, *second_text;

	(void)name;
	if (!object || sweep_parse(&s, object, path, NULL, &e) || text_resolve(&s, 18, 32768, &e))
		fail_msg("%s: %s", path, e.msg);
	first = sweep_json(&s);
	if (sweep_parse(&again, first, "RUN/sweep.json", NULL, &e) ||
		text_resolve(&again, 18, 32768, &e))
		fail_msg("%s: %s", path, e.msg);
	second = sweep_json(&again);
	first_text = text_of(first);
	second_text = text_of(second);
	assert_string_equal(first_text, second_text);
	sweep_fingerprint(&s, NULL, a);
	sweep_fingerprint(&again, NULL, b);
	assert_string_equal(a, b);
	free(first_text);
	free(second_text);
	json_decref(first);
	json_decref(second);
	json_decref(object);
	sweep_release(&s);
	sweep_release(&again);
}

static void test_good_files(void **state)
{
	(void)state;
	assert_in_range(each_json(data("sweeps/good"), round_trip), 15, 1000);
}

static void round_trip_own(const char *path, const char *name)
{
	if (strcmp(name, "sweep.schema.json") != 0)
		round_trip(path, name);
}

static void test_own_files(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	char graded[1200];

	(void)state;
	assert_in_range(each_json(data("../../sweeps"), round_trip_own), 5, 1000);
	snprintf(graded, sizeof(graded), "{\"model\":\"m\",\"prompts\":\"%s\"}",
		data("../../sweeps/prompts/graded.json"));
	assert_int_equal(text_parse(&s, graded, &e), 0);
	assert_in_range(s.nprompts, 200, 400);
	for (size_t i = 0; i < s.nprompts; i++)
		assert_int_not_equal(s.prompts[i].check, CHECK_NONE);
	sweep_release(&s);
}

static void test_not_a_sweep(void **state)
{
	struct err e = ERR_INIT;
	const char *path = unit_write_text("list.json", "[1]");
	char wanted[900];

	(void)state;
	assert_null(sweep_object_load(path, &e));
	snprintf(wanted, sizeof(wanted), "%s: expected an object, got an array", path);
	assert_string_equal(e.msg, wanted);
	path = unit_write_text("twice.json", "{\"model\":\"a\",\"model\":\"b\"}");
	assert_null(sweep_object_load(path, &e));
	assert_contains(e.msg, "duplicate");
	assert_null(sweep_object_load("/nowhere/x.json", &e));
	assert_int_equal(e.code, ERR_USAGE);
}

static void test_missing_suite(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	const char *path = unit_path("sub/x.json");
	json_t *object = text_json("{\"model\":\"m\",\"prompts\":\"none.json\"}");

	(void)state;
	assert_int_equal(sweep_parse(&s, object, path, NULL, &e), -1);
	assert_contains(e.msg, "sub/x.json: prompts: ");
	assert_contains(e.msg, "sub/none.json: No such file");
	assert_int_equal(e.code, ERR_USAGE);
	sweep_release(&s);
	json_decref(object);
}

/* An option of the command line names the place, without file and index. */
static void test_origins(void **state)
{
	static const struct {
		const char *object, *origin, *msg, *hint;
	} cases[] = {
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[\"8k\",1]}}",
			"{\"factors.num_ctx\":\"--num-ctx\"}",
			"--num-ctx: expected an integer, got \"8k\"", "write 8192"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1,1]}}",
			"{\"factors.num_ctx\":\"--num-ctx\"}",
			"--num-ctx: the level 1 stands there twice",
			"each level once; repeats and passes say how often it is measured"},
		{"{\"model\":\"m\",\"options\":{\"temperature\":11}}",
			"{\"options.temperature\":\"--temperature\"}",
			"--temperature: expected a number from 0 to 10, got 11",
			"outside of this a server takes it for something else, or refuses it"},
		{"{\"model\":\"m\",\"factors\":{\"concurrency\":[\"x\"]}}",
			"{\"concurrency\":\"--concurrency\"}",
			"--concurrency: expected an integer, got \"x\"", ""},
		{"{\"model\":\"m\",\"limits\":{\"stall\":\"x\"}}",
			"{\"limits.stall\":\"--limit stall\"}",
			"--limit stall: expected a number, got \"x\"", ""},
		{"{\"model\":\"m\",\"prompts\":[\"\"]}", "{\"prompts\":\"--prompt\"}",
			"--prompt: expected a string that is not empty, got \"\"", ""},
		{"{\"model\":\"m\",\"factors\":{\"status\":[1,2]}}",
			"{\"factors.status\":\"--set status\"}",
			"--set status: is a column of runs.csv that a factor cannot fill", ""},
		{"{\"factors\":{\"num_ctx\":[1,2]}}", "{\"factors.num_ctx\":\"--num-ctx\"}",
			"x.json: model: missing",
			"name the model to measure, as `ollama list` does"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct err e = ERR_INIT;
		json_t *object = text_json(cases[i].object), *origin = text_json(cases[i].origin);

		assert_int_equal(sweep_parse(&s, object, "x.json", origin, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_string_equal(e.hint, cases[i].hint);
		sweep_release(&s);
		json_decref(object);
		json_decref(origin);
	}
}

/* --prompt comes in place of the file's "prompt". */
static void test_prompt_option_wins(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	json_t *object = text_json("{\"model\":\"m\",\"prompt\":\"file\",\"prompts\":[\"given\"]}");
	json_t *origin = text_json("{\"prompts\":\"--prompt\"}");

	(void)state;
	assert_int_equal(sweep_parse(&s, object, "x.json", origin, &e), 0);
	assert_int_equal(s.nprompts, 1);
	assert_string_equal(s.prompts[0].text, "given");
	sweep_release(&s);
	json_decref(object);
	json_decref(origin);
}

static void test_everything(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	json_t *object = sweep_object_load(data("sweeps/good/everything.json"), &e);

	(void)state;
	assert_int_equal(sweep_parse(&s, object, "x.json", NULL, &e), 0);
	assert_string_equal(s.name, "everything");
	assert_string_equal(text_grid(&s), "num_gpu=auto,0 temperature=0,0.7");
	assert_true(s.raw);
	assert_int_equal(s.repeats, 4);
	assert_int_equal(s.passes, 2);
	assert_int_equal(s.warmups, 1);
	assert_int_equal(s.burst, 30);
	assert_string_equal(s.cache, "repeat");
	assert_int_equal(s.order_seed, 9);
	assert_false(s.sentinel);
	assert_false(s.merge_aliases);
	assert_int_equal(s.keep_alive_s, 5400);
	assert_double(s.margin_throughput, 0.01);
	assert_double(s.margin_score, 0.1);
	assert_double(s.limit_first_load_s, 100);
	assert_double(s.limit_total_s, 20);
	assert_int_equal(s.nservers, 2);
	assert_string_equal(s.servers[1], "box=192.168.1.7");
	assert_int_equal(s.nprompts, 1);
	assert_string_equal(s.prompts[0].text, "hello");
	sweep_release(&s);
	json_decref(object);
}

static void test_strata(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s,
		"{\"factors\":{\"model\":[\"a\",\"b\"],\"concurrency\":[1,4],\"cache\":[\"repeat\"]"
		"}}",
		18, 32768);
	assert_int_equal(s.factors[0].kind, FACTOR_MODEL);
	assert_int_equal(s.factors[0].stratum, STRATUM_RUNNER);
	assert_int_equal(s.factors[1].kind, FACTOR_CONCURRENCY);
	assert_int_equal(s.factors[1].stratum, STRATUM_SAMPLING);
	assert_int_equal(s.factors[2].kind, FACTOR_CACHE);
	assert_int_equal(s.factors[2].stratum, STRATUM_SAMPLING);
	assert_null(s.model);
	sweep_release(&s);
}

static void test_unknown_options(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"num_ctxx\":[1,2]},\"options\":{\"flash\":true}}",
		18, 32768);
	assert_false(s.factors[0].known);
	assert_int_equal(s.factors[0].stratum, STRATUM_SAMPLING);
	assert_string_equal(s.warnings.s,
		"option num_ctxx is not one that Ollama is known to have: it ignores what it does "
		"not "
		"know (did you mean num_ctx?)\n"
		"option flash is not one that Ollama is known to have: it ignores what it does not "
		"know\n");
	sweep_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_own_files),
		cmocka_unit_test(test_not_a_sweep),
		cmocka_unit_test(test_missing_suite),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_prompt_option_wins),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_strata),
		cmocka_unit_test(test_unknown_options),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
