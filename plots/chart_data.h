/* chart_data.h - what the charts are drawn from: RUN/summary.json and RUN/runs.csv, checked.
 *
 * Everything lives in the arena.  A number that is not there is NaN, a text that is not there is
 * NULL.  Factors have at least two levels; levels stand in the order of the axis: words first, in
 * the order of the sweep, then numbers, ascending. */
#ifndef PLOTS_CHART_DATA_H
#define PLOTS_CHART_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

enum chart_metric { CHART_THROUGHPUT, CHART_TTFT, CHART_METRICS };

struct chart_metric_spec {
	const char *column; /* in runs.csv, and the name in summary.json */
	const char *label;  /* "Throughput" */
	const char *lower;  /* "throughput", inside a sentence */
	const char *file;   /* "throughput", in file names */
	const char *unit;
	int better; /* 1 higher, -1 lower */
};
extern const struct chart_metric_spec chart_metric_specs[CHART_METRICS];

struct chart_level {
	const char *name;
	double value; /* NaN for a word */
	bool alias;   /* one setting with other levels of this factor */
};

struct chart_factor {
	const char *name;
	struct chart_level *level;
	uint32_t nlevels;
	bool numeric;          /* every level is a number */
	const char *alias_why; /* NULL where no level is an alias */
	uint32_t naliases;     /* levels that are aliases */
};

struct chart_value {
	double estimate, low, high; /* the ends of its interval */
};

/* What a cell that ran as bursts says of load; of single requests beside them what one at a time
 * comes to. */
struct chart_burst {
	bool is_burst;
	double n;                           /* bursts */
	struct chart_value system, goodput; /* NaN not given */
	double wait;                        /* p95 of TTFT in ms, of a rate from due times */
	double serves;                      /* how many at a time; NaN unknown */
	bool queued, overload;
};

struct chart_cell {
	const char *label; /* "num_ctx=4096 temperature=0.2" */
	uint32_t *level;   /* [nfactors] */
	double n, failed;
	struct chart_value value[CHART_METRICS];
	bool best[CHART_METRICS]; /* in the set that holds the best */
	struct chart_burst burst;
};

/* Main effect of a factor on a metric. */
struct chart_effect {
	uint32_t factor;
	enum chart_metric metric;
	const char *verdict; /* effect, no_effect, inconclusive, alias */
	const char *why;     /* of the verdict; "" none */
	double p, margin;    /* p adjusted where it is */
	bool negligible;
	/* The levels that were compared: those of the factor, or fewer, "auto = 99", where some
	 * came to the same. */
	struct chart_factor axis;
	struct chart_value *level; /* [axis.nlevels]; NaN where it has none */
	bool own_levels;           /* axis has the levels of the factor */
};

/* One quantity of a subject of a corpus: over all rows, and over those that paid for no load. */
struct chart_figure {
	double n, mean, low, high, min, max; /* NaN not given */
};

struct chart_measure {
	const char *quantity, *label, *unit; /* unit "" none */
	int better;                          /* 1 higher, -1 lower, 0 neither */
	struct chart_figure all, warm;
};

struct chart_subject {
	const char *name;
	double n, failed, cold;
	bool is_sd; /* its ends are a standard deviation away, and no interval */
	struct chart_measure *measure;
	size_t nmeasures;
};

enum chart_row_kind {
	CHART_ROW_COUNTS,
	CHART_ROW_SUSPECT,
	CHART_ROW_SENTINEL,
	CHART_ROW_FAILED,
	CHART_ROW_OUT,
	CHART_ROW_KINDS
};

/* A request of phase measure or sentinel, in the order sent. */
struct chart_row {
	double order;
	double value[CHART_METRICS];
	uint32_t pass, block;
	enum chart_row_kind kind;
};

struct chart_data {
	struct arena arena;
	const char *model; /* NULL where it is a factor or unknown */
	bool simulated;
	double confidence; /* of intervals: 0.95, or what summary.json says */
	struct chart_factor *factors;
	uint32_t nfactors;
	struct chart_cell *cells;
	uint32_t ncells;
	struct chart_effect *effects;
	size_t neffects;
	bool has_best[CHART_METRICS];   /* the set could be made */
	bool is_corpus;                 /* it has series in place of cells */
	struct chart_subject *subjects; /* of a corpus */
	size_t nsubjects;
	/* Of what files only tell the largest group with a spread; its measure is "told". */
	struct chart_subject *told;
	size_t ntold;
	const char *told_group;
	struct chart_row *rows;
	size_t nrows;
	double *load_order; /* order of the first request of each load */
	size_t nloads;
	uint32_t npasses, nblocks; /* different ones among the rows */
	size_t rejected;           /* lines of runs.csv that do not count */
};

/* Reads both files of a run directory; runs.csv may be missing (an analysis of foreign files has
 * none).  ERR_ENV if summary.json cannot be read. */
int chart_data_load(struct chart_data *d, const char *dir, struct err *e) NODISCARD;
void chart_data_release(struct chart_data *d);

/* The series of a corpus, used by chart_data_load. */
void chart_series_read(struct chart_data *d, const json_t *series);
void chart_told_read(struct chart_data *d, const json_t *told_series);
/* The rows part, used by chart_data_load. */
int chart_rows_load(struct chart_data *d, const char *dir, struct err *e) NODISCARD;

#endif
