/* test_foreign_jsonl.c - JSON lines: columns that change, nested objects, pieces. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_parts.h"
#include "grid_log.h"
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

/* What is in an object has its dotted name; arrays of scalars are passed over. */
static void test_nested(void **state)
{
	(void)state;
	assert_grids(TREE_JSONL,
		"{\"m\": \"a\", \"options\": {\"ctx\": 2048, \"t\": {\"k\": 0.0}}, \"s\": [1, 2], "
		"\"x\": 1}\n"
		"{\"m\": \"b\", \"options\": {\"t\": {\"k\": 1}, \"ctx\": 1}, \"x\": 2}\n"
		"{\"options\": {}, \"options.ctx\": 5, \"x\": []}\n"
		"{\"options\": null, \"x\": {\"y\": true}}\n",
		"jsonl '' piece 0 last\n names m|options.ctx|options.t.k|x|options|x.y\n"
		" 1: a|#2048|#0|#1|_|_\n 2: b|#1|#1|#2|_|_\n 3: _|#5|_|_|_|_\n 4: _|_|_|_|_|T\n");
}

/* A key that comes again in a line counts as it is the last time. */
static void test_repeated_keys(void **state)
{
	(void)state;
	assert_grids(TREE_JSONL,
		"{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}\n"
		"{\"a\": 4, \"b\": {\"c\": 5}, \"b\": {\"d\": 6}}\n"
		"{\"b\": {\"c\": 7}, \"a\": 8, \"\\u0062\": 9}\n"
		"{\"a\": 10, \"a\": [1]}\n",
		"jsonl '' piece 0 last\n names a|b.c|b.d|b\n"
		" 1: #1|#2|#3|_\n 2: #4|_|#6|_\n 3: #8|_|_|#9\n 4: _|_|_|_\n");
}

/* Texts stay good until the piece is handed over, and lines do not reach into each other. */
static void test_texts_in_pieces(void **state)
{
	struct grid_log whole = GRID_LOG_INIT, parts = GRID_LOG_INIT;
	struct str text = STR_INIT(1 << 20);
	size_t before = foreign_piece_bytes;

	(void)state;
	for (int i = 0; i < 200; i++)
		str_addf(&text,
			"{\"a\": \"\\u00e9\\n%d\", \"o\": {\"\\u0062\": \" \\\"x\\\" \"}}%s\n%s", i,
			i % 3 ? "" : " \r", i % 5 ? "" : "{\"a\":\n1}\n\n[\n");
	grid_log_read(&whole, TREE_JSONL, text.s, text.len);
	assert_contains(whole.text.s, "names a|o.b\n 1: \xc3\xa9\n0|\"x\"\n");
	assert_int_equal(whole.rows, 200);
	assert_int_equal(whole.notes, 3 * 40);
	parts.quiet = true;
	foreign_piece_bytes = 100;
	grid_log_read(&parts, TREE_JSONL, text.s, text.len);
	foreign_piece_bytes = before;
	assert_int_equal(parts.rows, 200);
	assert_int_equal(parts.notes, 3 * 40);
	assert_true(parts.grids > 20);
	grid_log_release(&whole);
	grid_log_release(&parts);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_new_keys),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_repeated_keys),
		cmocka_unit_test(test_texts_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
