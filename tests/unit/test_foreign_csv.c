/* test_foreign_csv.c - CSV of somebody else's: separators, quotes, headers, and what is no row. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_csv_parts.h"
#include "grid_log.h"
#include "rng.h"
#include "unit.h"

static void test_plain(void **state)
{
	(void)state;
	assert_grids(TREE_CSV, "a,b,c\n1,2,3\n\n x , ,\r\n4,5,6",
		"csv '' piece 0 last\n names a|b|c\n 2: 1|2|3\n 4: x|_|_\n 5: 4|5|6\n");
	assert_grids(TREE_CSV, "\n\na;b\n1,5;2\n3;4,25\n",
		"csv '' piece 0 last\n names a|b\n 4: 1,5|2\n 5: 3|4,25\n");
	assert_grids(TREE_CSV, "a\tb\n1\t\n\t2\n",
		"csv '' piece 0 last\n names a|b\n 2: 1|_\n 3: _|2\n");
	assert_grids(
		TREE_CSV, "sep=;\na;b,c\n1;2\n", "csv '' piece 0 last\n names a|b,c\n 3: 1|2\n");
	assert_grids(TREE_CSV, "latency_ms\n1.5\n2.5\n",
		"csv '' piece 0 last\n names latency_ms\n 2: 1.5\n 3: 2.5\n");
}

static void test_quotes(void **state)
{
	(void)state;
	assert_grids(TREE_CSV, "\"a\",\"b, c\"\n\"say \"\"x\"\"\", \"two\nlines\" \n5\" disk,7\n",
		"csv '' piece 0 last\n names a|b, c\n 2: say \"x\"|two\nlines\n"
		" 4: 5\" disk|7\n");
	/* Something behind a quote, and a quote that swallows all: reading goes on at the next
	 * line. */
	assert_grids(TREE_CSV, "a,b\n\"x\"y,1\n2,3\n4,\"open\n5,6\n",
		"note 2: something behind a closing quote\n"
		"note 4: a quote that does not end\n"
		"csv '' piece 0 last\n names a|b\n 3: 2|3\n 5: 5|6\n");
}

static void test_rows_that_do_not_fit(void **state)
{
	(void)state;
	assert_grids(TREE_CSV, "a,b,c\n1,2\n1,2,3,4\n1;2;3\n7,8,9\nx\n",
		"note 2: 2 fields where the header has 3\n"
		"note 3: 4 fields where the header has 3\n"
		"note 4: separated by ';' where the header has ','\n"
		"note 6: 1 field where the header has 3\n"
		"csv '' piece 0 last\n names a|b|c\n 5: 7|8|9\n");
	assert_grids(TREE_CSV, "a,b\n", "note 0: a header and no row that fits it\n");
	assert_grids(TREE_CSV, "", "note 0: no line that could be a header\n");
	assert_grids(TREE_CSV, "\n \n", "note 0: no line that could be a header\n");
}

static void test_headers(void **state)
{
	(void)state;
	assert_grids(TREE_CSV, "1,2.5,3e4\n4,5,6\n",
		"note 1: no header: the first line has numbers only\n");
	assert_grids(TREE_CSV, ",,\n4,5,6\n", "note 1: a header without names\n");
	assert_grids(TREE_CSV, "a,b,a\n4,5,6\n",
		"note 1: more than one column is named 'a'\n"
		"csv '' piece 0 last\n names a|b|a\n 2: 4|5|6\n");
	assert_grids(TREE_CSV, "# run 3, of 4\n#\n# a,b\n4,5\n",
		"note 1: a comment above the header\nnote 2: a comment above the header\n"
		"csv '' piece 0 last\n names a|b\n 4: 4|5\n");
}

static void test_units(void **state)
{
	(void)state;
	assert_grids(TREE_CSV, "name,lat,load,x\n,ms,%,inst\nrun,4,5,6\n",
		"note 2: a row of units: they are taken into the headings\n"
		"csv '' piece 0 last\n names name|lat (ms)|load (%)|x (inst)\n 3: run|4|5|6\n");
	/* Text above a text, a number, or no unit that is known. */
	assert_grids(TREE_CSV, "a,b\nms,s\n1,x\n",
		"csv '' piece 0 last\n names a|b\n 2: ms|s\n 3: 1|x\n");
	assert_grids(TREE_CSV, "a,b\nms,1\n1,2\n",
		"csv '' piece 0 last\n names a|b\n 2: ms|1\n 3: 1|2\n");
	assert_grids(TREE_CSV, "a,b\ntimeout,\n1,2\n",
		"csv '' piece 0 last\n names a|b\n 2: timeout|_\n 3: 1|2\n");
}

