/* dataset_build.h - the steps from the files of a run directory to a dataset, in their order.
 *
 * runs.csv is scanned (scan.h) and never held as a whole: cells, prompts, states and servers get
 * provisional numbers as they are met, and their own once all rows were seen.  A run of up to
 * DATA_ROWS_KEPT rows keeps its rows; of a larger one a fold is made on the way. */
#ifndef DATA_DATASET_BUILD_H
#define DATA_DATASET_BUILD_H

#include <math.h>

#include "dataset.h"
#include "expr.h"
#include "fold.h"
#include "ids.h"
#include "scan.h"
#include "table.h"

/* Columns of runs.csv that are wanted, in the order of the scan's; those of the factors and of the
 * condition follow. */
enum in_column {
	IN_RUN_ID,
	IN_CELL_ID,
	IN_PHASE,
	IN_STATUS,
	IN_LOAD_ID,
	IN_BLOCK,
	IN_PASS,
	IN_SERVER,
	IN_PROMPT_ID,
	IN_ORDER,
	IN_SESSION,
	IN_ATTEMPT,
	IN_CONCURRENCY,
	IN_RATE,
	IN_BURST,
	IN_ERROR,
	IN_ANSWER,
	IN_VALIDITY,
	IN_PAID_LOAD,
	IN_STARTED_AT,
	IN_CLIENT_QUEUE,
	IN_DONE,
	IN_PROMPT_EVAL,
	IN_PROMPT_TOKENS,
	IN_OUTPUT_TOKENS,
	IN_LOOP_LAG,
	IN_TIMESTAMP_SOURCE,
	IN_STAMP_BOUND,
	IN_SEND,
	IN_CHUNKS,
	IN_ITL_UNRESOLVED,
	IN_MULTI_LINE_READS,
	IN_STREAMS,
	IN_CPU_SHARE,
	IN_EFF_NUM_CTX,
	IN_OFFLOAD,
	IN_METRIC,
	IN_FACTOR = IN_METRIC + METRIC_COUNT
};

/* Texts numbered 0, 1, 2, ... as the rows that are not left out have them. */
struct numbering {
	uint32_t *of_code; /* [ncodes] of the scan's dictionary; DATA_NONE: not met */
	size_t ncodes;
	struct {
		const char **v; /* in the dataset's arena */
		size_t n, cap;
	} names;
};

/* A row's status is a byte: so many have a number of their own, the others are unknown. */
#define BUILD_MAX_STATES 254
#define BUILD_UNKNOWN    255 /* until all states are known */

/* What the words of a column stand for, by code. */
struct coded {
	uint8_t *of_code; /* [ncodes] */
	size_t ncodes;
};

/* The first measured row of a cell_id. */
struct seen_cell {
	const char *id;
	uint32_t code, block;
	const char **text; /* [nfactors] NULL: missing */
};

/* A measured row that does not count. */
struct tried {
	uint64_t id;
	uint32_t cell, pass;
};

/* A warm-up: there is one in the middle of a burst when its lane was emptied after a failure. */
struct rest {
	uint32_t load;
	double at;
};

struct where;

/* Rows are kept; they are folded, their values kept; or counted in histograms. */
enum build_size { SIZE_KEPT, SIZE_FOLDED, SIZE_COUNTED };

struct build {
	struct dataset *d;
	const struct dataset_options *options;
	struct scan_source source; /* runs.csv */
	struct table loads;
	bool has_loads; /* loads.csv was there */
	struct where *where;
	/* What a scan starts with. */
	struct scan_wanted *wanted;
	size_t nwanted;
	enum build_size size;
	bool guesses;          /* there are loads that loads.csv does not tell of */
	bool rates;            /* single requests get a system throughput, beside bursts */
	struct ids_list twice; /* ids that more than one row would count with, found by an earlier
				  scan of a large run */
	bool *met_twice;       /* [twice.n] the row that counts was met */
	/* What it leaves. */
	bool again;  /* nothing: it has to be done again */
	bool shrunk; /* a run taken for a large one was none */
	uint64_t rejected, nrows;
	size_t room; /* of d->rows_owned */
	struct fold *fold;
	size_t nfirst; /* rows that count which were kept of a large run */
	struct numbering prompts, servers, states;
	struct coded phases, validities, successes, clocks;
	uint32_t *load_of_code; /* [nload_codes] */
	size_t nload_codes;
	struct {
		struct data_load *v;
		size_t n, cap;
	} more_loads;                         /* that loads.csv lacks */
	const struct data_load **known_loads; /* of loads.csv, by id */
	size_t nknown_loads;
	uint32_t *cell_of_code; /* [ncell_codes] index into cells; then of d->cells.  DATA_NONE */
	size_t ncell_codes;
	struct {
		struct seen_cell *v;
		size_t n, cap;
	} cells;
	struct {
		struct tried *v;
		size_t n, cap;
	} tried;
	struct {
		struct rest *v;
		size_t n, cap;
	} rests;
	struct ids counted; /* of rows that would count */
	uint32_t most_pass; /* of measured rows */
	bool any_burst;     /* a row of any phase that is no single request */
};

