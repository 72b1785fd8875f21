/* fit_budget.c - see fit_budget.h. */
#include "fit_budget.h"

int fit_budget(struct setup *s, const struct earlier_times *times, struct err *e)
{
	struct plan_cut cut;

	if (!(s->sweep.budget_s > 0) || !times->known)
		return 0;
	if (plan_fit_budget(&s->sweep, &s->plan, &times->pace, &cut, e))
		return -1;
	if (!cut.cut)
		return 0;
	plan_release(&s->plan);
	if (plan_build(&s->plan, &s->sweep, s->servers, s->nservers, e))
		return -1;
	s->plan.cut = cut;
	return 0;
}
