/* kernelclock.h - the kernel's receive times, which are wall time, on the monotonic clock.
 *
 * Wall minus monotonic changes only when somebody sets the clock (NTP's slewing moves both).  It is
 * read again and again; after a step, what arrived before the step was noticed has no time that can
 * be trusted.  Pure: readings are arguments. */
#ifndef WORLD_KERNELCLOCK_H
#define WORLD_KERNELCLOCK_H

#include <stdbool.h>

#include "clock.h"

struct kernelclock {
	bool known;
	ns offset; /* wall minus monotonic */
	ns width;  /* how exactly that is known, in all */
	ns read_at;
	ns sure_since; /* monotonic: the offset holds for what came later */
	unsigned steps;
};

/* One reading: the wall clock, read between two readings of the monotonic one. */
void kernelclock_read(struct kernelclock *k, ns before, ns wall, ns after);
/* Monotonic time of a receive time; NS_NONE if it cannot be right: before `earliest`, after `now`,
 * or from before a step.  A reading's own inexactness is forgiven. */
ns kernelclock_map(const struct kernelclock *k, ns wall, ns earliest, ns now);

/* Reads the clocks if the last reading is older than a millisecond. */
void kernelclock_look(struct kernelclock *k, ns now);

#endif
