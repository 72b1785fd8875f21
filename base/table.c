/* table.c - reads a CSV file into columns.
 *
 * The file is read whole; the number of its lines bounds the rows, so that every array is allocated
 * once.  Each line is judged first and stored only if it counts, so a row that does not leaves no
 * trace in the columns, nor in their dictionaries. */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "csv.h"
#include "fsx.h"
#include "hash.h"
#include "num.h"
#include "vec.h"

#define MAX_FILE     ((size_t)64 << 30)
#define MAX_COLUMNS  10000
#define FIRST_SLOTS  16
#define NO_CODE      TABLE_MISSING
#define UTF8_BOM     "\xef\xbb\xbf"
#define UTF8_BOM_LEN 3

/* A text of a dictionary. */
struct word {
	const char *s;
	uint32_t hash;
};

/* What a column needs only while it is read: its dictionary as a hash table with open addressing.
 */
struct build {
	struct {
		struct word *v;
		size_t n, cap;
	} words;
	uint32_t *slots; /* [nslots] index into words, or NO_CODE; nslots is a power of two */
	size_t nslots;
	bool text;   /* never numeric */
	bool number; /* by its spec; every field must be one */
};

struct reader {
	struct table *t;
	const char *path;
	bool checked;
	char separator; /* 0: to be found */
	table_reject_fn *reject;
	void *arg;
	struct build *build;      /* [ncols] */
	struct csv_field *fields; /* [ncols] of the line at hand */
	double *numbers;          /* [ncols] of the line at hand, where build.number */
	struct str scratch;       /* copy of the line at hand, for csv_split to write to */
	char why[200];            /* why the line at hand does not count */
};

/* One line of the file. */
struct line {
	const char *s;
	size_t len; /* without the line end */
	bool ended; /* has a line end */
	uint64_t number;
};

/* ---- dictionaries ---- */

/* FNV-1a, 32 bits. */
static uint32_t word_hash(const char *s, size_t len)
{
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x01000193u;
	return h;
}

/* The slot that holds the word, or the empty one where it belongs. */
static uint32_t *find_slot(const struct build *b, const char *s, size_t len, uint32_t hash)
{
	size_t mask = b->nslots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		const struct word *w;

		if (b->slots[i] == NO_CODE)
			return &b->slots[i];
		w = &b->words.v[b->slots[i]];
		if (w->hash == hash && strncmp(w->s, s, len) == 0 && w->s[len] == '\0')
			return &b->slots[i];
	}
}

/* Keeps the table at most half full. */
static void grow_slots(struct build *b)
{
	size_t mask;

	if (b->words.n * 2 < b->nslots)
		return;
	b->nslots = b->nslots ? b->nslots * 2 : FIRST_SLOTS;
	b->slots = xrealloc(b->slots, b->nslots, sizeof(*b->slots));
	for (size_t i = 0; i < b->nslots; i++)
		b->slots[i] = NO_CODE;
	mask = b->nslots - 1;
	for (size_t code = 0; code < b->words.n; code++) {
		size_t i = b->words.v[code].hash & mask;

		while (b->slots[i] != NO_CODE)
			i = (i + 1) & mask;
		b->slots[i] = (uint32_t)code;
	}
}

/* The code of a text without NULs. */
static uint32_t intern(struct build *b, struct arena *a, const char *s, size_t len)
{
	uint32_t hash = word_hash(s, len);
	uint32_t *slot;

	grow_slots(b);
	slot = find_slot(b, s, len, hash);
	if (*slot == NO_CODE) {
		if (b->words.n >= NO_CODE)
			BUG("more than 2^32 different texts in a column");
		*slot = (uint32_t)b->words.n;
		*VEC_PUSH(&b->words) = (struct word){.s = arena_strn(a, s, len), .hash = hash};
	}
	return *slot;
}

/* ---- rows ---- */

/* Undoes the journal's escapes, which other files do not have, and ends a text at a NUL. */
static void clean_fields(struct reader *r)
{
	for (size_t i = 0; i < r->t->ncols; i++) {
		struct csv_field *f = &r->fields[i];

		if (r->checked && memchr(f->s, '\\', f->len))
			f->len = csv_unescape(r->scratch.s + (f->s - r->scratch.s), f->len);
		f->len = strnlen(f->s, f->len);
	}
}

