/* insight_traps.h - what the files that look for traps share. */
#ifndef STATS_INSIGHT_TRAPS_H
#define STATS_INSIGHT_TRAPS_H

#include "insight_parts.h"

/* Where the rows of a table with varying settings stand; NULL unknown. */
const struct corpus_place *sweep_place(const struct insight_work *w, const struct corpus_sweep *s);
/* A statement about such a table. */
void add_of_sweep(struct insight_work *w, const struct corpus_sweep *s, const char *kind, int trap,
	int strength, const char *text, uint64_t n);

/* What is to be said of several tables in the same words: those of one key are one statement. */
struct alike {
	const struct corpus_sweep *sweep;
	const char *key;
	const char *text; /* where it is the only one */
	double size;      /* what differs among them; NaN nothing */
	uint64_t n;
};
struct alikes {
	struct alike *v;
	size_t n, cap;
};
/* Moves the first key's to the front, in order; returns how many. */
size_t alike_first(struct alike *v, size_t n);
/* "alpha, beta and 2 more": whose tables they are. */
const char *alike_names(struct insight_work *w, const struct alike *v, size_t n);
/* The rows of all of them behind it; of one its own text. */
void alike_add(struct insight_work *w, const struct alike *v, size_t n, int trap, int strength,
	const char *text);

/* That quantity among its metrics; nmetrics: none. */
size_t sweep_metric(const struct dataset *d, const char *quantity);
/* Logarithms of a metric, of rows that count, with the level of a factor or with any other; false
 * where they are too few or not above 0. */
bool sweep_logs(const struct dataset *d, size_t metric, size_t factor, uint32_t level, bool others,
	struct log_moments *ret);
/* A table with one row of each setting, which leaves no noise to test against: levels by their
 * averages over all other settings. */
bool sweep_is_single(const struct summary *s);
/* Of all tables that are. */
void say_levels(struct insight_work *w);

#endif