/* The counts of the plan, from the sweep as resolved: passes, loads, requests; 0 where unknown. */
void build_plan_counts(struct build *b);

/* The factors of sweep.json, each with a column of runs.csv; *s is open and not run yet. */
int build_factors(struct build *b, const struct scan *s, struct err *e) NODISCARD;
/* The columns to scan: those without which nothing can be said must be there, and the condition
 * must hold for names of columns. */
int build_wanted(struct build *b, const struct scan *s, struct err *e) NODISCARD;
/* Whether a column is asked for. */
void build_want(struct build *b, enum in_column column, bool wanted);
/* The loads of loads.csv, before the scan. */
void build_loads(struct build *b);
/* Scans runs.csv, first with a scan that is open: rows, or their fold; more than once where it has
 * to be. */
int build_rows(struct build *b, struct scan *first, struct err *e) NODISCARD;
/* A load by the code of its id; one that loads.csv lacks is added from the row it was met in. */
uint32_t build_load_of(
	struct build *b, const struct scan *s, const struct scan_batch *batch, size_t row);
/* After the scan: all loads, with their servers. */
void build_more_loads(struct build *b);
/* After the scan: the cells that were measured, in the order of their levels, without levels that
 * no cell has; then their numbers into rows and fold. */
void build_cells(struct build *b);
/* After the scan: the names of servers, prompts and states. */
void build_names(struct build *b);
/* After names, loads and cells: bursts, and the rest of the fold. */
void build_late_rows(struct build *b);
/* Adaptive passes, budget, goodput's limits, and how the run ended. */
void build_rules(struct build *b);
/* What sweep.json says of the prompts that were met. */
void build_suite(struct build *b);
/* Requests planned for a burst of cells with that load, as core/plan_items.c has it; 0 unknown. */
uint64_t build_burst_size(const struct dataset *d, uint32_t concurrency, double rate);
/* The bursts; puts their system throughput and goodput on one of their rows each. */
void build_bursts(struct build *b);
/* System throughput and goodput of a single request: what one at a time comes to. */
void build_rate_single(const struct dataset *d, struct data_row *r);
/* Throughput over equal lengths from chunks.csv, where the answers of cells differ in length and
 * all rows are kept.  A file that cannot be read gives none. */
void build_equal_lengths(struct dataset *d, const char *chunks_path);
/* Passes that are complete, and the number of blocks. */
void build_passes(struct build *b);
/* Whether the row waits for others of its burst. */
bool build_is_of_burst(const struct data_row *r);
/* What the scan left and the dataset does not keep. */
void build_release(struct build *b);

/* Whether the header has the column. */
bool build_has_column(const struct scan *s, const char *name);
/* Fields of a batch; NaN or SCAN_MISSING where the file has no such column.  Inline: they are asked
 * for some thirty times a row. */
static inline double build_num(const struct scan_batch *batch, size_t column, size_t row)
{
	const double *num = batch->columns[column].num;

	return num ? num[row] : (double)NAN;
}

static inline uint32_t build_code(const struct scan_batch *batch, size_t column, size_t row)
{
	const uint32_t *code = batch->columns[column].code;

	return code ? code[row] : SCAN_MISSING;
}

/* A number as an index: DATA_NONE if it is missing or no whole number below 2^32 - 1. */
static inline uint32_t build_index(double x)
{
	return x >= 0 && x < DATA_NONE && x == (uint32_t)x ? (uint32_t)x : DATA_NONE;
}

static inline uint32_t build_index_or(double x, uint32_t otherwise)
{
	uint32_t i = build_index(x);

	return i == DATA_NONE ? otherwise : i;
}

/* The number of the text of that code of wanted column `column`, a new one where it has none yet;
 * DATA_NONE if it is missing. */
uint32_t build_new_number(
	struct build *b, struct numbering *n, const struct scan *s, size_t column, uint32_t code);
static inline uint32_t build_number(
	struct build *b, struct numbering *n, const struct scan *s, size_t column, uint32_t code)
{
	if (code < n->ncodes && n->of_code[code] != DATA_NONE)
		return n->of_code[code];
	return code == SCAN_MISSING ? DATA_NONE : build_new_number(b, n, s, column, code);
}

/* enum row_phase */
uint8_t build_phase(
	struct build *b, const struct scan *s, const struct scan_batch *batch, size_t row);
/* ---- dataset_where.c ---- */

/* Binds the condition to the columns of the header and adds those it needs to `wanted` (with room
 * for one more for each column of the header).  ERR_USAGE. */
int where_open(struct where **ret, const char *condition, const struct scan *s,
	struct scan_wanted *wanted, size_t *nwanted, struct err *e) NODISCARD;
/* Before another scan: forgets the codes of the last one. */
void where_restart(struct where *w);
bool where_holds(struct where *w, const struct scan *s, const struct scan_batch *batch, size_t row);
void where_close(struct where *w);
/* Whether something is compared with the word: it stands left of a sign, or of `in`. */
bool where_is_compared(const char *condition, const struct expr *x, size_t word);

#endif
