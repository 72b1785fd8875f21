/* test_foreign_markdown.c - tables and lists of Markdown, with what stands above them. */
#include <stdlib.h>
#include <string.h>

#include "foreign_markdown_parts.h"
#include "grid_log.h"
#include "rng.h"
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
	assert_grids(TREE_MARKDOWN, "Text. | a | b |\n| --- | --- |\n| 1 | 2 | 3 |\n",
		"note 2: looks like a table, but its header row has other text before it\n");
	assert_grids(TREE_MARKDOWN, "- item\n| a | b |\n| --- | --- |\n| 1 | 2 |\n",
		"note 3: looks like a table, but its header row has no blank line above it\n");
	assert_grids(TREE_MARKDOWN, "| a | b | c |\n| --- | --- |\n| 1 | 2 |\n",
		"note 2: looks like a table, but the line above it is no row of as many cells\n");
	assert_grids(TREE_MARKDOWN, "```\n| a | b |\n| --- | --- |\n```\n", "");
	/* The item's own value, not the table that hangs on it. */
	assert_grids(TREE_MARKDOWN, "- DType: 32 | a | b |\n| --- | --- |\n| x=1 |\n",
		"markdown 'list 1' piece 0 last\n names DType\n 1: 32\n"
		"note 2: looks like a table, but its header row has other text before it\n");
}

#define HEADER_NOTE(line)                                                                          \
	"note " line ": the header row of a table stands behind other text: its last 2 cells are " \
	"taken, as the rows have\n"

/* A header row that lost its line. */
static void test_joined_header(void **state)
{
	(void)state;
	assert_grids(TREE_MARKDOWN,
		"## T\n- Runs: 3\n- DType: f32 | a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | |\n\n"
		"| c |\n|---|\n| 4 |\n",
		"markdown 'list 1' T piece 0 last\n names Runs\n 2: 3\n" HEADER_NOTE(
			"3") "markdown 'table 1' T piece 0 last\n with Runs=3\n with DType=f32\n"
			     " names a|b\n 5: 1|2\n 6: 3|_\n"
			     "markdown 'table 2' T piece 0 last\n with Runs=3\n with DType=f32\n"
			     " names c\n 10: 4\n");
	assert_grids(TREE_MARKDOWN, "# Results | a | b |\r\n| - | - |\r\n| 1 | 2 |\r\n",
		HEADER_NOTE("1") "markdown 'table 1' Results piece 0 last\n names a|b\n 3: 1|2\n");
	/* A row of missing values is no rule; what cmark takes for a table stays one. */
	assert_grids(TREE_MARKDOWN, "x | a | b |\n| --- | --- |\n| 1 | 2 |\n| - | - |\n",
		HEADER_NOTE("1") "markdown 'table 1' piece 0 last\n names a|b\n 3: 1|2\n 4: -|-\n");
	assert_grids(TREE_MARKDOWN, "x | y |\n|---|\n| a |\n|---|\n| 1 |\n",
		"markdown 'table 1' piece 0 last\n names a\n 5: 1\n");
	/* Text with bars of its own, rows of another number, no rows, in code. */
	assert_grids(TREE_MARKDOWN, "x | a | b | c |\n| --- | --- |\n| 1 | 2 |\n",
		"note 2: looks like a table, but its header row has other text before it\n");
	assert_grids(TREE_MARKDOWN, "x | a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |\n",
		"note 2: looks like a table, but its header row has other text before it\n");
	assert_grids(TREE_MARKDOWN, "x | a | b |\n| --- | --- |\n",
		"note 2: looks like a table, but its header row has other text before it\n");
	assert_grids(TREE_MARKDOWN, "```\nx | a | b |\n| --- | --- |\n| 1 | 2 |\n```\n", "");
}

