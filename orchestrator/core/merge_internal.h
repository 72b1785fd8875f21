/* merge_internal.h - what the files of merge share. */
#ifndef CORE_MERGE_INTERNAL_H
#define CORE_MERGE_INTERNAL_H

#include <jansson.h>

#include "journal_index.h"
#include "journal_rows.h"
#include "journal_scan.h"
#include "merge.h"

enum merge_file { MERGE_RUNS, MERGE_LOADS, MERGE_CHUNKS, MERGE_FILES };

/* A start or resume of a shard, and its number in the merged run. */
struct merge_session {
	uint32_t number, merged;
	char started[32];     /* "" unknown */
	const json_t *record; /* of the shard's manifest; NULL: only its rows tell of it */
};

struct merge_part {
	const char *dir;
	uint32_t shard, shards;
	json_t *sweep, *manifest;
	struct journal_file file[MERGE_FILES];
	struct journal_scan scan[MERGE_FILES];
	bool has[MERGE_FILES];
	uint64_t rows[MERGE_FILES], set_aside;
	uint64_t done;
	struct {
		struct merge_session *v;
		size_t n, cap;
	} sessions;
};

struct merge {
	const struct merge_options *opt;
	struct merge_part *parts; /* by shard */
	size_t n;
	uint32_t of;
	struct sweep sweep; /* of the first part; all are equal where it matters */
	struct row_schema schema;
	struct journal_index runs, loads; /* of all parts scanned */
};

/* Names of the files, in the order of enum merge_file. */
extern const char *const merge_names[MERGE_FILES];
void merge_header(const struct merge *m, enum merge_file which, struct str *header);

/* Whether the parts, sorted by shard, belong together. */
int merge_check(const struct merge *m, struct err *e);

/* Opens, locks and judges the files of a part. */
int merge_scan(struct merge *m, size_t i, struct err *e);
/* Numbers the sessions of all parts by when they began. */
void merge_number_sessions(struct merge *m);
/* The number in the merged run. */
uint32_t merge_session_number(const struct merge_part *p, uint32_t session);
/* Writes DIR/runs.csv, loads.csv or chunks.csv; *rows are written. */
int merge_write_rows(const struct merge *m, enum merge_file which, const char *dir, uint64_t *rows,
	struct err *e);

/* Measured requests of the whole sweep and of a part as its manifest says; 0 unknown. */
uint64_t merge_requests(const struct merge *m);
uint64_t merge_part_requests(const struct merge_part *p);
/* What a resume of the part would make. */
uint64_t merge_part_open(const struct merge_part *p);
/* Writes DIR/sweep.json and DIR/manifest.json. */
int merge_write_manifest(const struct merge *m, const char *dir, struct err *e);

#endif
