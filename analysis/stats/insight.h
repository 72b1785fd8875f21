/* insight.h - what a corpus says: figures with intervals, what files tell held against rows, traps,
 * findings with the rows behind them.  The report of `chimera insight` is written from it.
 *
 * A value that cannot be given is NaN with the reason in its `why`. */
#ifndef STATS_INSIGHT_H
#define STATS_INSIGHT_H

#include <jansson.h>

#include "corpus.h"
#include "dataset.h"
#include "summary.h"

struct insight_stat {
	uint64_t n;
	double mean, sd;
	double low, high; /* 95 % of the mean, by t, rows taken as independent */
	double min, max, p50, p95, p99;
	const char *interval_why, *p95_why, *p99_why; /* NULL: given */
};

struct insight_measure {
	const struct corpus_measure *of;
	struct insight_stat all; /* rows that paid for a load too */
	struct insight_stat
		warm; /* without them; of a subject without load times the same as all */
};

struct insight_subject {
	const struct corpus_subject *of;
	struct insight_measure *measures; /* [of->nmeasures] */
};

/* Two subjects in one measure, over warm rows: better against worse. */
struct insight_pair {
	uint32_t better, worse; /* subjects */
	const char *quantity, *label;
	double ratio, low, high; /* better / worse of geometric means, 95 % by Welch's t on
				    logarithms; above 1 for rates, below 1 for times */
	double p, p_adjusted;    /* Holm over all pairs of the quantity */
	bool same_prompts;       /* both answered the same ones, as far as that is known */
};

enum told_verdict {
	TOLD_ALONE,       /* there are no rows to hold it against */
	TOLD_AGREES,      /* rows give the same, to the digits printed: an echo */
	TOLD_POSSIBLE,    /* within what the rows span, and none of their figures */
	TOLD_CONTRADICTS, /* outside of all that the rows span */
	TOLD_SWAPPED,     /* it is what the rows have of another quantity */
	TOLD_SETTING,     /* it is the value of a setting */
	TOLD_FAILED       /* its row failed */
};

struct insight_told {
	const struct corpus_told *of;
	enum told_verdict verdict;
	uint32_t subject;  /* whose rows it was held against; CORPUS_NONE */
	const char *which; /* what it agrees with: "mean of all rows", "row 3 of ..."; or what it is
			      instead: "Throughput of ...", "num_ctx" */
	double rows_say;   /* that figure of the rows, in the told one's unit; NaN none */
};

/* Figures that files tell of one thing, where no rows are there for them: a mean with its spread,
 * as far as it is told.  NaN where it is not. */
struct insight_series {
	const char *part; /* what it is called in its group: "onnx" of "conv, onnx, cpu" */
	const char *subject, *quantity, *label, *unit;
	int better;
	const char *settings;
	/* Where it stands: the file that says most first, then those that repeat it. */
	const struct corpus_place *places;
	size_t nplaces;
	uint64_t n; /* values behind the mean; 0 not said */
	double mean, sd, min, max, p50, p95, p99;
	double low, high; /* 95 % of the mean, by t from n and sd */
	const char *interval_why;
	bool failed; /* then there are no figures */
	const char *failure;
	/* Against the best of its group: its mean / that of the best; above 1 for times, below 1
	 * for rates.  By Welch's t on logarithms, whose spread is sd / mean.  NaN of the best
	 * itself, where there is nothing to compare, and the interval where no spread is told. */
	double ratio, ratio_low, ratio_high, p;
};

/* Series of one quantity that differ in one part of their names. */
struct insight_group {
	const char *name; /* what they share: "conv, cpu" */
	size_t first, n;  /* in `series`: the best first, those that failed last */
	size_t nfailed;
	bool compared;  /* two or more with a mean, of different names */
	bool one_table; /* of one table; else of files of one folder, perhaps of unlike work */
};

/* Tables with varying settings, analysed as `chimera analyze TABLE` would. */
struct insight_sweep {
	const struct corpus_sweep *of;
	struct dataset *data;
	struct summary *summary;
	const char *why; /* it could not be: the reason; then the two are NULL */
};

