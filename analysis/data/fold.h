/* fold.h - what the analysis needs of all rows of a run, made one row at a time.
 *
 * Everything that is said of all rows goes by a fold and not by the rows, so that a run of ten
 * million rows is analysed by the code that analyses one of a hundred, in memory that follows from
 * the cells, loads and prompts alone.  Rows are taken in the order of the file: the same rows give
 * the same fold, to the last digit, whoever reads them.
 *
 *	fold_init, fold_row for each row, (fold_renumber,) fold_finish, questions, fold_release */
#ifndef DATA_FOLD_H
#define DATA_FOLD_H

#include "dataset.h"
#include "fold_client.h"
#include "keymap.h"
#include "values.h"

/* On the analysis scale of the metric (logarithms, or as is); sum of squares about the mean. */
struct fold_moments {
	double mean, ss;
	uint32_t n;
};

/* Rows that count of one load, cell, burst and prompt. */
struct fold_group {
	uint32_t load, cell;
	uint32_t burst;  /* 0: single requests */
	uint32_t prompt; /* DATA_NONE of a burst, and unknown */
	uint32_t rows, pass;
	double order; /* sum of their places in the run */
};

struct fold_status {
	uint8_t status; /* in dataset.status */
	uint32_t n;
};

/* Rows of phase measure of one cell. */
struct fold_cell {
	uint32_t rows, counted, suspect, invalid, paid_load; /* as in struct cell_summary */
	uint32_t failed;
	bool bursts;                   /* there is one that is no single request */
	struct fold_status *by_status; /* those that failed, in the order met */
	size_t nby_status;
	struct values *value[METRIC_MAX]; /* of rows that count; NULL: none has it */
};

/* Rows that count of one load. */
struct fold_load {
	uint32_t rows, timed; /* of these, whose time is known */
	uint32_t told;        /* whose prompt's tokens are known */
	double first_s;       /* time of the first met, seconds since 1970 */
	double since_s;       /* sum of how much later than that each was */
	double prompt_tokens; /* most */
};

/* From the first send to the last end. */
struct fold_session {
	uint32_t session;
	double first_s, last_s;
};

/* Graded answers to one prompt in one cell, suspect rows apart from others. */
struct fold_answers {
	uint32_t cell, prompt;
	bool suspect;
	uint32_t n;
	uint64_t first_at; /* row of the first, from 0 */
	double first, sum; /* scores */
	uint64_t answer;   /* text of the first */
	bool differs;      /* another is not the same */
};

struct fold {
	const struct metric_spec *metrics; /* the dataset's */
	size_t nmetrics;
	bool foreign;
	bool histogram; /* values are histograms */
	/* Groups as they were met; `sorted` has their indices by load, cell, burst and prompt. */
	struct fold_group *groups;
	size_t ngroups, room;
	uint32_t *sorted;
	struct sums *all[METRIC_MAX];     /* [ngroups] but suspect rows; NULL: none */
	struct sums *suspect[METRIC_MAX]; /* [ngroups] of suspect rows; NULL: none */
	struct fold_cell *cells;
	size_t ncells; /* at least the dataset's once finished; likewise: */
	struct fold_load *loads;
	size_t nloads;
	struct fold_answers *answers;
	size_t nanswers, answers_room;
	struct fold_session *sessions;
	size_t nsessions, sessions_room;
	bool *prompt_met; /* by rows that count */
	size_t nprompts;
	/* Rows of the run, as in struct summary. */
	uint64_t rows, measured, ok, failed, warmups, sentinel, suspect_rows, invalid;
	uint64_t counted, counted_suspect;
	uint64_t failed_by[256], unsent_by[256]; /* by status: all of these; since the queue grew */
	uint64_t unsent;                         /* of any phase */
	uint32_t most_pass;                      /* of rows that count */
	bool interleaved;                        /* a measured row is of a second pass */
	double order_squares;                    /* of rows that count, sum of order^2 */
	uint64_t graded, graded_right;
	double graded_sum;
	struct values lag;         /* loop_lag_us of rows that were answered */
	struct fold_client client; /* of these rows; of a foreign table empty */
	struct values gap;         /* TTFT less the server's load and prefill, of single requests */
	uint64_t gap_outside;
	/* Of rows that were answered and do not count: those that paid a load, and others. */
	struct values *paid[METRIC_MAX], *other[METRIC_MAX];
	/* For finding what was met before. */
	struct keymap group_map, answer_map, session_map;
};

void fold_init(struct fold *f, const struct dataset *d, bool histogram);
/* Its metrics, cell and load are of the dataset, or cells numbered otherwise until fold_renumber.
 */
void fold_row(struct fold *f, const struct data_row *r);
/* Cell i becomes cell_of[i], i < n; cells that become DATA_NONE have no measured row. */
void fold_renumber(struct fold *f, const uint32_t *cell_of, size_t n);
/* Status `from` becomes `to`, which no row has. */
void fold_restate(struct fold *f, uint8_t from, uint8_t to);
/* As if no row had the metric. */
void fold_drop(struct fold *f, size_t metric);
/* No row comes any more. */
void fold_finish(struct fold *f, const struct dataset *d);
void fold_release(struct fold *f);

/* The dataset's fold, or one of its rows made in *own.  Caller: fold_release(own) in any case. */
const struct fold *fold_of(const struct dataset *d, struct fold *own);

/* Group i of those sorted, and its moments; n is 0 where it has none. */
const struct fold_group *fold_group(const struct fold *f, size_t i);
struct fold_moments fold_group_moments(
	const struct fold *f, size_t i, size_t metric, bool valid_only);
/* All values of a metric that count, in *ret, finished. */
void fold_values(const struct fold *f, size_t metric, struct values *ret);

/* Differences between a TTFT and what the server says of it that are no cause for doubt. */
#define FOLD_GAP_LEAST_MS 0
#define FOLD_GAP_MOST_MS  50

#endif
