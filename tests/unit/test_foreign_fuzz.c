/* test_foreign_fuzz.c - small files of each kind, damaged at random: whatever comes, the rules of
 * grid_log.h hold, and pieces of any size say the same. */
#include <stdlib.h>
#include <string.h>

#include "foreign_parts.h"
#include "grid_log.h"
#include "rng.h"
#include "unit.h"

#define ROUNDS 4000

static const struct {
	enum tree_kind kind;
	const char *text;
} seeds[] = {
	{TREE_CSV,
		"name,ttft_s,\"tok, s\"\nrow one,0.5,77\n\"quoted \"\"x\"\"\",,3\nlast;1;2\n1,2\n"},
	{TREE_CSV, "a;b\n,ms\n\"1\n2\";3,5\n4;5\n\n6;7"},
	{TREE_CSV,
		"\xff\xfe"
		"a,b\n1,2\n"},
	{TREE_JSONL,
		"{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2.5, \"b\": \"\\u00e9\"}\n{\"b\": null}\n"
		"{\"c\": {\"d\": true}, \"r\": [{\"x\": 1}]}\n[1]\n{\"a\": 3}"},
	{TREE_JSON,
		"{\"m\": \"x\", \"r\": [{\"a\": 1, \"s\": [{\"b\": 2}]}, {\"a\": \"t\"}, 3],"
		"\"k\": {\"p\": {\"v\": 1}, \"q\": {\"v\": 2}}, \"o\": {\"z\": false}}"},
	{TREE_JSON, "{\"g\": {\"a\": {\"m\": 1}, \"b\": {\"m\": 2}}, \"h\": {\"c\": {\"m\": 3}}}"},
	{TREE_MARKDOWN,
		"# T\n\n- A: 1\n- b: x=1 y=2.5 ms\n- C: text\n\n| a | b |\n|---|---|\n"
		"| 1 | `2` |\n| **3** |\n\n```\n| - | - |\n```\ntext | x |\n| --- | --- |\n"},
};

static const char spice[] = "\"\"\",,;\t\n\n\r{}[]:|-#*=\\0123.eE+ `>~\xff\xc3\xa9\xef";

/* Bytes changed, put in, taken out, a part doubled. */
static void damage(struct rng *r, struct str *text)
{
	struct str ret = STR_INIT(text->max);
	size_t at = rng_below(r, text->len + 1), n = rng_below(r, 8);
	char c = rng_below(r, 40) ? spice[rng_below(r, sizeof(spice) - 1)] : '\0';

	n = n < text->len - at ? n : text->len - at;
	str_addn(&ret, text->s, at);
	switch (rng_below(r, 4)) {
	case 0:
		str_addc(&ret, c);
		break;
	case 1:
		at += n;
		break;
	case 2:
		str_addn(&ret, text->s + at, n);
		break;
	default:
		str_addc(&ret, c);
		at += n > 0;
		break;
	}
	str_addn(&ret, text->s + at, text->len - at);
	str_release(text);
	*text = ret;
}

struct seen {
	uint64_t rows, rejected, hash, lines;
};

static struct seen read_with(enum tree_kind kind, const struct str *text, size_t piece)
{
	struct grid_log log = GRID_LOG_INIT;
	struct foreign_facts facts;
	struct seen ret;

	log.quiet = true;
	foreign_piece_bytes = piece;
	facts = grid_log_read(&log, kind, text->s, text->len);
	ret = (struct seen){log.rows, facts.rejected, facts.hash, facts.lines};
	grid_log_release(&log);
	return ret;
}

