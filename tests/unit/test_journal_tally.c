/* test_journal_tally.c - counting a run's rows from outside, while it is written and afterwards. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_rows.h"
#include "fsx.h"
#include "journal_tally.h"

static struct fake_rows rows;
static const char *dir;

static int setup(void **state)
{
	(void)state;
	fake_rows_make(&rows, NULL);
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_rows_release(&rows);
	unit_tmpdir_remove();
	return 0;
}

static struct journal_tally tally(void)
{
	struct journal_tally t;
	struct err e = ERR_INIT;

	if (journal_tally_read(&t, dir, &rows.schema, &e))
		fail_msg("%s", e.msg);
	return t;
}

static void append_all(struct journal *j)
{
	static const struct fake_row all[] = {
		{.item = 0, .phase = PHASE_SENTINEL, .after_s = 0},
		{.item = 1, .after_s = 10, .pass = 1},
		{.item = 2, .after_s = 20, .pass = 1, .status = STATUS_TIMEOUT_STALL},
		{.item = 2, .after_s = 30, .pass = 1, .attempt = 2},
		{.item = 3, .after_s = 40, .pass = 2, .validity = INVALID},
		{.item = 4, .after_s = 100, .pass = 2, .session = 2},
		{.item = 5,
			.after_s = 110,
			.pass = 2,
			.session = 2,
			.status = STATUS_OUT_OF_MEMORY},
		{.item = 6, .after_s = -1, .pass = 2, .session = 2, .status = STATUS_SKIPPED},
	};

	for (size_t i = 0; i < COUNTOF(all); i++)
		fake_rows_add(&rows, j, all[i]);
}

static void test_counts(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e = ERR_INIT;
	struct journal_tally t;

	(void)state;
	append_all(j);
	assert_int_equal(fake_rows_load(&rows, j, 0, 1, STATUS_OK, &e), 0);
	fake_rows_close(j);
	t = tally();
	assert_int_equal(t.rows, 8);
	assert_int_equal(t.sentinels, 1);
	assert_int_equal(t.warmups, 0);
	assert_int_equal(t.tried, 6);
	assert_int_equal(t.done, 5); /* not the one that is invalid */
	assert_int_equal(t.loads, 1);
	assert_int_equal(t.count[STATUS_OK], 5);
	assert_int_equal(t.count[STATUS_TIMEOUT_STALL], 1);
	assert_int_equal(t.count[STATUS_OUT_OF_MEMORY], 1);
	assert_int_equal(t.count[STATUS_SKIPPED], 1);
	assert_int_equal(t.bad, 0);
	assert_false(t.torn);
	assert_int_equal(journal_tally_passes(&t, 2), 2);
	assert_int_equal(journal_tally_passes(&t, 3), 1);
	assert_int_equal(journal_tally_passes(&t, 0), 0);
	assert_int_equal(t.sessions.n, 2);
	/* 4 and 3 measured rows in 40 s and 10 s. */
	assert_double(journal_tally_rate(&t), 7.0 / 50.0);
	assert_string_equal(t.last_status, "skipped");
	assert_string_equal(t.last_phase, "measure");
	assert_string_equal(t.last_started, "");
	assert_int_equal(t.last_pass, 2);
	assert_contains(t.last_cell.s, "num_ctx=");
	assert_contains(t.last_cell.s, " temperature=0");
	journal_tally_release(&t);
}

/* How long sessions and passes took, by rows alone: from the first send to the last end.  What lies
 * between two sessions, or between two passes, belongs to neither. */
static void test_times(void **state)
{
	static const struct fake_row all[] = {
		{.item = 1, .after_s = 600, .pass = 1, .took_s = 50},
		{.item = 2, .after_s = 620, .pass = 1, .took_s = 5},
		{.item = 3, .after_s = 700, .pass = 2, .took_s = 1},
		{.item = 4, .after_s = 9000, .pass = 2, .session = 2, .took_s = 20},
		{.item = 5, .after_s = 9010, .pass = 2, .session = 2, .took_s = 30},
		{.item = 6, .after_s = -1, .pass = 3, .session = 2, .status = STATUS_SKIPPED},
	};
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct journal_tally t;

	(void)state;
	for (size_t i = 0; i < COUNTOF(all); i++)
		fake_rows_add(&rows, j, all[i]);
	fake_rows_close(j);
	t = tally();
	assert_int_equal(t.furthest_pass, 3);
	assert_int_equal(t.sessions.n, 2);
	assert_int_equal((t.sessions.v[0].ended - t.sessions.v[0].first) / NS_PER_S, 101);
	assert_int_equal((t.sessions.v[1].ended - t.sessions.v[1].first) / NS_PER_S, 40);
	assert_int_equal(t.longest_pass / NS_PER_S, 50);
	journal_tally_release(&t);
}

