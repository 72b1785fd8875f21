/* test_journal_mend.c - what a journal makes of files that are not as it left them. */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_rows.h"

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

static const char *id(size_t item)
{
	return rows.items[item].run_id;
}

/* Adds bytes to the end of a file. */
static void scribble(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(unit_path(name), "ab");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

/* A journal of three rows with chunks, closed. */
static void make_three(void)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);

	for (size_t i = 0; i < 3; i++)
		fake_rows_add(&rows, j, (struct fake_row){.item = i, .chunks = 2});
	fake_rows_close(j);
}

static void check_three(struct journal *j)
{
	for (size_t i = 0; i < 3; i++)
		assert_true(journal_done(j, id(i)));
	assert_int_equal(journal_last_order(j), 3);
}

/* What does not count, one kind at a time, between rows that do and behind them. */
static void test_lines_that_do_not_count(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{"", "line 2: it has no row_crc at its end"},
		{"hello", "line 2: it has no row_crc at its end"},
		{"a,b,c,12345678", "line 2: its row_crc does not fit"},
		{"a,b,c,1234567G", "line 2: it has no row_crc at its end"},
		{"123456789,e3069283", "line 2: it has another number of fields than the header"},
		{"\"123456789,2d29bfcb", "line 2: its row_crc does not fit"},
	};
	struct str good;

	(void)state;
	make_three();
	good = fake_file("runs.csv");
	for (size_t i = 0; i < COUNTOF(cases) * 2; i++) {
		const char *line = cases[i / 2].line;
		size_t header = (size_t)(strchr(good.s, '\n') - good.s) + 1;
		struct str bad = STR_INIT(STR_MAX_FILE), aside, now;
		struct journal *j;

		str_addn(&bad, good.s, i % 2 ? good.len : header);
		str_addf(&bad, "%s\n", line);
		str_addn(&bad, good.s + bad.len - strlen(line) - 1,
			good.len - (bad.len - strlen(line) - 1));
		unit_write("runs.csv", bad.s, bad.len);
		j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
		check_three(j);
		assert_contains(journal_note(j), "1 line of runs.csv moved to");
		fake_rows_close(j);
		now = fake_file("runs.csv");
		assert_string_equal(now.s, good.s); /* what counts, byte for byte */
		aside = fake_file("set-aside/runs.csv-session2.txt");
		if (i % 2 == 0)
			assert_contains(aside.s, cases[i / 2].why);
		assert_contains(aside.s, line);
		j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0); /* clean now */
		assert_string_equal(journal_note(j), "");
		fake_rows_close(j);
		unlink(unit_path("set-aside/runs.csv-session2.txt"));
		str_release(&bad);
		str_release(&aside);
		str_release(&now);
	}
	str_release(&good);
}

static void test_a_torn_end(void **state)
{
	struct str good, now;
	struct journal *j;

	(void)state;
	make_three();
	good = fake_file("runs.csv");
	scribble("runs.csv", strchr(good.s, '\n') + 1, 200); /* the first of a row */
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	check_three(j);
	fake_rows_close(j);
	now = fake_file("runs.csv");
	assert_string_equal(now.s, good.s);
	str_release(&now);
	now = fake_file("set-aside/runs.csv-session2.txt");
	assert_contains(now.s, "# runs.csv, line 5: it has no end\n");
	str_release(&now);
	str_release(&good);
}

static void test_the_same_row_twice(void **state)
{
	struct str good, now;
	struct journal *j;
	const char *second;

	(void)state;
	make_three();
	good = fake_file("runs.csv");
	second = strchr(good.s, '\n') + 1;
	scribble("runs.csv", second, (size_t)(strchr(second, '\n') + 1 - second));
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	check_three(j);
	fake_rows_close(j);
	now = fake_file("runs.csv");
	assert_string_equal(now.s, good.s);
	str_release(&now);
	now = fake_file("set-aside/runs.csv-session2.txt");
	assert_contains(now.s, "line 5: there is a row of this run_id and attempt already");
	str_release(&now);
	str_release(&good);
}

/* A crash between the two writes of a request leaves chunks without a row.  The request will be
 * made again as the same attempt: its chunks must then be the only ones. */
