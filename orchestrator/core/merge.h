/* merge.h - the run directories of a sweep's shards, joined into one that reads like any other.
 *
 * Shards belong together if they measure the same (fingerprint, definitions, versions and digests
 * of the servers' models), in the same way (passes, repeats, seeds), and are different shards K/N
 * of one N; no run_id and no load may be in two.  Whatever does not belong is ERR_JOURNAL, naming
 * both sides.
 *
 * Rows keep their bytes but for `order`, numbered anew by started_at over all shards (in a shard
 * the order stays), and `session`, unique over all.  Rows that do not count go to set-aside/.  The
 * shards are read only, and locked against a `resume` meanwhile.  The new directory is written
 * beside its place and renamed into it: it is there as a whole or not at all.  Memory grows with
 * the run_ids, not with the rows' bytes. */
#ifndef CORE_MERGE_H
#define CORE_MERGE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

#define MERGE_MAX_SHARDS 10000

struct merge_options {
	const char *const *dirs; /* in any order */
	size_t n;
	const char *out; /* must not exist */
	bool partial;    /* shards may be missing */
	/* Set by a signal: stop, leaving nothing behind.  May be NULL. */
	const volatile sig_atomic_t *interrupted;
};

struct merge_result {
	uint32_t shards, of;
	uint64_t rows, loads, chunks, set_aside;
	/* Measured requests of the whole sweep, and those that are done; requests 0: the shards do
	 * not say (made by an earlier version). */
	uint64_t requests, done;
	uint64_t open; /* that a resume would make; 0 where the shards stopped by their own rule */
	struct str warnings; /* lines: what is open where, what was set aside, versions */
};

#define MERGE_RESULT_INIT                                                                          \
	{                                                                                          \
		.warnings = STR_INIT(STR_MAX_LINE)                                                 \
	}

int merge_runs(const struct merge_options *opt, struct merge_result *ret, struct err *e);
void merge_result_release(struct merge_result *r);

#endif
