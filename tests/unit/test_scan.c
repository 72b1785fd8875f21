/* test_scan.c - a scan says of every file what table.h says of it, whatever the number of threads
 * and wherever chunks end. */
#include <math.h>
#include <stdatomic.h>
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

enum { NUM, TEXT, HASH, TIME, ABSENT, TEXT_TOO, NUM_TOO, TEXT_AGAIN, WANTED };
static const struct scan_wanted wanted[WANTED] = {[NUM] = {"n", SCAN_NUMBER},
	[TEXT] = {"t", SCAN_TEXT},
	[HASH] = {"h", SCAN_HASH},
	[TIME] = {"at", SCAN_TIME},
	[ABSENT] = {"absent", SCAN_NUMBER},
	[TEXT_TOO] = {"u", SCAN_TEXT},
	[NUM_TOO] = {"m", SCAN_NUMBER},
	[TEXT_AGAIN] = {"t", SCAN_TEXT}};

/* What was handed over, as text: a line for each row, reject, or text of a dictionary. */
struct told {
	struct str rows, rejects, texts;
	struct err e;
	atomic_int inside; /* a batch is being taken */
};

static void told_init(struct told *t)
{
	*t = (struct told){.rows = STR_INIT(1 << 26),
		.rejects = STR_INIT(1 << 26),
		.texts = STR_INIT(1 << 26)};
}

static void told_release(struct told *t)
{
	str_release(&t->rows);
	str_release(&t->rejects);
	str_release(&t->texts);
}

static void tell_number(struct told *t, const char *name, double x)
{
	char number[NUM_TEXT];

	str_addf(&t->rows, " %s=%s", name, num_text(number, x));
}

static void tell_text(struct told *t, const char *name, uint32_t code, const char *const *dict)
{
	if (code == SCAN_MISSING)
		str_addf(&t->rows, " %s=-", name);
	else
		str_addf(&t->rows, " %s=%u %s", name, code, dict[code]);
}

static int take(void *arg, const struct scan *s, const struct scan_batch *b, struct err *e)
{
	struct told *t = arg;

	(void)e;
	assert_int_equal(atomic_fetch_add(&t->inside, 1), 0);
	assert_null(b->columns[ABSENT].num);
	assert_true(b->nrows > 0);
	for (size_t i = 0; i < b->nrows; i++) {
		str_addf(&t->rows, "%llu", (unsigned long long)b->line[i]);
		for (size_t k = 0; k < WANTED; k++) {
			const struct scan_column *c = &b->columns[k];

			if (c->num)
				tell_number(t, wanted[k].name, c->num[i]);
			if (c->code)
				tell_text(t, wanted[k].name, c->code[i], scan_dict(s, k).text);
			if (c->hash)
				str_addf(&t->rows, " h=%llx", (unsigned long long)c->hash[i]);
			if (c->time)
				str_addf(&t->rows, " at=%lld", (long long)c->time[i]);
		}
		str_addc(&t->rows, '\n');
	}
	atomic_fetch_sub(&t->inside, 1);
	return 0;
}

static void take_reject(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	struct told *t = arg;

	str_addf(&t->rejects, "%llu %s: ", (unsigned long long)line, why);
	str_addn(&t->rejects, bytes, len < 1000 ? len : 1000);
	str_addf(&t->rejects, " (%zu)\n", len);
}

static void tell_dict(struct told *t, const char *name, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(&t->texts, "%s %zu %s\n", name, i, text[i]);
}

