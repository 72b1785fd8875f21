/* test_sweep_extends.c - sweep files upon others, presets, and variables of the environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "sweep_text.h"
#include "unit.h"

/* The object of a file in the temporary folder as one line, or the message. */
static const char *loaded(const char *name)
{
	static char *text;
	struct err e = ERR_INIT;
	json_t *object = sweep_object_load(unit_path(name), &e);

	free(text);
	text = object ? text_of(object) : xstrdup(e.msg);
	json_decref(object);
	return text;
}

static void test_merging(void **state)
{
	static const struct {
		const char *base, *over, *is;
	} cases[] = {
		{"{\"model\":\"a\",\"passes\":3}", "{\"passes\":5}",
			"{\"model\":\"a\",\"passes\":5}"},
		/* Key by key; arrays are replaced; null takes away. */
		{"{\"options\":{\"top_k\":1,\"seed\":5},\"limits\":{\"first\":9}}",
			"{\"options\":{\"top_k\":2},\"limits\":{\"stall\":8}}",
			"{\"limits\":{\"first\":9,\"stall\":8},\"options\":{\"seed\":5,\"top_k\":2}"
			"}"},
		{"{\"factors\":{\"num_ctx\":[1,2],\"top_k\":[1,2]}}",
			"{\"factors\":{\"num_ctx\":[3]}}",
			"{\"factors\":{\"num_ctx\":[3],\"top_k\":[1,2]}}"},
		{"{\"options\":{\"top_k\":1,\"seed\":5},\"passes\":3}",
			"{\"options\":{\"top_k\":null,\"top_p\":null},\"passes\":null}",
			"{\"options\":{\"seed\":5}}"},
		{"{}", "{\"options\":{\"top_k\":null}}", "{\"options\":{}}"},
		/* Varied in place of fixed, and the other way round. */
		{"{\"options\":{\"top_k\":1},\"concurrency\":4}",
			"{\"factors\":{\"top_k\":[1,2],\"concurrency\":[1,2]}}",
			"{\"factors\":{\"concurrency\":[1,2],\"top_k\":[1,2]}}"},
		{"{\"factors\":{\"top_k\":[1,2],\"concurrency\":[1,2]}}",
			"{\"options\":{\"top_k\":1},\"concurrency\":4}",
			"{\"concurrency\":4,\"options\":{\"top_k\":1}}"},
		{"{\"prompts\":[\"a\"]}", "{\"prompt\":\"b\"}", "{\"prompt\":\"b\"}"},
		{"{\"prompt\":\"b\"}", "{\"prompts\":[\"a\"]}", "{\"prompts\":[\"a\"]}"},
		/* A sweep has its own name. */
		{"{\"name\":\"base\",\"about\":\"x\",\"$schema\":\"y\",\"model\":\"m\"}", "{}",
			"{\"model\":\"m\"}"},
		{"{\"name\":\"base\"}", "{\"name\":\"over\"}", "{\"name\":\"over\"}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		json_t *over = text_json(cases[i].over);
		char *text;

		unit_write_text("base.json", cases[i].base);
		json_object_set_new(over, "extends", json_string("base.json"));
		text = text_of(over);
		unit_write_text("over.json", text);
		assert_string_equal(loaded("over.json"), cases[i].is);
		free(text);
		json_decref(over);
	}
}

static void test_several(void **state)
{
	(void)state;
	unit_write_text("a.json", "{\"passes\":3,\"repeats\":3,\"warmups\":3}");
	unit_write_text("b.json", "{\"extends\":\"c.json\",\"repeats\":5}");
	unit_write_text("c.json", "{\"repeats\":6,\"burst\":6}");
	unit_write_text("x.json", "{\"extends\":[\"a.json\",\"b.json\"],\"warmups\":7}");
	assert_string_equal(
		loaded("x.json"), "{\"burst\":6,\"passes\":3,\"repeats\":5,\"warmups\":7}");
	/* The same file by two ways is no circle. */
	unit_write_text("x.json", "{\"extends\":[\"c.json\",\"b.json\",\"a.json\"]}");
	assert_string_equal(
		loaded("x.json"), "{\"burst\":6,\"passes\":3,\"repeats\":3,\"warmups\":3}");
}

/* Relative to the file that says it; so are its prompts. */
static void test_folders(void **state)
{
	struct err e = ERR_INIT;
	struct sweep s = SWEEP_INIT;
	const char *path;
	json_t *object;

	(void)state;
	assert_int_equal(fsx_mkdirs(unit_path("sub/deep"), &e), 0);
	unit_write_text("sub/suite.json", "[\"one\",\"two\"]");
	unit_write_text(
		"sub/base.json", "{\"extends\":\"deep/more.json\",\"prompts\":\"suite.json\"}");
	unit_write_text("sub/deep/more.json", "{\"model\":\"m\",\"extends\":\"../../root.json\"}");
	unit_write_text("root.json", "{\"passes\":4}");
	path = unit_write_text("x.json", "{\"extends\":\"sub/base.json\"}");
	object = sweep_object_load(path, &e);
	assert_non_null(object);
	assert_int_equal(sweep_parse(&s, object, path, NULL, &e), 0);
	assert_int_equal(s.nprompts, 2);
	assert_int_equal(s.passes, 4);
	assert_string_equal(s.model, "m");
	sweep_release(&s);
	json_decref(object);
}

static void test_circles(void **state)
{
	char name[40], text[80];

	(void)state;
	unit_write_text("self.json", "{\"extends\":\"./self.json\"}");
	assert_contains(loaded("self.json"), "self.json: extends: ");
	assert_contains(loaded("self.json"), "self.json extends itself");
	unit_write_text("a.json", "{\"extends\":\"b.json\"}");
	unit_write_text("b.json", "{\"extends\":[\"quick\",\"a.json\"]}");
	assert_contains(loaded("a.json"), "b.json: extends[1]: ");
	assert_contains(loaded("a.json"), "a.json extends itself");
	for (int i = 0; i < 17; i++) {
		snprintf(name, sizeof(name), "deep%d.json", i);
		snprintf(text, sizeof(text), "{\"extends\":\"deep%d.json\"}", i + 1);
		unit_write_text(name, i < 16 ? text : "{}");
	}
	assert_contains(loaded("deep0.json"), "more than 16 files extend one another");
	assert_string_equal(loaded("deep1.json"), "{}");
}

static void test_nothing_to_extend(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	unit_write_text("x.json", "{\"extends\":\"none.json\"}");
	assert_contains(loaded("x.json"), "x.json: extends: ");
	assert_contains(loaded("x.json"), "none.json: No such file");
	unit_write_text("x.json", "{\"extends\":5}");
	assert_contains(loaded("x.json"), "extends: expected a file or preset, or an array");
	unit_write_text("x.json", "{\"extends\":[{}]}");
	assert_contains(loaded("x.json"), "extends[0]: expected a string");
	unit_write_text("x.json", "{\"extends\":\"qualty\"}");
	assert_null(sweep_object_load(unit_path("x.json"), &e));
	assert_contains(e.msg, "x.json: extends: there is no preset \"qualty\"");
	assert_string_equal(e.hint, "did you mean \"quality\"?");
	unit_write_text("x.json", "{\"extends\":\"something\"}");
	assert_null(sweep_object_load(unit_path("x.json"), &e));
	assert_string_equal(e.hint,
		"presets are quick, context, quality, capacity, load, nightly; a file has a point "
		"or a slash in its name");
	unit_write_text("bad.json", "[1]");
	unit_write_text("x.json", "{\"extends\":\"bad.json\"}");
	assert_contains(loaded("x.json"), "bad.json: expected an object, got an array");
}

/* Each is a whole sweep when it gets a model and prompts. */
static void test_presets(void **state)
{
	(void)state;
	for (size_t i = 0; sweep_presets[i]; i++) {
		json_t *object = text_json("{\"model\":\"m\",\"prompts\":[\"a\",\"b\"]}");
		struct sweep s = SWEEP_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(sweep_object_preset(&object, sweep_presets[i], &e), 0);
		if (sweep_parse(&s, object, "x.json", NULL, &e) || text_resolve(&s, 18, 32768, &e))
			fail_msg("%s: %s", sweep_presets[i], e.msg);
		assert_string_equal(s.model, "m");
		assert_string_equal(s.warnings.s, "");
		sweep_release(&s);
		json_decref(object);
	}
}

static void test_preset_below_a_sweep(void **state)
{
	json_t *object = text_json("{\"passes\":9,\"options\":{\"num_ctx\":4096}}");
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(sweep_object_preset(&object, "nightly", &e), 0);
	assert_int_equal(json_integer_value(json_object_get(object, "passes")), 9);
	assert_int_equal(json_integer_value(json_object_get(object, "repeats")), 20);
	assert_null(json_object_get(json_object_get(object, "factors"), "num_ctx"));
	assert_non_null(json_object_get(json_object_get(object, "factors"), "num_gpu"));
	assert_int_equal(sweep_object_preset(&object, "nothing like it", &e), -1);
	json_decref(object);
}

/* ---- variables ---- */

static void test_variables(void **state)
{
	static const struct {
		const char *file, *is;
	} cases[] = {
		{"{\"a\":\"${L_WORD}\"}", "{\"a\":\"gemma\"}"},
		{"{\"a\":\"x${L_WORD}y${L_WORD}\"}", "{\"a\":\"xgemmaygemma\"}"},
		{"{\"a\":[{\"b\":\"${L_WORD}:1b\"}],\"c\":5}",
			"{\"a\":[{\"b\":\"gemma:1b\"}],\"c\":5}"},
		/* A text that is one variable may be a value. */
		{"{\"a\":\"${L_NUMBER}\",\"b\":\"${L_REAL}\",\"c\":\"${L_TRUE}\"}",
			"{\"a\":4096,\"b\":0.5,\"c\":true}"},
		{"{\"a\":\" ${L_NUMBER}\"}", "{\"a\":\" 4096\"}"},
		{"{\"a\":\"${L_OBJECT}\"}", "{\"a\":\"{\\\"x\\\":1}\"}"},
		{"{\"a\":\"${L_NONE:-7}\",\"b\":\"${L_EMPTY:-x}\",\"c\":\"${L_EMPTY}\"}",
			"{\"a\":7,\"b\":\"x\",\"c\":\"\"}"},
		{"{\"a\":\"${L_WORD:-x}\",\"b\":\"${L_NONE:-}\",\"c\":\"${L_NONE:-a b:-c}\"}",
			"{\"a\":\"gemma\",\"b\":\"\",\"c\":\"a b:-c\"}"},
		/* Two dollars are one; one alone is one. */
		{"{\"a\":\"$${L_WORD}\",\"b\":\"$5 $ $$\"}",
			"{\"a\":\"${L_WORD}\",\"b\":\"$5 $ $$\"}"},
		/* Values are not read again. */
		{"{\"a\":\"${L_NESTED}\"}", "{\"a\":\"${L_WORD}\"}"},
		/* Keys stay as they are. */
		{"{\"${L_WORD}\":1}", "{\"${L_WORD}\":1}"},
		/* A resolved sweep is taken at its word. */
		{"{\"fingerprint\":\"f\",\"a\":\"${L_WORD}\"}",
			"{\"a\":\"${L_WORD}\",\"fingerprint\":\"f\"}"},
	};

	(void)state;
	setenv("L_WORD", "gemma", 1);
	setenv("L_NUMBER", "4096", 1);
	setenv("L_REAL", "0.5", 1);
	setenv("L_TRUE", "true", 1);
	setenv("L_OBJECT", "{\"x\":1}", 1);
	setenv("L_NESTED", "${L_WORD}", 1);
	setenv("L_EMPTY", "", 1);
	unsetenv("L_NONE");
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		unit_write_text("x.json", cases[i].file);
		assert_string_equal(loaded("x.json"), cases[i].is);
	}
}

