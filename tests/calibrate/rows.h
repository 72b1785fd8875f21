/* rows.h - the rows of the calibration table (docs/statistics.md, Calibration). */
#ifndef CALIBRATE_ROWS_H
#define CALIBRATE_ROWS_H

#include "claims.h"
#include "chain.h"
#include "many.h"
#include "power_plan.h"
#include "seen.h"

struct calibration_of {
	size_t sweeps; /* false alarms, coverage */
	size_t fewer;  /* of the other rows */
	size_t pilots, per_pilot;
	size_t threads;
	uint64_t seed;
	struct claims *claims;
};

/* Conditions of the noise.  The first is ideal. */
#define CONDITIONS 6
struct condition {
	const char *name;
	struct chain_noise noise;
	bool stationary;
};
extern const struct condition conditions[CONDITIONS];

/* 4 num_ctx x 3 temperatures, 6 requests of each cell in 3 passes, with sentinel. */
struct chain_spec calibration_grid(void);
/* Where the seeds of the sweeps of that name begin; those of another are elsewhere, so that a row
 * is the same whatever else is asked for. */
uint64_t calibration_seed(const struct calibration_of *a, const char *name);

/* Of a chain, from that seed on. */
struct see_arg {
	const struct chain *chain;
	uint64_t seed;
};

/* seen[n] of the sweeps of a chain, freed by the caller; NULL on an error. */
struct seen *calibration_see(const struct calibration_of *a, const struct chain_spec *spec,
	const char *name, size_t n, struct err *e);

/* Each: 0, or -1 when a sweep could not be played. */
int row_false_alarms(struct calibration_of *a, struct err *e);
int row_coverage(struct calibration_of *a, struct err *e);
int row_power(struct calibration_of *a, struct err *e);
int row_equivalence(struct calibration_of *a, struct err *e);
int row_choice(struct calibration_of *a, struct err *e);
int row_front(struct calibration_of *a, struct err *e);
int row_planted(struct calibration_of *a, struct err *e);

#endif
