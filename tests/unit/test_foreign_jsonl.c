/* test_foreign_jsonl.c - JSON lines: the scanner against jansson, columns that change, pieces. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_jsonl_parts.h"
#include "grid_log.h"
#include "rng.h"
#include "unit.h"

static void test_lines(void **state)
{
	(void)state;
	assert_grids(TREE_JSONL,
		"{\"model\": \"m\", \"ttft_s\": 0.5, \"ok\": true}\n\n"
		"{\"model\": \" n \", \"ttft_s\": -1.5e3, \"ok\": false}\r\n"
		"{\"ok\": null, \"model\": \"\\u0041\\n\"}\n"
		"{\"model\": \"\", \"options\": {\"t\": 1}}",
		"jsonl '' piece 0 last\n names model|ttft_s|ok|options.t\n 1: m|#0.5|T|_\n"
		" 3: n|#-1500|F|_\n 4: A|_|_|_\n 5: _|_|_|#1\n");
	assert_grids(TREE_JSONL, "{\"a\": 1}\n[1]\n{\"a\": 2\n{\"a\": 3, \"r\": [{\"b\": 1}]}\n7\n",
		"note 2: no object\n"
		"note 3: no JSON: '}' expected near end of file\n"
		"note 4: tables within a line are left out\n"
		"note 5: no object\n"
		"jsonl '' piece 0 last\n names a\n 1: #1\n 4: #3\n");
	assert_grids(TREE_JSONL, "{}\n{}\n", "note 0: no line that is an object with values\n");
	assert_grids(TREE_JSONL, "", "note 0: no line that is an object with values\n");
}

/* A key that comes when a piece is out ends the table. */
static void test_new_keys(void **state)
{
	size_t before = foreign_piece_bytes;

	(void)state;
	assert_grids(TREE_JSONL, "{\"a\": 1}\n{\"b\": 2}\n{\"c\": 3, \"a\": 4}\n",
		"jsonl '' piece 0 last\n names a|b|c\n 1: #1|_|_\n 2: _|#2|_\n 3: #4|_|#3\n");
	foreign_piece_bytes = 20;
	assert_grids(TREE_JSONL, "{\"a\": 1}\n{\"a\": 2}\n{\"b\": 2}\n{\"b\": 3}\n",
		"jsonl '' piece 0\n names a\n 1: #1\n 2: #2\n"
		"jsonl '' piece 1 last\n names a\n"
		"jsonl '' piece 0 last\n names b\n 3: #2\n 4: #3\n");
	foreign_piece_bytes = before;
}

static void test_holes(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(8 << 20);
	struct foreign_facts facts;

	(void)state;
	log.quiet = true;
	str_add(&text, "{");
	for (int i = 0; i < 2500; i++)
		str_addf(&text, "%s\"c%d\":1", i ? "," : "", i);
	str_add(&text, "}\n");
	for (int i = 0; i < 200000; i++)
		str_add(&text, "{\"a\":1}\n");
	facts = grid_log_read(&log, TREE_JSONL, text.s, text.len);
	assert_int_equal(facts.tables, 2);
	assert_int_equal(log.rows, 200001);
	grid_log_release(&log);
	str_release(&text);
}

static void test_long_line(void **state)
{
	size_t most = FOREIGN_MOST_LINE, len = 2 * most;
	struct grid_log log = GRID_LOG_INIT;
	char *text = xmalloc(len);

	(void)state;
	memset(text, ' ', len);
	memcpy(text, "{\"a\": 1}\n", 9);
	memcpy(text + len - 10, "\n{\"a\": 2}\n", 10);
	grid_log_read(&log, TREE_JSONL, text, len);
	assert_string_equal(log.text.s,
		"jsonl '' piece 0\n names a\n 1: #1\n"
		"note 2: a line longer than 8 MiB\n"
		"jsonl '' piece 1 last\n names a\n 3: #2\n");
	grid_log_release(&log);
	free(text);
}

/* ---- the scanner against jansson ---- */

static struct foreign_columns columns_of(struct arena *a)
{
	static const char *const keys[] = {"a", "bb", "c c", "d"};
	struct foreign_columns c = {0};

	for (size_t i = 0; i < COUNTOF(keys); i++)
		foreign_column(&c, keys[i], strlen(keys[i]), a);
	return c;
}

