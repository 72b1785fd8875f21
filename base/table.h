/* table.h - a CSV file as typed columns with unit and direction, and the journal's rule for rows.
 *
 * A row counts if it ends in a newline, has the header's field count, and its row_crc (CRC-32C, 8
 * hex digits, over the line's bytes before the comma of the last field) fits.  Rows are judged one
 * by one; what does not count is handed to the caller with its reason.  Text columns are dictionary
 * coded, numbers are doubles, missing is NaN or code TABLE_MISSING. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "columns.h"
#include "err.h"

#define TABLE_MISSING UINT32_MAX

struct table_column {
	const char *name;
	const char *unit; /* "" for none */
	int better;       /* 1 higher, -1 lower, 0 none */
	bool numeric;     /* num is filled */
	double *num;      /* [nrows] NaN = missing; only if numeric (MS columns in ms) */
	uint32_t *code;   /* [nrows] index into dict, TABLE_MISSING = empty; always filled */
	const char **dict;
	size_t ndict;
};

struct table {
	struct arena arena;
	size_t nrows, ncols;
	struct table_column *cols;
	uint64_t *line;  /* [nrows] line number in the file, the header is 1 */
	size_t rejected; /* rows that did not count */
};

/* Told of each row that does not count: its line number, bytes and why. */
typedef void table_reject_fn(
	void *arg, uint64_t line, const char *bytes, size_t len, const char *why);

/* Reads `path`.  With `checked`, the last column must be row_crc and the rule above applies;
 * otherwise rows need only the header's field count, lines may end in CR LF and empty ones are
 * passed over.  The escapes of csv_add are undone only in checked files.  Types, units and
 * direction come from `specs` (may be NULL) by name; a column not found there is numeric if every
 * non-empty field is a number. ERR_ENV if it cannot be read, ERR_JOURNAL if the header is not one.
 * Caller: table_release. */
int table_read(struct table *t, const char *path, bool checked, const struct column_spec *specs,
	size_t nspecs, table_reject_fn *reject, void *arg, struct err *e) NODISCARD;
/* The same from memory; `name` stands for the path in errors. */
int table_read_bytes(struct table *t, const char *name, const char *bytes, size_t len, bool checked,
	const struct column_spec *specs, size_t nspecs, struct err *e) NODISCARD;
/* A table of somebody else's: as table_read unchecked and without specs, with another separator; 0:
 * the one of ',' ';' and TAB that the first line has most of. */
int table_read_foreign(struct table *t, const char *path, char separator, table_reject_fn *reject,
	void *arg, struct err *e) NODISCARD;
void table_release(struct table *t);

/* By name, or NULL. */
const struct table_column *table_column(const struct table *t, const char *name);
/* Text of a field; NULL if missing (or the column is NULL). */
const char *table_text(const struct table_column *c, size_t row);
/* Number of a field; NaN if missing, not numeric, or the column is NULL. */
double table_num(const struct table_column *c, size_t row);

#endif
