/* test_csv.c - fields out and in, with hostile ones. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "rng.h"
#include "unit.h"

static void test_add(void **state)
{
	static const struct {
		const char *field;
		size_t len;
		const char *written;
	} cases[] = {
		{"", 0, ""},
		{"plain", 5, "plain"},
		{"a,b", 3, "\"a,b\""},
		{"say \"x\"", 7, "\"say \"\"x\"\"\""},
		{"\"", 1, "\"\"\"\""},
		{" led", 4, "\" led\""},
		{"led ", 4, "\"led \""},
		{"a\nb", 3, "a\\nb"},
		{"a\tb", 3, "a\\tb"},
		{"a\rb", 3, "a\\x0db"},
		{"a\0b", 3, "a\\x00b"},
		{"\x7f", 1, "\\x7f"},
		{"\x1b[31m", 5, "\\x1b[31m"},
		{"a\\b", 3, "a\\\\b"},
		{"\\n", 2, "\\\\n"},
		{"a,\n\\\"", 5, "\"a,\\n\\\\\"\"\""},
		{"\xe2\x82\xac", 3, "\xe2\x82\xac"},
		{"{\"num_ctx\":4096,\"x\":1}", 22, "\"{\"\"num_ctx\"\":4096,\"\"x\"\":1}\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str line = STR_INIT(1000);

		csv_add(&line, cases[i].field, cases[i].len);
		assert_string_equal(line.s, cases[i].written);
		str_release(&line);
	}
}

static void test_split(void **state)
{
	static const struct {
		const char *line;
		char sep;
		int n; /* -1: refused */
		const char *fields[4];
	} cases[] = {
		{"", ',', 1, {""}},
		{"a", ',', 1, {"a"}},
		{"a,b", ',', 2, {"a", "b"}},
		{",", ',', 2, {"", ""}},
		{"a,,b,", ',', 4, {"a", "", "b", ""}},
		{"\"a,b\",c", ',', 2, {"a,b", "c"}},
		{"\"\"", ',', 1, {""}},
		{"\"\"\"\"", ',', 1, {"\""}},
		{"x,\"a\"\"b\"", ',', 2, {"x", "a\"b"}},
		{"\"\"\"a\"\"\",", ',', 2, {"\"a\"", ""}},
		{"a;b,c", ';', 2, {"a", "b,c"}},
		{"a\tb", '\t', 2, {"a", "b"}},
		{" a , b ", ',', 2, {" a ", " b "}},
		{"a\\nb", ',', 1, {"a\\nb"}},
		{"\"", ',', -1, {NULL}},
		{"\"a", ',', -1, {NULL}},
		{"a,\"b", ',', -1, {NULL}},
		{"\"\"\"", ',', -1, {NULL}},
		{"\"a\"b,c", ',', -1, {NULL}},
		{"\"a\" ,b", ',', -1, {NULL}},
		{"a\"b,c", ',', -1, {NULL}},
		{"a,b\"", ',', -1, {NULL}},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char line[64];
		struct csv_field f[4];

		strcpy(line, cases[i].line);
		assert_int_equal(csv_split(line, strlen(line), cases[i].sep, f, 4), cases[i].n);
		for (int j = 0; j < cases[i].n; j++) {
			assert_int_equal(f[j].len, strlen(cases[i].fields[j]));
			assert_memory_equal(f[j].s, cases[i].fields[j], f[j].len);
		}
	}
}

static void test_split_stores_at_most_max(void **state)
{
	char line[] = "a,b,c,d,e";
	struct csv_field f[3] = {{0}};

	(void)state;
	assert_int_equal(csv_split(line, strlen(line), ',', f, 2), 5);
	assert_memory_equal(f[1].s, "b", 1);
	assert_null(f[2].s);
	assert_int_equal(csv_split(line, strlen(line), ',', NULL, 0), 5);
	/* Only `len` bytes are looked at. */
	assert_int_equal(csv_split(line, 3, ',', f, 3), 2);
}

static void test_unescape(void **state)
{
	static const struct {
		const char *in, *out;
		size_t len;
	} cases[] = {
		{"", "", 0},
		{"plain", "plain", 5},
		{"a\\nb", "a\nb", 3},
		{"\\t\\\\", "\t\\", 2},
		{"\\\\n", "\\n", 2},
		{"\\x00", "\0", 1},
		{"\\x1b\\x7F", "\x1b\x7f", 2},
		{"\\", "\\", 1},
		{"\\x", "\\x", 2},
		{"\\x1", "\\x1", 3},
		{"\\xg0", "\\xg0", 4},
		{"C:\\dir", "C:\\dir", 6},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char buf[32];

		strcpy(buf, cases[i].in);
		assert_int_equal(csv_unescape(buf, strlen(buf)), cases[i].len);
		assert_memory_equal(buf, cases[i].out, cases[i].len);
	}
}

/* Random rows from the bytes that matter: what is written is one line and reads back the same. */
static void test_round_trip(void **state)
{
	static const char bytes[] = "\"\",,\\\\\n\r\t \0\x7f"
				    "ax0n\xc3\xa9\x1f";
	struct rng r;

	(void)state;
	rng_init(&r, 1, "csv");
	for (int round = 0; round < 20000; round++) {
		char fields[5][12];
		size_t len[5];
		struct csv_field back[5];
		struct str line = STR_INIT(1000);

		for (int i = 0; i < 5; i++) {
			len[i] = rng_below(&r, sizeof(fields[0]));
			for (size_t j = 0; j < len[i]; j++)
				fields[i][j] = bytes[rng_below(&r, sizeof(bytes) - 1)];
			if (i > 0)
				str_addc(&line, ',');
			csv_add(&line, fields[i], len[i]);
		}
		for (size_t i = 0; i < line.len; i++)
			assert_true((unsigned char)line.s[i] >= 0x20 && line.s[i] != 0x7f);
		if (line.len == 0)
			continue;
		assert_int_equal(csv_split(line.s, line.len, ',', back, 5), 5);
		for (int i = 0; i < 5; i++) {
			char *s = line.s + (back[i].s - line.s);

			assert_int_equal(csv_unescape(s, back[i].len), len[i]);
			assert_memory_equal(s, fields[i], len[i]);
		}
		str_release(&line);
	}
}

/* Any bytes at all: no field may reach outside the line. */
static void test_split_noise(void **state)
{
	static const char bytes[] = "\"\"\",a\\";
	struct rng r;

	(void)state;
	rng_init(&r, 2, "csv");
	for (int round = 0; round < 50000; round++) {
		size_t len = rng_below(&r, 12);
		char *line = malloc(len + 1); /* on the heap, where overruns are seen */
		struct csv_field f[4];
		int n;

		for (size_t i = 0; i < len; i++)
			line[i] = bytes[rng_below(&r, sizeof(bytes) - 1)];
		n = csv_split(line, len, ',', f, 4);
		for (int i = 0; i < n && i < 4; i++)
			assert_true(f[i].s >= line && f[i].s + f[i].len <= line + len);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_stores_at_most_max),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_split_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
