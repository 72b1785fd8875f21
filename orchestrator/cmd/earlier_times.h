/* earlier_times.h - how long a plan will take, from what an earlier run of the same model saw. */
#ifndef CMD_EARLIER_TIMES_H
#define CMD_EARLIER_TIMES_H

#include <stdbool.h>

#include "plan.h"

struct earlier_times {
	bool known;
	struct pace pace;
	char from[160]; /* run directory, or "the probe" */
	char date[12];  /* of that run, or "" */
};

/* Looks through the run directories in `runs`, the newest 200 first, for one of the plan's model on
 * its first server. */
void earlier_times_find(const char *runs, const struct plan *p, struct earlier_times *ret);

#endif
