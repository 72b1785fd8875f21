/* test_journal.c - what a journal promises while nothing goes wrong.  What it makes of files that
 * are not as it left them is in test_journal_mend.c, crashes are in test_journal_crash.c. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_rows.h"
#include "fsx.h"

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

static struct err open_fails(enum journal_mode mode, unsigned flags)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(journal_open(dir, mode, flags, &rows.schema, &j, &e), -1);
	assert_null(j);
	return e;
}

static const char *id(size_t item)
{
	return rows.items[item].run_id;
}

/* ---- writing and remembering ---- */

static void test_a_new_journal(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);

	(void)state;
	assert_int_equal(fake_file_lines("runs.csv"), 1);
	assert_int_equal(fake_file_lines("loads.csv"), 1);
	assert_int_equal(fake_file_lines("chunks.csv"), 1);
	assert_int_equal(journal_last_order(j), 0);
	assert_int_equal(journal_last_session(j), 0);
	assert_int_equal(journal_loads(j), 0);
	assert_int_equal(journal_oom_loads(j, 0, "http://10.0.0.1:1"), 0);
	assert_false(journal_done(j, id(0)));
	assert_int_equal(journal_attempts(j, id(0)), 0);
	assert_int_equal(journal_invalid(j, id(0)), 0);
	assert_string_equal(journal_note(j), "");
	fake_rows_close(j);
	fake_rows_close(NULL);
}

/* The rows of the two tests below, and what must be known of them. */
static void append_all(struct journal *j)
{
	static const struct fake_row all[] = {
		{.item = 0, .status = STATUS_OK, .chunks = 3},
		{.item = 1, .status = STATUS_CONNECT_ERROR},
		{.item = 1, .status = STATUS_TIMEOUT_STALL, .attempt = 2, .order = 30, .chunks = 2},
		{.item = 2, .status = STATUS_OK, .validity = INVALID, .chunks = 1},
		{.item = 2, .status = STATUS_OK, .validity = INVALID, .attempt = 2, .chunks = 1},
		{.item = 3, .status = STATUS_OUT_OF_MEMORY},
		{.item = 4, .status = STATUS_SKIPPED},
		{.item = 5, .status = STATUS_OK, .validity = SUSPECT, .session = 4},
		{.item = 6, .status = STATUS_OK, .validity = INVALID},
		{.item = 6, .status = STATUS_OK, .attempt = 2},
		{.item = 7, .status = STATUS_SERVER_ERROR, .attempt = 40},
	};

	for (size_t i = 0; i < COUNTOF(all); i++)
		fake_rows_add(&rows, j, all[i]);
}

static void check_all(const struct journal *j, bool retry_failed)
{
	static const struct {
		bool done, done_on_retry;
		uint32_t attempts, invalid;
	} wanted[] = {
		{true, true, 1, 0},
		{false, false, 2, 0},
		{false, false, 2, 2},
		{true, false, 1, 0},
		{true, false, 1, 0},
		{true, true, 1, 0},
		{true, true, 2, 1},
		{false, false, 40, 0},
		{false, false, 0, 0},
	};

	for (size_t i = 0; i < COUNTOF(wanted); i++) {
		assert_int_equal(journal_done(j, id(i)),
			retry_failed ? wanted[i].done_on_retry : wanted[i].done);
		assert_int_equal(journal_attempts(j, id(i)), wanted[i].attempts);
		assert_int_equal(journal_invalid(j, id(i)), wanted[i].invalid);
	}
	assert_int_equal(journal_last_order(j), 30);
	assert_int_equal(journal_last_session(j), 4);
}

