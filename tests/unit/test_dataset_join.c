/* test_dataset_join.c - runs of one sweep as one: nothing is mixed up, a day is no effect, and what
 * does not belong together is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_join.h"
#include "fold.h"
#include "jsonx.h"
#include "summary.h"
#include "unit.h"

/* 2 num_ctx x 2 temperatures in 3 passes (test_dataset.c), under two names. */
static void open_two(struct dataset *runs, const char *where_of_second)
{
	const struct dataset_options options = {.where = where_of_second};
	struct err e = ERR_INIT;
	char path[4096];

	snprintf(path, sizeof(path), "%s/runs/small", getenv("TEST_DATA"));
	assert_int_equal(dataset_from_run(&runs[0], path, &e), 0);
	assert_int_equal(dataset_open(&runs[1], path, &options, &e), 0);
	runs[1].dir = "other";
	runs[1].name = "other";
}

static void release_two(struct dataset *runs)
{
	dataset_release(&runs[0]);
	dataset_release(&runs[1]);
}

/* Joins, and lets the runs go: what is left must stand alone. */
static void join(struct dataset *d, struct dataset *runs)
{
	struct err e = ERR_INIT;

	assert_int_equal(dataset_join(d, runs, 2, &e), 0);
	release_two(runs);
}

static void rows_loads_and_passes_follow(void **state)
{
	struct dataset runs[2], d;
	size_t rows, loads;

	(void)state;
	open_two(runs, NULL);
	rows = runs[0].nrows;
	loads = runs[0].nloads;
	join(&d, runs);
	assert_string_equal(d.name, "small + other");
	assert_int_equal(d.nrows, 2 * rows);
	assert_int_equal(d.nloads, 2 * loads);
	assert_int_equal(d.ncells, 4);
	assert_int_equal(d.nblocks, 2);
	assert_int_equal(d.nprompts, 1);
	assert_int_equal(d.planned_loads, 2 * 10);
	assert_int_equal(d.passes_planned, 6);
	assert_int_equal(d.passes_complete, 6);
	assert_true(strncmp(d.loads[loads].id, "run2:", 5) == 0);
	assert_int_equal(d.loads[loads].pass, d.loads[0].pass + 3);
	for (size_t i = 0; i < rows; i++) {
		const struct data_row *a = &d.rows[i], *b = &d.rows[rows + i];

		assert_int_equal(a->cell, b->cell);
		assert_int_equal(b->pass, a->pass + 3);
		assert_true(
			a->load == DATA_NONE ? b->load == DATA_NONE : b->load == a->load + loads);
		assert_true(b->order > a->order);
		assert_int_equal(a->counts, b->counts);
		assert_string_equal(d.status[a->status], d.status[b->status]);
	}
	dataset_release(&d);
}

static const struct effect *find(const struct summary *s, const char *factor, enum metric m)
{
	for (size_t i = 0; i < s->neffects; i++) {
		if (s->effects[i].metric == m && strcmp(s->effects[i].factor, factor) == 0)
			return &s->effects[i];
	}
	fail();
	return NULL;
}

/* What F and p are when all of the second run is `day` times as fast. */
static struct effect with_day(double day, double *sd_pass)
{
	struct err e = ERR_INIT;
	struct dataset runs[2], d;
	struct summary s;
	struct effect found;

	open_two(runs, NULL);
	for (size_t i = 0; i < runs[1].nrows; i++)
		runs[1].rows[i].metric[METRIC_DECODE] *= day;
	join(&d, runs);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	found = *find(&s, "num_ctx", METRIC_DECODE);
	*sd_pass = s.sd_pass[METRIC_DECODE];
	summary_release(&s);
	dataset_release(&d);
	return found;
}

static void a_day_is_no_effect(void **state)
{
	double calm, windy;
	struct effect same = with_day(1, &calm), other = with_day(1.3, &windy);

	(void)state;
	assert_double(same.df_error, 5); /* (2 blocks - 1)(6 passes - 1) */
	assert_double(other.df_error, 5);
	assert_true(fabs(other.f / same.f - 1) < 1e-9);
	assert_true(fabs(other.p / same.p - 1) < 1e-9);
	assert_true(windy > calm + 0.1);
}

static void cells_are_matched_by_their_settings(void **state)
{
	struct dataset runs[2], d;
	size_t first, second = 0;

	(void)state;
	open_two(runs, "num_ctx = 4096 and temperature = 0.8");
	assert_int_equal(runs[1].ncells, 1);
	assert_int_equal(runs[1].factors[0].nlevels, 1);
	first = runs[0].nrows;
	join(&d, runs);
	assert_int_equal(d.ncells, 4);
	assert_int_equal(d.factors[0].nlevels, 2);
	for (size_t i = first; i < d.nrows; i++) {
		if (d.rows[i].phase != ROW_MEASURE)
			continue;
		second++;
		assert_string_equal(d.cells[d.rows[i].cell].label, "num_ctx=4096 temperature=0.8");
	}
	assert_true(second >= 6);
	assert_true(d.left_out > 0);
	dataset_release(&d);
}

