/* plan_text.h - a plan as a person reads it. */
#ifndef CMD_PLAN_TEXT_H
#define CMD_PLAN_TEXT_H

#include "plan.h"
#include "earlier_times.h"

/* Prints on standard output.  `times` tells how long it will take, where that is known. */
void plan_text_print(const struct plan *p, bool simulated, const struct earlier_times *times);

#endif
