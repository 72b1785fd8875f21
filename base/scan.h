/* scan.h - a CSV file of any size: its wanted columns parsed by several threads, handed over in the
 * order of the file, in memory that does not grow with it.
 *
 * The journal's rule for rows is that of table.h (with `checked`): a row counts if it ends in a
 * newline, has the header's field count, and its row_crc fits; a wanted number that is none takes
 * its row out as well.  What does not count is counted, and told where the caller asks for it.
 *
 * Batches are handed over one after the other, never two at once, though by different threads: what
 * is made of them depends on the file alone and not on the number of threads. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum scan_kind {
	SCAN_NUMBER, /* a double; missing is NaN */
	SCAN_TEXT,   /* an index into the column's dictionary; missing is SCAN_MISSING */
	SCAN_HASH,   /* 64 bits: 16 hex digits as they are, else a hash of the text; missing is 0 */
	SCAN_TIME    /* ISO 8601, UTC: nanoseconds since 1970; missing or not a time is NS_NONE */
};

#define SCAN_MISSING UINT32_MAX

/* A column the caller wants. */
struct scan_wanted {
	const char *name;
	enum scan_kind kind;
};

/* Of each wanted column the array of its kind, [nrows]; all NULL if the file has no such column. */
struct scan_column {
	const double *num;
	const uint32_t *code;
	const uint64_t *hash;
	const int64_t *time;
};

struct scan_batch {
	size_t nrows;
	const uint64_t *line;              /* [nrows] line number in the file, the header is 1 */
	const struct scan_column *columns; /* [nwanted] */
};

/* The texts of a column, in the order they were met; texts stay where they are until the scan is
 * released, the array may move from batch to batch. */
struct scan_dict {
	const char *const *text;
	size_t n;
};

struct scan;

/* Takes a batch; other than 0 ends the scan, with *e set. */
typedef int scan_batch_fn(
	void *arg, const struct scan *s, const struct scan_batch *b, struct err *e);
/* Told of each row that does not count, in the order of the file: line number, bytes and why. */
typedef void scan_reject_fn(
	void *arg, uint64_t line, const char *bytes, size_t len, const char *why);

struct scan_options {
	bool checked;           /* the last column is row_crc, and rows are held against it */
	unsigned threads;       /* 0: as many as there are processors, at most 8 */
	scan_reject_fn *reject; /* may be NULL */
	void *reject_arg;
};

/* A path, or bytes in memory (path then stands for them in errors). */
struct scan_source {
	const char *path;
	const char *bytes; /* NULL: read the file */
	size_t len;
};

/* Opens the file and reads its header.  ERR_ENV if it cannot be read, ERR_JOURNAL if the header is
 * not one (table.h).  Caller: scan_close, also where it failed. */
int scan_open(struct scan **ret, const struct scan_source *source, const struct scan_options *o,
	struct err *e);
/* The names of the header; borrowed. */
size_t scan_ncolumns(const struct scan *s);
const char *scan_column_name(const struct scan *s, size_t i);
/* About how many rows there are, from the size of the file and the length of lines in some places
 * of it; exact for a file below a megabyte. */
uint64_t scan_rows_guess(const struct scan *s);

/* Reads all rows.  Once for each scan_open.  A file that shrinks meanwhile is ERR_ENV. */
int scan_run(struct scan *s, const struct scan_wanted *wanted, size_t nwanted, scan_batch_fn *fn,
	void *arg, struct err *e);
/* The dictionary of wanted column i (SCAN_TEXT); during and after scan_run. */
struct scan_dict scan_dict(const struct scan *s, size_t i);
uint64_t scan_rejected(const struct scan *s);
void scan_close(struct scan *s);

#endif