static struct foreign_facts facts_of(const char *text, size_t len, const char *wanted)
{
	struct grid_log log = GRID_LOG_INIT;
	struct foreign_facts facts = grid_log_read(&log, TREE_CSV, text, len);

	assert_string_equal(log.text.s, wanted);
	grid_log_release(&log);
	return facts;
}

static void test_encodings(void **state)
{
	static const char wanted[] = "csv '' piece 0 last\n names a|b\n 2: 1|\xc3\xa9\n";
	static const char low[] = "\xff\xfe"
				  "a\0,\0b\0\n\0"
				  "1\0,\0\xe9\0\n";
	static const char high[] = "\xfe\xff\0a\0,\0b\0\n\0"
				   "1\0,\0\xe9\0\n";
	static const char pair[] = "\xff\xfe"
				   "a\0,\0b\0\n\0\x3d\xd8\x00\xde,\0\x3d\xd8\n";
	struct foreign_facts f;

	(void)state;
	f = facts_of("a,b\n1,\xc3\xa9\n", 9, wanted);
	assert_string_equal(f.encoding, "UTF-8");
	f = facts_of("\xef\xbb\xbf"
		     "a,b\n1,\xc3\xa9\n",
		12, wanted);
	assert_string_equal(f.encoding, "UTF-8 with a byte-order mark");
	f = facts_of("a,b\n1,\xe9\n", 8, "csv '' piece 0 last\n names a|b\n 2: 1|\xe9\n");
	assert_string_equal(f.encoding, "not UTF-8");
	f = facts_of(low, sizeof(low), wanted);
	assert_string_equal(f.encoding, "UTF-16");
	assert_int_equal(f.lines, 2);
	facts_of(high, sizeof(high) - 1, wanted);
	/* U+1F600, and half of such a pair. */
	facts_of(pair, sizeof(pair),
		"csv '' piece 0 last\n names a|b\n 2: \xf0\x9f\x98\x80|\xef\xbf\xbd\n");
}

static void test_facts(void **state)
{
	struct foreign_facts a, b, c;

	(void)state;
	a = facts_of("a,b\n1,2\n", 8, "csv '' piece 0 last\n names a|b\n 2: 1|2\n");
	b = facts_of("a,b\n1,2\n", 8, "csv '' piece 0 last\n names a|b\n 2: 1|2\n");
	c = facts_of("a;b\n1;2", 7, "csv '' piece 0 last\n names a|b\n 2: 1|2\n");
	assert_int_equal(a.hash, b.hash);
	assert_int_not_equal(a.hash, c.hash);
	assert_int_equal(a.lines, 2);
	assert_int_equal(c.lines, 2);
	assert_int_equal(a.separator, ',');
	assert_int_equal(c.separator, ';');
}

/* However small the pieces are, rows and lines are the same, and so is the hash. */
static void test_pieces(void **state)
{
	struct str text = STR_INIT(1 << 20);
	size_t before = foreign_piece_bytes;
	uint64_t hash = 0;

	(void)state;
	str_add(&text, "a,b\n");
	for (int i = 0; i < 300; i++)
		str_addf(&text,
			i % 7 == 0            ? "%d,\"x\n%d\"\n"
				: i % 11 == 0 ? "%d\n"
					      : "%d,y%d\n",
			i, i);
	for (size_t piece = 16; piece <= 1024; piece *= 4) {
		struct grid_log log = GRID_LOG_INIT;
		struct foreign_facts facts;

		foreign_piece_bytes = piece;
		log.quiet = true;
		facts = grid_log_read(&log, TREE_CSV, text.s, text.len);
		assert_int_equal(log.tables, 1);
		assert_int_equal(log.rows, 300 - 24);
		assert_int_equal(facts.rejected, 24);
		assert_true(log.grids > 1);
		assert_true(hash == 0 || hash == facts.hash);
		hash = facts.hash;
		grid_log_release(&log);
	}
	foreign_piece_bytes = before;
	str_release(&text);
}

