/* choice.h - what to choose when one setting is not the best in everything: the front of settings
 * that no other beats in all measures, with the probability of each to be on it; the knee of a
 * factor; the best under weights, and how far weights may change before another is; failures
 * (docs/statistics.md, choice).
 *
 * Chance enters by draws from the two-stratum covariance of the settings' means, both metrics of a
 * request together, scores by drawing questions; the same draws each time. */
#ifndef STATS_CHOICE_H
#define STATS_CHOICE_H

#include <jansson.h>

#include "effects.h"

#define CHOICE_MAX_AXES (METRIC_MAX + 1)
/* More settings are not compared. */
#define CHOICE_MAX_SETTINGS 2000
/* A failure rate that is tolerated where none is stated. */
#define CHOICE_MAX_FAILURES 0.05

/* A measure that settings are compared by. */
struct choice_axis {
	bool memory; /* of the loaded model, bytes as the server says; else: */
	enum metric metric;
	const char *name, *unit;
	bool log;
	int better;    /* 1 higher, -1 lower */
	double weight; /* of its logarithm (or of itself); 0: not in the balance */
};

struct choice_setting {
	uint32_t setting;  /* as in struct effective */
	uint32_t cell;     /* the first that is it */
	double *mean;      /* [naxes] on the analysis scale; not finite: unknown */
	double on_front;   /* share of the draws in which it is; NaN where there are none */
	bool front;        /* by the estimates */
	bool may_be_front; /* with 95 %: no other is shown to beat it in all axes */
	double value;      /* under the weights */
	bool may_be_best;  /* under the weights, with 95 % */
	double is_best;    /* share of the draws in which it is */
	uint32_t failed, tried;
	double failure_upper;   /* 95 % */
	bool failures_excluded; /* the limit lies above that */
};

/* From this weight of an axis on, all others as they are, this setting is the best by estimate. */
struct choice_break {
	double from;   /* 0: from the start */
	uint32_t best; /* in choice.settings */
};

struct choice_sweep {
	size_t axis;
	struct choice_break *breaks; /* rising */
	size_t n;
};

/* The least level of a factor that is as good as its best one. */
struct choice_knee {
	const struct effect *of;
	uint32_t best, knee; /* effective levels; equal where none below is shown to be as good */
	double low;      /* ratio of knee to best (difference if not log), one-sided 95 % limit */
	bool least;      /* no smaller number was measured */
	const char *why; /* there is none: the reason; else NULL */
};

struct choice {
	struct choice_axis axis[CHOICE_MAX_AXES];
	size_t naxes;
	struct choice_setting *settings; /* by value, the highest first */
	size_t n;
	size_t draws;
	double correlation_load, correlation_request; /* of the first two axes; NaN */
	struct choice_sweep *sweeps;
	size_t nsweeps;
	struct choice_knee *knees;
	size_t nknees;
	double max_failures;
	size_t nfront, nbest; /* on the front by estimate; that may be best */
	size_t nmayfront;     /* that may be on the front */
	const char *why;      /* no probabilities: the reason; else NULL */
};

/* While the strata are there.  Everything is in the arena. */
void choice_make(struct choice *c, const struct summary *s, const struct effective *eff,
	const struct effects *effects, struct strata *strata, struct arena *arena);

/* New reference. */
json_t *choice_json(const struct choice *c, const struct dataset *d);

#endif