/* Reads the fields that must be numbers; false if one is not. */
static bool parse_numbers(struct reader *r)
{
	for (size_t i = 0; i < r->t->ncols; i++) {
		const struct csv_field *f = &r->fields[i];
		const char *name = r->t->cols[i].name;
		char quoted[60];

		r->numbers[i] = NAN;
		if (!r->build[i].number || f->len == 0)
			continue;
		if (!num_parse(f->s, f->len, &r->numbers[i]) && r->checked) {
			snprintf(r->why, sizeof(r->why), "%s is not a number",
				err_quote(quoted, sizeof(quoted), name));
			return false;
		}
	}
	return true;
}

/* Takes the line apart into r->fields and r->numbers.  False, with r->why, if it does not count. */
static bool judge_line(struct reader *r, const struct line *l)
{
	int n;

	if (r->checked && !l->ended) {
		snprintf(r->why, sizeof(r->why), "no line end");
		return false;
	}
	if (r->checked && row_crc_check(l->s, l->len) != ROW_CRC_FITS) {
		snprintf(r->why, sizeof(r->why), "%s does not fit", COLUMN_ROW_CRC);
		return false;
	}
	str_reset(&r->scratch);
	str_addn(&r->scratch, l->s, l->len);
	n = csv_split(r->scratch.s, r->scratch.len, r->separator, r->fields, (int)r->t->ncols);
	if (n < 0) {
		snprintf(r->why, sizeof(r->why), "its quotes do not match");
		return false;
	}
	if ((size_t)n != r->t->ncols) {
		snprintf(r->why, sizeof(r->why), "%d fields, the header has %zu", n, r->t->ncols);
		return false;
	}
	clean_fields(r);
	return parse_numbers(r);
}

static void store_row(struct reader *r, uint64_t number)
{
	struct table *t = r->t;
	size_t row = t->nrows++;

	for (size_t i = 0; i < t->ncols; i++) {
		const struct csv_field *f = &r->fields[i];
		struct table_column *c = &t->cols[i];

		c->code[row] =
			f->len ? intern(&r->build[i], &t->arena, f->s, f->len) : TABLE_MISSING;
		if (c->num)
			c->num[row] = r->numbers[i];
	}
	t->line[row] = number;
}

static void read_row(struct reader *r, const struct line *l)
{
	if (judge_line(r, l)) {
		store_row(r, l->number);
		return;
	}
	r->t->rejected++;
	if (r->reject)
		r->reject(r->arg, l->number, l->s, l->len, r->why);
}

/* ---- the file ---- */

/* The next line of s[*at..len); false at the end. */
static bool next_line(const struct str *text, size_t *at, struct line *l)
{
	const char *s = text->s + *at, *end;
	size_t rest = text->len - *at;

	if (rest == 0)
		return false;
	end = memchr(s, '\n', rest);
	l->s = s;
	l->len = end ? (size_t)(end - s) : rest;
	l->ended = end;
	l->number++;
	*at += l->len + (end ? 1 : 0);
	return true;
}

/* Foreign files may have CR LF ends and empty lines; the journal's are bytes under a CRC. */
static bool next_row(const struct reader *r, const struct str *text, size_t *at, struct line *l)
{
	while (next_line(text, at, l)) {
		if (!r->checked && l->len > 0 && l->s[l->len - 1] == '\r')
			l->len--;
		if (r->checked || l->len > 0 || r->t->ncols == 1)
			return true;
	}
	return false;
}

static size_t count_lines(const struct str *text)
{
	struct line l = {0};
	size_t n = 0, at = 0;

	while (next_line(text, &at, &l))
		n++;
	return n;
}

static const struct column_spec *find_spec(
	const struct column_spec *specs, size_t nspecs, const char *name)
{
	for (size_t i = 0; i < nspecs; i++) {
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	}
	return NULL;
}

