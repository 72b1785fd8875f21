/* budget_left.h - what earlier sessions of a run left of its budget. */
#ifndef CMD_BUDGET_LEFT_H
#define CMD_BUDGET_LEFT_H

#include "plan.h"

/* Of the sweep's budget what the sessions before number `session` did not use, by RUN/manifest.json
 * (a session that was killed lasted until its last row was written); NS_NONE: no budget.  *used is
 * what they did use, 0 without a budget. */
ns budget_left(const struct sweep *s, const char *dir, uint32_t session, ns *used);

#endif
