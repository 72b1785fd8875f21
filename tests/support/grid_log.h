/* grid_log.h - what a reader of foreign files hands over, as text to compare, and its rules held.
 *
 *	csv '' piece 0 last
 *	 names a|b
 *	 2: 1|_
 *	note 3: why
 *
 * Texts as they stand, JSON's numbers with #, missing as _, true and false as T and F.  Context
 * as " with name=value". */
#ifndef TESTS_GRID_LOG_H
#define TESTS_GRID_LOG_H

#include "foreign.h"
#include "str.h"

struct grid_log {
	struct str text;
	struct str names; /* of the table that is open */
	uint64_t grids, tables, rows, notes;
	uint32_t piece; /* that has to come next */
	bool open;      /* a table whose last piece did not come yet */
	bool quiet;     /* nothing is written, rules are held */
	int refuse;     /* after so many grids the sink says that it is enough; 0 never */
};

#define GRID_LOG_INIT                                                                              \
	{                                                                                          \
		.text = STR_INIT(1 << 20), .names = STR_INIT(1 << 20)                              \
	}

struct foreign_sink grid_log_sink(struct grid_log *log);
/* Reads the text as a file of that kind; asserts that it can. */
struct foreign_facts grid_log_read(
	struct grid_log *log, enum tree_kind kind, const char *text, size_t len);
void grid_log_release(struct grid_log *log);
/* The text of the log is exactly this, for a file of that kind. */
void assert_grids(enum tree_kind kind, const char *text, const char *wanted);

#endif
