/* chunks.c - chunks.csv row by row.  Lines are long and used once, so none is kept. */
#include "chunks.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "columns.h"
#include "csv.h"
#include "hash.h"
#include "num.h"
#include "vec.h"

/* The journal's columns and row_crc. */
#define FIELDS (CHUNKS_COLUMN_COUNT + 1)

struct reader {
	struct csv_field field[FIELDS];
	struct {
		double *v;
		size_t n, cap;
	} gaps;
};

static bool is_header(char *line, size_t len)
{
	struct csv_field field[FIELDS];

	if (csv_split(line, len, ',', field, FIELDS) != FIELDS)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		const char *name = i < CHUNKS_COLUMN_COUNT ? chunk_columns[i].name : COLUMN_ROW_CRC;

		if (field[i].len != strlen(name) || memcmp(field[i].s, name, field[i].len) != 0)
			return false;
	}
	return true;
}

/* 16 hex digits. */
static bool read_id(const struct csv_field *f, uint64_t *id)
{
	*id = 0;
	if (f->len != HASH_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < f->len; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, f->s[i]);

		if (!at || f->s[i] == '\0')
			return false;
		*id = *id << 4 | (uint64_t)(at - digits);
	}
	return true;
}

/* Numbers with a space between; false if one is none, or below 0.  A chunk that came together with
 * the one before (~) came no time after it. */
static bool read_gaps(struct reader *r, const struct csv_field *f)
{
	r->gaps.n = 0;
	for (size_t at = 0, end; at < f->len; at = end + 1) {
		double gap;

		for (end = at; end < f->len && f->s[end] != ' '; end++)
			;
		if (end - at == 1 && f->s[at] == '~')
			gap = 0;
		else if (!num_parse(f->s + at, end - at, &gap) || !(gap >= 0))
			return false;
		*VEC_PUSH(&r->gaps) = gap;
	}
	return true;
}

static bool read_row(struct reader *r, char *line, size_t len, struct chunks_row *row)
{
	const struct csv_field *f = r->field;
	int64_t attempt;

	if (len == 0 || line[len - 1] != '\n' || row_crc_check(line, len - 1) != ROW_CRC_FITS ||
		csv_split(line, len - 1, ',', r->field, FIELDS) != FIELDS)
		return false;
	if (!read_id(&f[CHUNKS_RUN_ID], &row->run_id) ||
		!num_parse_int(f[CHUNKS_ATTEMPT].s, f[CHUNKS_ATTEMPT].len, &attempt) ||
		attempt < 1 || attempt > UINT32_MAX || !read_gaps(r, &f[CHUNKS_GAPS_US]))
		return false;
	row->attempt = (uint32_t)attempt;
	row->gap_us = r->gaps.v;
	row->ngaps = r->gaps.n;
	return true;
}

int chunks_read(const char *path, chunks_fn *fn, void *arg, struct err *e)
{
	FILE *in = fopen(path, "re");
	struct reader r = {0};
	struct chunks_row row;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int failed = 0;

	if (!in)
		return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
	n = getline(&line, &cap, in);
	if (n < 1 || !is_header(line, (size_t)n - (line[n - 1] == '\n')))
		failed = err_set(
			e, ERR_JOURNAL, "%s: its first line is not that of chunks.csv", path);
	while (!failed && (n = getline(&line, &cap, in)) > 0) {
		if (read_row(&r, line, (size_t)n, &row))
			fn(arg, &row);
	}
	if (!failed && ferror(in))
		failed = err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
	fclose(in);
	free(line);
	VEC_RELEASE(&r.gaps);
	return failed ? -1 : 0;
}
