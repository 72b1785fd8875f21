/* strata_host.c - servers compared with each other: a stratum of its own above the loads.
 *
 * All loads of a server in a pass share that server's day: the server's shift from pass to pass is
 * no noise of single loads, so the server's own effect is tested against server x pass (docs/
 * statistics.md, servers).  Everything else is compared within server and pass. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "strata_parts.h"

/* The residual sum of squares with or without server x pass; *rank is that of the model. */
static double rss_without(struct strata *s, const struct design_term *t, bool with, size_t *rank)
{
	bool *use = xcalloc(s->between_design.ncols, sizeof(*use));
	struct lin_fit fit;
	double rss;

	memset(use, true, s->between_design.ncols * sizeof(*use));
	for (size_t i = 0; !with && i < t->ncols; i++)
		use[t->first + i] = false;
	lin_fit(&s->between, use, &fit);
	rss = fit.rss;
	*rank = fit.rank;
	lin_fit_release(&fit);
	free(use);
	return rss;
}

void strata_host_error(struct strata *s)
{
	const struct design_term *t;
	size_t with, without;
	double ss;

	if (s->host < 0)
		return;
	s->host_why =
		"each server was measured in one pass: a difference between servers cannot be "
		"told from one between days";
	t = design_find(&s->between_design, DESIGN_PASS, s->host);
	if (!t)
		return;
	ss = rss_without(s, t, false, &without) - rss_without(s, t, true, &with);
	if (with == without)
		return;
	s->df_host = (double)(with - without);
	s->ms_host = fmax(0, ss) / s->df_host;
	s->host_why = s->ms_host > 0 ? NULL : "all passes gave the same value to the last digit";
}

void strata_center_passes(struct strata *s, const struct dataset *d)
{
	uint32_t *server = xcalloc(s->npasses, sizeof(*server));
	size_t nservers = d->nservers ? d->nservers : 1;
	double *mean = xcalloc(nservers, sizeof(*mean)), *n = xcalloc(nservers, sizeof(*n));

	for (size_t i = 0; i < s->nloads; i++)
		server[s->loads[i].pass] = d->loads[s->loads[i].load].server;
	for (uint32_t p = 0; p < s->npasses; p++) {
		mean[server[p]] += s->pass_effect[p];
		n[server[p]]++;
	}
	for (uint32_t p = 0; p < s->npasses; p++)
		s->pass_effect[p] -= mean[server[p]] / n[server[p]];
	free(server);
	free(mean);
	free(n);
}
