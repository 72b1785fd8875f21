/* scan_chunk.c - the lines of a chunk into columns, and which of them count. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "clock.h"
#include "columns.h"
#include "hash.h"
#include "scan_internal.h"
#include "vec.h"
#include "word.h"

#define FIRST_ROWS 256

void scan_chunk_init(struct scan_chunk *c, const struct scan_plan *p)
{
	*c = (struct scan_chunk){.scratch = STR_INIT(SCAN_MOST_LINE)};
	c->fill = xcalloc(p->nwanted, sizeof(*c->fill));
	c->columns = xcalloc(p->nwanted, sizeof(*c->columns));
	c->fields = xcalloc(p->ncolumns, sizeof(*c->fields));
	c->edge = xcalloc(p->ncolumns + 1 + SCAN_SPLIT_BYTES, sizeof(*c->edge));
	c->edge[0] = UINT32_MAX; /* a place more is the line's first */
	c->split.comma = c->edge + 1;
	c->split.room = p->ncolumns;
}

void scan_chunk_release(struct scan_chunk *c, const struct scan_plan *p)
{
	for (size_t i = 0; c->fill && i < p->nwanted; i++) {
		struct scan_fill *f = &c->fill[i];

		free(f->num);
		free(f->code);
		free(f->hash);
		free(f->time);
		free(f->global);
		scan_words_release(&f->words);
	}
	free(c->fill);
	free(c->columns);
	free(c->fields);
	free(c->edge);
	free(c->line);
	free(c->buffer);
	VEC_RELEASE(&c->rejects);
	arena_release(&c->texts);
	str_release(&c->scratch);
}

/* Room for one more row. */
static void grow(struct scan_chunk *c, const struct scan_plan *p)
{
	if (c->nrows < c->rows_room)
		return;
	c->rows_room = c->rows_room ? c->rows_room * 2 : FIRST_ROWS;
	c->line = xrealloc(c->line, c->rows_room, sizeof(*c->line));
	for (size_t i = 0; i < p->nfields; i++) {
		struct scan_fill *f = &c->fill[p->fields[i].wanted];

		switch (p->fields[i].kind) {
		case SCAN_NUMBER:
			f->num = xrealloc(f->num, c->rows_room, sizeof(*f->num));
			break;
		case SCAN_TEXT:
			f->code = xrealloc(f->code, c->rows_room, sizeof(*f->code));
			break;
		case SCAN_HASH:
			f->hash = xrealloc(f->hash, c->rows_room, sizeof(*f->hash));
			break;
		case SCAN_TIME:
			f->time = xrealloc(f->time, c->rows_room, sizeof(*f->time));
			break;
		}
	}
}

static void reject(struct scan_chunk *c, uint64_t line, const struct scan_line *l, const char *why)
{
	*VEC_PUSH(&c->rejects) = (struct scan_reject){line, l->s, l->len, why};
}

/* Whether two texts of that length, not 0, are the same: most are short. */
static inline bool same_text(const char *a, const char *b, size_t len)
{
	uint32_t first[2], last[2];

	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len >= 8)
		return word_at(a) == word_at(b) && word_at(a + len - 8) == word_at(b + len - 8);
	if (len < 4)
		return a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1];
	memcpy(&first[0], a, 4);
	memcpy(&first[1], b, 4);
	memcpy(&last[0], a + len - 4, 4);
	memcpy(&last[1], b + len - 4, 4);
	return first[0] == first[1] && last[0] == last[1];
}

/* The code of a text: most are that of the row before. */
static inline uint32_t text_code(struct scan_fill *f, const char *s, size_t len)
{
	if (len == 0)
		return SCAN_MISSING;
	if (f->last < f->words.n && f->words.len[f->last] == len &&
		same_text(f->words.text[f->last], s, len))
		return f->last;
	return f->last = scan_word(&f->words, s, len, NULL);
}

/* False if it should be a number and is none. */
static inline bool store_number(
	struct scan_fill *f, size_t row, const char *s, size_t len, const char *limit)
{
	if (len > 0 && scan_number(s, len, limit, &f->num[row]))
		return true;
	f->num[row] = NAN;
	return len == 0;
}

static inline void store(
	struct scan_fill *f, enum scan_kind kind, size_t row, const char *s, size_t len)
{
	if (kind == SCAN_TEXT)
		f->code[row] = text_code(f, s, len);
	else if (kind == SCAN_HASH)
		f->hash[row] = scan_hash(s, len);
	else
		f->time[row] = len ? scan_time(&f->day, s, len) : NS_NONE;
}

static const char *not_a_number(
	struct scan_chunk *c, const struct scan_plan *p, const struct scan_field *field)
{
	char quoted[60];

	return arena_fmt(&c->texts, "%s is not a number",
		err_quote(quoted, sizeof(quoted), p->wanted[field->wanted].name));
}

