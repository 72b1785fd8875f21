/* test_merge.c - shards joined into a run.  What is refused is in test_merge_refused.c. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_shards.h"
#include "fsx.h"
#include "jsonx.h"
#include "table.h"

static const char *dir;

static int setup(void **state)
{
	(void)state;
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_tmpdir_remove();
	return 0;
}

static void read_table(struct table *t, const char *name, const struct column_spec *specs, size_t n)
{
	struct err e = ERR_INIT;

	if (table_read(t, unit_path(name), true, specs, n, NULL, NULL, &e))
		fail_msg("%s", e.msg);
}

static json_t *read_json(const char *name)
{
	struct err e = ERR_INIT;
	json_t *o = jsonx_load(unit_path(name), &e);

	if (!o)
		fail_msg("%s", e.msg);
	return o;
}

static const char *const abc[] = {"c", "a", "b"}; /* the order given does not matter */

static void test_counts(void **state)
{
	struct merge_result r;
	struct stat st;

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(abc, 3, false);
	assert_int_equal(r.shards, 3);
	assert_int_equal(r.of, 3);
	assert_int_equal(r.rows, 24);
	assert_int_equal(r.loads, 3);
	assert_int_equal(r.chunks, 24);
	assert_int_equal(r.set_aside, 0);
	assert_int_equal(r.requests, 24);
	assert_int_equal(r.done, 24);
	assert_int_equal(r.open, 0);
	assert_string_equal(r.warnings.s, "");
	assert_int_equal(fake_merge_left(), 1);
	assert_int_equal(stat(unit_path("out/set-aside"), &st), -1);
	merge_result_release(&r);
}

static void test_rows(void **state)
{
	struct merge_result r;
	struct table t;
	const char *before = "";
	bool seen[7] = {false};

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(abc, 3, false);
	read_table(&t, "out/runs.csv", run_columns, RUN_COLUMN_COUNT);
	assert_int_equal(t.nrows, 24);
	assert_int_equal(t.rejected, 0);
	for (size_t i = 0; i < t.nrows; i++) {
		const char *started = table_text(table_column(&t, "started_at"), i);
		const char *load = table_text(table_column(&t, "load_id"), i);
		const char *shard = table_text(table_column(&t, "shard"), i);
		int session = (int)table_num(table_column(&t, "session"), i);

		assert_double(table_num(table_column(&t, "order"), i), (double)(i + 1));
		assert_true(strcmp(before, started) <= 0);
		before = started;
		/* The first rows of the shards are a second apart, then each goes on after 10 s. */
		assert_int_equal(shard[0] - '1', i % 3);
		assert_string_equal(shard + 1, "/3");
		assert_int_equal(load[1], shard[0]);
		assert_true(session >= 1 && session <= 6);
		seen[session] = true;
	}
	for (int i = 1; i <= 6; i++)
		assert_true(seen[i]);
	table_release(&t);
	merge_result_release(&r);
}

/* The bytes of a row but for order, session and CRC are those of the shard. */
static void test_values_are_kept(void **state)
{
	static const char *const same[] = {
		"run_id", "cell_id", "block", "pass", "attempt", "num_ctx", "ttft_ms", "validity"};
	struct merge_result r;
	struct table shard, whole;
	size_t found = 0;

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(abc, 3, false);
	read_table(&shard, "b/runs.csv", run_columns, RUN_COLUMN_COUNT);
	read_table(&whole, "out/runs.csv", run_columns, RUN_COLUMN_COUNT);
	for (size_t i = 0; i < whole.nrows; i++) {
		if (strcmp(table_text(table_column(&whole, "shard"), i), "2/3") != 0)
			continue;
		for (size_t c = 0; c < COUNTOF(same); c++)
			assert_string_equal(table_text(table_column(&whole, same[c]), i),
				table_text(table_column(&shard, same[c]), found));
		found++;
	}
	assert_int_equal(found, shard.nrows);
	table_release(&shard);
	table_release(&whole);
	merge_result_release(&r);
}

/* A text with quotes and commas before the fields that are changed would shift a careless reader;
 * here it stands behind them, and its bytes must survive. */
static void test_quoted_fields(void **state)
{
	struct fake_rows f;
	struct journal *j;
	struct merge_result r;
	struct str text;

	(void)state;
	fake_shards_three();
	fake_shard_rows(&f, FAKE_SHARD_SWEEP, "1/3");
	j = fake_rows_open(&f, unit_path("a"), JOURNAL_RESUME, 0);
	fake_rows_add(&f, j,
		(struct fake_row){.item = 0,
			.attempt = 2,
			.session = 2,
			.load = "k1,\"s1\"",
			.status = STATUS_SERVER_ERROR,
			.after_s = 5000});
	fake_rows_close(j);
	r = fake_merge_ok(abc, 3, false);
	text = fake_file("out/runs.csv");
	assert_contains(text.s, "\"k1,\"\"s1\"\"\",0,25,");
	assert_contains(text.s, "\"it failed, \"\"badly\"\"\"");
	str_release(&text);
	assert_int_equal(r.rows, 25);
	merge_result_release(&r);
	fake_rows_release(&f);
}

