/* test_dataset_text.c - a run from memory is the run from its files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "fsx.h"
#include "jsonx.h"
#include "str.h"
#include "unit.h"

struct files {
	struct str runs, loads;
	json_t *sweep, *manifest;
	char dir[4096];
};

static char *file_of(const struct files *f, const char *name)
{
	return fsx_join(f->dir, name);
}

static void read_files(struct files *f)
{
	struct err e = ERR_INIT;
	char *path;

	*f = (struct files){.runs = STR_INIT(STR_MAX_FILE), .loads = STR_INIT(STR_MAX_FILE)};
	snprintf(f->dir, sizeof(f->dir), "%s/runs/small", getenv("TEST_DATA"));
	assert_int_equal(fsx_read(path = file_of(f, "runs.csv"), STR_MAX_FILE, &f->runs, &e), 0);
	free(path);
	assert_int_equal(fsx_read(path = file_of(f, "loads.csv"), STR_MAX_FILE, &f->loads, &e), 0);
	free(path);
	f->sweep = jsonx_load(path = file_of(f, "sweep.json"), &e);
	free(path);
	f->manifest = jsonx_load(path = file_of(f, "manifest.json"), &e);
	free(path);
	assert_non_null(f->sweep);
	assert_non_null(f->manifest);
}

static void release_files(struct files *f)
{
	str_release(&f->runs);
	str_release(&f->loads);
	json_decref(f->sweep);
	json_decref(f->manifest);
}

static struct dataset_text text_of(const struct files *f)
{
	return (struct dataset_text){.name = "memory",
		.runs = f->runs.s,
		.runs_len = f->runs.len,
		.loads = f->loads.s,
		.loads_len = f->loads.len,
		.sweep = f->sweep,
		.manifest = f->manifest};
}

static void test_same_as_files(void **state)
{
	struct err e = ERR_INIT;
	struct dataset a, b;
	struct dataset_text t;
	struct files f;

	(void)state;
	read_files(&f);
	t = text_of(&f);
	assert_int_equal(dataset_from_run(&a, f.dir, &e), 0);
	assert_int_equal(dataset_from_text(&b, &t, &e), 0);
	assert_string_equal(b.name, "memory");
	assert_int_equal(b.nrows, a.nrows);
	assert_int_equal(b.nloads, a.nloads);
	assert_int_equal(b.ncells, a.ncells);
	assert_int_equal(b.nfactors, a.nfactors);
	assert_int_equal(b.passes_complete, a.passes_complete);
	assert_int_equal(b.planned_loads, a.planned_loads);
	for (size_t i = 0; i < a.nrows; i++) {
		assert_int_equal(b.rows[i].counts, a.rows[i].counts);
		assert_int_equal(b.rows[i].cell, a.rows[i].cell);
		assert_int_equal(b.rows[i].load, a.rows[i].load);
		for (int m = 0; m < METRIC_COUNT; m++)
			assert_double(b.rows[i].metric[m], a.rows[i].metric[m]);
	}
	for (int m = 0; m < METRIC_COUNT; m++)
		assert_double(b.margin[m], a.margin[m]);
	assert_int_equal(b.nfiles, 2);
	assert_int_equal(b.files[0].bytes, f.runs.len);
	assert_int_equal(b.files[0].rejected, 2);
	dataset_release(&a);
	dataset_release(&b);
	/* The objects are still the caller's. */
	assert_string_equal(jsonx_get_string(f.sweep, "name"), "small");
	release_files(&f);
}

/* Loads and manifest may be missing; rows may not, and a header must be one. */
static void test_missing(void **state)
{
	struct err e = ERR_INIT;
	struct dataset_text t;
	struct dataset d;
	struct files f;

	(void)state;
	read_files(&f);
	t = text_of(&f);
	t.loads = NULL;
	t.manifest = NULL;
	assert_int_equal(dataset_from_text(&d, &t, &e), 0);
	assert_true(d.nloads > 0);
	assert_true(isnan(d.loads[0].load_ms));
	dataset_release(&d);

	t.runs_len = (size_t)(strchr(f.runs.s, '\n') + 1 - f.runs.s);
	assert_int_equal(dataset_from_text(&d, &t, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "no row that counts");

	e = (struct err)ERR_INIT;
	t.runs_len = 0;
	assert_int_equal(dataset_from_text(&d, &t, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "without even a header");
	release_files(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_files),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
