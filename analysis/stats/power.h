/* power.h - what an experiment would find, before it is made: closed forms (docs/statistics.md).
 *
 * Found: the F test of a factor of which one level differs from all others by a ratio rejects at
 * the level of Holm's first step, .05 over the number of tests of the family.  That is a bound from
 * below: once other tests have rejected, Holm's later steps ask for less. */
#ifndef STATS_POWER_H
#define STATS_POWER_H

#include "noise.h"

struct power_factor {
	const char *name;
	bool runner; /* tested between loads; else within */
	uint32_t levels;
	double least_share; /* smallest part of the blocks (of the requests) that a level has */
	const char *why; /* the formulas do not hold for it: the reason, and no figure; else NULL */
};

struct power_design {
	struct power_factor *factors;
	size_t nfactors; /* with two levels or more */
	double blocks;
	double groups; /* cells x prompts; a cell of bursts is one */
	double passes, per_pass;
	double margin[METRIC_COUNT];
};

/* Tests of the family: main effects and two-factor interactions of both primary metrics, of the
 * factors for which the formulas hold. */
uint32_t power_tests(const struct power_design *d);

/* Probability that the factor is found, at a ratio of 1 + size; NaN where there is no test. */
double power_of(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double size);
/* The least size found with probability `target`; NaN where there is no test. */
double power_least(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double target);
/* Probability of the verdict no_effect, when one level differs by a ratio of 1 + size inside the
 * margin (0: none does). */
double power_equal(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double margin, double size);

/* A wish: this factor, of this size (or, if `equal`, no_effect inside `margin`), found with
 * probability `target` in this noise. */
struct power_wish {
	const struct power_factor *factor;
	const struct noise_of *noise;
	double size, target;
	bool equal;
};

/* Seconds of a load with its warm-ups, and of a request; both 0 where unknown: then a load counts
 * as five requests. */
struct power_cost {
	double per_load, per_request;
};

#define POWER_LEAST_PASSES  3 /* as the planner has it; fewer tell drift from nothing */
#define POWER_MOST_PASSES   200
#define POWER_MOST_PER_PASS 64

/* The cheapest passes x repeats that fulfils all wishes, not below `least_passes`; false if none up
 * to the bounds above does.  `fixed_per_pass` above 0: with so many requests in each pass. */
bool power_search(const struct power_design *d, const struct power_wish *wishes, size_t n,
	uint32_t least_passes, uint32_t fixed_per_pass, struct power_cost cost, uint32_t *passes,
	uint32_t *per_pass);

#endif