/* What was not sent has no time: it stays behind the row before it. */
static void test_rows_without_a_time(void **state)
{
	struct fake_rows f;
	struct journal *j;
	struct merge_result r;
	struct table t;

	(void)state;
	fake_shard_make((struct fake_shard){.name = "a", .shard = "1/3"});
	fake_shard_make((struct fake_shard){.name = "b", .shard = "2/3"});
	fake_shard_make((struct fake_shard){.name = "c", .shard = "3/3", .leave_out = 1});
	fake_shard_rows(&f, FAKE_SHARD_SWEEP, "3/3");
	j = fake_rows_open(&f, unit_path("c"), JOURNAL_RESUME, 0);
	fake_rows_add(&f, j,
		(struct fake_row){.item = 7,
			.session = 2,
			.status = STATUS_SKIPPED,
			.after_s = -1,
			.load = "k3-s1-l0001"});
	fake_rows_close(j);
	fake_rows_release(&f);
	r = fake_merge_ok(abc, 3, false);
	read_table(&t, "out/runs.csv", run_columns, RUN_COLUMN_COUNT);
	/* Row 7 of c began at 63 s, before row 8 of a and of b. */
	assert_string_equal(table_text(table_column(&t, "status"), 21), "skipped");
	assert_int_equal(r.done, 24);
	table_release(&t);
	merge_result_release(&r);
}

/* ---- what is beside the rows ---- */

static void test_sweep_is_whole(void **state)
{
	struct merge_result r;
	json_t *shard, *whole;

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(abc, 3, false);
	shard = read_json("a/sweep.json");
	whole = read_json("out/sweep.json");
	assert_string_equal(jsonx_get_string(shard, "shard"), "1/3");
	assert_null(json_object_get(whole, "shard"));
	json_object_del(shard, "shard");
	assert_true(json_equal(shard, whole));
	json_decref(shard);
	json_decref(whole);
	merge_result_release(&r);
}

static void test_manifest(void **state)
{
	static const char *const wanted[] = {"1/3", "2/3", "3/3", "1/3", "2/3", "3/3"};
	struct merge_result r;
	const json_t *sessions, *shards, *one;
	json_t *m;
	size_t i;

	(void)state;
	fake_shard_make((struct fake_shard){
		.name = "a", .shard = "1/3", .url = "n1=http://127.0.0.1:11434"});
	fake_shard_make((struct fake_shard){
		.name = "b", .shard = "2/3", .url = "n2=http://127.0.0.1:11434"});
	fake_shard_make((struct fake_shard){
		.name = "c", .shard = "3/3", .url = "n1=http://127.0.0.1:11434"});
	r = fake_merge_ok(abc, 3, false);
	m = read_json("out/manifest.json");
	assert_int_equal(json_array_size(json_object_get(m, "servers")), 2);
	one = json_array_get(json_object_get(m, "servers"), 1);
	assert_string_equal(jsonx_get_string(one, "name"), "n2");
	assert_string_equal(jsonx_get_string(one, "host"),
		jsonx_get_string(json_object_get(m, "host"), "hostname"));
	sessions = json_object_get(m, "sessions");
	assert_int_equal(json_array_size(sessions), 6);
	json_array_foreach (sessions, i, one) {
		assert_double(jsonx_get_number(one, "number"), (double)(i + 1));
		assert_string_equal(jsonx_get_string(one, "shard"), wanted[i]);
		assert_double(jsonx_get_number(one, "shard_session"), i < 3 ? 1 : 2);
		assert_string_equal(jsonx_get_string(one, "how"), i < 3 ? "run" : "resume");
	}
	shards = json_object_get(m, "shards");
	assert_int_equal(json_array_size(shards), 3);
	one = json_array_get(shards, 1);
	assert_string_equal(jsonx_get_string(one, "shard"), "2/3");
	assert_double(jsonx_get_number(one, "rows"), 8);
	assert_double(jsonx_get_number(one, "done"), 8);
	assert_double(jsonx_get_number(json_object_get(m, "planned"), "requests"), 24);
	assert_double(jsonx_get_number(json_object_get(m, "planned"), "passes"), 3);
	json_decref(m);
	merge_result_release(&r);
}

