/* found.h - one factor of one sweep: was it found, was it called equal? */
#ifndef CALIBRATE_FOUND_H
#define CALIBRATE_FOUND_H

#include "rows.h"

/* Planted on one level, in throughput: that level is the better one.  Without a plant only
 * `no_effect` means anything. */
struct wanted {
	const char *factor, *level;
};
struct found {
	bool effect, in_order, no_effect;
};

/* found[n] of sweeps of that chain, freed by the caller; NULL on an error. */
struct found *found_of(const struct calibration_of *a, const struct chain_spec *spec,
	const struct wanted *w, const char *name, size_t n, struct err *e);
/* The same by hand: sweep `seed` of an open chain. */
int found_play(struct found *to, const struct chain *c, const struct wanted *w, uint64_t seed,
	struct err *e);

#endif
