/* insight_parts.h - the steps of insight_make, and what they share. */
#ifndef STATS_INSIGHT_PARTS_H
#define STATS_INSIGHT_PARTS_H

#include "insight.h"
#include "wording.h"

/* ---- figures of a sample ---- */

/* Quantiles of t for 95 %, by degrees of freedom: asked for thousands of times. */
#define T95_KEPT 1024
struct t95 {
	double of[T95_KEPT]; /* 0: not asked yet */
};
double t95_of(struct t95 *t, uint64_t df);

/* Two samples as one, finished: `ret` is to be released.  Where they are finished themselves it
 * takes time that grows with their number alone. */
void insight_merge(struct values *ret, const struct values *a, const struct values *b);
/* Figures of a sample, finished or not. */
void insight_stat_of(struct insight_stat *s, const struct values *v, struct t95 *t);

/* Mean and variance (n - 1) of the logarithms; NaN where a value is not above 0. */
struct log_moments {
	uint64_t n;
	double mean, variance;
};
struct log_moments insight_logs(const struct values *v);

/* Geometric means against each other: Welch's t on logarithms. */
struct log_ratio {
	double ratio, low, high;
	double apart, se, df, p; /* on the logarithms */
};
/* Without the interval, which takes longer: NaN.  False where nothing varies. */
bool insight_welch_test(
	const struct log_moments *x, const struct log_moments *y, struct log_ratio *ret);
bool insight_welch(const struct log_moments *x, const struct log_moments *y, double level,
	struct log_ratio *ret);

/* ---- what the steps share ---- */

struct insight_work {
	struct insight *in;
	const struct corpus *c;
	struct arena *arena; /* in->arena */
	struct t95 t;
	/* [ntold] it is what a single row has, and no figure of several. */
	bool *single;
	struct {
		struct insight_finding *v;
		size_t n, cap;
	} found;
};

void insight_pairs(struct insight_work *w);
/* insight_best() by other pairs than those that were written down. */
uint32_t insight_best_of(
	const struct insight *in, const struct insight_pair *pairs, size_t n, const char *quantity);
void insight_told(struct insight_work *w);
void insight_sweeps(struct insight_work *w);
void insight_runs(struct insight_work *w);
void insight_traps_loads(struct insight_work *w);
void insight_traps_placebo(struct insight_work *w);
void insight_traps_rows(struct insight_work *w); /* zeros, copies, pooled, all failed */
void insight_traps_told(struct insight_work *w);
void insight_findings(struct insight_work *w);
/* Who is best in each primary quantity, by rows and by what files only tell. */
void insight_comparisons(struct insight_work *w);

/* ---- statements ---- */

/* How much one weighs, with up to 49 more among those of one kind.  Traps that change what a reader
 * would conclude are TRAP, all others TRAP_MINOR. */
enum insight_strength {
	INSIGHT_SIMULATED = 1100,
	INSIGHT_COMPARISON = 900,
	INSIGHT_RUN = 850,
	INSIGHT_TRAP = 800,
	INSIGHT_FAILURE = 750,
	INSIGHT_LOAD = 700,
	INSIGHT_EFFECT = 600,
	INSIGHT_TRAP_MINOR = 500,
	INSIGHT_LIMIT = 400
};

/* A set of files that grows. */
struct file_list {
	uint32_t *v;
	size_t n, cap;
};

/* Adds a statement.  `where` ("rows 2 to 37", "") is of the first of the files; those named twice
 * count once, and the list is released. */
void insight_add(struct insight_work *w, const char *kind, int trap, int strength, const char *text,
	const char *where, uint64_t n, struct file_list *files);
/* Sorted by strength and numbered, into in->findings. */
void insight_number(struct insight_work *w);

/* corpus_where; "" of a file as a whole. */
const char *insight_where(struct insight_work *w, const struct corpus_place *p);
const char *insight_file_name(const struct insight_work *w, uint32_t file);
/* "7 to 71 times"; "26 times" where both are one. */
const char *insight_times_range(struct insight_work *w, double least, double most);
/* The files that hold rows of a subject. */
void insight_subject_files(const struct insight_work *w, uint32_t subject, struct file_list *files);
/* A figure beside which no interval stands: as many digits as its own from low to high supports,
 * and at least three, so that it reads the same wherever it stands; in `dst` of WORDING_TEXT bytes.
 */
char *insight_digits(char *dst, double x, double low, double high);
/* A figure of which no interval is known: three significant digits. */
char *insight_plain(char *dst, double x);
/* A text from outside, cut to what a sentence bears. */
const char *insight_cut(struct arena *a, const char *text);
/* "a, b and 3 more". */
const char *insight_some(struct arena *a, const char *const *items, size_t n, size_t most);
/* "a; b; c"; parts that are NULL are left out. */
const char *insight_joined(struct arena *a, const char *const *parts, size_t n);
/* "1.57 times (1.53 to 1.61)"; "... times (told without spread)" where there is no interval. */
const char *insight_times(struct arena *a, double x, double low, double high);

#endif
