/* lag.h - how late the loop was: the longest stretches of callbacks since a given instant.  Pure.
 *
 * While the loop runs callbacks nothing that arrives is seen, so the lateness of an event is at
 * most the length of the stretch that ran when it came.  Kept is the falling staircase of stretches
 * that are longer than every later one: the first step that ended after an instant is the worst
 * since then.  It has about ln(n) steps; a full one gives up time resolution, never a maximum. */
#ifndef WORLD_LAG_H
#define WORLD_LAG_H

#include <stddef.h>

#include "clock.h"

#define LAG_STEPS 64

struct lag {
	struct {
		ns ended, length;
	} step[LAG_STEPS];
	size_t n;
};

/* A stretch of callbacks; `ended` never goes back from call to call. */
void lag_add(struct lag *l, ns ended, ns length);
/* The longest stretch that ended at `since` or later, 0 if none. */
ns lag_max(const struct lag *l, ns since);

#endif
