/* insight_told.h - the parts of holding told figures against rows. */
#ifndef STATS_INSIGHT_TOLD_H
#define STATS_INSIGHT_TOLD_H

#include "insight_names.h"
#include "insight_parts.h"

enum rows_part { OF_ALL, OF_WARM, OF_COLD, PARTS };

/* Figures of a measure, made when first asked for. */
struct figures {
	double of[PARTS][STAT_COUNT_OF_KINDS];
};

struct setting_value {
	double value;
	const struct corpus_setting *of;
};

struct told_work {
	struct insight_work *w;
	struct whose names;
	size_t *first;            /* [nsubjects + 1] of a subject's measures in `cache` */
	struct figures **cache;   /* [all measures] */
	struct setting_value *at; /* ascending */
	size_t nat;
};

/* Figures of a subject's measure, made when first asked for. */
const struct figures *told_figures(struct told_work *t, uint32_t subject, size_t measure);
/* "mean of warm rows"; "mean of its rows" where none is known to be cold. */
const char *told_which(struct told_work *t, enum rule_stat s, enum rows_part p, bool cold);
/* A single row that has x within tol, where that is not by chance; NaN. */
double told_single_row(
	const struct corpus_measure *m, const struct insight_measure *i, double x, double tol);

/* Of figures without rows: that of a later file which an earlier one has as well, of the same words
 * and settings, agrees with it. */
void insight_echoes(struct insight_work *w, struct whose *names);

/* Figures of one row belong together: series of what has no rows, each once, into in->series and
 * in->groups (insight_series.c, insight_groups.c). */
void insight_series(struct insight_work *w, struct whose *names);
void insight_groups(struct insight_work *w);
/* Parts of a name ("conv, eager, cpu"), at most `most`; returns how many. */
struct name_part {
	const char *s;
	size_t len;
};
size_t name_parts(const char *name, struct name_part *ret, size_t most);

/* Figures that have no rows of their quantity, or contradict them, and are in another file the same
 * number of another quantity, which rows bear out: they stand under the wrong name. */
void insight_swapped(struct insight_work *w);

#endif
