/* test_foreign_markdown.c - tables and lists of Markdown, with what stands above them. */
#include <stdlib.h>
#include <string.h>

#include "foreign_markdown_parts.h"
#include "grid_log.h"
#include "unit.h"

static void test_tables(void **state)
{
	(void)state;
	assert_grids(TREE_MARKDOWN,
		"# First\n\n- **Device**: cpu\n- Runs: 10\n\n"
		"| Backend | Mean (ms) |\n| --- | ---: |\n| `eager` | **3.8** |\n| [jit](x) | "
		"a\\|b |\n"
		"| one |\n\n## Second\n\nx | y\n--|--\n1 | 2\n",
		"markdown 'list 1' First piece 0 last\n with Device=cpu\n names Runs\n 4: 10\n"
		"markdown 'table 1' First piece 0 last\n with Device=cpu\n with Runs=10\n"
		" names Backend|Mean (ms)\n 8: eager|3.8\n 9: jit|a|b\n 10: one|_\n"
		"markdown 'table 2' Second piece 0 last\n names x|y\n 16: 1|2\n");
	assert_grids(TREE_MARKDOWN, "| a | a |\n|---|---|\n| 1 | 2 |\n",
		"markdown 'table 1' piece 0 last\n names a|a\n 3: 1|2\n");
	assert_grids(TREE_MARKDOWN, "| a | b |\n|---|---|\n", "note 1: a table without rows\n");
	assert_grids(TREE_MARKDOWN, "just text\n", "");
}

static void test_lists(void **state)
{
	(void)state;
	assert_grids(TREE_MARKDOWN,
		"# T\n- q4: rate=77.5 tok/s ttft=0.1\n- q8: rate=46, load=3\n- Note: none\n- Mean: "
		"~5 ms\n"
		"- Max: 9 ms\n- without a value\n",
		"markdown 'list 1' T piece 0 last\n names label|rate|ttft|load\n"
		" 2: q4|77.5 tok/s|0.1|_\n 3: q8|46|_|3\n"
		"markdown 'list 2' T piece 0 last\n with Note=none\n names Mean|Max\n 5: ~5 ms|9 "
		"ms\n");
	/* A model's tag has a colon too. */
	assert_grids(TREE_MARKDOWN, "* m:1b: a=1\n",
		"markdown 'list 1' piece 0 last\n names label|a\n 1: m:1b|1\n");
	assert_grids(TREE_MARKDOWN, "- a: b=c\n- x:\n- : 3\n", "");
}

/* What people mean as tables, but is none. */
static void test_strays(void **state)
{
	(void)state;
	assert_grids(TREE_MARKDOWN, "Text. | a | b |\n| --- | --- |\n| 1 | 2 |\n",
		"note 2: looks like a table, but its header row has other text before it\n");
	assert_grids(TREE_MARKDOWN, "- item\n| a | b |\n| --- | --- |\n| 1 | 2 |\n",
		"note 3: looks like a table, but its header row has no blank line above it\n");
	assert_grids(TREE_MARKDOWN, "| a | b | c |\n| --- | --- |\n| 1 | 2 |\n",
		"note 2: looks like a table, but the line above it is no row of as many cells\n");
	assert_grids(TREE_MARKDOWN, "```\n| a | b |\n| --- | --- |\n```\n", "");
	/* The item's own value, not the table that hangs on it. */
	assert_grids(TREE_MARKDOWN, "- DType: 32 | a | b |\n| --- | --- |\n| x=1 | 2 |\n",
		"markdown 'list 1' piece 0 last\n names DType\n 1: 32\n"
		"note 2: looks like a table, but its header row has other text before it\n");
}

static void test_rule(void **state)
{
	static const struct {
		const char *line;
		size_t cells;
	} cases[] = {{"| --- | --- |", 2}, {"---|---", 2}, {" |:-:|-:|:-|\r", 3}, {"|-|", 1},
		{"---", 0}, {"| --- | a |", 0}, {"| | |", 0}, {"", 0}, {"|", 0}, {"|---", 1},
		{"| --- : |", 0}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(foreign_markdown_rule(cases[i].line, strlen(cases[i].line)),
			cases[i].cells);
}

static void test_headings(void **state)
{
	static const char text[] =
		"# One\n\n  ## Two\n\n```\n# code\n```\n\n    # code\n\nThree\n---\n#none\n";
	struct grid_log log = GRID_LOG_INIT;
	struct foreign_facts facts = grid_log_read(&log, TREE_MARKDOWN, text, strlen(text));

	(void)state;
	assert_int_equal(facts.hash_lines, 5);
	assert_int_equal(facts.headings, 3);
	assert_int_equal(facts.lines, 13);
	grid_log_release(&log);
}

/* A long file is read in parts: lines, titles and numbers of tables go on. */
static void test_parts(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(4 << 20), last = STR_INIT(200);
	const int n = 12000;
	struct foreign_facts facts;

	(void)state;
	str_add(&text, "# Top\n\n");
	for (int i = 0; i < n; i++)
		str_addf(&text, "| a | b |\n| - | - |\n| %d | x |\n\n", i);
	facts = grid_log_read(&log, TREE_MARKDOWN, text.s, text.len);
	assert_int_equal(facts.tables, n);
	assert_int_equal(log.notes, 0);
	str_addf(&last, "markdown 'table %d' Top piece 0 last\n names a|b\n %d: %d|x\n", n,
		2 + 4 * (n - 1) + 3, n - 1);
	assert_contains(log.text.s, last.s);
	str_release(&last);
	str_release(&text);
	grid_log_release(&log);
}

/* Texts that make a parser slow or deep. */
static void test_hostile(void **state)
{
	static const char *const bits[] = {"[", "![", "> ", "- ", "*", "_a ", "`", "|", "<", "&",
		"\\", "a**", "[^1]: ", "| - "};
	struct str text = STR_INIT(4 << 20);

	(void)state;
	for (size_t i = 0; i < COUNTOF(bits); i++) {
		struct grid_log log = GRID_LOG_INIT;

		log.quiet = true;
		str_reset(&text);
		while (text.len < 20000)
			str_add(&text, bits[i]);
		grid_log_read(&log, TREE_MARKDOWN, text.s, text.len);
		grid_log_release(&log);
	}
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_headings),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