static void check_line(struct foreign_columns *c, char *line, size_t len, size_t *taken)
{
	struct grid_cell row[4] = {{0}};
	size_t values, n = 0;
	json_t *value = json_loadb(
		line, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);

	if (!foreign_jsonl_scan(line, line + len, c, row, &values)) {
		json_decref(value);
		return;
	}
	++*taken;
	assert_true(json_is_object(value));
	for (size_t i = 0; i < c->n; i++) {
		const json_t *member = json_object_get(value, c->v[i].key);
		struct grid_cell wanted = {0};

		if (member)
			wanted = foreign_json_cell(member);
		assert_int_equal(row[i].kind, wanted.kind);
		assert_int_equal(row[i].len, wanted.len);
		if (row[i].len > 0)
			assert_memory_equal(row[i].s, wanted.s, wanted.len);
		if (wanted.kind == GRID_NUMBER)
			assert_double(row[i].number, wanted.number);
		n += wanted.kind != GRID_MISSING;
	}
	assert_true(values >= n); /* a key that is there twice counts twice */
	json_decref(value);
}

static void add_random_value(struct rng *r, struct str *to)
{
	static const char *const values[] = {"1", "-0.5", "1e3", "0", "-0", "12345678901234567890",
		"0.1234567890123456789", "1E-7", "true", "false", "null", "\"\"", "\"x\"",
		"\" a b \"", "\"eight by\"", "\"\xc3\xa9t\xc3\xa9\"", "\"longer than eight bytes\"",
		/* no JSON */
		"01", "+1", "1.", ".5", "1e", "-", "1e400", "tru", "\"\xff\"", "\"\xc3\"", "\"\t\"",
		"nan", "\"\xed\xa0\x80\"", "", "'x'",
		/* not for the scanner */
		"\"\\n\"", "[]", "{}", "\"\\u00e9\""};

	/* Mostly good ones. */
	str_add(to, values[rng_below(r, rng_below(r, 12) ? 17 : COUNTOF(values))]);
}

static void test_against_jansson(void **state)
{
	static const char *const keys[] = {
		"\"a\"", "\"bb\"", "\"c c\"", "\"d\"", "\"e\"", "\"\"", "a"};
	static const char *const spaces[] = {"", "", "", " ", "  ", "\t"};
	struct arena arena = {0};
	struct foreign_columns c = columns_of(&arena);
	struct rng r;
	size_t taken = 0;

	(void)state;
	rng_init(&r, 5, "foreign jsonl");
	for (int round = 0; round < 60000; round++) {
		struct str text = STR_INIT(1000);
		size_t n = 1 + rng_below(&r, 4);
		char *line;

		str_add(&text, "{");
		for (size_t i = 0; i < n; i++) {
			size_t k = rng_below(&r, 30) ? i % 4 : rng_below(&r, COUNTOF(keys));

			str_addf(&text, "%s%s%s%s:%s", i ? "," : "", spaces[rng_below(&r, 6)],
				keys[k], spaces[rng_below(&r, 6)], spaces[rng_below(&r, 6)]);
			add_random_value(&r, &text);
			str_add(&text, spaces[rng_below(&r, 6)]);
		}
		str_add(&text, rng_below(&r, 40) ? "}" : rng_below(&r, 2) ? "" : "}}");
		line = xcalloc(text.len + FOREIGN_PADDING, 1);
		memcpy(line, text.s, text.len);
		check_line(&c, line, text.len, &taken);
		free(line);
		str_release(&text);
	}
	assert_true(taken > 20000);
	free(c.v);
	free(c.slot);
	arena_release(&arena);
}

/* Lines as programs write them are all for the scanner. */
static void test_scanner_takes(void **state)
{
	static const char *const lines[] = {"{\"a\":1}", "{\"a\": 1, \"bb\": \"x\"}",
		"{\"d\":true,\"a\":null}", " { \"c c\" : \"\xc3\xa9\" } ", "{\"a\":-1.5e-3}\r"};
	struct arena arena = {0};
	struct foreign_columns c = columns_of(&arena);

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		size_t len = strlen(lines[i]), taken = 0;
		char *line = xcalloc(len + FOREIGN_PADDING, 1);

		memcpy(line, lines[i], len);
		check_line(&c, line, len, &taken);
		assert_int_equal(taken, 1);
		free(line);
	}
	free(c.v);
	free(c.slot);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_new_keys),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_against_jansson),
		cmocka_unit_test(test_scanner_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