static const char *field_count(struct scan_chunk *c, size_t n, size_t header)
{
	return arena_fmt(&c->texts, "%zu fields, the header has %zu", n, header);
}

/* A line without quotes, escapes and NULs: its fields are between its edges. */
static const char *take_plain(
	struct scan_chunk *c, const struct scan_plan *p, const struct scan_line *l)
{
	const struct scan_field *field = p->fields, *last = field + p->nfields;

	if (l->ncommas + 1 != p->ncolumns)
		return field_count(c, l->ncommas + 1, p->ncolumns);
	c->edge[p->ncolumns] = (uint32_t)l->len;
	for (; field < p->fields + p->nnumbers; field++) {
		uint32_t from = c->edge[field->place] + 1, to = c->edge[field->place + 1];

		if (!store_number(
			    &c->fill[field->wanted], c->nrows, l->s + from, to - from, c->end) &&
			p->checked)
			return not_a_number(c, p, field);
	}
	for (; field < last; field++) {
		uint32_t from = c->edge[field->place] + 1, to = c->edge[field->place + 1];

		store(&c->fill[field->wanted], field->kind, c->nrows, l->s + from, to - from);
	}
	return NULL;
}

/* Undoes the journal's escapes, which other files do not have, and ends a text at a NUL. */
static void clean_fields(struct scan_chunk *c, const struct scan_plan *p)
{
	for (size_t i = 0; i < p->ncolumns; i++) {
		struct csv_field *f = &c->fields[i];

		if (p->checked && memchr(f->s, '\\', f->len))
			f->len = csv_unescape(c->scratch.s + (f->s - c->scratch.s), f->len);
		f->len = strnlen(f->s, f->len);
	}
}

/* Any line, by csv.h; its texts are kept for as long as the chunk is. */
static const char *take_special(
	struct scan_chunk *c, const struct scan_plan *p, const struct scan_line *l)
{
	const struct scan_field *field = p->fields, *last = field + p->nfields;
	int n;

	str_reset(&c->scratch);
	str_addn(&c->scratch, l->s, l->len);
	n = csv_split(c->scratch.s, c->scratch.len, ',', c->fields, (int)p->ncolumns);
	if (n < 0)
		return "its quotes do not match";
	if ((size_t)n != p->ncolumns)
		return field_count(c, (size_t)n, p->ncolumns);
	clean_fields(c, p);
	for (; field < p->fields + p->nnumbers; field++) {
		struct csv_field *f = &c->fields[field->place];

		if (!store_number(&c->fill[field->wanted], c->nrows, f->s, f->len, f->s + f->len) &&
			p->checked)
			return not_a_number(c, p, field);
	}
	for (; field < last; field++) {
		struct csv_field f = c->fields[field->place];

		if (field->kind == SCAN_TEXT)
			f.s = arena_strn(&c->texts, f.s, f.len);
		store(&c->fill[field->wanted], field->kind, c->nrows, f.s, f.len);
	}
	return NULL;
}

static void take_line(
	struct scan_chunk *c, const struct scan_plan *p, const struct scan_line *l, uint64_t number)
{
	const char *why = NULL;

	if (l->len > SCAN_MOST_LINE)
		why = "longer than any line may be";
	else if (p->checked && !l->ended)
		why = "no line end";
	else if (p->checked && row_crc_check(l->s, l->len) != ROW_CRC_FITS)
		why = COLUMN_ROW_CRC " does not fit";
	if (!why) {
		grow(c, p);
		why = l->special ? take_special(c, p, l) : take_plain(c, p, l);
	}
	if (why)
		reject(c, number, l, why);
	else
		c->line[c->nrows++] = number;
}

static void reset(struct scan_chunk *c, const struct scan_plan *p)
{
	c->nrows = 0;
	c->lines = 0;
	c->rejects.n = 0;
	arena_release(&c->texts);
	if (c->scratch.cap > SCAN_MOST_KEPT)
		str_release(&c->scratch);
	for (size_t i = 0; i < p->nwanted; i++) {
		scan_words_reset(&c->fill[i].words);
		c->fill[i].last = 0;
	}
}

void scan_chunk_parse(struct scan_chunk *c, const struct scan_plan *p)
{
	struct scan_line *l = &c->split;

	reset(c, p);
	for (const char *s = c->from; s < c->end; c->lines++) {
		scan_split(l, s, c->end);
		s += l->len + l->ended;
		if (!p->checked && l->len > 0 && l->s[l->len - 1] == '\r')
			l->len--;
		if (p->checked || l->len > 0 || p->ncolumns == 1)
			take_line(c, p, l, c->lines);
	}
	for (size_t i = 0; i < p->nwanted; i++) { /* of a column that is not there all are NULL */
		const struct scan_fill *f = &c->fill[i];

		c->columns[i] = (struct scan_column){f->num, f->code, f->hash, f->time};
	}
}
