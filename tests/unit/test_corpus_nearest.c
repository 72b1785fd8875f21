/* test_corpus_nearest.c - of files without a model, the one beside them whose name is nearest. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "unit.h"

#define MOST 12

struct named {
	const char *name, *model;
	const char *nearest; /* the model of the file found; NULL none */
};

static void check(const struct named *files, size_t n)
{
	struct tree_file of[MOST] = {{0}};
	struct corpus_file in[MOST] = {{0}};
	struct corpus c = {.files = in, .nfiles = n};
	const char *model[MOST] = {0};
	uint32_t ret[MOST];

	for (size_t i = 0; i < n; i++) {
		of[i].name = files[i].name;
		in[i].of = &of[i];
		model[i] = files[i].model;
	}
	corpus_nearest(&c, model, ret);
	for (size_t i = 0; i < n; i++) {
		const char *found = ret[i] == CORPUS_NONE ? NULL : model[ret[i]];

		if ((found == NULL) != (files[i].nearest == NULL) ||
			(found && strcmp(found, files[i].nearest) != 0))
			fail_msg("%s: %s", files[i].name, found ? found : "none");
	}
}

static void the_fewest_words_more(void **state)
{
	static const struct named files[] = {
		{"r/ibis_base.json", "ibis", NULL}, {"r/ibis_2b_base.json", "ibis-2b", NULL},
		{"r/ibis_2b-it_base.json", "ibis-2b-it", NULL}, {"r/ibis_tuning.csv", NULL, "ibis"},
		{"r/ibis_2b_tuning.csv", NULL, "ibis-2b"},
		{"r/ibis_2b-it_tuning_summary.csv", NULL, "ibis-2b-it"},
		{"r/other.csv", NULL, NULL},
		{"elsewhere/ibis_tuning.csv", NULL, NULL}, /* another folder */
	};

	(void)state;
	check(files, COUNTOF(files));
}

static void two_as_near_are_none(void **state)
{
	static const struct named files[] = {
		{"a_runs.csv", NULL, NULL},
		{"a_one.json", "one", NULL},
		{"a_two.json", "two", NULL},
		{"b_runs.csv", NULL, "same"}, /* two as near, of one model */
		{"b_one.json", "same", NULL},
		{"b_two.json", "same", NULL},
	};

	(void)state;
	check(files, COUNTOF(files));
}

static void words_and_not_letters(void **state)
{
	static const struct named files[] = {
		{"heron.csv", NULL, NULL},
		{"heronry.json", "heronry", NULL},
	};

	(void)state;
	check(files, COUNTOF(files));
}

/* Ten thousand files of one folder: each looks at its neighbours only. */
static void a_full_folder(void **state)
{
	size_t n = 10000;
	struct tree_file *of = xcalloc(n, sizeof(*of));
	struct corpus_file *in = xcalloc(n, sizeof(*in));
	const char **model = xcalloc(n, sizeof(*model));
	uint32_t *ret = xcalloc(n, sizeof(*ret));
	struct corpus c = {.files = in, .nfiles = n};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < n; i++) {
		of[i].name = arena_fmt(&a, "d/m%05zu_%s.csv", i / 2, i % 2 ? "runs" : "base");
		in[i].of = &of[i];
		model[i] = i % 2 ? NULL : arena_fmt(&a, "m%zu", i / 2);
	}
	corpus_nearest(&c, model, ret);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ret[i], i % 2 ? i - 1 : CORPUS_NONE);
	arena_release(&a);
	free(of);
	free(in);
	free(model);
	free(ret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fewest_words_more),
		cmocka_unit_test(two_as_near_are_none),
		cmocka_unit_test(words_and_not_letters),
		cmocka_unit_test(a_full_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
