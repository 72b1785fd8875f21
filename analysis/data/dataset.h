/* dataset.h - a table with meaning: rows of one run, with factors, cells, loads and metrics named.
 *
 * Everything lives in the dataset's arena.  Missing numbers are NaN.  A cell is one combination of
 * factor levels as requested; a load is the unit of replication for runner factors. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "goodput.h"

/* The measures of a run.  X(enum suffix, column, "label", "unit", better, log scale, primary).
 * primary ones form the family of confirmatory tests (docs/statistics.md).  All are columns of
 * runs.csv but system throughput and goodput, which are made from whole bursts, and throughput over
 * equal lengths, which is made from chunks.csv where answers differ in length. */
#define DATA_METRICS(X)                                                                            \
	X(DECODE, "decode_tok_s", "Throughput", "tok/s", 1, 1, 1)                                  \
	X(TTFT, "ttft_ms", "TTFT", "ms", -1, 1, 1)                                                 \
	X(TPOT, "tpot_ms", "TPOT", "ms", -1, 1, 0)                                                 \
	X(E2E, "e2e_ms", "End to end", "ms", -1, 1, 0)                                             \
	X(PREFILL, "prefill_tok_s", "Prefill rate", "tok/s", 1, 1, 0)                              \
	X(LOAD, "load_ms", "Server load_duration", "ms", -1, 1, 0)                                 \
	X(SYSTEM, "system_tok_s", "System throughput", "tok/s", 1, 1, 0)                           \
	X(GOODPUT, "goodput_rps", "Goodput", "req/s", 1, 0, 0)                                     \
	X(EQUAL, "equal_tok_s", "Throughput, equal lengths", "tok/s", 1, 1, 0)                     \
	X(SCORE, "score", "Score", "", 1, 0, 0)

#define DATA_METRIC_ENUM(id, column, label, unit, better, log, primary) METRIC_##id,
enum metric { DATA_METRICS(DATA_METRIC_ENUM) METRIC_COUNT };

/* A table of somebody else's has measures of its own, at most so many, in place of these. */
#define METRIC_MAX 16

struct metric_spec {
	const char *column, *label, *unit;
	int better; /* 1 higher, -1 lower */
	bool log;   /* analysed as a logarithm: effects are ratios */
	bool primary;
};
extern const struct metric_spec metric_specs[METRIC_COUNT]; /* of a run */

/* "None of them", for indices below. */
#define DATA_NONE UINT32_MAX

/* Runner options are set once per model load, sampling options change from request to request. */
enum data_stratum { DATA_RUNNER, DATA_SAMPLING };

struct data_factor {
	const char *name;
	const char *column; /* of runs.csv; the name but for prompt and prompt_tokens */
	enum data_stratum stratum;
	uint32_t nlevels;
	const char **level; /* as in the rows: "auto", "4096" */
	double *value;      /* numeric value, NaN for words */
	double *sent; /* the number that was sent, under a name of its own too; NaN for words */
	bool numeric; /* all levels are numbers */
};

struct data_cell {
	const char *id;
	uint32_t *level;   /* [nfactors] */
	const char *label; /* "num_gpu=auto num_ctx=4096 temperature=0.2" */
	uint32_t block;    /* as in runs.csv */
};

struct data_load {
	const char *id;
	uint32_t block, pass, server; /* block DATA_NONE unknown */
	bool sentinel;
	const char *status;                              /* as loads.csv */
	double load_ms, context_length, size, size_vram; /* NaN unknown */
	const char *other_models;                        /* "" none */
};

enum row_phase { ROW_WARMUP, ROW_MEASURE, ROW_SENTINEL, ROW_OTHER };
enum row_validity { ROW_VALID, ROW_SUSPECT, ROW_INVALID };

/* Whose time the content of a reply has. */
enum data_dated { DATED_UNKNOWN, DATED_KERNEL, DATED_USER, DATED_VIRTUAL, DATED_KINDS };

/* What the client noted of itself while a request was in flight (base/columns.h). */
struct data_client {
	double stamp_bound_us, send_us, cpu_share; /* NaN not recorded */
	uint32_t gaps, unresolved;                 /* of how many it is known; DATA_NONE neither */
	uint32_t multi_line_reads, streams;        /* DATA_NONE not recorded */
	uint8_t dated;
};

