/* foreign.h - reads one file of somebody else's: its tables as grids, and what in it is no table.
 *
 * CSV: separated by comma, semicolon or tab (found by its first lines), quoted as in RFC 4180, with
 * or without a byte-order mark, UTF-8 (bytes that are none stay as they are); UTF-16 with a mark is
 * read too.  JSON: each array of objects is a table whose columns are the scalars of its objects,
 * nested ones dotted; an object whose values are objects of like keys is one whose first column is
 * the key, named as the object is (at the root "name", or "group" and "name"); scalars around a
 * table are its context; a root that holds neither is a table of one row.  JSON lines: as an array;
 * a key that comes up when a piece of the table is out ends the table, and the next begins.
 * Markdown: tables through cmark-gfm (long ones in pieces; one whose header row stands behind other
 * text is recovered, with a note), and lists of "name: 12" (one row) and "label: a=1 b=2" (a row
 * each; an item "group: - label: a=1 - label: a=2" holds several).
 *
 * The last piece of a table may have no rows.  A row of units below the header of a CSV file is
 * taken into its names: "latency (ms)". Everything is hostile: depth, columns and lines are
 * bounded, and what is left out is told. */
#ifndef DATA_FOREIGN_H
#define DATA_FOREIGN_H

#include "err.h"
#include "grid.h"
#include "tree.h"

#define FOREIGN_MOST_COLUMNS 2000
/* Bytes of a line of CSV or JSON lines. */
#define FOREIGN_MOST_LINE ((size_t)8 << 20)

/* What was seen of the file beside its tables. */
struct foreign_facts {
	uint64_t bytes;
	uint64_t hash;        /* of all its bytes, equal for equal files */
	uint64_t lines;       /* newlines, and a last line without one */
	uint64_t hash_lines;  /* Markdown: lines whose first character that is no space is '#' */
	uint64_t headings;    /* Markdown: headings; the others of hash_lines stand in code */
	uint32_t tables;      /* grids handed over, pieces of one counted once */
	uint64_t rejected;    /* rows that are not used, each told to the note function */
	const char *encoding; /* "UTF-8", "UTF-8 with a byte-order mark", "UTF-16", "not UTF-8";
				 static */
	char separator;       /* of CSV */
};

struct foreign_sink {
	/* Takes a grid; other than 0 ends the reading, with *e set. */
	int (*grid)(void *arg, const struct grid *g, struct err *e);
	/* Something in the file that is not used: its line (0: the file as a whole) and why. */
	void (*note)(void *arg, uint64_t line, const char *why);
	void *arg;
};

/* Buffers that serve for many files, one per thread.  All zero is empty. */
struct foreign_work {
	void *own;
};
void foreign_work_release(struct foreign_work *w);

/* ERR_ENV if the file cannot be read; a file without any table is no error. */
int foreign_read(const char *path, enum tree_kind kind, struct foreign_work *w,
	const struct foreign_sink *sink, struct foreign_facts *facts, struct err *e);
/* The same from memory. */
int foreign_read_bytes(const char *bytes, size_t len, enum tree_kind kind, struct foreign_work *w,
	const struct foreign_sink *sink, struct foreign_facts *facts, struct err *e);

#endif