static void test_rows_are_remembered(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct str before, after;

	(void)state;
	append_all(j);
	check_all(j, false);
	fake_rows_close(j);
	before = fake_file("runs.csv");
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	check_all(j, false);
	assert_string_equal(journal_note(j), "");
	fake_rows_close(j);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, JOURNAL_RETRY_FAILED);
	check_all(j, true);
	fake_rows_close(j);
	after = fake_file("runs.csv");
	assert_string_equal(before.s, after.s);
	assert_int_equal(fake_file_lines("chunks.csv"), 1 + 4); /* rows without content have none */
	assert_false(fsx_exists(unit_path("set-aside")));
	str_release(&before);
	str_release(&after);
}

static void test_loads_are_remembered(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e = ERR_INIT;

	(void)state;
	for (int round = 0; round < 2; round++) {
		uint32_t before = round ? 3 : 0;

		assert_int_equal(journal_loads(j), before);
		assert_int_equal(fake_rows_load(&rows, j, 1, 7, STATUS_OUT_OF_MEMORY, &e), 0);
		assert_int_equal(fake_rows_load(&rows, j, 0, 7, STATUS_OK, &e), 0);
		assert_int_equal(fake_rows_load(&rows, j, 1, 7, STATUS_OK, &e), 0);
		fake_rows_close(j);
		j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
		assert_int_equal(journal_loads(j), before + 3);
		assert_int_equal(journal_oom_loads(j, 0, "http://10.0.0.1:1"), 0);
		assert_int_equal(journal_oom_loads(j, 1, "http://10.0.0.1:1"), round + 1);
		assert_int_equal(journal_oom_loads(j, 2, "http://10.0.0.1:1"), 0);
		assert_int_equal(journal_oom_loads(j, 1, "http://10.0.0.2:1"), 0);
		assert_int_equal(journal_last_session(j), 7);
	}
	fake_rows_close(j);
}

/* Else --retry-failed would never try again what did not fit. */
static void test_retry_forgets_what_did_not_fit(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(fake_rows_load(&rows, j, 1, 7, STATUS_OUT_OF_MEMORY, &e), 0);
	assert_int_equal(journal_oom_loads(j, 1, "http://10.0.0.1:1"), 2);
	fake_rows_close(j);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, JOURNAL_RETRY_FAILED);
	assert_int_equal(journal_loads(j), 2);
	assert_int_equal(journal_oom_loads(j, 1, "http://10.0.0.1:1"), 0);
	fake_rows_close(j);
}

static void test_rows_are_on_disk_when_the_call_returns(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		fake_rows_add(&rows, j, (struct fake_row){.item = i, .chunks = 2});
		assert_int_equal(fake_file_lines("runs.csv"), i + 2);
		assert_int_equal(fake_file_lines("chunks.csv"), i + 2);
	}
	fake_rows_close(j);
}

static void test_without_chunks(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, JOURNAL_NO_CHUNKS);
	struct err e = ERR_INIT;

	(void)state;
	fake_rows_add(&rows, j, (struct fake_row){.item = 0, .chunks = 5});
	assert_int_equal(journal_sync(j, &e), 0);
	fake_rows_close(j);
	assert_false(fsx_exists(unit_path("chunks.csv")));
	/* A later session may keep them. */
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	fake_rows_add(&rows, j, (struct fake_row){.item = 1, .chunks = 5});
	fake_rows_close(j);
	assert_int_equal(fake_file_lines("chunks.csv"), 2);
}

/* ---- opening ---- */

static void test_a_new_journal_never_overwrites(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e;

	(void)state;
	fake_rows_add(&rows, j, (struct fake_row){.item = 0});
	fake_rows_close(j);
	e = open_fails(JOURNAL_NEW, 0);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "runs.csv is there already");
	assert_contains(e.hint, "resume");
	assert_int_equal(fake_file_lines("runs.csv"), 2);
}

static void test_one_writer(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e = open_fails(JOURNAL_RESUME, 0);

	(void)state;
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "runs.csv is in use by another chimera");
	fake_rows_close(j);
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
}