static void test_damaged(void **state)
{
	size_t before = foreign_piece_bytes;
	struct rng r;

	(void)state;
	rng_init(&r, 9, "foreign fuzz");
	for (int round = 0; round < ROUNDS; round++) {
		size_t which = rng_below(&r, COUNTOF(seeds)), times = 1 + rng_below(&r, 6);
		enum tree_kind kind = seeds[which].kind;
		struct str text = STR_INIT(1 << 16);
		struct seen whole, parts;

		str_add(&text, seeds[which].text);
		while (times-- > 0)
			damage(&r, &text);
		whole = read_with(kind, &text, before);
		parts = read_with(kind, &text, 32 + rng_below(&r, 64));
		assert_int_equal(whole.hash, parts.hash);
		assert_int_equal(whole.lines, parts.lines);
		/* Separator and units are found in the first piece. */
		if (kind != TREE_CSV) {
			assert_int_equal(whole.rows, parts.rows);
			assert_int_equal(whole.rejected, parts.rejected);
		}
		/* As another kind. */
		read_with((enum tree_kind)rng_below(&r, TREE_RUN), &text, before);
		str_release(&text);
	}
	foreign_piece_bytes = before;
}

/* What the sink says ends the reading, wherever it is. */
static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(seeds); i++) {
		struct grid_log log = GRID_LOG_INIT;
		struct foreign_work work = {0};
		struct foreign_sink sink = grid_log_sink(&log);
		struct foreign_facts facts;
		struct err e = ERR_INIT;

		if (seeds[i].text[0] == '\xff')
			continue;
		log.refuse = 1;
		assert_int_equal(foreign_read_bytes(seeds[i].text, strlen(seeds[i].text),
					 seeds[i].kind, &work, &sink, &facts, &e),
			-1);
		assert_string_equal(e.msg, "enough");
		assert_int_equal(log.grids, 1);
		foreign_work_release(&work);
		grid_log_release(&log);
	}
}

static void test_files(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct foreign_work work = {0};
	struct foreign_sink sink = grid_log_sink(&log);
	struct foreign_facts file, bytes;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNTOF(seeds); i++) {
		size_t len = strlen(seeds[i].text);
		const char *path = unit_write("file", seeds[i].text, len);

		assert_int_equal(foreign_read(path, seeds[i].kind, &work, &sink, &file, &e), 0);
		assert_int_equal(foreign_read_bytes(seeds[i].text, len, seeds[i].kind, &work, &sink,
					 &bytes, &e),
			0);
		assert_int_equal(file.hash, bytes.hash);
		assert_int_equal(file.bytes, len);
		assert_int_equal(file.tables, bytes.tables);
	}
	assert_int_equal(foreign_read("/nonexistent", TREE_CSV, &work, &sink, &file, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	foreign_work_release(&work);
	grid_log_release(&log);
}

/* The hash does not depend on where the bytes are cut; UTF-8 neither. */
static void test_cuts(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and some more bytes than "
				   "one stripe of the hash holds, twice \xed\x9f\xbf";
	size_t len = sizeof(text) - 1;
	struct foreign_hash whole = {0};

	(void)state;
	foreign_hash_add(&whole, text, len);
	for (size_t i = 0; i <= len; i++) {
		for (size_t j = i; j <= len; j++) {
			struct foreign_hash h = {0};
			struct foreign_utf8 u = {0};

			foreign_hash_add(&h, text, i);
			foreign_hash_add(&h, text + i, j - i);
			foreign_hash_add(&h, text + j, len - j);
			assert_int_equal(foreign_hash_value(&h), foreign_hash_value(&whole));
			foreign_utf8_add(&u, text, i);
			foreign_utf8_add(&u, text + i, j - i);
			foreign_utf8_add(&u, text + j, len - j);
			assert_false(u.bad || u.need);
		}
	}
	assert_false(foreign_utf8_valid("\xc0\x80", 2));
	assert_false(foreign_utf8_valid("\xed\xa0\x80", 3));
	assert_false(foreign_utf8_valid("\xf4\x90\x80\x80", 4));
	assert_false(foreign_utf8_valid("\xe0\x9f\x80", 3));
	assert_false(foreign_utf8_valid("\xc3", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
