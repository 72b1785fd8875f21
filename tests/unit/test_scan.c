/* test_scan.c - a scan says of every file what table.h says of it, whatever the number of threads
 * and wherever chunks end. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "columns.h"
#include "hash.h"
#include "num.h"
#include "rng.h"
#include "scan.h"
#include "scan_internal.h"
#include "str.h"
#include "table.h"
#include "unit.h"
#include "vec.h"

enum { NUM, TEXT, HASH, TIME, ABSENT, WANTED };
static const struct scan_wanted wanted[WANTED] = {[NUM] = {"n", SCAN_NUMBER},
	[TEXT] = {"t", SCAN_TEXT},
	[HASH] = {"h", SCAN_HASH},
	[TIME] = {"at", SCAN_TIME},
	[ABSENT] = {"absent", SCAN_NUMBER}};

/* What was handed over, as text: one line for each row or reject. */
struct told {
	struct str rows, rejects;
	size_t batches;
};

static int take(void *arg, const struct scan *s, const struct scan_batch *b, struct err *e)
{
	struct told *t = arg;
	struct scan_dict dict = scan_dict(s, TEXT);
	char number[NUM_TEXT];

	(void)e;
	t->batches++;
	assert_null(b->columns[ABSENT].num);
	for (size_t i = 0; i < b->nrows; i++) {
		uint32_t code = b->columns[TEXT].code ? b->columns[TEXT].code[i] : SCAN_MISSING;

		str_addf(&t->rows, "%llu n=%s t=%s", (unsigned long long)b->line[i],
			b->columns[NUM].num ? num_text(number, b->columns[NUM].num[i]) : "",
			code == SCAN_MISSING ? "-" : dict.text[code]);
		if (b->columns[TIME].time)
			str_addf(&t->rows, " at=%lld", (long long)b->columns[TIME].time[i]);
		str_addc(&t->rows, '\n');
	}
	return 0;
}

static void take_reject(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	struct told *t = arg;

	(void)bytes;
	str_addf(&t->rejects, "%llu %zu %s\n", (unsigned long long)line, len, why);
}

/* Scans the text; false if its header is none. */
static bool scan_text(const struct str *text, bool checked, unsigned threads, uint64_t chunk,
	const char *path, struct told *t)
{
	struct scan_options o = {checked, threads, take_reject, t};
	struct scan_source source = {path ? path : "memory", path ? NULL : text->s, text->len};
	struct scan *s;
	struct err e = {0};
	bool opened;

	*t = (struct told){.rows = STR_INIT(1 << 26), .rejects = STR_INIT(1 << 26)};
	scan_chunk_bytes = chunk;
	opened = scan_open(&s, &source, &o, &e) == 0;
	if (opened)
		assert_int_equal(scan_run(s, wanted, WANTED, take, t, &e), 0);
	scan_close(s);
	scan_chunk_bytes = 0;
	return opened;
}

static void told_release(struct told *t)
{
	str_release(&t->rows);
	str_release(&t->rejects);
}

/* The same by table.h. */
static bool table_text_of(const struct str *text, bool checked, const char *path, struct told *t)
{
	static const struct column_spec specs[] = {{"n", COLUMN_REAL, "", 0, ""},
		{"t", COLUMN_TEXT, "", 0, ""}, {"h", COLUMN_TEXT, "", 0, ""},
		{"at", COLUMN_TEXT, "", 0, ""}};
	char number[NUM_TEXT];
	struct table table;
	struct err e = {0};

	*t = (struct told){.rows = STR_INIT(1 << 26), .rejects = STR_INIT(1 << 26)};
	(void)text;
	if (table_read(&table, path, checked, specs, 4, take_reject, t, &e))
		return false;
	for (size_t i = 0; i < table.nrows; i++) {
		const struct table_column *n = table_column(&table, "n"),
					  *at = table_column(&table, "at");
		const char *word = table_text(table_column(&table, "t"), i);
		const char *time = table_text(at, i);

		str_addf(&t->rows, "%llu n=%s t=%s", (unsigned long long)table.line[i],
			n ? num_text(number, table_num(n, i)) : "", word ? word : "-");
		if (at)
			str_addf(&t->rows, " at=%lld",
				(long long)(time ? clock_parse_iso(time, strlen(time)) : NS_NONE));
		str_addc(&t->rows, '\n');
	}
	table_release(&table);
	return true;
}

/* ---- random files ---- */

static void add_random_field(struct str *line, struct rng *r, const char *const *pool, size_t n)
{
	str_add(line, pool[rng_below(r, (uint32_t)n)]);
}

