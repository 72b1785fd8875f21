/* best.c - the set that holds the best.
 *
 * Each setting is a candidate: it stays unless some other is better than it by more than chance
 * would make the truly best one look worse, by the distribution of its largest t against all
 * others (best_draw.c). */
#include "best.h"

#include <math.h>
#include <stdlib.h>

#include "best_parts.h"
#include "bug.h"

/* ---- the answer ---- */

struct ranked {
	double mean;
	uint32_t setting, cell;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean > y->mean ? -1 : 1;
	if (x->setting != y->setting)
		return x->setting < y->setting ? -1 : 1;
	return (x->cell > y->cell) - (x->cell < y->cell);
}

/* All requested cells of the settings that stay, the best setting first. */
static void list_cells(struct best_set *best, const struct best_contest *c, const bool *stays,
	const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	struct ranked *ranked = xcalloc(d->ncells, sizeof(*ranked));
	const struct best_setting **of = xcalloc(eff->nsettings, sizeof(*of)); /* that stay */
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (!stays[i])
			continue;
		best->different++;
		of[c->v[i].setting] = &c->v[i];
	}
	for (uint32_t cell = 0; cell < d->ncells; cell++) {
		const struct best_setting *v = of[eff->setting[cell]];

		if (v)
			ranked[n++] = (struct ranked){v->mean, v->setting, cell};
	}
	free(of);
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	best->cells = arena_alloc(arena, n, sizeof(*best->cells));
	for (size_t i = 0; i < n; i++)
		best->cells[i] = ranked[i].cell;
	best->ncells = n;
	free(ranked);
}

static const char *why_not(const struct best_contest *c)
{
	if (c->n > 1 && c->needs_load && c->s->load_why)
		return c->s->load_why;
	if (c->n > 1 && c->needs_request && c->s->within_why)
		return c->s->within_why;
	if (c->n > 1 && c->needs_host && c->s->host_why)
		return c->s->host_why;
	return NULL;
}

void best_find(struct best_set *best, const struct strata *s, const struct dataset *d,
	const struct effective *eff, struct arena *arena)
{
	struct best_contest c;
	bool *stays;

	*best = (struct best_set){.metric = s->metric, .why = s->why};
	if (s->why)
		return;
	if (eff->nsettings > BEST_MAX_SETTINGS) {
		best->of = eff->nsettings;
		best->why = arena_fmt(
			arena, "%u settings are more than are compared at once", eff->nsettings);
		return;
	}
	best_contest_init(&c, s, eff);
	best->of = c.n;
	if (c.n == 0)
		best->why = "more was sent than the server takes";
	best->why = best->why ? best->why : why_not(&c);
	if (!best->why) {
		stays = xcalloc(c.n, sizeof(*stays));
		if (c.n == 1)
			stays[0] = true;
		else
			best->worse = best_judge(&c, stays);
		list_cells(best, &c, stays, d, eff, arena);
		free(stays);
		if (best->ncells == 0)
			best->why = "its settings could not be compared";
	}
	best_contest_release(&c);
}

/* ---- Pareto ---- */

/* mean[nsettings] over their cells' requests; NaN where none has the metric. */
static void setting_means(
	const struct strata *s, const struct dataset *d, const struct effective *eff, double *mean)
{
	double *weight = xcalloc(eff->nsettings, sizeof(*weight));

	for (size_t c = 0; !s->why && c < d->ncells; c++) {
		if (!(s->cells[c].weight > 0))
			continue;
		mean[eff->setting[c]] += s->cells[c].weight * s->cells[c].mean;
		weight[eff->setting[c]] += s->cells[c].weight;
	}
	for (uint32_t i = 0; i < eff->nsettings; i++)
		mean[i] = weight[i] > 0 ? mean[i] / weight[i] : (double)NAN;
	free(weight);
}

static bool is_beaten(const double *rate, const double *wait, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++) {
		if (rate[j] >= rate[i] && wait[j] <= wait[i] &&
			(rate[j] > rate[i] || wait[j] < wait[i]))
			return true;
	}
	return false;
}

void best_pareto(struct summary *s, const struct strata *throughput, const struct strata *ttft,
	const struct effective *eff)
{
	const struct dataset *d = s->data;
	size_t n = eff->nsettings, found = 0;
	double *rate, *wait;
	struct ranked *ranked;

	if (n > BEST_MAX_SETTINGS)
		return;
	rate = xcalloc(n, sizeof(*rate));
	wait = xcalloc(n, sizeof(*wait));
	ranked = xcalloc(d->ncells, sizeof(*ranked));
	setting_means(throughput, d, eff, rate);
	setting_means(ttft, d, eff, wait);
	for (uint32_t c = 0; c < d->ncells; c++) {
		uint32_t i = eff->setting[c];

		if (isfinite(rate[i]) && isfinite(wait[i]) && !is_beaten(rate, wait, n, i))
			ranked[found++] = (struct ranked){rate[i], i, c};
	}
	qsort(ranked, found, sizeof(*ranked), compare_ranked);
	s->pareto = arena_alloc(&s->arena, found, sizeof(*s->pareto));
	for (size_t i = 0; i < found; i++)
		s->pareto[i] = ranked[i].cell;
	s->npareto = found;
	free(rate);
	free(wait);
	free(ranked);
}
