/* rundir.h - where runs are: runs/DATE-NAME by default. */
#ifndef CMD_RUNDIR_H
#define CMD_RUNDIR_H

/* The folder that runs are made in. */
#define RUNDIR_RUNS "runs"

#include "err.h"

/* Makes the folder of a new run.  `out` names it (an existing one is an error), or NULL takes
 * runs/DATE-NAME, then -2, -3...  New string, NULL on error. */
char *rundir_make(const char *out, const char *name, struct err *e);
/* Whether it is a run and not a capacity search, which has no cells to go on with or to compare;
 * else `code` with what to do. */
int rundir_is_run(const char *dir, enum err_code code, struct err *e);
/* Removes a folder just made, where nothing was written into it. */
void rundir_unmake(const char *dir);

#endif
