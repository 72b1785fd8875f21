/* probe_times.h - `plan --probe`: loads the model once and sends three requests, to tell the time a
 * plan will take. */
#ifndef CMD_PROBE_TIMES_H
#define CMD_PROBE_TIMES_H

#include "earlier_times.h"
#include "setup.h"

int probe_times(const struct setup *s, struct earlier_times *ret, struct err *e);

#endif
