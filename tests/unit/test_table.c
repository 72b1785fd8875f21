/* test_table.c - the journal's rule for rows, and types. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "hash.h"
#include "rng.h"
#include "table.h"
#include "unit.h"

static const struct column_spec specs[] = {
	{"id", COLUMN_TEXT, "", 0, "a name, even if it looks like a number"},
	{"n", COLUMN_INT, "tokens", 0, "a count"},
	{"t_ms", COLUMN_MS, "ms", -1, "a time"},
	{"rate", COLUMN_REAL, "tok/s", 1, "a rate"},
};

/* What table_reject_fn was told, one "LINE:WHY;" after the other, and the bytes of the last row. */
struct rejects {
	struct str log;
	char last[200];
};

static void note(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	struct rejects *r = arg;

	str_addf(&r->log, "%d:%s;", (int)line, why);
	snprintf(r->last, sizeof(r->last), "%.*s", (int)len, bytes);
}

/* Appends `row`, its CRC and the line end. */
static void add_row(struct str *file, const char *row)
{
	str_addf(file, "%s,%08x\n", row, crc32c(0, row, strlen(row)));
}

static int read_text(
	struct table *t, const struct str *file, bool checked, struct rejects *r, struct err *e)
{
	const char *path = unit_write("t.csv", file->s, file->len);

	*r = (struct rejects){.log = STR_INIT(10000)};
	return table_read(t, path, checked, specs, COUNTOF(specs), note, r, e);
}

static void test_checked(void **state)
{
	struct str file = STR_INIT(10000);
	struct err e = ERR_INIT;
	struct rejects r;
	struct table t;
	const struct table_column *c;

	(void)state;
	str_add(&file, "id,n,factor,t_ms,rate,note,row_crc\n");
	add_row(&file, "001,5,1024,1.500000,80.25,plain");
	add_row(&file, "002,,4096,,,");
	add_row(&file, "001,7,1024,2.000001,1e-3,\"a,b \"\"c\"\" \\n\\\\n\"");
	assert_int_equal(read_text(&t, &file, true, &r, &e), 0);
	assert_string_equal(r.log.s, "");
	assert_int_equal(t.nrows, 3);
	assert_int_equal(t.ncols, 7);
	assert_int_equal(t.rejected, 0);
	assert_int_equal(t.line[0], 2);
	assert_int_equal(t.line[2], 4);

	c = table_column(&t, "id");
	assert_false(c->numeric);
	assert_int_equal(c->ndict, 2);
	assert_int_equal(c->code[0], c->code[2]);
	assert_string_equal(table_text(c, 1), "002");
	assert_double(table_num(c, 1), NAN);

	c = table_column(&t, "n");
	assert_true(c->numeric);
	assert_string_equal(c->unit, "tokens");
	assert_double(table_num(c, 0), 5);
	assert_double(table_num(c, 1), NAN);
	assert_null(table_text(c, 1));
	assert_int_equal(c->code[1], TABLE_MISSING);
	assert_string_equal(table_text(c, 2), "7"); /* numbers have codes too */

	c = table_column(&t, "factor"); /* no spec: numeric, since all are numbers */
	assert_true(c->numeric);
	assert_string_equal(c->unit, "");
	assert_double(table_num(c, 1), 4096);
	assert_int_equal(c->ndict, 2);

	c = table_column(&t, "t_ms");
	assert_int_equal(c->better, -1);
	assert_double(table_num(c, 2), 2.000001);
	c = table_column(&t, "rate");
	assert_int_equal(c->better, 1);
	assert_double(table_num(c, 2), 0.001);

	c = table_column(&t, "note");
	assert_false(c->numeric);
	assert_string_equal(table_text(c, 2), "a,b \"c\" \n\\n");
	assert_null(table_text(c, 1));
	assert_false(table_column(&t, "row_crc")->numeric);

	assert_null(table_column(&t, "absent"));
	assert_null(table_text(NULL, 0));
	assert_double(table_num(NULL, 0), NAN);
	table_release(&t);
	assert_int_equal(t.nrows, 0);
	table_release(&t);
	str_release(&file);
	str_release(&r.log);
}

