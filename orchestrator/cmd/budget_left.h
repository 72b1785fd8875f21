/* budget_left.h - what earlier sessions of a run left of its budget. */
#ifndef CMD_BUDGET_LEFT_H
#define CMD_BUDGET_LEFT_H

#include "plan.h"

struct budget_left {
	ns left;         /* NS_NONE: no budget */
	ns used;         /* by the sessions before this one (core/budget.h); 0 without a budget */
	ns longest_pass; /* on one server, by their rows; 0 unknown */
};

/* Of the sweep's budget, before session number `session` of the run in `dir`. */
void budget_left_find(
	struct budget_left *ret, const struct sweep *s, const char *dir, uint32_t session);

#endif