/* One request.  `counts` is the rule of docs/design.md: measure, ok, not invalid, paid no load, and
 * no earlier row of the same run_id counts. */
struct data_row {
	uint32_t cell, load, prompt; /* DATA_NONE none */
	uint32_t order, session, attempt;
	uint32_t concurrency; /* at least 1 */
	double rate;          /* requests per second of an open loop; NaN none */
	uint32_t burst;       /* which of the cell in its pass, from 1; 0: a single request */
	uint32_t line;        /* in runs.csv */
	uint64_t run_id;      /* its 16 hex digits; 0 none */
	uint64_t answer;      /* equal where the texts of the answers are; DATA_NONE unknown */
	uint16_t pass;
	uint8_t phase, validity;
	bool ok, paid_load, counts;
	bool overload;  /* not sent, since the queue grew without end */
	uint8_t status; /* index into dataset.status */
	double metric[METRIC_MAX];
	double started_s;       /* send time, seconds since 1970 */
	double client_queue_ms; /* sent less due */
	double done_ms, prompt_eval_ms, prompt_tokens, output_tokens, loop_lag_us;
	struct data_client client; /* nothing in it holds for a foreign table */
};

struct fold;

/* A prompt of the suite. */
struct data_prompt {
	const char *id, *kind, *difficulty; /* NULL not said */
};

/* Requests of one cell in one load that were in flight together. */
struct data_burst {
	uint32_t cell, load, burst, attempt;
	uint32_t concurrency;
	double rate;         /* NaN: closed loop */
	size_t rows;         /* sent */
	uint32_t at_once;    /* most that were served at the same time; 0 unknown */
	double from_s, to_s; /* without the ramps; NaN: there is nothing between them */
	double system_tok_s, goodput_rps; /* NaN not given */
	const char *why;                  /* there is no system throughput: the reason; else NULL */
	bool overload;                    /* the cell was more than the server takes: no goodput */
	bool part; /* fewer requests than planned were made at one go: it has no figures */
};

struct data_alias {
	const char *factor, *level, *same_as, *why;
	bool merged;
};

/* What the user would choose by; all 0: as docs/statistics.md has it (choice). */
struct data_wishes {
	double weight[METRIC_MAX], memory;
	double max_failures; /* share of failed requests that is tolerated */
};

/* A row, or a value, of a foreign table that is not used. */
struct data_note {
	uint64_t line; /* in the file; 0: the table as a whole */
	const char *why;
};

/* A file that went in. */
struct data_file {
	const char *path, *format; /* "csv", "json" */
	uint64_t bytes, rows, rejected;
};

struct dataset {
	struct arena arena;
	const char *dir, *name;
	json_t *manifest, *sweep; /* RUN/manifest.json, RUN/sweep.json; owned; sweep may be NULL */
	bool simulated, is_virtual;
	/* What was measured: metric_specs, and enum metric are indices into it; or what the user
	 * named of a table of their own (foreign), where the names of enum metric mean nothing. */
	const struct metric_spec *metrics;
	size_t nmetrics;
	bool foreign;
	struct data_factor *factors;
	size_t nfactors;
	struct data_cell *cells;
	size_t ncells;
	struct data_load *loads;
	size_t nloads;
	const char **prompts; /* met in the rows */
	size_t nprompts;
	struct data_prompt *suite; /* [nprompts] what sweep.json says of each */
	struct data_burst *bursts;
	size_t nbursts;
	uint32_t equal_tokens; /* METRIC_EQUAL is over tokens 2 to this one; 0: there is none */
	struct goodput_limits goodput; /* what a request must meet to be good */
	const char **servers;
	size_t nservers;
	const char **status; /* names met */
	size_t nstatus;
	uint64_t left_out; /* rows that the condition left out, before anything else */
	/* In file order: all of them, or of a run of more than DATA_ROWS_KEPT (then there is a
	 * fold) sentinels, requests of bursts, and the first DATA_ROWS_FIRST that count. */
	struct data_row *rows;
	size_t nrows;
	struct data_row *rows_owned; /* freed with the dataset; NULL: they are in the arena */
	const struct fold *fold; /* of all rows (fold.h), owned; NULL: `rows` are all there are */
	struct data_alias *aliases; /* structural, from the plan */
	size_t naliases;
	struct data_wishes wishes;
	double margin[METRIC_MAX];                /* fraction; NaN none */
	uint64_t planned_loads, planned_requests; /* 0 unknown */
	double until; /* passes stopped when ratios were known so well; 0: their number was fixed */
	double budget_s;          /* 0 none */
	const char *ended;        /* how the last session ended, "" unknown */
	uint32_t passes_planned;  /* 0 unknown; with `until` the most; of a shard those it makes */
	uint32_t shard, shards;   /* it is one of so many, from 1; 0: it is no shard */
	uint32_t passes_complete; /* in which every request was tried: each cell has as many as in
				     any */
	uint32_t nblocks;         /* different ones in the rows */
	struct data_file *files;
	size_t nfiles;
	/* Of a foreign table. */
	bool independent;     /* no column said what was set up together: each row for itself */
	bool unpermuted;      /* its F tests are not checked by permutation, which takes longest */
	const char *paid_how; /* what tells rows that paid a load: "load_s above 0.6"; or NULL */
	struct data_note *notes; /* the first of them, in the order of the file */
	size_t nnotes;
	uint64_t notes_in_all;
};