/* Each bad row is told with its reason, and leaves no trace between good ones. */
static void test_rejects(void **state)
{
	static const struct {
		const char *row; /* with line end, if any */
		bool add_crc;
		const char *why;
	} cases[] = {
		{"x,1,1.0,2,00000000\n", false, "row_crc does not fit"},
		{"x,1,1.0,2\n", false, "row_crc does not fit"},
		{"\n", false, "row_crc does not fit"},
		{",\n", false, "row_crc does not fit"},
		{"x,1,1.0,2,0000000\n", false, "row_crc does not fit"},
		{"x,1,1.0,2,0000000g\n", false, "row_crc does not fit"},
		{"00000000\n", false, "row_crc does not fit"},
		{"x,1,1.0", true, "4 fields, the header has 5"},
		{"x,1,1.0,2,3", true, "6 fields, the header has 5"},
		{"x", true, "2 fields, the header has 5"},
		{"\"x,1,1.0,2", true, "its quotes do not match"},
		{"x\"y,1,1.0,2", true, "its quotes do not match"},
		{"x,one,1.0,2", true, "n is not a number"},
		{"x,1,1.0ms,2", true, "t_ms is not a number"},
		{"x,1,1.0,nan", true, "rate is not a number"},
		{"x,1,\" 1.0\",2", true, "t_ms is not a number"},
		{"x,1,\"1,0\",2", true, "t_ms is not a number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str file = STR_INIT(10000);
		struct err e = ERR_INIT;
		struct rejects r;
		struct table t;
		char log[100];

		str_add(&file, "id,n,t_ms,rate,row_crc\n");
		add_row(&file, "a,1,1,1");
		if (cases[i].add_crc)
			add_row(&file, cases[i].row);
		else
			str_add(&file, cases[i].row);
		add_row(&file, "b,2,2,2");
		assert_int_equal(read_text(&t, &file, true, &r, &e), 0);
		snprintf(log, sizeof(log), "3:%s;", cases[i].why);
		assert_string_equal(r.log.s, log);
		assert_int_equal(t.rejected, 1);
		assert_int_equal(t.nrows, 2);
		assert_int_equal(t.line[1], 4);
		assert_int_equal(t.cols[0].ndict, 2); /* the rejected row's text is not in it */
		assert_string_equal(table_text(&t.cols[0], 1), "b");
		table_release(&t);
		str_release(&file);
		str_release(&r.log);
	}
}

/* Every way to damage one bit or to cut the file is noticed, and costs only the row it is in. */
static void test_damage(void **state)
{
	struct str file = STR_INIT(10000);
	size_t first, second, end;

	(void)state;
	str_add(&file, "id,n,t_ms,rate,row_crc\n");
	first = file.len;
	add_row(&file, "alpha,1,1.5,\"1\"");
	second = file.len;
	add_row(&file, "beta,2,2.5,2");
	end = file.len;
	for (size_t bit = first * 8; bit < end * 8; bit++) {
		struct err e = ERR_INIT;
		struct rejects r;
		struct table t;

		file.s[bit / 8] = (char)(file.s[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(read_text(&t, &file, true, &r, &e), 0);
		assert_true(t.rejected >= 1);
		/* Without the line end between them both rows are one bad line. */
		if (bit / 8 == second - 1)
			assert_int_equal(t.nrows, 0);
		else
			assert_int_equal(t.nrows, 1);
		file.s[bit / 8] = (char)(file.s[bit / 8] ^ 1 << bit % 8);
		table_release(&t);
		str_release(&r.log);
	}
	for (size_t len = second; len < end; len++) {
		struct str cut = {.s = file.s, .len = len};
		struct err e = ERR_INIT;
		struct rejects r;
		struct table t;

		assert_int_equal(read_text(&t, &cut, true, &r, &e), 0);
		assert_int_equal(t.nrows, 1);
		assert_string_equal(r.log.s, len > second ? "3:no line end;" : "");
		table_release(&t);
		str_release(&r.log);
	}
	str_release(&file);
}

static void test_rejected_bytes(void **state)
{
	struct str file = STR_INIT(10000);
	struct err e = ERR_INIT;
	struct rejects r;
	struct table t;

	(void)state;
	str_add(&file, "id,row_crc\n");
	add_row(&file, "\"a \"\"quoted\"\" one\",more");
	assert_int_equal(read_text(&t, &file, true, &r, &e), 0);
	/* As they stand in the file, so that they can be set aside. */
	assert_memory_equal(r.last, "\"a \"\"quoted\"\" one\",more,", 24);
	assert_int_equal(t.nrows, 0);
	assert_int_equal(t.ncols, 2);
	table_release(&t);
	str_release(&r.log);
	/* The caller need not listen. */
	assert_int_equal(table_read(&t, unit_path("t.csv"), true, NULL, 0, NULL, NULL, &e), 0);
	assert_int_equal(t.rejected, 1);
	table_release(&t);
	str_release(&file);
}

static void test_bad_headers(void **state)
{
	static const struct {
		const char *text;
		bool checked;
		const char *msg;
	} cases[] = {
		{"", true, "t.csv: empty, without even a header"},
		{"", false, "t.csv: empty, without even a header"},
		{"\n\r\n\n", false, "t.csv: empty, without even a header"},
		{"id,n\n", true, "t.csv: its first line does not end in row_crc"},
		{"id,row_crc", true, "t.csv: its first line does not end in row_crc"},
		{"\n", true, "t.csv: its first line does not end in row_crc"},
		{"id,id,row_crc\n", true, "t.csv: two columns named id"},
		{"\"id,row_crc\n", true, "t.csv: the quotes of its first line do not match"},
		{"a\"b\n", false, "t.csv: the quotes of its first line do not match"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str file = STR_INIT(10000);
		struct err e = ERR_INIT;
		struct rejects r;
		struct table t;

		str_add(&file, cases[i].text);
		assert_int_equal(read_text(&t, &file, cases[i].checked, &r, &e), -1);
		assert_int_equal(e.code, ERR_JOURNAL);
		assert_contains(e.msg, cases[i].msg);
		assert_null(t.cols);
		table_release(&t);
		str_release(&file);
	}
}

static void test_too_many_columns(void **state)
{
	struct str file = STR_INIT(100000);
	struct err e = ERR_INIT;
	struct rejects r;
	struct table t;

	(void)state;
	for (int i = 0; i < 10000; i++)
		str_addc(&file, ',');
	assert_int_equal(read_text(&t, &file, false, &r, &e), -1);
	assert_contains(e.msg, "t.csv: more than 10000 columns");
	str_release(&file);
	assert_int_equal(table_read(&t, unit_path("none.csv"), false, NULL, 0, NULL, NULL, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
}

/* Other people's files: no CRC, CR LF ends, empty lines, a BOM, text where a number should be. */
static void test_foreign(void **state)
{
	struct str file = STR_INIT(10000);
	struct err e = ERR_INIT;
	struct rejects r;
	struct table t;

	(void)state;
	str_add(&file,
		"\xef\xbb\xbf\"name, full\",n,num,mixed,none\r\n"
		"C:\\new,3,1.5,1,\r\n"
		"\r\n"
		"short,1\r\n"
		"\"q \"\"x\"\"\",many,2,x,\"\"\r\n"
		"last,4,,2,");
	assert_int_equal(read_text(&t, &file, false, &r, &e), 0);
	assert_string_equal(r.log.s, "4:2 fields, the header has 5;");
	assert_int_equal(t.ncols, 5);
	assert_int_equal(t.nrows, 3);
	assert_int_equal(t.line[1], 5);
	assert_string_equal(t.cols[0].name, "name, full");
	assert_string_equal(table_text(&t.cols[0], 0), "C:\\new"); /* its escapes are not ours */
	assert_string_equal(table_text(&t.cols[0], 1), "q \"x\"");
	assert_string_equal(table_text(&t.cols[0], 2), "last"); /* no line end: accepted */
	assert_true(t.cols[1].numeric);                         /* by its spec, whatever is in it */
	assert_double(table_num(&t.cols[1], 1), NAN);
	assert_string_equal(table_text(&t.cols[1], 1), "many");
	assert_true(t.cols[2].numeric);
	assert_double(table_num(&t.cols[2], 2), NAN);
	assert_false(t.cols[3].numeric);
	assert_string_equal(table_text(&t.cols[3], 0), "1");
	assert_true(t.cols[4].numeric); /* nothing in it contradicts */
	assert_int_equal(t.cols[4].ndict, 0);
	table_release(&t);
	str_release(&file);
	str_release(&r.log);
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "a,b\nx\0y,\0\nx,z\n";
	struct table t;
	struct err e = ERR_INIT;
	const char *path = unit_write("nul.csv", text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(table_read(&t, path, false, NULL, 0, NULL, NULL, &e), 0);
	assert_int_equal(t.nrows, 2);
	assert_int_equal(t.cols[0].ndict, 1); /* a text ends at a NUL */
	assert_null(table_text(&t.cols[1], 0));
	table_release(&t);
}

/* Many different texts, and the same ones again: codes are stable and complete. */
static void test_dictionary(void **state)
{
	struct str file = STR_INIT(STR_MAX_FILE);
	struct table t;
	struct err e = ERR_INIT;
	int n = 50000;

	(void)state;
	str_add(&file, "word,number\n");
	for (int i = 0; i < n; i++)
		str_addf(&file, "w%d,%d\n", i % 20011, i % 7);
	assert_int_equal(table_read(&t, unit_write("d.csv", file.s, file.len), false, NULL, 0, NULL,
				 NULL, &e),
		0);
	assert_int_equal(t.nrows, n);
	assert_int_equal(t.cols[0].ndict, 20011);
	assert_int_equal(t.cols[1].ndict, 7);
	for (int i = 0; i < n; i++) {
		char wanted[20];

		snprintf(wanted, sizeof(wanted), "w%d", i % 20011);
		assert_string_equal(table_text(&t.cols[0], (size_t)i), wanted);
		assert_double(table_num(&t.cols[1], (size_t)i), i % 7);
	}
	table_release(&t);
	str_release(&file);
}

/* Random fields through csv_add and back through table_read. */
static void test_round_trip(void **state)
{
	static const char bytes[] = "\"\",\\\n\t \x7f"
				    "abn0x";
	struct str file = STR_INIT(STR_MAX_FILE), line = STR_INIT(1000);
	char fields[500][2][10];
	struct err e = ERR_INIT;
	struct rejects r;
	struct table t;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, "table");
	str_add(&file, "id,note,row_crc\n");
	for (int i = 0; i < 500; i++) {
		str_reset(&line);
		for (int j = 0; j < 2; j++) {
			size_t len = rng_below(&rng, sizeof(fields[0][0]));

			for (size_t k = 0; k < len; k++)
				fields[i][j][k] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
			fields[i][j][len] = '\0';
			str_add(&line, j ? "," : "");
			csv_add(&line, fields[i][j], len);
		}
		add_row(&file, line.s);
	}
	assert_int_equal(read_text(&t, &file, true, &r, &e), 0);
	assert_string_equal(r.log.s, "");
	assert_int_equal(t.nrows, 500);
	for (size_t i = 0; i < 500; i++) {
		for (size_t j = 0; j < 2; j++) {
			const char *got = table_text(&t.cols[j], i);

			assert_string_equal(got ? got : "", fields[i][j]);
		}
	}
	table_release(&t);
	str_release(&file);
	str_release(&line);
	str_release(&r.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_rejected_bytes),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_too_many_columns),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_dictionary),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
