/* test_scan_edges.c - what ends a scan, files that change, lines of megabytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "num.h"
#include "scan.h"
#include "scan_internal.h"
#include "str.h"
#include "unit.h"

static const struct scan_wanted wanted[] = {{"n", SCAN_NUMBER}, {"t", SCAN_TEXT}};

/* What was handed over, as text. */
struct told {
	struct str rows, rejects;
};

static void told_init(struct told *t)
{
	*t = (struct told){.rows = STR_INIT(1 << 26), .rejects = STR_INIT(1 << 26)};
}

static void told_release(struct told *t)
{
	str_release(&t->rows);
	str_release(&t->rejects);
}

static int take(void *arg, const struct scan *s, const struct scan_batch *b, struct err *e)
{
	struct told *t = arg;
	char number[NUM_TEXT];

	(void)e;
	for (size_t i = 0; i < b->nrows; i++)
		str_addf(&t->rows, "%llu n=%s t=%u %s\n", (unsigned long long)b->line[i],
			num_text(number, b->columns[0].num[i]), b->columns[1].code[i],
			scan_dict(s, 1).text[b->columns[1].code[i]]);
	return 0;
}

static void take_reject(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	struct told *t = arg;

	str_addf(&t->rejects, "%llu %s: ", (unsigned long long)line, why);
	str_addn(&t->rejects, bytes, len < 100 ? len : 100);
	str_addc(&t->rejects, '\n');
}

static void scan_told(const struct str *text, const char *path, struct told *t)
{
	struct scan_options o = {.threads = 2, .reject = take_reject, .reject_arg = t};
	struct scan_source source = {path ? path : "memory", path ? NULL : text->s, text->len};
	struct err e = {0};
	struct scan *s;

	told_init(t);
	assert_int_equal(scan_open(&s, &source, &o, &e), 0);
	assert_int_equal(scan_run(s, wanted, COUNTOF(wanted), take, t, &e), 0);
	str_addf(&t->rejects, "%llu\n", (unsigned long long)scan_rejected(s));
	scan_close(s);
}

static int refuse(void *arg, const struct scan *s, const struct scan_batch *b, struct err *e)
{
	(void)s;
	(void)b;
	++*(int *)arg;
	return err_set(e, ERR_DATA, "enough");
}

static void a_batch_may_end_it(void **state)
{
	struct str text = STR_INIT(1 << 24);
	struct scan_options o = {.threads = 3};
	struct scan_source source = {"memory", NULL, 0};
	struct err e = {0};
	struct scan *s;
	int calls = 0;

	(void)state;
	str_add(&text, "n,t\n");
	for (int i = 0; i < 5000; i++)
		str_add(&text, "1,a\n");
	source.bytes = text.s;
	source.len = text.len;
	scan_chunk_bytes = 100;
	assert_int_equal(scan_open(&s, &source, &o, &e), 0);
	assert_int_equal(scan_rows_guess(s), 5000);
	assert_int_equal(scan_run(s, wanted, COUNTOF(wanted), refuse, &calls, &e), -1);
	assert_int_equal(calls, 1);
	assert_string_equal(e.msg, "enough");
	scan_close(s);
	scan_chunk_bytes = 0;
	str_release(&text);
}

