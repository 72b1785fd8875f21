/* plan_df.c - degrees of freedom per factor, before anything runs (docs/statistics.md).
 *
 * B blocks, P passes, T = B * P loads.
 *
 *	runner factor     df = levels - 1     df_error = (B - 1) * (P - 1), block x pass
 *	sampling factor   df = levels - 1     df_error = N - T - S, the residual within loads
 *
 * N counts the independent values: a request, or a burst where concurrency is above 1.  T is the
 * load as a fixed term.  S are the terms of the model within loads: the df of each sampling factor,
 * those of its interactions with each runner factor, and prompts - 1. */
#include "plan_internal.h"

#define FEW_DF 6

static uint64_t within_terms(const struct plan *p)
{
	uint64_t sampling = 0, runner = 0;

	for (size_t f = 0; f < p->ndf; f++) {
		if (p->df[f].stratum == STRATUM_RUNNER)
			runner += p->df[f].df;
		else
			sampling += p->df[f].df;
	}
	return sampling + sampling * runner + (uint64_t)p->sweep->nprompts - 1;
}

static uint64_t values(const struct plan *p)
{
	uint64_t n = 0;

	for (uint32_t cell = 0; cell < p->ncells; cell++)
		n += plan_cell_units(p, cell);
	return n * (uint64_t)p->passes;
}

static const char *note(struct plan *p, const struct factor_df *d)
{
	if (d->df == 0)
		return "one setting: nothing to compare";
	if (d->stratum == STRATUM_RUNNER && p->passes == 1)
		return "one pass: estimates without a test";
	if (d->df_error == 0)
		return "no degrees of freedom: estimates without a test";
	if (d->df_error < FEW_DF)
		return arena_fmt(&p->arena, "rests on %u degree%s of freedom",
			(unsigned)d->df_error, d->df_error == 1 ? "" : "s");
	return "";
}

void plan_count_df(struct plan *p, const struct canon *c)
{
	uint64_t between = (uint64_t)(p->nblocks - 1) * (uint64_t)(p->passes - 1);
	uint64_t n, used;

	p->ndf = p->sweep->nfactors;
	for (size_t f = 0; f < p->ndf; f++) {
		uint32_t levels = canon_levels(c, p, f);

		p->df[f] = (struct factor_df){.name = p->sweep->factors[f].name,
			.stratum = p->sweep->factors[f].stratum,
			.levels = levels,
			.df = levels - 1};
	}
	n = values(p);
	used = p->block_loads + within_terms(p);
	for (size_t f = 0; f < p->ndf; f++) {
		struct factor_df *d = &p->df[f];

		d->df_error = d->stratum == STRATUM_RUNNER ? between : n > used ? n - used : 0;
		d->note = note(p, d);
	}
}