static void add_random_line(struct str *text, struct rng *r, bool checked)
{
	static const char *const numbers[] = {"1", "2.5", "-0.125", "", "1e3",
		"12345678901234567890", "0.1", "9007199254740993", "x", ".5", "5.", "+1", "1.2.3",
		"-", "nan", "123456.789012"};
	static const char *const texts[] = {"", "a", "b", "longer text of more than sixteen bytes",
		"\"quoted, comma\"", "\"two \"\"quotes\"\"\"", "back\\\\slash", "new\\nline",
		"\"open", "a\"b", "caf\xc3\xa9"};
	static const char *const times[] = {"2026-11-25T07:28:57.123456789Z",
		"2026-11-25T07:28:57Z", "2026-11-25T07:28:57.1Z", "2026-02-30T07:28:57.123456789Z",
		"2026-11-26T24:00:00.000000000Z", "", "yesterday", "2026-11-25T23:59:60.000000000Z",
		"2026-11-25 07:28:57.123456789Z", "1999-01-01T00:00:00.000000000Z"};
	struct str line = STR_INIT(1 << 20);
	unsigned kind = rng_below(r, 20);
	uint32_t crc;

	add_random_field(&line, r, numbers, 16);
	str_addc(&line, ',');
	add_random_field(&line, r, texts, kind < 14 ? 4 : 11);
	str_addf(&line, ",%016llx,", (unsigned long long)rng_next(r));
	add_random_field(&line, r, times, 10);
	if (kind == 15)
		str_add(&line, ",more");
	if (kind == 16)
		str_addn(&line, "nul\0s", 5);
	if (kind == 17)
		str_reset(&line);
	if (checked) {
		crc = crc32c(0, line.s, line.len);
		str_addf(&line, ",%08x", kind == 18 ? crc ^ 1 : crc);
	}
	str_addn(text, line.s, line.len);
	str_add(text, !checked && kind % 3 == 0 ? "\r\n" : "\n");
	str_release(&line);
}

static void make_file(struct str *text, struct rng *r, bool checked)
{
	unsigned lines = rng_below(r, 40);

	str_reset(text);
	if (rng_below(r, 5) == 0)
		str_add(text, "\xef\xbb\xbf");
	if (rng_below(r, 5) == 0)
		str_add(text, "\n");
	str_add(text, checked ? "n,t,h,at,row_crc\n" : "n,t,h,at\n");
	for (unsigned i = 0; i < lines; i++)
		add_random_line(text, r, checked);
	if (rng_below(r, 4) == 0 && text->len > 3)
		text->s[text->len -= 1 + rng_below(r, 3)] = '\0';
}

static void says_what_table_says(void **state)
{
	static const uint64_t chunks[] = {0, 1, 7, 64, 200, 1000};
	struct str text = STR_INIT(1 << 24);
	struct rng r;

	(void)state;
	rng_init(&r, 1, "scan");
	for (int i = 0; i < 2000; i++) {
		bool checked = i % 2, from_file = i % 3 == 0;
		struct told ours, theirs;
		const char *path;
		bool a, b;

		make_file(&text, &r, checked);
		path = unit_write("x.csv", text.s, text.len);
		b = table_text_of(&text, checked, path, &theirs);
		a = scan_text(&text, checked, 1 + (unsigned)i % 3 * (unsigned)(i % 5 + 1),
			chunks[i % 6], from_file ? path : NULL, &ours);
		assert_int_equal(a, b);
		assert_string_equal(ours.rows.s, theirs.rows.s);
		assert_string_equal(ours.rejects.s, theirs.rejects.s);
		told_release(&ours);
		told_release(&theirs);
	}
	str_release(&text);
}

/* ---- values ---- */

static void numbers_are_those_of_num_parse(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2, "numbers");
	for (int i = 0; i < 300000; i++) {
		static const char set[] = "0123456789012345678901234567890123456789..-+eE x";
		char s[24];
		size_t len = rng_below(&r, 22);
		double a = -1, b = -1;
		bool ours, theirs;

		for (size_t k = 0; k < len; k++)
			s[k] = set[rng_below(&r, i % 2 ? 42 : sizeof(set) - 1)];
		ours = scan_number(s, len, &a);
		theirs = num_parse(s, len, &b);
		assert_int_equal(ours, theirs);
		if (ours)
			assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void identities_are_their_digits(void **state)
{
	(void)state;
	assert_true(scan_hash("00000000000000ff", 16) == 255);
	assert_true(scan_hash("0000000000000000", 16) == 1);
	assert_true(scan_hash("", 0) == 0);
	assert_true(scan_hash("00000000000000FF", 16) != 255);
	assert_true(scan_hash("abc", 3) != scan_hash("abd", 3));
}

/* ---- refusals ---- */

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
	assert_int_equal(scan_run(s, wanted, 2, refuse, &calls, &e), -1);
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

static void a_line_of_megabytes(void **state)
{
	struct str text = STR_INIT(1 << 28);
	struct told t;

	(void)state;
	str_add(&text, "n,t\n1,a\n2,");
	for (int i = 0; i < 300000; i++)
		str_add(&text, "0123456789");
	str_add(&text, "\n3,c\n");
	assert_true(scan_text(&text, false, 2, 0, NULL, &t));
	assert_non_null(strstr(t.rows.s, "4 n=3 t=c\n"));
	told_release(&t);
	text.s[text.len - 5] = 'x'; /* now one line more of it */
	for (int i = 0; i < 7000000; i++)
		str_add(&text, "0123456789");
	str_add(&text, "\n4,d\n");
	assert_true(scan_text(&text, false, 2, 0, NULL, &t));
	assert_string_equal(t.rows.s, "2 n=1 t=a\n5 n=4 t=d\n");
	told_release(&t);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_table_says),
		cmocka_unit_test(numbers_are_those_of_num_parse),
		cmocka_unit_test(identities_are_their_digits),
		cmocka_unit_test(a_batch_may_end_it),
		cmocka_unit_test(a_file_that_is_not_there),
		cmocka_unit_test(a_line_of_megabytes),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
