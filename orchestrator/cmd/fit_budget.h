/* fit_budget.h - a plan cut down to what its budget allows, once times are known. */
#ifndef CMD_FIT_BUDGET_H
#define CMD_FIT_BUDGET_H

#include "earlier_times.h"
#include "setup.h"

/* Builds the plan again where it is too long; s->plan.cut says what was taken away.  Without a
 * budget, or without times to judge it by, nothing is done. */
int fit_budget(struct setup *s, const struct earlier_times *times, struct err *e);

#endif
