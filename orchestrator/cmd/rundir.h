/* rundir.h - where runs are: runs/DATE-NAME by default, and what earlier ones tell about time. */
#ifndef CMD_RUNDIR_H
#define CMD_RUNDIR_H

#include <stdbool.h>

#include "err.h"
#include "plan.h"

/* Makes the folder of a new run.  `out` names it (an existing one is an error), or NULL takes
 * runs/DATE-NAME, then -2, -3...  New string, NULL on error. */
char *rundir_make(const char *out, const char *name, struct err *e);
/* Removes a folder just made, where nothing was written into it. */
void rundir_unmake(const char *dir);

/* Seconds as an earlier run of the same model on the same server saw them. */
struct earlier_times {
	bool known;
	double per_load, per_request;
	char from[160]; /* run directory */
	char date[12];
};
/* Looks through the run directories in `runs` (newest first, at most 200). */
void rundir_earlier_times(const char *runs, const struct plan *p, struct earlier_times *ret);
/* The times of one run directory. */
bool rundir_times(const char *dir, struct earlier_times *ret);

#endif
