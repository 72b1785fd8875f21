/* dataset_join.h - several runs of one sweep as one dataset.
 *
 * The passes of a run follow those of the runs before, so that what a day does to all settings is
 * in the passes; cells are matched by their settings.  Runs are not compared with each other here.
 */
#ifndef DATA_DATASET_JOIN_H
#define DATA_DATASET_JOIN_H

#include "dataset.h"

/* Each run may have so many rows: all are in memory (open it with rows_kept of at least that). */
#define DATASET_JOIN_ROWS 1000000

/* Makes one of `n` runs, whose rows and texts it takes over: they are empty afterwards, and are
 * released by the caller as before.  Where server versions differ, what servers say of themselves
 * is left out, with a note; so is throughput over equal lengths where those differ.  ERR_DATA,
 * naming the first difference, if they were not made of one sweep with the same definitions, or
 * for one with a fold. */
int dataset_join(struct dataset *ret, struct dataset *runs, size_t n, struct err *e) NODISCARD;

#endif
