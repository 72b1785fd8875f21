/* summary.h - what a run says: cells with intervals, effects with verdicts, the set that holds the
 * best, statements with the rows behind them.  The struct is what the report is written from, and
 * summary_json() is RUN/summary.json (docs/formats.md, "schema": 1).
 *
 * A value that cannot be given is NaN here and null there, with the reason in its `why`.
 * Methods, with sources: docs/statistics.md. */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H

#include <jansson.h>

#include "client.h"
#include "dataset.h"

/* Classes of questions beyond this number are not shown. */
#define QUALITY_MAX_CLASSES 24

/* Scores of the questions of one kind or difficulty, over all cells or those of a level. */
struct quality_group {
	bool by_kind; /* else by difficulty */
	const char *name;
	int factor;     /* -1: over all cells */
	uint32_t level; /* effective one */
	const char *level_name;
	uint32_t questions;
	double estimate, low, high;
};

struct rank_limits;
struct rank_test;

/* Figures of one metric in one cell, over rows that count. */
struct metric_summary {
	uint32_t n, nloads;
	double estimate;        /* geometric mean for log-scale metrics, mean for others */
	double ci_low, ci_high; /* t from the two strata; expectation over loads */
	double df;
	double mean, sd, cv, median, mad, p50, p95, p99, min, max;
	double estimate_valid_only;                          /* without suspect rows */
	const char *ci_why, *median_why, *p95_why, *p99_why; /* NULL when given */
	struct rank_limits *ranks; /* rank_checks.h; NULL: its rows are of several loads */
};

struct status_count {
	const char *status;
	uint32_t n;
};

struct cell_summary {
	uint32_t cell; /* in dataset.cells */
	uint32_t n, n_suspect, n_invalid, n_failed, n_paid_load, n_planned;
	struct status_count *failed;
	size_t nfailed;
	double failure_upper; /* upper 95 % Clopper-Pearson limit of the failure rate */
	double eff_num_ctx, offload_fraction; /* NaN unknown or mixed */
	bool effective_differs;               /* the server did not do what was asked */
	const char *effective_why;
	uint32_t alias_of;    /* cell that is the same setting by read-back, or itself */
	uint32_t concurrency; /* of its bursts; 0: single requests, or a rate */
	double rate;          /* requests per second; NaN: none */
	uint32_t nbursts;     /* with requests that were sent */
	uint32_t at_once;    /* most requests that the server served at a time in them; 0 unknown */
	uint32_t serves;     /* and in any cell of its runner settings: it is a queue beyond */
	bool queued;         /* concurrency is above that */
	bool overload;       /* a rate that is more than the server takes */
	double ttft_due_p95; /* of a rate: TTFT from when a request was due */
	const char *ttft_due_why; /* there is none: the reason; else NULL */
	struct metric_summary metric[METRIC_MAX];
};

enum verdict { VERDICT_EFFECT, VERDICT_NO_EFFECT, VERDICT_INCONCLUSIVE, VERDICT_ALIAS };
/* "runner" or "request"; of a table of the user's "block" or "row". */
const char *stratum_name(const struct dataset *d, enum data_stratum stratum);
const char *verdict_name(enum verdict v);

struct level_summary {
	const char *level;
	uint32_t n, nloads;
	double estimate;                    /* marginal mean on the metric's own scale */
	double estimate_low, estimate_high; /* 95 % */
	double ratio, ci_low,
		ci_high; /* against the reference level (difference if not log), 95 % */
};

/* Two levels compared, with the interval that holds for all pairs of the factor at once (95 %). */
struct level_pair {
	uint32_t worse, better;        /* in effect.levels */
	double ratio, ci_low, ci_high; /* worse against better (difference if not log) */
};

/* More passes than anyone makes: texts say "more than 100", and offer no command for them. */
#define PASSES_MANY 100

struct effect {
	const char *factor;     /* "num_ctx", "num_ctx:temperature" */
	int factor_a, factor_b; /* indices; b -1 for a main effect */
	enum metric metric;
	const struct metric_spec *spec; /* the dataset's */
	enum data_stratum stratum;
	const char *error_term;                                /* "block x pass", "within loads" */
	double df, df_error, f, p, p_adjusted, partial_eta_sq; /* NaN where there is no test */
	double eta_low, eta_high; /* of partial_eta_sq, 90 %: excludes 0 when p is below 5 % */
	bool primary; /* p_adjusted is Holm's; otherwise exploratory, Benjamini and Hochberg's */
	double margin;
	bool negligible;
	double widest_low,
		widest_high; /* the pairwise 90 % interval that reaches furthest (ratio) */
	double detectable;   /* smallest ratio - 1 that would have been found 9 times in 10; NaN */
	enum verdict verdict;
	const char *why;  /* reason of a withheld or inconclusive verdict, one clause; or "" */
	const char *note; /* "rests on 4 degrees of freedom", or "" */
	uint32_t passes_needed;    /* for an inconclusive one: so many passes find or exclude the
				      margin; 0 unknown */
	uint32_t questions_needed; /* of a score so many questions */
	double p_valid_only;       /* adjusted p and verdict without suspect rows */
	enum verdict verdict_valid_only;
	const char *reference;        /* level that ratios refer to */
	struct level_summary *levels; /* main effects only, one for each effective level */
	size_t nlevels;
	struct level_pair furthest; /* under the verdict effect only, else NaN: main effects */
};

