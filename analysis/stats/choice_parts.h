/* choice_parts.h - the steps of choice_make that have a file of their own. */
#ifndef STATS_CHOICE_PARTS_H
#define STATS_CHOICE_PARTS_H

#include "best_parts.h"
#include "choice.h"
#include "quality.h"
#include "rng.h"

#define CHOICE_SQUARES 200 /* mean squares to draw from */
/* What is true is left out in so many of 100 runs. */
#define CHOICE_ALPHA 0.05

/* What the loads under `key` are off counts so much in a setting's mean. */
struct choice_part {
	uint32_t key;
	double by;
};

/* An axis whose means come from loads and requests. */
struct choice_drawn {
	size_t axis;
	const struct strata *s;
	double within[CHOICE_SQUARES], load[CHOICE_SQUARES]; /* mean squares */
	size_t *place;             /* [n settings] in the axis's contest; SIZE_MAX none */
	double *request;           /* [n] sd of a mean where that of a request is 1 */
	struct choice_part *parts; /* of setting i: first[i] to first[i + 1] */
	size_t *first;             /* [n + 1] */
};

/* What is needed to draw the settings' means anew. */
struct choice_chance {
	struct choice *choice;
	const struct dataset *d;
	size_t ntreatments;  /* more than there are numbers of them */
	uint32_t *treatment; /* [n] settings of one had their loads in common */
	struct choice_drawn axes[CHOICE_MAX_AXES];
	size_t naxes;
	double *of_loads, *of_requests; /* [naxes * naxes] correlations, the lower triangle */
	bool by_load;                   /* keys are loads of the dataset; else treatments */
	size_t nkeys;
	bool *used;      /* [nkeys] */
	double *shift;   /* [nkeys * naxes] of the draw */
	double *scores;  /* [nprompts * n] of a question and a setting; NULL none */
	size_t score;    /* the axis; SIZE_MAX none */
	uint32_t *times; /* [nprompts] a question was drawn */
	double *sums;    /* [2 * n] */
	struct rng rng;
};

/* Settings' chances; choice.settings and axes are there.  NULL, or why nothing can be drawn. */
const char *choice_chance_init(struct choice_chance *h, struct choice *c, const struct summary *s,
	const struct effective *eff, struct strata *strata);
/* By how much the means of a draw are off: noise[n * naxes]. */
void choice_draw(struct choice_chance *h, double *noise);
/* Two settings scored alike in every question: their scores do not differ by chance. */
bool choice_same_answers(const struct choice_chance *h, size_t i, size_t j);
void choice_chance_release(struct choice_chance *h);

/* Of residuals that two metrics of a run have: of the same loads' means, of the same requests.
 * Between -1 and 1; 0 where one of them does not vary. */
double choice_correlate_loads(const struct strata *a, const struct strata *b, uint32_t ntreatments);
double choice_correlate_requests(const struct strata *a, const struct strata *b);

/* Which settings may be on the front (choice_stays.c). */
struct choice_stays {
	const struct choice *choice;
	const uint32_t *treatment; /* [n], below ntreatments */
	size_t ntreatments;
	/* [naxes] of a difference by chance between settings that have, and have not, their loads
	 * in common; 0: it is known without noise. */
	double *near, *far;
	double *most;   /* [ntreatments] */
	double *behind; /* [n] how far another is ahead of it in all axes, by the estimates */
	double *ahead;  /* [n] draws in which chance puts somebody that far ahead in some axis */
	double *by;     /* [n] */
};
/* Scales come from draws of its own; noise is room for one. */
void choice_stays_init(struct choice_stays *s, struct choice_chance *h, double *noise);
void choice_stays_draw(struct choice_stays *s, const double *noise);
/* Fills settings.may_be_front. */
void choice_stays_judge(const struct choice_stays *s, struct choice *c);
void choice_stays_release(struct choice_stays *s);

/* on[i]: no other setting beats it in all axes.  mean(i, axis) = settings.mean + noise (or NULL).
 */
void choice_front(const struct choice *c, const double *noise, bool *on);
/* Turned so that more is better; not finite: unknown. */
double choice_good(const struct choice *c, size_t i, size_t axis, const double *noise);
/* The value of each setting under the weights. */
double choice_value(const struct choice *c, size_t i, const double *noise);
/* Where the best changes as one weight does, for each axis with a weight. */
void choice_sweeps(struct choice *c, struct arena *arena);
void choice_knees(struct choice *c, const struct dataset *d, const struct effects *effects,
	const struct effective *eff, struct arena *arena);

#endif
