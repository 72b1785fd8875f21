/* row.h - one line of runs.csv: a sample with the plan's keys and the client's audit. */
#ifndef CORE_ROW_H
#define CORE_ROW_H

#include <stdbool.h>

#include "columns.h"
#include "plan.h"
#include "sample.h"
#include "str.h"

enum phase { PHASE_WARMUP, PHASE_MEASURE, PHASE_SENTINEL, PHASE_PROBE, PHASE_SEARCH };
const char *phase_name(enum phase p);

enum validity { VALID, SUSPECT, INVALID };
const char *validity_name(enum validity v);

/* A model load and what was read back after it. */
struct load {
	char id[24]; /* "s1-l0007": session and running number */
	uint32_t session, block, pass;
	enum phase phase;
	uint32_t server;
	enum status status;                      /* of the request that caused it */
	ns load_ms_server;                       /* load_duration of the request that paid */
	bool read_back;                          /* /api/ps answered and knew the model */
	int64_t context_length, size, size_vram; /* -1 unknown */
	char other_models[400];
	uint32_t warmups;
	ns started_wall;
};

/* Everything a row needs beside the sample. */
struct row_keys {
	const struct plan *plan;
	const struct item *item;
	const struct load *load;
	uint32_t pass, session, attempt, server;
	uint64_t order;
	enum phase phase;
	bool paid_load;
	enum validity validity;
	char validity_why[300];
};

/* Which columns of the file are factor columns: the sweep's factors that are not columns already.
 */
struct row_schema {
	const struct sweep *sweep;
	size_t factor[SWEEP_MAX_FACTORS]; /* indices of sweep->factors */
	size_t nfactors;
};
void row_schema_init(struct row_schema *schema, const struct sweep *s);

/* The header line with its newline. */
void row_header(const struct row_schema *schema, struct str *out);
/* The line with CRC and newline. */
void row_encode(const struct row_schema *schema, const struct row_keys *k, const struct sample *s,
	struct str *out);
void load_header(struct str *out);
void load_encode(const struct plan *p, const struct load *l, struct str *out);
void chunks_header(struct str *out);
void chunks_encode(const char *run_id, uint32_t attempt, const struct sample *s, struct str *out);
/* Appends ",CRC\n" over what `line` holds from `start` on. */
void row_seal(struct str *line, size_t start);

#endif