/* A run of more rows is read without keeping them, of still more without keeping their values for
 * exact percentiles (fold.h). */
#define DATA_ROWS_KEPT  250000
#define DATA_ROWS_EXACT 1000000
#define DATA_ROWS_FIRST 100000

struct dataset_options {
	/* Rows that do not meet it are left out: a condition (expr.h) over the columns of runs.csv
	 * by name, in which other words are texts.  NULL: none. */
	const char *where;
	unsigned threads; /* for reading; 0: as scan.h has it.  The same bytes with any number */
	/* 0: as above. */
	uint64_t rows_kept, rows_exact, rows_first;
};
/* Reads a run directory: runs.csv, and what is there of loads.csv, sweep.json and manifest.json.
 * ERR_ENV / ERR_JOURNAL if it is not one, ERR_DATA without any row, ERR_USAGE for a condition that
 * is none or compares what is no column.  Without sweep.json the factors are unknown: there are
 * none, and cells are told apart by cell_id alone. */
int dataset_open(struct dataset *d, const char *dir, const struct dataset_options *o,
	struct err *e) NODISCARD;
/* The same without options. */
int dataset_from_run(struct dataset *d, const char *dir, struct err *e);
/* The same from memory: the bytes of runs.csv and loads.csv (may be NULL) as they would be written,
 * and the objects of sweep.json and manifest.json (borrowed).  For rehearsals. */
struct dataset_text {
	const char *name;
	const char *runs, *loads;
	size_t runs_len, loads_len;
	const json_t *sweep, *manifest;
};
int dataset_from_text(struct dataset *d, const struct dataset_text *t, struct err *e);
void dataset_release(struct dataset *d);
/* Value of a fixed option or NULL: "num_predict"; borrowed. */
const json_t *dataset_option(const struct dataset *d, const char *name);
/* 1: all measures as logarithms (those that may be), 2: none; 0: each as it is.  (enum table_scale
 * of dataset_table.h.) */
void dataset_set_scale(struct dataset *d, int scale);
/* Whether that metric is the score of graded answers, whose unit is the question. */
bool dataset_is_score(const struct dataset *d, size_t metric);
/* Bytes that the loads of the cell's block took, the largest; NaN unknown. */
double dataset_load_size(const struct dataset *d, uint32_t cell);
/* Index of the factor of that name, or -1. */
int dataset_factor(const struct dataset *d, const char *name);
/* Of all intervals: 0.95, or 0.97 where looks decided how many passes there are, so that 95 % hold
 * (docs/statistics.md, adaptive passes). */
double dataset_confidence(const struct dataset *d);
/* The passes that should be there: those planned, or those made where the run stopped by its own
 * rule ("enough" or "budget"); 0 unknown. */
uint32_t dataset_passes_due(const struct dataset *d);
/* Whether the pass is one of this run's: a shard makes every so many'th. */
bool dataset_has_pass(const struct dataset *d, uint32_t pass);
/* Requests that a cell should have, where it has single ones; 0 unknown. */
uint64_t dataset_cell_requests(const struct dataset *d);

#endif
