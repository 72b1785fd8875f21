/* dataset_build.h - the steps from the tables of a run directory to a dataset, in their order. */
#ifndef DATA_DATASET_BUILD_H
#define DATA_DATASET_BUILD_H

#include "dataset.h"
#include "table.h"

struct build {
	struct dataset *d;
	const char *runs_path;
	struct table runs, loads;
	bool has_loads; /* loads.csv was there */
	/* Columns of runs.csv, NULL where there is none. */
	const struct table_column *run_id, *cell_id, *phase, *status; /* always there */
	const struct table_column *load_id, *block, *pass, *repeat, *server, *prompt_id, *order,
		*session, *attempt, *concurrency, *rate, *burst, *error, *answer, *validity,
		*paid_load, *started_at, *client_queue_ms, *done_ms, *prompt_eval_ms,
		*prompt_tokens, *output_tokens, *loop_lag, *metric[METRIC_COUNT];
	uint32_t *cell_of_code; /* [cell_id dictionary] cell, or DATA_NONE */
};

/* The counts of the plan, from the sweep as resolved: passes, loads, requests; 0 where unknown. */
void build_plan_counts(struct build *b);

/* Finds the columns above; those without which nothing can be said must be there. */
int build_columns(struct build *b, struct err *e) NODISCARD;
/* The factors of sweep.json, each with a column of runs.csv. */
int build_factors(struct build *b, struct err *e) NODISCARD;
/* The cells that were measured, in the order of their levels; then drops levels no cell has. */
void build_cells(struct build *b);
/* The loads: rows of loads.csv, and those only runs.csv knows of. */
void build_loads(struct build *b);
/* The rows, and which of them count. */
void build_rows(struct build *b);
/* Adaptive passes, budget, goodput's limits, and how the run ended. */
void build_rules(struct build *b);
/* What sweep.json says of the prompts that were met. */
void build_suite(struct build *b);
/* Requests planned for a burst of cells with that load, as core/plan_items.c has it; 0 unknown. */
uint64_t build_burst_size(const struct dataset *d, uint32_t concurrency, double rate);
/* The bursts; puts their system throughput and goodput on one of their rows each. */
void build_bursts(struct build *b);
/* Passes that are complete, and the number of blocks. */
void build_passes(struct build *b);

/* A field as an index: DATA_NONE if it is missing or no whole number below 2^32 - 1. */
uint32_t build_index(const struct table_column *c, size_t row);
/* The phase of a row, enum row_phase. */
uint8_t build_phase(const struct build *b, size_t row);

#endif
