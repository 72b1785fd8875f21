/* plan_text.h - a plan as a person reads it. */
#ifndef CMD_PLAN_TEXT_H
#define CMD_PLAN_TEXT_H

#include "power_plan.h"

/* Prints on standard output.  `times` tells how long it will take, where that is known.  `power`
 * tells what it will find, in the noise that stands in it; NULL: in that of the earlier run that
 * times are known from, else assumed. */
void plan_text_print(const struct plan *p, bool simulated, const struct earlier_times *times,
	const struct power_plan *power);

#endif