static void test_bad_variables(void **state)
{
	static const char *const cases[][2] = {
		{"{\"a\":[1,\"${L_NONE}\"]}", "x.json: a[1]: the variable L_NONE is not set"},
		{"{\"a\":{\"b\":\"${L-NONE}\"}}",
			"x.json: a.b: expected ${NAME} or ${NAME:-default}"},
		{"{\"a\":\"${}\"}", "x.json: a: expected ${NAME}"},
		{"{\"a\":\"${1X}\"}", "x.json: a: expected ${NAME}"},
		{"{\"a\":\"x ${L_WORD\"}", "x.json: a: expected ${NAME}"},
		{"{\"a\":\"${L_WORD:x}\"}", "x.json: a: expected ${NAME}"},
		{"{\"a\":\"${L_BYTES}\"}",
			"x.json: a: is no text in UTF-8 with its variables filled in"},
	};

	(void)state;
	setenv("L_BYTES", "\xff\xfe", 1);
	unsetenv("L_NONE");
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		unit_write_text("x.json", cases[i][0]);
		assert_contains(loaded("x.json"), cases[i][1]);
	}
	/* In a base the place is there. */
	unit_write_text("base.json", "{\"a\":\"${L_NONE}\"}");
	unit_write_text("x.json", "{\"extends\":\"base.json\"}");
	assert_contains(loaded("x.json"), "base.json: a: the variable L_NONE is not set");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_setup_tmpdir, unit_teardown_tmpdir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_merging),
		TEST(test_several),
		TEST(test_folders),
		TEST(test_circles),
		TEST(test_nothing_to_extend),
		TEST(test_presets),
		TEST(test_preset_below_a_sweep),
		TEST(test_variables),
		TEST(test_bad_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
