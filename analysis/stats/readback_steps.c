/* readback_steps.c - factors that vary in step: linked by zip or cells, or by what was left out. */
#include <stdlib.h>

#include "bug.h"
#include "readback.h"

/* Each effective level of a goes with one of b, and the other way round. */
static bool are_in_step(const struct effective *eff, const struct dataset *d, size_t a, size_t b)
{
	const struct effective_factor *x = &eff->factors[a], *y = &eff->factors[b];
	uint32_t *to = xcalloc(x->nlevels, sizeof(*to)); /* + 1 */
	uint32_t *from = xcalloc(y->nlevels, sizeof(*from));
	bool step = x->nlevels > 1 && x->nlevels == y->nlevels;

	for (size_t c = 0; step && c < d->ncells; c++) {
		uint32_t i = x->of[d->cells[c].level[a]], j = y->of[d->cells[c].level[b]];

		step = (!to[i] || to[i] == j + 1) && (!from[j] || from[j] == i + 1);
		to[i] = j + 1;
		from[j] = i + 1;
	}
	free(to);
	free(from);
	return step;
}

/* Runner factors lead, since what changes with a load cannot be seen within one; else the earlier
 * one does. */
void effective_steps(struct effective *eff, const struct dataset *d, struct arena *arena)
{
	const struct data_factor *factor = d->factors;

	eff->in_step = arena_alloc(arena, d->nfactors, sizeof(*eff->in_step));
	for (size_t b = 0; b < d->nfactors; b++) {
		eff->in_step[b] = -1;
		for (size_t a = 0; a < d->nfactors; a++) {
			bool leads = factor[a].stratum == factor[b].stratum
				? a < b
				: factor[a].stratum == DATA_RUNNER;

			if (leads && eff->in_step[b] < 0 && are_in_step(eff, d, a, b))
				eff->in_step[b] = (int)a;
		}
	}
}