/* Factor levels that turned out to be one setting. */
struct alias_finding {
	const char *factor;
	const char **levels;
	size_t nlevels;
	const char *why; /* "this server has no GPU: size_vram is 0 after every load" */
	bool by_read_back;
};

/* The set that holds the best with 95 %. */
struct best_set {
	enum metric metric;
	uint32_t *cells; /* in order of estimate, the best first */
	size_t ncells;
	size_t different; /* how many different settings after aliases are merged */
	size_t of;        /* different settings compared */
	size_t worse;    /* of those outside, how many the all-pairs interval shows to be worse than
			    the best */
	const char *why; /* set where it could not be made; then ncells is 0 */
};

enum finding_kind {
	FIND_RUN,
	FIND_ALIAS,
	FIND_EFFECT,
	FIND_NO_EFFECT,
	FIND_INCONCLUSIVE,
	FIND_BEST,
	FIND_FAILURE,
	FIND_LOAD,
	FIND_DRIFT,
	FIND_QUALITY,
	FIND_AUDIT,
	FIND_LIMIT
};
const char *finding_kind_name(enum finding_kind k);

/* A statement with the rows behind it. */
struct finding {
	const char *id; /* "F1" in order of strength */
	enum finding_kind kind;
	const char *text; /* one or two plain sentences, no markup, no more digits than the interval
			     supports */
	const char *file, *filter; /* "runs.csv", "phase=measure status=ok num_ctx=8192" */
	uint32_t n;
	int strength; /* larger is stronger */
};

struct drift_summary {
	enum metric metric;
	double trend_per_hour, trend_p; /* of residuals against order, Theil-Sen and Kendall */
	double lag1;
	uint64_t lag1_n; /* requests that it is of: all that count, or the first of a large run */
	double sentinel_sd; /* of the means of the sentinel's loads, on the analysis scale */
	double sentinel_ratio, sentinel_low, sentinel_high; /* last to first sentinel, 95 % */
	uint32_t sentinel_loads;
	const char *why; /* there is no trend: the reason; else NULL */
};

struct choice;
struct trust;
struct trend_line;
struct contrasts;

struct summary {
	struct arena arena;
	const struct dataset *data; /* borrowed */
	const struct fold *fold;    /* of its rows (fold.h): the dataset's, or own */
	struct fold *own;
	struct cell_summary *cells;
	size_t ncells;
	struct effect *effects;
	size_t neffects;
	struct alias_finding *aliases;
	size_t naliases;
	const int *in_step; /* [nfactors] the factor whose levels it follows one by one; -1 none */
	struct quality_group *quality;
	size_t nquality;
	uint32_t repeated, differed; /* as in struct quality (stats/quality.h) */
	/* Half the widest interval between two levels, of an adaptive sweep, on the scale of
	 * throughput's margin; NaN with the reason. */
	double widest;
	const char *widest_factor, *widest_why;
	enum metric widest_metric;
	struct best_set best[METRIC_MAX]; /* ncells 0 where the metric is not there */
	uint32_t *pareto; /* cells not dominated in TTFT and throughput, by estimate */
	size_t npareto;
	const struct choice *choice;    /* choice.h */
	const struct trust *trust;      /* trust.h */
	const struct trend_line *lines; /* trend_line.h: over the levels of numeric factors */
	size_t nlines;
	const struct contrasts *contrasts; /* contrasts.h */
	size_t ncontrasts;
	struct rank_test *rank_tests; /* of a table of independent rows with one factor */
	size_t nrank_tests;
	struct finding *findings;
	size_t nfindings;
	struct drift_summary drift[METRIC_MAX];
	/* The run as a whole. */
	uint64_t rows, measured, ok, failed, warmups, sentinel, suspect, invalid, set_aside;
	uint64_t loads_made, loads_planned;
	double seconds; /* first send to last end of all sessions, pauses left out */
	double client_lag_p99_us;
	struct client_summary client; /* client.h; of a foreign table empty */
	double ttft_minus_server_ms_p50, ttft_minus_server_ms_p95; /* rows that paid no load */
	uint64_t ttft_minus_server_n, ttft_minus_server_outside;   /* of n, outside 0..50 ms */
	double sd_load[METRIC_MAX], sd_pass[METRIC_MAX],
		sd_request[METRIC_MAX];               /* on the analysis scale */
	double prompt_tokens_max, context_filled_max; /* largest share of num_ctx used, NaN */
	bool interleaved; /* more than one pass: factors not confounded with order */
};

int summary_make(struct summary *s, const struct dataset *d, struct err *e);
void summary_release(struct summary *s);
/* New reference. */
json_t *summary_json(const struct summary *s);
/* Writes RUN/summary.json and RUN/tables/{cells,effects,levels,findings,loads}.csv atomically. */
int summary_write(const struct summary *s, const char *dir, struct err *e);

#endif