/* Entries that lost their lines. */
static void test_joined_items(void **state)
{
	(void)state;
	assert_grids(TREE_MARKDOWN,
		"- cpu: - q4: a=1.5 b=2 - `m:1b`: a=3 b=4 c=x - y\n- gpu: - q4: b=-5 ## More\n"
		"- q4: a=1 b=2 - q8: a=3\n- q5: a=6 - q6: b=7\n",
		"markdown 'list 1' piece 0 last\n names group|label|a|b|c\n"
		" 1: cpu|q4|1.5|2|_\n 1: cpu|m:1b|3|4|x - y\n 2: gpu|q4|_|-5|_\n"
		"markdown 'list 2' piece 0 last\n names label|a|b\n"
		" 3: q4|1|2\n 3: q8|3|_\n 4: q5|6 - q6:|7\n");
	assert_grids(TREE_MARKDOWN, "- g: - h: - q4: a=1 b=2\n- Runs: 13 ### Next one\n",
		"note 1: several entries in one list item, not all of them \"label: key=value\"\n"
		"markdown 'list 1' piece 0 last\n names Runs\n 2: 13\n");
	assert_grids(TREE_MARKDOWN, "- a: - b\n", "");
}

static void test_rule(void **state)
{
	static const struct {
		const char *line;
		size_t cells;
	} cases[] = {{"| --- | --- |", 2}, {"---|---", 2}, {" |:-:|-:|:-|\r", 3}, {"|-|", 1},
		{"---", 0}, {"| --- | a |", 0}, {"| | |", 0}, {"", 0}, {"|", 0}, {"|---", 1},
		{"| --- : |", 0}};
	static const struct {
		const char *line;
		size_t cells;
	} rows[] = {{"| a | b |", 2}, {"a | b", 2}, {"| a \\| b |", 1}, {"| a \\\\| b |", 2},
		{"||", 1}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(foreign_markdown_rule(cases[i].line, strlen(cases[i].line)),
			cases[i].cells);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_int_equal(
			foreign_markdown_cells(rows[i].line, strlen(rows[i].line)), rows[i].cells);
}

/* ---- rows that cmark is not given ---- */

#ifndef ROUNDS
#define ROUNDS 12000 /* of random tables, some at once */
#endif

static void assert_split(const char *row, const char *wanted)
{
	struct markdown m = {0};
	struct str seen = STR_INIT(1000);

	if (foreign_markdown_split(&m, row, row + strlen(row), 7)) {
		assert_int_equal(m.row.n, 1);
		assert_int_equal(m.row.v[0].line, 7);
		assert_int_equal(m.row.v[0].n, m.cell.n);
	} else {
		assert_int_equal(m.row.n + m.cell.n, 0);
		str_add(&seen, "no");
	}
	for (size_t i = 0; i < m.cell.n; i++) {
		str_add(&seen, i ? "|" : "");
		str_addn(&seen, m.cell.v[i].s ? m.cell.v[i].s : "_",
			m.cell.v[i].s ? m.cell.v[i].len : 1);
	}
	assert_string_equal(seen.s, wanted);
	str_release(&seen);
	foreign_markdown_release(&m);
}

static void test_split(void **state)
{
	static const struct {
		const char *row, *cells;
	} cases[] = {{"| a | b |", "a|b"}, {"| a | b", "a|b"}, {"|a||", "a|_"}, {"|  | ", "_"},
		{"| `a b` | **3.8** | *x* | __y__ | _z_ |", "a b|3.8|x|y|z"},
		{"| `a_*<b&` | a_b | < 5 | <=5 | R & D |", "a_*<b&|a_b|< 5|<=5|R & D"},
		{"| +4.6% (1.5 -> 2!) | \xc3\xa9 |", "+4.6% (1.5 -> 2!)|\xc3\xa9"},
		/* cmark's */
		{"|", "no"}, {"|  ", "no"}, {"a | b |", "no"}, {"", "no"}, {"| a\\|b |", "no"},
		{"| [a](b) |", "no"}, {"| &lt; |", "no"}, {"| <b> |", "no"}, {"| `a` b |", "no"},
		{"| ``a`` |", "no"}, {"| ** a** |", "no"}, {"| a_ |", "no"}, {"| _a |", "no"},
		{"| a*b |", "no"}, {"| ***a*** |", "no"}, {"| **a* |", "no"}, {"| a\tb |", "no"},
		{"| **\xc3\xa9** |", "no"}, {"| ** |", "no"}, {"| ` |", "no"}, {"| \xff |", "no"}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_split(cases[i].row, cases[i].cells);
}

/* What cells of random tables are made of. */
static const char *const scraps[] = {"a", "1.5", "x_y", " ", " ", "`", "**", "*", "_", "__", "<",
	"<=", "&", "&amp;", "[a](b)", "[", "]", "\\", "\\|", "!", "-", "---", ":", "#", ">", "~",
	"<br>", "\xc3\xa9", "\xe2\x80\x94", "\t", "\xff", "http://x.y", "\"", "'", "...", "+", "%",
	"\r", "\x01", "(", ")"};
static const char *const cells[] = {"a", "1.5", "`q4`", "**3**", "*e*", "_e_", "__s__", "x_y", "",
	"- -", "-", "---", "12 ms", "`a` b", "**a** **b**", "a_", "_a", "`a|b`", "``a``", "` `",
	"< 5", "R & D", "*a*b*", "**a*", "***a***", "_a_b_", "\xc3\xa9"};
/* Lines that end a table, or do not. */
static const char *const others[] = {"", "# H", "text", "> q", "- i: 1", "1. a", "***", "```",
	"x | y", "    | a |", "|", "| --- | --- |", "<div>", "  | a | b |", "===", "| |", "||",
	"> | a | b |", "- | a | b |", "[a]: /u", "t | a | b |", "\t| a | b |", "~~~", "<!--", "-->",
	"</div>"};

static void add_cell(struct rng *r, struct str *text)
{
	if (rng_below(r, 5)) {
		str_add(text, cells[rng_below(r, rng_below(r, 3) ? 9 : COUNTOF(cells))]);
		return;
	}
	for (uint64_t n = rng_below(r, 5); n > 0; n--)
		str_add(text, scraps[rng_below(r, COUNTOF(scraps))]);
}

static void add_row(struct rng *r, struct str *text, uint64_t ncols)
{
	const char *pad = rng_below(r, 4) ? " " : "";
	uint64_t n = rng_below(r, 8) ? ncols : rng_below(r, ncols + 3);

	str_add(text, rng_below(r, 40) ? "|" : "");
	for (uint64_t i = 0; i < n; i++) {
		str_add(text, pad);
		add_cell(r, text);
		str_add(text, pad);
		str_add(text, i + 1 < n || rng_below(r, 20) ? "|" : "");
	}
	str_add(text, rng_below(r, 30) ? "\n" : "  \r\n");
}

static void add_table(struct rng *r, struct str *text)
{
	uint64_t ncols = 1 + rng_below(r, 4), rule = rng_below(r, 20) ? ncols : ncols + 1;

	if (rng_below(r, 3))
		str_add(text, "\n");
	add_row(r, text, ncols);
	for (uint64_t i = 0; i < rule; i++)
		str_add(text, rng_below(r, 2) ? "|---" : "| -: ");
	str_add(text, "|\n");
	for (uint64_t n = rng_below(r, 12); n > 0; n--) {
		add_row(r, text, ncols);
		if (rng_below(r, 12) == 0)
			str_addf(text, "%s\n", others[rng_below(r, COUNTOF(others))]);
	}
}

static void assert_same(const struct str *text)
{
	struct grid_log fast = GRID_LOG_INIT, plain = GRID_LOG_INIT;
	struct foreign_facts a, b;

	a = grid_log_read(&fast, TREE_MARKDOWN, text->s, text->len);
	foreign_markdown_plain = true;
	b = grid_log_read(&plain, TREE_MARKDOWN, text->s, text->len);
	foreign_markdown_plain = false;
	if (strcmp(fast.text.s, plain.text.s) != 0)
		print_error("of the text\n%s\n", text->s);
	assert_string_equal(fast.text.s, plain.text.s);
	assert_int_equal(a.headings, b.headings);
	assert_int_equal(a.tables, b.tables);
	grid_log_release(&fast);
	grid_log_release(&plain);
}

/* What is split here is what cmark makes of it. */
static void test_random_tables(void **state)
{
	struct str text = STR_INIT(1 << 20);
	struct rng r;

	(void)state;
	rng_init(&r, 11, "markdown tables");
	for (long i = ROUNDS; i > 0; i--) {
		str_reset(&text);
		for (uint64_t n = 1 + rng_below(&r, 5); n > 0; n--)
			add_table(&r, &text);
		assert_same(&text);
	}
	str_release(&text);
}

/* Rows that lack most of the cells that their header has. */
static void test_missing_cells(void **state)
{
	static const char *const rows[] = {"|x\n", "|\\x\n", "x\n", "> |x\n"};
	struct str text = STR_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct grid_log log = GRID_LOG_INIT;
		const char *quote = rows[i][0] == '>' ? "> " : "";

		log.quiet = true;
		str_reset(&text);
		for (int line = 0; line < 2; line++) {
			str_addf(&text, "%s|", quote);
			for (int c = 0; c < 1500; c++)
				str_add(&text, line ? "-|" : "a|");
			str_add(&text, "\n");
		}
		while (text.len < 60000)
			str_add(&text, rows[i]);
		grid_log_read(&log, TREE_MARKDOWN, text.s, text.len);
		assert_int_equal(log.tables, 1);
		assert_int_equal(log.notes, 1);
		assert_true(log.rows >= 5 && log.rows < 400);
		grid_log_release(&log);
	}
	str_release(&text);
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

/* A table longer than a part comes in pieces, none of its rows is lost. */
static void test_long_table(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(4 << 20), last = STR_INIT(200);
	const int n = 25000;
	struct foreign_facts facts;

	(void)state;
	str_add(&text, "# Top\n\nDevice: | a\\|b | c |\n| --- | - |\n");
	for (int i = 0; i < n; i++)
		str_addf(&text, i % 1000 ? "| %d %40s |\r\n" : "| [%d](x) %40s |\r\n", i, "| `y`");
	str_add(&text, "| z | 0 |\n\n| d |\n|---|\n| 1 |\n");
	facts = grid_log_read(&log, TREE_MARKDOWN, text.s, text.len);
	assert_int_equal(facts.tables, 2);
	assert_int_equal(log.grids, 4);
	assert_int_equal(log.rows, n + 2);
	assert_int_equal(log.notes, 1);
	for (int i = 0; i < n; i += 500) {
		str_reset(&last);
		str_addf(&last, "\n %d: %d|y\n", i + 5, i);
		assert_contains(log.text.s, last.s);
	}
	str_reset(&last);
	str_addf(&last, " %d: z|0\nmarkdown 'table 2' Top piece 0 last\n names d\n %d: 1\n", n + 5,
		n + 9);
	assert_contains(log.text.s, last.s);
	assert_contains(log.text.s, "'table 1' Top piece 2 last\n names a|b|c\n");
	assert_same(&text);
	str_release(&last);
	str_release(&text);
	grid_log_release(&log);
}

/* Below each rule that is none, cmark would read the whole paragraph again: minutes for this text.
 * What is a table stays one. */
static void test_long_paragraph(void **state)
{
	static const char *const lines[] = {"x | y |\n|---|\n", "> |-|\n> |\n"};
	struct str text = STR_INIT(4 << 20);

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		struct grid_log log = GRID_LOG_INIT;
		struct foreign_facts facts;

		log.quiet = true;
		str_reset(&text);
		while (text.len < 500000)
			str_add(&text, lines[i]);
		str_add(&text, i ? "> | a |\n> |---|\n> | 1 |\n" : "| a |\n|---|\n| 1 |\n");
		facts = grid_log_read(&log, TREE_MARKDOWN, text.s, text.len);
		assert_int_equal(facts.tables, 1);
		assert_int_equal(log.rows, 1);
		grid_log_release(&log);
	}
	str_release(&text);
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
		cmocka_unit_test(test_joined_header),
		cmocka_unit_test(test_joined_items),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_random_tables),
		cmocka_unit_test(test_missing_cells),
		cmocka_unit_test(test_headings),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_long_table),
		cmocka_unit_test(test_long_paragraph),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