/* The journal of the whole sweep takes it as its own, with nothing to mend and nothing to do. */
static void test_resumes(void **state)
{
	struct merge_result r;
	struct fake_rows f;
	struct journal *j;

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(abc, 3, false);
	fake_rows_make(&f, FAKE_SHARD_WHOLE);
	assert_int_equal(f.n, 24);
	j = fake_rows_open(&f, unit_path("out"), JOURNAL_RESUME, 0);
	assert_string_equal(journal_note(j), "");
	assert_int_equal(journal_last_session(j), 6);
	assert_int_equal(journal_last_order(j), 24);
	for (size_t i = 0; i < f.n; i++)
		assert_true(journal_done(j, f.items[i].run_id));
	fake_rows_close(j);
	fake_rows_release(&f);
	merge_result_release(&r);
}

static void test_incomplete(void **state)
{
	struct merge_result r;

	(void)state;
	fake_shard_make((struct fake_shard){.name = "a", .shard = "1/3"});
	fake_shard_make((struct fake_shard){
		.name = "b", .shard = "2/3", .leave_out = 3, .interrupted = true});
	fake_shard_make((struct fake_shard){.name = "c", .shard = "3/3", .no_chunks = true});
	r = fake_merge_ok(abc, 3, false);
	assert_int_equal(r.rows, 21);
	assert_int_equal(r.chunks, 13);
	assert_int_equal(r.done, 21);
	assert_int_equal(r.requests, 24);
	assert_int_equal(r.open, 3);
	assert_contains(r.warnings.s, "/b (shard 2/3) is incomplete: 3 of 8 requests are open\n");
	merge_result_release(&r);
}

static void test_partial(void **state)
{
	static const char *const ac[] = {"a", "c"};
	struct merge_result r;

	(void)state;
	fake_shards_three();
	r = fake_merge_ok(ac, 2, true);
	assert_int_equal(r.shards, 2);
	assert_int_equal(r.requests, 24);
	assert_int_equal(r.done, 16);
	assert_int_equal(r.open, 8);
	assert_contains(r.warnings.s, "1 of 3 shards are not there");
	merge_result_release(&r);
}

/* ---- rows that do not count ---- */

static void spoil(const char *name)
{
	struct str text = fake_file(name);
	char *at = strstr(text.s, ",measure,");

	assert_non_null(at);
	at[2] = 'x'; /* in the first row */
	str_addn(&text, "torn", 4);
	unit_write(name, text.s, text.len);
	str_release(&text);
}

static void test_bad_rows_are_set_aside(void **state)
{
	struct merge_result r;
	struct str aside;
	struct table t;

	(void)state;
	fake_shards_three();
	spoil("b/runs.csv");
	r = fake_merge_ok(abc, 3, false);
	assert_int_equal(r.rows, 23);
	/* The row, the torn end, and the chunks of the row. */
	assert_int_equal(r.set_aside, 3);
	assert_int_equal(r.open, 1);
	assert_contains(r.warnings.s, "3 lines did not count");
	read_table(&t, "out/runs.csv", run_columns, RUN_COLUMN_COUNT);
	assert_int_equal(t.nrows, 23);
	assert_int_equal(t.rejected, 0);
	table_release(&t);
	aside = fake_file("out/set-aside/runs.csv-shard2.txt");
	assert_contains(aside.s, "# runs.csv, line 2: its row_crc does not fit\n");
	assert_contains(aside.s, ": it has no end\ntorn\n");
	str_release(&aside);
	aside = fake_file("out/set-aside/chunks.csv-shard2.txt");
	assert_contains(aside.s, "there is no row of it in runs.csv");
	str_release(&aside);
	assert_int_equal(fake_file_lines("b/runs.csv"), 9); /* only read */
	merge_result_release(&r);
}

static void test_rows_of_another_shard(void **state)
{
	struct merge_result r;
	struct str one, two;

	(void)state;
	fake_shards_three();
	one = fake_file("a/runs.csv");
	two = fake_file("b/runs.csv");
	str_add(&two, strchr(one.s, '\n') + 1);
	unit_write("b/runs.csv", two.s, two.len);
	r = fake_merge_ok(abc, 3, false);
	assert_int_equal(r.rows, 24);
	assert_int_equal(r.set_aside, 8);
	str_release(&one);
	str_release(&two);
	merge_result_release(&r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts),
		TEST(test_rows),
		TEST(test_values_are_kept),
		TEST(test_quoted_fields),
		TEST(test_rows_without_a_time),
		TEST(test_sweep_is_whole),
		TEST(test_manifest),
		TEST(test_resumes),
		TEST(test_incomplete),
		TEST(test_partial),
		TEST(test_bad_rows_are_set_aside),
		TEST(test_rows_of_another_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