/* Fills in column i of the header. */
static void init_column(struct reader *r, size_t i, const struct column_spec *spec, size_t rows)
{
	struct arena *a = &r->t->arena;
	struct table_column *c = &r->t->cols[i];
	struct build *b = &r->build[i];

	b->number = spec && spec->type != COLUMN_TEXT;
	b->text = (spec && spec->type == COLUMN_TEXT) || strcmp(c->name, COLUMN_ROW_CRC) == 0;
	c->unit = spec ? arena_str(a, spec->unit) : "";
	c->better = spec ? spec->better : 0;
	c->numeric = b->number;
	c->code = arena_alloc(a, rows, sizeof(*c->code));
	if (b->number)
		c->num = arena_alloc(a, rows, sizeof(*c->num));
}

/* The names must be there, different, and end in row_crc where rows are checked. */
static int check_names(const struct reader *r, const struct line *l, struct err *e)
{
	const struct table *t = r->t;
	char quoted[80];

	if (!r->checked)
		return 0;
	if (!l->ended || strcmp(t->cols[t->ncols - 1].name, COLUMN_ROW_CRC) != 0)
		return err_set(e, ERR_JOURNAL, "%s: its first line does not end in %s", r->path,
			COLUMN_ROW_CRC);
	for (size_t i = 0; i < t->ncols; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(t->cols[i].name, t->cols[j].name) == 0)
				return err_set(e, ERR_JOURNAL, "%s: two columns named %s", r->path,
					err_quote(quoted, sizeof(quoted), t->cols[i].name));
		}
	}
	return 0;
}

static void find_separator(struct reader *r, const struct line *l)
{
	static const char candidates[] = {',', ';', '\t'};
	size_t most = 0;

	if (r->separator)
		return;
	r->separator = ',';
	for (size_t k = 0; k < sizeof(candidates); k++) {
		size_t n = 0;

		for (size_t i = 0; i < l->len; i++)
			n += l->s[i] == candidates[k];
		if (n > most) {
			most = n;
			r->separator = candidates[k];
		}
	}
}

/* Allocates the columns and names them after the fields of the header line. */
static int read_names(struct reader *r, const struct line *l, struct err *e)
{
	struct table *t = r->t;
	int most = 1; /* as many as there can be: commas within quotes are counted too */

	for (size_t i = 0; i < l->len && most <= MAX_COLUMNS; i++)
		most += l->s[i] == r->separator;
	if (most > MAX_COLUMNS)
		return err_set(e, ERR_JOURNAL, "%s: more than %d columns", r->path, MAX_COLUMNS);
	r->fields = xcalloc((size_t)most, sizeof(*r->fields));
	r->numbers = xcalloc((size_t)most, sizeof(*r->numbers));
	r->build = xcalloc((size_t)most, sizeof(*r->build));
	str_addn(&r->scratch, l->s, l->len);
	most = csv_split(r->scratch.s, r->scratch.len, r->separator, r->fields, most);
	if (most < 0)
		return err_set(
			e, ERR_JOURNAL, "%s: the quotes of its first line do not match", r->path);
	t->ncols = (size_t)most;
	t->cols = arena_alloc(&t->arena, t->ncols, sizeof(*t->cols));
	clean_fields(r);
	for (size_t i = 0; i < t->ncols; i++)
		t->cols[i].name = arena_strn(&t->arena, r->fields[i].s, r->fields[i].len);
	return check_names(r, l, e);
}

/* A column without a spec is numeric if each of its different texts is a number. */
static void infer_numbers(struct table *t, struct table_column *c)
{
	double *of_code = xcalloc(c->ndict, sizeof(*of_code));
	bool numeric = true;

	for (size_t code = 0; numeric && code < c->ndict; code++)
		numeric = num_parse(c->dict[code], strlen(c->dict[code]), &of_code[code]);
	if (numeric) {
		c->numeric = true;
		c->num = arena_alloc(&t->arena, t->nrows, sizeof(*c->num));
		for (size_t row = 0; row < t->nrows; row++)
			c->num[row] = c->code[row] == TABLE_MISSING ? NAN : of_code[c->code[row]];
	}
	free(of_code);
}

