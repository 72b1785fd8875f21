/* journal.h - the append-only record of a run: RUN/runs.csv, RUN/loads.csv, RUN/chunks.csv.
 *
 * Guarantees.  A row passed to journal_row() survives a crash of this process once the call returns
 * (one write per row, a request's chunks row before its runs row), and a power cut once a sync has
 * covered it: the world calls journal_sync() at most once a second, off the loop thread.  A row
 * counts if it ends in a newline, has the header's field count, and its CRC fits; rows are judged
 * one by one, and what does not count is moved to RUN/set-aside/ when the journal is opened again.
 * A short write is cut back to the last row; a failed write or sync is final.  Only one process may
 * hold a journal (flock; where the file system has no locks that is a warning).  No uv here.
 *
 * A run_id is done when a row of it is ok and not invalid, or final (sample.h), or when it is one
 * of a burst and a row of it is ok: without the others it would not be measured as they were. */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "row.h"

struct journal; /* opaque */

enum journal_mode { JOURNAL_NEW, JOURNAL_RESUME };
#define JOURNAL_RETRY_FAILED 1u /* final failures are not done */
#define JOURNAL_NO_CHUNKS    2u

/* Opens `dir` (which exists).  With JOURNAL_RESUME the existing rows are verified and indexed: a
 * header that is not this sweep's is ERR_JOURNAL.  The schema's sweep must outlive the journal. */
int journal_open(const char *dir, enum journal_mode mode, unsigned flags,
	const struct row_schema *schema, struct journal **ret, struct err *e);
/* Syncs, unlocks, frees.  Accepts NULL. */
int journal_close(struct journal *j, struct err *e);
/* What a person should know of the opening, one line: lines set aside, no locks here.  "" if
 * nothing. */
const char *journal_note(const struct journal *j);

/* O(1). */
bool journal_done(const struct journal *j, const char *run_id);
/* The highest attempt of a run_id, 0 if none. */
uint32_t journal_attempts(const struct journal *j, const char *run_id);
/* How many of its rows are ok but invalid. */
uint32_t journal_invalid(const struct journal *j, const char *run_id);
uint64_t journal_last_order(const struct journal *j); /* 0 if there are no rows */
uint32_t journal_last_session(const struct journal *j);
uint32_t journal_loads(const struct journal *j); /* rows of loads.csv */
/* Loads of a block on a server (its name) that were out of memory, by the rows of loads.csv; 0 with
 * JOURNAL_RETRY_FAILED, since what did not fit is then tried anew. */
uint32_t journal_oom_loads(const struct journal *j, uint32_t block, const char *server);

int journal_row(struct journal *j, const struct row_keys *k, const struct sample *s, struct err *e);
int journal_load(struct journal *j, const struct plan *p, const struct load *l, struct err *e);
/* fdatasync what was appended so far.  The one call that may run on another thread meanwhile. */
int journal_sync(struct journal *j, struct err *e);

#endif