/* Scans the text, or the file where there is a path; false if its header is none. */
static bool scan_told(const struct str *text, const char *path, bool checked, unsigned threads,
	uint64_t chunk, struct told *t)
{
	struct scan_options o = {checked, threads, take_reject, t};
	struct scan_source source = {path ? path : "memory", path ? NULL : text->s, text->len};
	struct scan *s;
	bool opened;

	told_init(t);
	scan_chunk_bytes = chunk;
	opened = scan_open(&s, &source, &o, &t->e) == 0;
	if (opened) {
		assert_int_equal(scan_run(s, wanted, WANTED, take, t, &t->e), 0);
		for (size_t k = 0; k < WANTED; k++) {
			struct scan_dict dict = scan_dict(s, k);

			tell_dict(t, wanted[k].name, dict.text, dict.n);
		}
		str_addf(&t->rejects, "%llu\n", (unsigned long long)scan_rejected(s));
	}
	scan_close(s);
	scan_chunk_bytes = 0;
	return opened;
}

/* ---- the same by table.h ---- */

static void tell_row_of_table(struct told *t, const struct table *table, size_t row)
{
	str_addf(&t->rows, "%llu", (unsigned long long)table->line[row]);
	for (size_t k = 0; k < WANTED; k++) {
		const struct table_column *c = table_column(table, wanted[k].name);
		const char *text = table_text(c, row);
		size_t len = text ? strlen(text) : 0;

		if (!c)
			continue;
		if (wanted[k].kind == SCAN_NUMBER)
			tell_number(t, wanted[k].name, table_num(c, row));
		else if (wanted[k].kind == SCAN_TEXT)
			tell_text(t, wanted[k].name, c->code[row], (const char *const *)c->dict);
		else if (wanted[k].kind == SCAN_TIME)
			str_addf(&t->rows, " at=%lld",
				(long long)(text ? clock_parse_iso(text, len) : NS_NONE));
		else if (len == 16 && strspn(text, "0123456789abcdef") == 16)
			str_addf(&t->rows, " h=%llx",
				strtoull(text, NULL, 16) ? strtoull(text, NULL, 16) : 1);
		else
			str_addf(&t->rows, " h=%llx", (unsigned long long)scan_hash(text, len));
	}
	str_addc(&t->rows, '\n');
}

static bool table_told(const char *path, bool checked, struct told *t)
{
	static const struct column_spec specs[] = {{"n", COLUMN_REAL, "", 0, ""},
		{"m", COLUMN_REAL, "", 0, ""}, {"t", COLUMN_TEXT, "", 0, ""},
		{"u", COLUMN_TEXT, "", 0, ""}, {"h", COLUMN_TEXT, "", 0, ""},
		{"at", COLUMN_TEXT, "", 0, ""}};
	struct table table;

	told_init(t);
	if (table_read(&table, path, checked, specs, COUNTOF(specs), take_reject, t, &t->e))
		return false;
	for (size_t i = 0; i < table.nrows; i++)
		tell_row_of_table(t, &table, i);
	for (size_t k = 0; k < WANTED; k++) {
		const struct table_column *c = table_column(&table, wanted[k].name);

		if (c && wanted[k].kind == SCAN_TEXT)
			tell_dict(t, c->name, (const char *const *)c->dict, c->ndict);
	}
	str_addf(&t->rejects, "%zu\n", table.rejected);
	table_release(&table);
	return true;
}

/* ---- random files ---- */

static const char *const numbers[] = {"1", "2.5", "-0.125", "", "1e3", "12345678901234567890",
	"0.1", "9007199254740993", ".5", "5.", "+1", "123456.789012", "-0", "1e999", "x", "1.2.3",
	"-", "nan", "\"7\"", "1\\n"};
static const char *const texts[] = {"", "a", "b", "longer text of more than sixteen bytes",
	"\"quoted, comma\"", "\"two \"\"quotes\"\"\"", "back\\\\slash", "new\\nline", "a\\\\nb",
	"\\x41", "\\x00z", "\\", "caf\xc3\xa9", "\"\"", "\"open", "a\"b", "\"a\"b"};
static const char *const times[] = {"2026-11-25T07:28:57.123456789Z", "2026-11-25T07:28:57Z",
	"2026-11-25T07:28:57.1Z", "2026-02-30T07:28:57.123456789Z",
	"2026-11-26T24:00:00.000000000Z", "", "yesterday", "2026-11-25T23:59:60.000000000Z",
	"2026-11-25 07:28:57.123456789Z", "1999-01-01T00:00:00.000000000Z",
	"1969-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00.000000000Z",
	"2026-11-25T07:28:57.12345678xZ"};