/* Hands the dictionaries over. */
static void finish_columns(struct reader *r)
{
	struct table *t = r->t;

	for (size_t i = 0; i < t->ncols; i++) {
		struct table_column *c = &t->cols[i];
		const struct build *b = &r->build[i];

		c->ndict = b->words.n;
		c->dict = arena_alloc(&t->arena, c->ndict, sizeof(*c->dict));
		for (size_t code = 0; code < c->ndict; code++)
			c->dict[code] = b->words.v[code].s;
		if (!b->text && !b->number)
			infer_numbers(t, c);
	}
}

static int read_text(struct reader *r, const struct str *text, const struct column_spec *specs,
	size_t nspecs, struct err *e)
{
	struct line l = {0};
	size_t at = 0, rows;

	if (text->len >= UTF8_BOM_LEN && memcmp(text->s, UTF8_BOM, UTF8_BOM_LEN) == 0)
		at = UTF8_BOM_LEN;
	if (!next_row(r, text, &at, &l))
		return err_set(e, ERR_JOURNAL, "%s: empty, without even a header", r->path);
	find_separator(r, &l);
	if (read_names(r, &l, e))
		return -1;
	rows = count_lines(text);
	for (size_t i = 0; i < r->t->ncols; i++)
		init_column(r, i, find_spec(specs, nspecs, r->t->cols[i].name), rows);
	r->t->line = arena_alloc(&r->t->arena, rows, sizeof(*r->t->line));
	while (next_row(r, text, &at, &l))
		read_row(r, &l);
	finish_columns(r);
	return 0;
}

static void reader_release(struct reader *r)
{
	for (size_t i = 0; r->build && i < r->t->ncols; i++) {
		VEC_RELEASE(&r->build[i].words);
		free(r->build[i].slots);
	}
	free(r->build);
	free(r->fields);
	free(r->numbers);
	str_release(&r->scratch);
}

static int read_file(
	struct reader *r, const struct column_spec *specs, size_t nspecs, struct err *e)
{
	struct str text = STR_INIT(MAX_FILE);
	int failed;

	*r->t = (struct table){0};
	failed = fsx_read(r->path, MAX_FILE, &text, e) || read_text(r, &text, specs, nspecs, e);
	reader_release(r);
	str_release(&text);
	if (failed)
		table_release(r->t);
	return failed ? -1 : 0;
}

int table_read(struct table *t, const char *path, bool checked, const struct column_spec *specs,
	size_t nspecs, table_reject_fn *reject, void *arg, struct err *e)
{
	struct reader r = {.t = t,
		.path = path,
		.checked = checked,
		.separator = ',',
		.reject = reject,
		.arg = arg,
		.scratch = STR_INIT(MAX_FILE)};

	return read_file(&r, specs, nspecs, e);
}

int table_read_foreign(struct table *t, const char *path, char separator, table_reject_fn *reject,
	void *arg, struct err *e)
{
	struct reader r = {.t = t,
		.path = path,
		.separator = separator,
		.reject = reject,
		.arg = arg,
		.scratch = STR_INIT(MAX_FILE)};

	return read_file(&r, NULL, 0, e);
}

int table_read_bytes(struct table *t, const char *name, const char *bytes, size_t len, bool checked,
	const struct column_spec *specs, size_t nspecs, struct err *e)
{
	struct reader r = {.t = t,
		.path = name,
		.checked = checked,
		.separator = ',',
		.scratch = STR_INIT(MAX_FILE)};
	struct str text = STR_INIT(MAX_FILE);
	int failed;

	*t = (struct table){0};
	str_addn(&text, bytes, len);
	failed = read_text(&r, &text, specs, nspecs, e);
	reader_release(&r);
	str_release(&text);
	if (failed)
		table_release(t);
	return failed ? -1 : 0;
}

void table_release(struct table *t)
{
	arena_release(&t->arena);
	*t = (struct table){0};
}

const struct table_column *table_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->ncols; i++) {
		if (strcmp(t->cols[i].name, name) == 0)
			return &t->cols[i];
	}
	return NULL;
}

const char *table_text(const struct table_column *c, size_t row)
{
	if (!c || c->code[row] == TABLE_MISSING)
		return NULL;
	return c->dict[c->code[row]];
}

double table_num(const struct table_column *c, size_t row)
{
	return c && c->numeric ? c->num[row] : (double)NAN;
}