static void test_another_sweep_is_refused(void **state)
{
	static const char other[] = "{\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],"
				    "\"top_k\":[1,2]},\"prompt\":\"Hi\",\"passes\":3}";
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0), *second = NULL;
	struct err e = ERR_INIT;
	struct fake_rows others;
	struct str before, after;

	(void)state;
	fake_rows_add(&rows, j, (struct fake_row){.item = 0});
	fake_rows_close(j);
	before = fake_file("runs.csv");
	fake_rows_make(&others, other);
	assert_int_equal(journal_open(dir, JOURNAL_RESUME, 0, &others.schema, &second, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "runs.csv: its first line is not the header");
	after = fake_file("runs.csv");
	assert_string_equal(before.s, after.s);
	fake_rows_release(&others);
	str_release(&before);
	str_release(&after);
}

static void test_a_header_that_was_cut_is_begun_anew(void **state)
{
	struct str header = STR_INIT(STR_MAX_LINE);

	(void)state;
	row_header(&rows.schema, &header);
	for (size_t len = 0; len <= header.len; len += len + 1 < header.len ? 7 : 1) {
		struct journal *j;

		unit_write("runs.csv", header.s, len);
		j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
		assert_int_equal(journal_last_order(j), 0);
		fake_rows_add(&rows, j, (struct fake_row){.item = 0});
		fake_rows_close(j);
		assert_int_equal(fake_file_lines("runs.csv"), 2);
	}
	str_release(&header);
}

static void test_files_that_are_missing_are_made(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);

	(void)state;
	fake_rows_add(&rows, j, (struct fake_row){.item = 0, .chunks = 2});
	fake_rows_close(j);
	unlink(unit_path("loads.csv"));
	unlink(unit_path("chunks.csv"));
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_true(journal_done(j, id(0)));
	fake_rows_close(j);
	assert_int_equal(fake_file_lines("loads.csv"), 1);
	assert_int_equal(fake_file_lines("chunks.csv"), 1);
}

static void test_what_is_not_a_file(void **state)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(journal_open(unit_path("none"), JOURNAL_NEW, 0, &rows.schema, &j, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "none/runs.csv: No such file or directory");
	assert_int_equal(mkfifo(unit_path("runs.csv"), 0600), 0);
	e = open_fails(JOURNAL_RESUME, 0);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "is not a file");
	unlink(unit_path("runs.csv"));
	assert_int_equal(mkdir(unit_path("runs.csv"), 0700), 0);
	e = open_fails(JOURNAL_RESUME, 0);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "runs.csv: ");
}

/* ---- syncing on another thread ---- */

struct syncer {
	struct journal *j;
	atomic_bool stop;
	int failed;
};

static void *sync_again_and_again(void *arg)
{
	struct syncer *s = arg;
	struct err e = ERR_INIT;

	while (!atomic_load(&s->stop))
		s->failed |= journal_sync(s->j, &e);
	return NULL;
}

static void test_sync_beside_appending(void **state)
{
	struct syncer s = {.j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0)};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sync_again_and_again, &s), 0);
	for (uint32_t i = 0; i < 500; i++)
		fake_rows_add(&rows, s.j,
			(struct fake_row){.item = i % rows.n,
				.attempt = 1 + i / (uint32_t)rows.n,
				.chunks = 20});
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(s.failed, 0);
	fake_rows_close(s.j);
	assert_int_equal(fake_file_lines("runs.csv"), 501);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_journal),
		TEST(test_rows_are_remembered),
		TEST(test_loads_are_remembered),
		TEST(test_retry_forgets_what_did_not_fit),
		TEST(test_rows_are_on_disk_when_the_call_returns),
		TEST(test_without_chunks),
		TEST(test_a_new_journal_never_overwrites),
		TEST(test_one_writer),
		TEST(test_another_sweep_is_refused),
		TEST(test_a_header_that_was_cut_is_begun_anew),
		TEST(test_files_that_are_missing_are_made),
		TEST(test_what_is_not_a_file),
		TEST(test_sync_beside_appending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