#define PICK(r, pool, n) ((pool)[rng_below(r, (n) < COUNTOF(pool) ? (n) : COUNTOF(pool))])

/* A column's name decides what is put into it; `odd` rows have anything. */
static void add_field(struct str *line, struct rng *r, const char *name, bool odd)
{
	if (strchr("nm", name[0]))
		str_add(line, PICK(r, numbers, odd ? 99u : 14u));
	else if (strchr("tux", name[0]))
		str_add(line, PICK(r, texts, odd ? 99u : 4u));
	else if (name[0] == 'a')
		str_add(line, PICK(r, times, 99u));
	else if (rng_below(r, 6) > 0)
		str_addf(
			line, "%016llx", (unsigned long long)(rng_next(r) | 1) >> rng_below(r, 60));
	else
		str_add(line, PICK(r, texts, odd ? 99u : 4u));
	if (odd && rng_below(r, 40) == 0)
		str_addn(line, "\0s", 2);
	if (odd && rng_below(r, 200) == 0)
		for (unsigned i = rng_below(r, 5000) & 0xfff; i > 0; i--)
			str_addc(line, (char)('a' + i % 26));
}

static void add_line(
	struct str *text, struct rng *r, const char *const *names, size_t n, bool checked)
{
	struct str line = STR_INIT(1 << 20);
	uint64_t kind = rng_below(r, 20);
	uint32_t crc;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			str_addc(&line, ',');
		add_field(&line, r, names[i], kind > 12);
	}
	if (kind == 15)
		str_add(&line, ",more");
	if (kind == 16 && strrchr(line.s, ',')) /* too few */
		line.s[line.len = (size_t)(strrchr(line.s, ',') - line.s)] = '\0';
	if (kind == 17)
		str_reset(&line);
	if (checked) {
		crc = crc32c(0, line.s, line.len);
		str_addf(&line, kind == 19 ? ",%08X" : ",%08x", kind == 18 ? crc ^ 1 : crc);
	}
	str_addn(text, line.s, line.len);
	str_add(text, !checked && kind % 3 == 0 ? "\r\n" : "\n");
	str_release(&line);
}

/* A header of some of the names in any order, now and then one that is none. */
static size_t add_header(struct str *text, struct rng *r, const char *names[8], bool checked)
{
	static const char *const all[] = {"n", "t", "h", "at", "u", "m", "x", "x2"};
	uint32_t order[COUNTOF(all)];
	size_t n = rng_below(r, 4) ? COUNTOF(all) : rng_below(r, COUNTOF(all)) + 1;

	rng_permute(r, order, COUNTOF(all));
	for (size_t i = 0; i < n; i++) {
		names[i] = all[order[i]];
		if (i > 0 && rng_below(r, 60) == 0)
			names[i] = names[i - 1];
		str_addf(text, rng_below(r, 5) ? "%s%s" : "%s\"%s\"", i ? "," : "", names[i]);
	}
	if (checked && rng_below(r, 40))
		str_add(text, ",row_crc");
	if (rng_below(r, 60) == 0)
		str_add(text, "\"");
	str_add(text, !checked && rng_below(r, 2) ? "\r\n" : "\n");
	return n;
}

static void make_file(struct str *text, struct rng *r, bool checked)
{
	const char *names[8];
	uint64_t lines = rng_below(r, 6) ? rng_below(r, 40) : 0;
	size_t n;

	str_reset(text);
	if (rng_below(r, 100) == 0)
		return;
	if (rng_below(r, 5) == 0)
		str_add(text, "\xef\xbb\xbf");
	if (rng_below(r, 20) == 0)
		str_add(text, "\n");
	n = add_header(text, r, names, checked);
	for (uint64_t i = 0; i < lines; i++)
		add_line(text, r, names, n, checked);
	if (rng_below(r, 4) == 0 && text->len > 3)
		text->s[text->len -= 1 + rng_below(r, 3)] = '\0';
}