static void a_file_that_is_not_there(void **state)
{
	struct scan_options o = {0};
	struct scan_source source = {"/nowhere/x.csv", NULL, 0};
	struct scan_source folder = {"/", NULL, 0};
	struct err e = {0};
	struct scan *s;

	(void)state;
	assert_int_equal(scan_open(&s, &source, &o, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	scan_close(s);
	assert_int_equal(scan_open(&s, &folder, &o, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	scan_close(s);
}

/* A file that another program writes to while it is read. */
static void a_file_that_changes(void **state)
{
	struct scan_options o = {.threads = 2};
	struct str text = STR_INIT(1 << 24);
	struct err e = {0};
	struct told t;

	(void)state;
	str_add(&text, "n,t\n");
	for (int i = 0; i < 1000; i++)
		str_add(&text, "1,a\n");
	scan_chunk_bytes = 100;
	for (int longer = 0; longer < 2; longer++) {
		const char *path = unit_write("y.csv", text.s, text.len);
		struct scan_source source = {path, NULL, 0};
		struct scan *s;
		int result;

		told_init(&t);
		assert_int_equal(scan_open(&s, &source, &o, &e), 0);
		assert_int_equal(truncate(path, longer ? 10000 : 2000), 0);
		result = scan_run(s, wanted, COUNTOF(wanted), take, &t, &e);
		assert_int_equal(result, longer ? 0 : -1);
		if (longer)
			assert_contains(t.rows.s, "\n1001 n=1 t=0 a");
		assert_int_equal(strstr(t.rows.s, "\n1002 ") != NULL, 0);
		scan_close(s);
		told_release(&t);
	}
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "became shorter");
	scan_chunk_bytes = 0;
	str_release(&text);
}

static void add_digits(struct str *text, size_t n)
{
	for (size_t i = 0; i < n / 10; i++)
		str_add(text, "0123456789");
}

static void a_line_of_megabytes(void **state)
{
	struct str text = STR_INIT(1 << 28);
	struct told t;

	(void)state;
	str_add(&text, "n,t\n1,a\n2,");
	add_digits(&text, 3000000);
	str_add(&text, "\n3,c\n4,\"");
	add_digits(&text, 3000000);
	str_add(&text, "\"\n5,d\n");
	scan_told(&text, NULL, &t);
	assert_contains(t.rows.s, "\n4 n=3 t=2 c\n5 n=4 t=1 0123");
	assert_contains(t.rows.s, "\n6 n=5 t=3 d\n");
	assert_string_equal(t.rejects.s, "0\n");
	told_release(&t);
	str_release(&text);
}

static void a_line_of_too_many_megabytes(void **state)
{
	struct str text = STR_INIT(1 << 28);
	const char *path;
	struct told t;

	(void)state;
	str_add(&text, "n,t\n1,a\n2,");
	add_digits(&text, 70000000);
	str_add(&text, "\n4,d\n");
	path = unit_write("z.csv", text.s, text.len);
	for (int i = 0; i < 2; i++) {
		scan_told(&text, i ? path : NULL, &t);
		assert_string_equal(t.rows.s, "2 n=1 t=0 a\n4 n=4 t=1 d\n");
		assert_contains(t.rejects.s, "3 longer than any line may be: 2,0123456789");
		assert_contains(t.rejects.s, "\n1\n");
		told_release(&t);
	}
	str_release(&text);
}

/* Exact below a megabyte, with or without a last line end; near above. */
static void how_many_rows_there_are(void **state)
{
	struct scan_options o = {.threads = 1};
	struct str text = STR_INIT(1 << 26);
	struct scan_source source = {"memory", NULL, 0};
	struct err e = {0};
	struct scan *s;

	(void)state;
	str_add(&text, "n,t");
	for (int rows = 0; rows < 400000; rows++) {
		source.bytes = text.s;
		source.len = text.len;
		if (rows == 0 || rows == 1 || rows == 1000 || rows == 300000) {
			assert_int_equal(scan_open(&s, &source, &o, &e), 0);
			assert_in_range(scan_rows_guess(s), rows - rows / 100000 * 2000,
				rows + rows / 100000 * 2000);
			scan_close(s);
		}
		str_addf(&text, "\n%d,%.*s", rows, rows % 10, "abcdefghij");
	}
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_may_end_it),
		cmocka_unit_test(a_file_that_is_not_there),
		cmocka_unit_test(a_file_that_changes),
		cmocka_unit_test(a_line_of_megabytes),
		cmocka_unit_test(a_line_of_too_many_megabytes),
		cmocka_unit_test(how_many_rows_there_are),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
