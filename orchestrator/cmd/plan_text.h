/* plan_text.h - a plan as a person reads it. */
#ifndef CMD_PLAN_TEXT_H
#define CMD_PLAN_TEXT_H

#include "plan.h"
#include "rundir.h"

/* Prints on standard output.  `times` tells how long it will take, or NULL to look for an earlier
 * run. */
void plan_text_print(const struct plan *p, bool simulated, const struct earlier_times *times);

#endif
