/* quality.h - scores of answers, with the question as the unit (docs/statistics.md, quality).
 *
 * However often a question is asked in a cell, it is one value there: the mean of its answers.  At
 * temperature 0 further answers to the question as it is (cache: repeat) are copies of the first
 * and only show whether the server is deterministic. */
#ifndef STATS_QUALITY_H
#define STATS_QUALITY_H

#include "effects.h"

struct quality {
	const struct dataset *d;
	double confidence;
	/* [ncells * nprompts]; both NULL where nothing was graded. */
	double *score;     /* of that cell and question; NaN none: see quality_score */
	uint32_t *answers; /* that count */
	/* Cells and questions asked again at temperature 0, and those of them whose answers were
	 * not all the same text. */
	uint32_t repeated, differed;
};

/* Without suspect rows if valid_only. */
void quality_read(struct quality *q, const struct dataset *d, bool valid_only);
void quality_release(struct quality *q);

/* Of a cell and a question; NaN none. */
double quality_score(const struct quality *q, size_t cell, size_t prompt);
/* The estimate and interval of a cell's score. */
void quality_cell(const struct quality *q, uint32_t cell, struct metric_summary *m);
/* The two sides of the interval of the mean of n values in 0..1: Wilson's where each is 0 or 1 or
 * all are the same, else t.  Returns NULL, or why there is none. */
const char *quality_interval(
	const double *v, size_t n, double confidence, double *mean, double *low, double *high);

/* Appends the main effects on the score, tested but not judged yet, to a list with room for them.
 */
void quality_effects(struct effects *all, const struct quality *q, const struct effective *eff,
	struct strata *s, struct arena *arena);
/* Two-sided p of paired differences: exact McNemar where they are of one size, else by flipping
 * signs, all ways or 9,999 drawn ones.  *least is the smallest p possible. */
double quality_paired_p(const double *difference, size_t n, double *least);
/* The set that holds the best. */
void quality_best(struct best_set *best, const struct quality *q, const struct effective *eff,
	struct arena *arena);
/* Scores by kind and by difficulty, over all cells and for each level of each factor. */
void quality_groups(struct summary *s, const struct quality *q, const struct effective *eff);

#endif