static void test_chunks_without_a_row(void **state)
{
	struct str runs, text;
	struct journal *j;
	char *last;

	(void)state;
	make_three();
	runs = fake_file("runs.csv");
	runs.s[runs.len - 1] = '\0';
	last = strrchr(runs.s, '\n') + 1;
	assert_int_equal(truncate(unit_path("runs.csv"), last - runs.s), 0);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_false(journal_done(j, id(2)));
	assert_contains(journal_note(j), "1 line of chunks.csv moved to");
	fake_rows_add(&rows, j, (struct fake_row){.item = 2, .chunks = 2, .session = 2});
	fake_rows_close(j);
	assert_int_equal(fake_file_lines("chunks.csv"), 4);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_string_equal(journal_note(j), "");
	fake_rows_close(j);
	text = fake_file("set-aside/chunks.csv-session2.txt");
	assert_contains(text.s, "line 4: there is no row of it in runs.csv");
	str_release(&text);
	str_release(&runs);
}

static void test_neighbours_share_a_reason(void **state)
{
	struct journal *j;
	struct str text;

	(void)state;
	make_three();
	scribble("loads.csv", "x\ny\nz\n", 6);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_contains(journal_note(j), "3 lines of loads.csv moved to");
	fake_rows_close(j);
	text = fake_file("set-aside/loads.csv-session2.txt");
	assert_string_equal(
		text.s, "# loads.csv, line 2 to 4: it has no row_crc at its end\nx\ny\nz\n\n");
	str_release(&text);
	assert_int_equal(fake_file_lines("loads.csv"), 1);
}

static void test_a_line_longer_than_any_row(void **state)
{
	const size_t size = (size_t)40 << 20;
	char *junk = malloc(size);
	struct journal *j;
	struct str good, now;

	(void)state;
	make_three();
	good = fake_file("runs.csv");
	memset(junk, 'x', size);
	junk[size - 1] = '\n';
	scribble("runs.csv", junk, size);
	scribble("runs.csv", junk, size - 1); /* and one without an end */
	free(junk);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	check_three(j);
	assert_contains(journal_note(j), "2 lines of runs.csv");
	fake_rows_close(j);
	now = fake_file("runs.csv");
	assert_string_equal(now.s, good.s);
	str_release(&good);
	str_release(&now);
}

static void test_the_mode_of_a_mended_file_stays(void **state)
{
	struct stat st;

	(void)state;
	make_three();
	assert_int_equal(chmod(unit_path("loads.csv"), 0640), 0);
	scribble("loads.csv", "x\n\xff\n", 4);
	scribble("runs.csv", "x\n", 2);
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
	assert_int_equal(stat(unit_path("loads.csv"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_no_temporary_files_stay(void **state)
{
	DIR *d;
	size_t n = 0;

	(void)state;
	make_three();
	scribble("runs.csv", "x\n", 2);
	scribble("runs.csv", "y", 1);
	fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
	d = opendir(dir);
	for (struct dirent *entry; (entry = readdir(d));) {
		assert_null(strstr(entry->d_name, ".tmp"));
		n++;
	}
	closedir(d);
	assert_int_equal(n, 2 + 4);
}

static void test_one_writer_also_after_mending(void **state)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0), *second = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_rows_add(&rows, j, (struct fake_row){.item = 0});
	fake_rows_close(j);
	scribble("runs.csv", "garbage\n", 8);
	scribble("runs.csv", "more", 4);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0); /* the file is a new one now */
	assert_int_equal(journal_open(dir, JOURNAL_RESUME, 0, &rows.schema, &second, &e), -1);
	assert_contains(e.msg, "in use by another chimera");
	fake_rows_add(&rows, j, (struct fake_row){.item = 1});
	fake_rows_close(j);
	assert_int_equal(fake_file_lines("runs.csv"), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines_that_do_not_count),
		TEST(test_a_torn_end),
		TEST(test_the_same_row_twice),
		TEST(test_chunks_without_a_row),
		TEST(test_neighbours_share_a_reason),
		TEST(test_a_line_longer_than_any_row),
		TEST(test_the_mode_of_a_mended_file_stays),
		TEST(test_no_temporary_files_stay),
		TEST(test_one_writer_also_after_mending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