/* The same the other way round: the first run has less than the second. */
static void what_only_a_later_run_has_is_added(void **state)
{
	struct err e = ERR_INIT;
	struct dataset runs[2], turned[2], d;

	(void)state;
	open_two(runs, "num_ctx = 4096");
	turned[0] = runs[1];
	turned[1] = runs[0];
	assert_int_equal(dataset_join(&d, turned, 2, &e), 0);
	release_two(turned);
	assert_int_equal(d.ncells, 4);
	assert_int_equal(d.factors[0].nlevels, 2);
	assert_string_equal(d.factors[0].level[0], "1024"); /* numbers in order */
	assert_double(d.factors[0].value[1], 4096);
	for (size_t c = 0; c < 4; c++) {
		char label[80];

		snprintf(label, sizeof(label), "num_ctx=%s temperature=%s",
			d.factors[0].level[d.cells[c].level[0]],
			d.factors[1].level[d.cells[c].level[1]]);
		assert_string_equal(d.cells[c].label, label);
	}
	dataset_release(&d);
}

/* ---- what does not belong together ---- */

static void refused(void (*spoil)(struct dataset *d), const char *why)
{
	struct err e = ERR_INIT;
	struct dataset runs[2], d;

	open_two(runs, NULL);
	spoil(&runs[1]);
	assert_int_equal(dataset_join(&d, runs, 2, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, why);
	release_two(runs);
}

static void put(json_t *o, const char *key, json_t *value)
{
	assert_non_null(o);
	jsonx_put(o, key, value);
}

static void spoil_levels(struct dataset *d)
{
	put(d->sweep, "fingerprint", json_string("another"));
	put(d->manifest, "measured", json_pack("{s:{s:[i,i]}}", "factors", "num_ctx", 1024, 8192));
}

static void spoil_digest(struct dataset *d)
{
	put(d->sweep, "fingerprint", json_string("another"));
}

static void spoil_definitions(struct dataset *d)
{
	put(d->manifest, "definitions", json_pack("{s:s}", "ttft_ms", "something else"));
}

static void spoil_sweep(struct dataset *d)
{
	json_decref(d->sweep);
	d->sweep = NULL;
}

static void spoil_factor(struct dataset *d)
{
	d->factors[1].name = "top_k";
}

static void what_differs_is_named(void **state)
{
	struct err e = ERR_INIT;
	struct dataset runs[2], d;
	struct fold fold;

	(void)state;
	refused(spoil_levels, "factors");
	refused(spoil_levels, "8192");
	refused(spoil_digest, "digests");
	refused(spoil_definitions, "ttft_ms");
	refused(spoil_sweep, "no sweep.json");
	refused(spoil_factor, "factors");
	open_two(runs, NULL);
	runs[1].dir = runs[0].dir;
	assert_int_equal(dataset_join(&d, runs, 2, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "named twice");
	runs[1].dir = "other";
	runs[1].fold = &fold;
	e = (struct err)ERR_INIT;
	assert_int_equal(dataset_join(&d, runs, 2, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "1000000 rows");
	runs[1].fold = NULL;
	release_two(runs);
}

static void set_version(struct dataset *d, const char *version)
{
	put(d->manifest, "servers", json_pack("[{s:s}]", "version", version));
}

static void other_versions_leave_the_clients_figures(void **state)
{
	struct dataset runs[2], d;
	size_t ttft = 0;

	(void)state;
	open_two(runs, NULL);
	set_version(&runs[0], "0.12.0");
	set_version(&runs[1], "0.13.0");
	join(&d, runs);
	for (size_t i = 0; i < d.nrows; i++) {
		assert_true(isnan(d.rows[i].metric[METRIC_DECODE]));
		assert_true(isnan(d.rows[i].metric[METRIC_PREFILL]));
		assert_true(isnan(d.rows[i].metric[METRIC_LOAD]));
		ttft += d.rows[i].counts && isfinite(d.rows[i].metric[METRIC_TTFT]);
	}
	assert_true(ttft > 20);
	assert_int_equal(d.nnotes, 1);
	assert_contains(d.notes[0].why, "versions differ");
	dataset_release(&d);
	open_two(runs, NULL);
	set_version(&runs[0], "0.12.0");
	set_version(&runs[1], "0.12.0");
	join(&d, runs);
	assert_int_equal(d.nnotes, 0);
	assert_true(isfinite(d.rows[d.nrows - 1].metric[METRIC_DECODE]));
	dataset_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_loads_and_passes_follow),
		cmocka_unit_test(a_day_is_no_effect),
		cmocka_unit_test(cells_are_matched_by_their_settings),
		cmocka_unit_test(what_only_a_later_run_has_is_added),
		cmocka_unit_test(what_differs_is_named),
		cmocka_unit_test(other_versions_leave_the_clients_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