static void assert_same_told(const struct told *ours, const struct told *theirs)
{
	assert_int_equal(ours->rows.len, theirs->rows.len);
	assert_memory_equal(ours->rows.s, theirs->rows.s, ours->rows.len);
	assert_int_equal(ours->rejects.len, theirs->rejects.len);
	assert_memory_equal(ours->rejects.s, theirs->rejects.s, ours->rejects.len);
	assert_string_equal(ours->texts.s, theirs->texts.s);
	assert_int_equal(ours->e.code, theirs->e.code);
}

static void says_what_table_says(void **state)
{
	static const uint64_t chunks[] = {0, 1, 7, 64, 200, 1000};
	static const unsigned threads[] = {1, 2, 3, 8};
	struct str text = STR_INIT(1 << 24);
	size_t rows = 0, rejects = 0, headers = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "scan");
	for (size_t i = 0; i < 3000; i++) {
		bool checked = rng_below(&r, 2), opened;
		uint64_t chunk = chunks[rng_below(&r, COUNTOF(chunks))];
		struct told ours, theirs;
		const char *path;

		make_file(&text, &r, checked);
		if (chunk < text.len / 200) /* threads would only wait for each other */
			chunk = text.len / 200;
		path = unit_write("x.csv", text.s, text.len);
		opened = table_told(path, checked, &theirs);
		assert_int_equal(scan_told(&text, rng_below(&r, 3) ? NULL : path, checked,
					 threads[i % COUNTOF(threads)], chunk, &ours),
			opened);
		assert_same_told(&ours, &theirs);
		remove(path); /* a file that is cut short and written anew would be flushed */
		rows += theirs.rows.len > 0;
		rejects += theirs.rejects.len > 2;
		headers += !opened;
		told_release(&ours);
		told_release(&theirs);
	}
	/* There were enough of each sort. */
	assert_in_range(rows, 1500, 3000);
	assert_in_range(rejects, 1000, 3000);
	assert_in_range(headers, 50, 600);
	str_release(&text);
}

/* Many rows and texts, so that dictionaries and arrays grow, on any number of threads. */
static void says_it_on_any_number_of_threads(void **state)
{
	static const char *const names[] = {"n", "t", "h", "at", "u", "m", "x", "x2"};
	struct str text = STR_INIT(1 << 26);
	struct told theirs, ours;
	const char *path;
	struct rng r;

	(void)state;
	rng_init(&r, 2, "scan");
	str_add(&text, "n,t,h,at,u,m,x,x2,row_crc\n");
	for (unsigned i = 0; i < 8000; i++) {
		struct str line = STR_INIT(1000);

		str_addf(&line, "%u.%06u,text %u,%016x,2026-11-25T07:28:57.%09uZ,%u,-%u,,", i, i,
			i * 7 % 5000, i, i, i % 300, i);
		str_addf(&text, "%s,%08x\n", line.s, crc32c(0, line.s, line.len));
		str_release(&line);
		if (i % 10 == 0)
			add_line(&text, &r, names, COUNTOF(names), true);
	}
	path = unit_write("many.csv", text.s, text.len);
	assert_true(table_told(path, true, &theirs));
	assert_int_not_equal(theirs.texts.len, 0);
	for (unsigned threads = 0; threads <= 9; threads += 3) {
		assert_true(
			scan_told(&text, threads % 2 ? path : NULL, true, threads, 20000, &ours));
		assert_same_told(&ours, &theirs);
		told_release(&ours);
	}
	assert_true(scan_told(&text, path, true, 2, 0, &ours)); /* chunks as they are */
	assert_same_told(&ours, &theirs);
	told_release(&ours);
	told_release(&theirs);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_table_says),
		cmocka_unit_test(says_it_on_any_number_of_threads),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
