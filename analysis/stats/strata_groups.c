/* strata_groups.c - from the fold of the rows to the groups and loads that a metric's strata are
 * made of. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "fold.h"
#include "strata_parts.h"

/* What was sent faster than the server takes measures where the burst was cut, not a setting: it is
 * compared with nothing.  What the server put out meanwhile is its throughput under load all the
 * same. */
static void find_overload(struct strata *s, const struct dataset *d, struct arena *arena)
{
	s->overload = arena_alloc(arena, d->ncells, sizeof(*s->overload));
	for (size_t i = 0; i < d->nbursts; i++) {
		s->overload[d->bursts[i].cell] |= d->bursts[i].overload;
		s->overloaded =
			s->overloaded || (d->bursts[i].overload && s->metric != METRIC_SYSTEM);
	}
}

/* A burst is one observation, however many requests it has. */
static void fill_group(
	struct strata_group *g, const struct fold_group *from, const struct fold_moments *m)
{
	*g = (struct strata_group){.cell = from->cell,
		.prompt = from->prompt,
		.rows = m->n,
		.weight = from->burst ? 1 : m->n,
		.mean = m->mean,
		.ss = from->burst ? 0 : m->ss};
}

static void add_group(struct strata *s, const struct effective *eff, const struct fold_group *from,
	const struct fold_moments *m)
{
	struct strata_group *g = &s->groups[s->ngroups];
	struct strata_load *l = &s->loads[s->nloads];

	fill_group(g, from, m);
	if (s->nloads > 0 && l[-1].load == from->load) {
		l--;
	} else {
		*l = (struct strata_load){.load = from->load,
			.treatment = eff->treatment[g->cell],
			.first = s->ngroups};
		s->nloads++;
	}
	g->load = (uint32_t)(s->nloads - 1);
	l->ngroups++;
	l->mean += g->weight * g->mean;
	l->weight += g->weight;
	s->ngroups++;
}

/* In the order of load, cell, burst and prompt. */
static void make_groups(struct strata *s, const struct fold *f, const struct effective *eff,
	bool valid_only, struct arena *arena)
{
	uint32_t last = DATA_NONE;
	size_t nloads = 0;

	if (!f->all[s->metric] && !f->suspect[s->metric])
		return;
	for (size_t i = 0; i < f->ngroups; i++) {
		nloads += i == 0 || fold_group(f, i)->load != last;
		last = fold_group(f, i)->load;
	}
	s->groups = arena_alloc(arena, f->ngroups, sizeof(*s->groups));
	s->loads = arena_alloc(arena, nloads + 1, sizeof(*s->loads));
	for (size_t i = 0; i < f->ngroups; i++) {
		const struct fold_group *g = fold_group(f, i);
		struct fold_moments m = fold_group_moments(f, i, s->metric, valid_only);

		if (m.n > 0 && !(s->overloaded && s->overload[g->cell]))
			add_group(s, eff, g, &m);
	}
	for (size_t l = 0; l < s->nloads; l++)
		s->loads[l].mean /= s->loads[l].weight;
}

/* A load with what it is sorted by. */
struct sorted_load {
	uint32_t load, first, second;
};

static int compare_loads(const void *a, const void *b)
{
	const struct sorted_load *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return (x->load > y->load) - (x->load < y->load);
}

/* Numbers the passes, and the pairs of server and pass, that have loads; sorts the loads by
 * treatment. */
static void sort_loads(struct strata *s, const struct dataset *d, struct arena *arena)
{
	struct sorted_load *sorted = xcalloc(s->nloads, sizeof(*sorted));

	for (uint32_t i = 0; i < s->nloads; i++) {
		const struct data_load *l = &d->loads[s->loads[i].load];

		sorted[i] = (struct sorted_load){i, l->pass, l->server};
	}
	qsort(sorted, s->nloads, sizeof(*sorted), compare_loads);
	for (size_t i = 0; i < s->nloads; i++) {
		s->nnumbers += i == 0 || sorted[i].first != sorted[i - 1].first;
		s->npasses += i == 0 || sorted[i].first != sorted[i - 1].first ||
			sorted[i].second != sorted[i - 1].second;
		s->loads[sorted[i].load].number = s->nnumbers - 1;
		s->loads[sorted[i].load].pass = s->npasses - 1;
	}
	for (uint32_t i = 0; i < s->nloads; i++)
		sorted[i] = (struct sorted_load){i, s->loads[i].treatment, 0};
	qsort(sorted, s->nloads, sizeof(*sorted), compare_loads);
	s->by_treatment = arena_alloc(arena, s->nloads, sizeof(*s->by_treatment));
	for (size_t i = 0; i < s->nloads; i++)
		s->by_treatment[i] = sorted[i].load;
	free(sorted);
}

static void describe_cells(struct strata *s, const struct dataset *d, struct arena *arena)
{
	double *in_load = xcalloc(d->ncells, sizeof(*in_load));

	s->cells = arena_alloc(arena, d->ncells, sizeof(*s->cells));
	for (size_t i = 0; i < s->ngroups; i++) {
		struct strata_cell *c = &s->cells[s->groups[i].cell];

		c->weight += s->groups[i].weight;
		c->mean += s->groups[i].weight * s->groups[i].mean;
	}
	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];
		struct strata_cell *c = &s->cells[g->cell];
		bool last = i + 1 == s->ngroups || g[1].cell != g->cell || g[1].load != g->load;

		in_load[g->cell] += g->weight;
		if (!last)
			continue;
		c->share += in_load[g->cell] / c->weight * (in_load[g->cell] / c->weight);
		c->nloads++;
		in_load[g->cell] = 0;
	}
	for (size_t c = 0; c < d->ncells; c++)
		s->cells[c].mean = s->cells[c].weight > 0 ? s->cells[c].mean / s->cells[c].weight
							  : (double)NAN;
	free(in_load);
}

/* Effective levels of the factor `server` that have loads. */
static uint32_t count_hosts(
	const struct strata *s, const struct dataset *d, const struct effective *eff)
{
	const struct effective_factor *f = &eff->factors[s->host];
	bool *met = xcalloc(f->nlevels, sizeof(*met));
	uint32_t n = 0;

	for (size_t i = 0; i < s->nloads; i++) {
		uint32_t cell = s->groups[s->loads[i].first].cell;
		uint32_t host = f->of[d->cells[cell].level[s->host]];

		n += !met[host];
		met[host] = true;
	}
	free(met);
	return n;
}

void strata_collect(struct strata *s, const struct dataset *d, const struct effective *eff,
	bool valid_only, struct arena *arena)
{
	struct fold own;

	find_overload(s, d, arena);
	make_groups(s, fold_of(d, &own), eff, valid_only, arena);
	fold_release(&own);
	describe_cells(s, d, arena);
	if (s->ngroups == 0)
		return;
	for (size_t i = 0; i < s->nloads; i++)
		s->per_load += s->loads[i].weight / (double)s->nloads;
	sort_loads(s, d, arena);
	s->nhosts = s->host < 0 ? 1 : count_hosts(s, d, eff);
}