static void test_long_line(void **state)
{
	size_t most = FOREIGN_MOST_LINE, len = 2 * most + 100;
	struct grid_log log = GRID_LOG_INIT;
	char *text = xmalloc(len);

	(void)state;
	memset(text, 'x', len);
	memcpy(text, "a,b\n1,2\n", 8);
	text[2 * most] = '\n';
	memcpy(text + 2 * most + 1, "3,4\n\"", 5);
	text[len - 10] = '\n';
	grid_log_read(&log, TREE_CSV, text, len);
	assert_string_equal(log.text.s,
		"csv '' piece 0\n names a|b\n 2: 1|2\n"
		"note 3: a line longer than 8 MiB\n"
		"note 5: a quote that does not end\n"
		"note 6: 1 field where the header has 2\n"
		"csv '' piece 1 last\n names a|b\n 4: 3|4\n");
	grid_log_release(&log);
	free(text);
}

static void test_too_many_columns(void **state)
{
	struct str text = STR_INIT(1 << 20);
	struct grid_log log = GRID_LOG_INIT;

	(void)state;
	for (int i = 0; i < FOREIGN_MOST_COLUMNS + 5; i++)
		str_addf(&text, "%sc%d", i ? "," : "", i);
	str_addc(&text, '\n');
	for (int i = 0; i < FOREIGN_MOST_COLUMNS + 5; i++)
		str_addf(&text, "%s%d", i ? "," : "", i);
	grid_log_read(&log, TREE_CSV, text.s, text.len);
	assert_int_equal(log.rows, 1);
	assert_contains(log.text.s, "2005 columns: those after the first 2000 are left out");
	grid_log_release(&log);
	str_release(&text);
}

/* ---- against a plain splitter ---- */

/* RFC 4180 byte by byte, with spaces around quotes: the fields, joined by '|' in `to`; false if it
 * is none.  The text is one record without a line end outside of quotes. */
static bool split_plainly(const char *s, size_t len, char sep, struct str *to)
{
	size_t i = 0;

	for (;;) {
		struct str field = STR_INIT(1000);
		size_t from = i;

		while (i < len && (s[i] == ' ' || s[i] == '\r'))
			i++;
		if (i < len && s[i] == '"') {
			for (i++; i < len && (s[i] != '"' || (i + 1 < len && s[i + 1] == '"'));
				i++) {
				str_addc(&field, s[i]);
				i += s[i] == '"';
			}
			if (i++ >= len)
				return str_release(&field), false;
			while (i < len && (s[i] == ' ' || s[i] == '\r'))
				i++;
			if (i < len && s[i] != sep)
				return str_release(&field), false;
		} else {
			for (i = from; i < len && s[i] != sep; i++)
				str_addc(&field, s[i]);
		}
		from = 0;
		while (from < field.len && field.s[from] <= ' ')
			from++;
		while (field.len > from && field.s[field.len - 1] <= ' ')
			field.len--;
		str_addn(to, field.s + from, field.len - from);
		str_addc(to, '|');
		str_release(&field);
		if (i++ >= len)
			return true;
	}
}

static void test_against_plain_splitter(void **state)
{
	static const char bytes[] = "\"\"\"\",,,,ab1 \r\n";
	struct rng r;
	size_t good = 0, bad = 0;

	(void)state;
	rng_init(&r, 11, "foreign csv");
	for (int round = 0; round < 40000; round++) {
		size_t len = rng_below(&r, 24);
		char *line = xcalloc(len + FOREIGN_PADDING, 1);
		struct str wanted = STR_INIT(1000), got = STR_INIT(1000);
		struct grid_cell cell[40];
		struct csv_record record;
		enum csv_found found;
		bool valid;

		for (size_t i = 0; i < len; i++)
			line[i] = bytes[rng_below(&r, sizeof(bytes) - 1 - (round % 2))];
		/* Without line ends the record is all of it. */
		for (size_t i = 0; i < len; i++)
			line[i] = line[i] == '\n' ? 'n' : line[i];
		valid = split_plainly(line, len, ',', &wanted);
		found = foreign_csv_record(
			line, line + len, true, ',', cell, COUNTOF(cell), &record);
		assert_int_equal(found == CSV_RECORD, valid);
		assert_true(record.next == line + len);
		if (valid) {
			for (size_t i = 0; i < record.nfields; i++) {
				if (cell[i].kind)
					str_addn(&got, cell[i].s, cell[i].len);
				str_addc(&got, '|');
			}
			assert_string_equal(got.s, wanted.s);
		}
		good += valid;
		bad += !valid;
		str_release(&wanted);
		str_release(&got);
		free(line);
	}
	assert_true(good > 5000 && bad > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_rows_that_do_not_fit),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_too_many_columns),
		cmocka_unit_test(test_against_plain_splitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