static void test_an_empty_run(void **state)
{
	struct journal_tally t;

	(void)state;
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_NEW, 0));
	t = tally();
	assert_int_equal(t.rows, 0);
	assert_true(isnan(journal_tally_rate(&t)));
	assert_string_equal(t.last_cell.s, "");
	assert_int_equal(t.writer, WRITER_NONE);
	journal_tally_release(&t);
}

/* While another process has it open: seen, not disturbed, and an unfinished line is no bad one. */
static void test_a_growing_file(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct str before, after;
	struct journal_tally t;
	FILE *f;

	(void)state;
	append_all(j);
	f = fopen(unit_path("runs.csv"), "a");
	assert_non_null(f);
	fputs("0123456789abcdef,unfin", f);
	fclose(f);
	before = fake_file("runs.csv");
	t = tally();
	assert_int_equal(t.writer, WRITER_THERE);
	assert_int_equal(t.rows, 8);
	assert_int_equal(t.bad, 0);
	assert_true(t.torn);
	after = fake_file("runs.csv");
	assert_string_equal(before.s, after.s);
	assert_false(fsx_exists(unit_path("set-aside")));
	str_release(&before);
	str_release(&after);
	journal_tally_release(&t);
	fake_rows_close(j);
	t = tally();
	assert_int_equal(t.writer, WRITER_NONE);
	journal_tally_release(&t);
}

static void test_bad_lines(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct journal_tally t;
	struct str text;

	(void)state;
	append_all(j);
	fake_rows_close(j);
	text = fake_file("runs.csv");
	*strstr(text.s, ",sentinel,") = ';';
	str_add(&text, "rubbish\n");
	unit_write("runs.csv", text.s, text.len);
	str_release(&text);
	t = tally();
	assert_int_equal(t.rows, 7);
	assert_int_equal(t.bad, 2);
	assert_false(t.torn);
	journal_tally_release(&t);
	assert_int_equal(journal_set_aside_lines(dir), 0);
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
	t = tally();
	assert_int_equal(t.bad, 0);
	journal_tally_release(&t);
	assert_int_equal(journal_set_aside_lines(dir), 2);
}

static void test_set_aside_ranges(void **state)
{
	(void)state;
	assert_int_equal(mkdir(unit_path("set-aside"), 0777), 0);
	unit_write_text("set-aside/runs.csv-session2.txt",
		"# runs.csv, line 4 to 9: its row_crc does not fit\nx\ny\n\n# runs.csv, line 12: "
		"it has "
		"no end\nz\n# a remark\n");
	assert_int_equal(journal_set_aside_lines(dir), 7);
}

static void test_what_is_no_run(void **state)
{
	struct journal_tally t;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(journal_tally_read(&t, dir, &rows.schema, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "runs.csv");
	unit_write_text("runs.csv", "a,b,c\n");
	assert_int_equal(journal_tally_read(&t, dir, &rows.schema, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "not the header");
	/* A header that is not whole yet: the run has just begun. */
	unit_write_text("runs.csv", "run_id,cell");
	t = tally();
	assert_int_equal(t.rows, 0);
	journal_tally_release(&t);
	assert_int_equal(fake_file_lines("runs.csv"), 0);
}

/* Those who look share the lock with each other, not with one that writes. */
static void test_locks(void **state)
{
	struct journal_file one = JOURNAL_FILE_CLOSED, two = JOURNAL_FILE_CLOSED;
	struct err e = ERR_INIT;
	struct journal *j = NULL;
	long pid;

	(void)state;
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_NEW, 0));
	assert_int_equal(journal_file_open_read(&one, dir, "runs.csv", &e), 0);
	assert_int_equal(journal_file_open_read(&two, dir, "runs.csv", &e), 0);
	assert_int_equal(journal_file_lock(&one, &e), 0);
	assert_int_equal(journal_file_lock(&two, &e), 0);
	assert_int_equal(journal_file_writer(&two, &pid), WRITER_NONE);
	assert_int_equal(journal_open(dir, JOURNAL_RESUME, 0, &rows.schema, &j, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "in use");
	journal_file_close(&one, NULL);
	journal_file_close(&two, NULL);
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts),
		TEST(test_times),
		TEST(test_an_empty_run),
		TEST(test_a_growing_file),
		TEST(test_bad_lines),
		TEST(test_set_aside_ranges),
		TEST(test_what_is_no_run),
		TEST(test_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