/* A run folder of ours. */
struct insight_run {
	uint32_t file; /* in corpus.files */
	struct dataset *data;
	struct summary *summary;
	const char *why;
};

enum trap_kind {
	TRAP_LOAD_IN_TTFT,  /* TTFT holds the load */
	TRAP_ORDER,         /* a setting follows the order of the rows */
	TRAP_LOAD_BY_LEVEL, /* all loads fell on one level, which looks slow for it */
	TRAP_PLACEBO,       /* levels that are one setting */
	TRAP_ZEROS,         /* zeros that stand for failures */
	TRAP_COPIES,        /* the same rows in several files */
	TRAP_SWAPPED,       /* figures under the wrong name */
	TRAP_ECHO,          /* reports that repeat what rows say, or each other */
	TRAP_CONTRADICTION, /* reports that say what no row does */
	TRAP_AGGREGATE,     /* percentiles of means; means of one */
	TRAP_POOLED,        /* unlike prompts or settings in one figure */
	TRAP_ALL_FAILED     /* files in which everything failed */
};
const char *trap_kind_name(enum trap_kind k);

/* A statement with the rows behind it.  Texts are plain, one or two sentences, figures with no more
 * digits than their intervals support; names from outside are in them as they are. */
struct insight_finding {
	const char *id;   /* "F1" in order of strength */
	const char *kind; /* "comparison", "load", "failure", "trap", "effect", "limit", "run" */
	int trap;         /* enum trap_kind; -1 none */
	const char *text;
	const char *file, *where; /* "a/b.csv", "rows 2 to 37"; several files: "3 files" */
	uint64_t n;               /* rows or figures behind it */
	const uint32_t *files;    /* all of them, in corpus.files */
	size_t nfiles;
	int strength;
};

struct insight {
	struct arena arena;
	const struct corpus *corpus;      /* borrowed */
	struct insight_subject *subjects; /* [corpus->nsubjects] */
	/* By primary quantity, strongest first: all pairs that its best one wins, one that each
	 * other loses, and the strongest of the rest. */
	struct insight_pair *pairs;
	size_t npairs;
	struct insight_told *told;     /* [corpus->ntold] */
	struct insight_series *series; /* by use of the quantity, then by group */
	size_t nseries;
	struct insight_group *groups;
	size_t ngroups;
	struct insight_sweep *sweeps; /* [corpus->nsweeps] */
	struct insight_run *runs;
	size_t nruns;
	struct insight_finding *findings; /* strongest first */
	size_t nfindings;
	bool has_score; /* some answer was graded: there are values */
};

/* Primary quantities, in this order: what comparisons, charts and summaries are about. */
#define INSIGHT_THROUGHPUT "throughput"
#define INSIGHT_TTFT       "ttft"
#define INSIGHT_LATENCY    "latency"

/* What a quantity is of use for: the sooner a reader wants it the smaller. */
enum insight_use {
	USE_FIRST,   /* throughput, TTFT, latency and what else is a whole request or run */
	USE_QUALITY, /* how good the results are */
	USE_COST,    /* power, energy, memory, size */
	USE_PART     /* parts of a request, counts, all else */
};
enum insight_use insight_use(const char *quantity);
/* Order of quantities for a reader: by use, within the first in the order above. */
int insight_use_order(const char *a, const char *b);

/* Measure of that quantity of a subject, or NULL. */
const struct insight_measure *insight_measure(
	const struct insight *in, uint32_t subject, const char *quantity);

/* The one that is compared and never the worse; of several, which were not held against each other,
 * the one that wins most pairs, then the one with the better mean.  CORPUS_NONE: nothing was
 * compared. */
uint32_t insight_best(const struct insight *in, const char *quantity);

/* GSL's error handler is off: it is the program's, and not to be changed beside threads. */
void insight_make(struct insight *in, const struct corpus *c);
void insight_release(struct insight *in);
/* OUT/summary.json (docs/formats.md: schema 1 with `ingest`, `series`, `told`, `findings`, ...). */
json_t *insight_json(const struct insight *in);
int insight_write(const struct insight *in, const char *dir, struct err *e);

#endif
