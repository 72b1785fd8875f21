/* truth_parts.h - what truth.c and truth_run.c share: both read times of chunks from text. */
#ifndef CORE_TRUTH_PARTS_H
#define CORE_TRUTH_PARTS_H

#include "table.h"
#include "truth.h"

/* Microseconds with a space between, as nanoseconds behind `out`.  "~" is NS_NONE, a time that
 * cannot be told, where that is `allowed`.  NULL is none at all.  False if one is no time. */
bool truth_read_times(const char *text, bool allowed, struct truth_series *out);
/* The same of one; NULL is NS_NONE. */
bool truth_read_time(const char *text, ns *ret);
/* A journal file.  ERR_JOURNAL if it lacks one of the NULL-ended columns. */
int truth_read_table(struct table *t, const char *path, const struct column_spec *specs,
	size_t nspecs, const char *const *columns, struct err *e) NODISCARD;

#endif
