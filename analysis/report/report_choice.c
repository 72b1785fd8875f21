/* report_choice.c - which cell of a set that cannot be told apart should be used: the cheapest. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

bool report_in_set(const struct report *r, enum metric m, uint32_t cell)
{
	const struct best_set *set = &r->s->best[m];

	for (size_t i = 0; i < set->ncells; i++)
		if (set->cells[i] == cell)
			return true;
	return false;
}

/* What a cell costs, dearest part first: a failure seen, another setting than asked for, memory,
 * context, a level that is not chosen by the server itself, and last how good it looks. */
struct cost {
	double part[6];
};
enum { COST_PARTS = 6 };

static struct cost cost_of(const struct report *r, enum metric m, uint32_t cell)
{
	const struct data_cell *c = &r->d->cells[cell];
	const struct cell_summary *sum = &r->s->cells[cell];
	int context = dataset_factor(r->d, "num_ctx");
	struct cost cost = {{0}};

	cost.part[0] = sum->n_failed > 0;
	cost.part[1] = sum->effective_differs;
	cost.part[2] = dataset_load_size(r->d, cell);
	cost.part[3] = context >= 0 ? r->d->factors[context].value[c->level[context]] : 0;
	for (size_t f = 0; f < r->d->nfactors; f++)
		cost.part[4] += strcmp(r->d->factors[f].level[c->level[f]], "auto") != 0;
	cost.part[5] = -metric_specs[m].better * sum->metric[m].estimate;
	return cost;
}

/* An unknown part says nothing. */
static bool is_cheaper(const struct cost *a, const struct cost *b)
{
	for (int i = 0; i < COST_PARTS; i++) {
		if (isnan(a->part[i]) || isnan(b->part[i]) || a->part[i] == b->part[i])
			continue;
		return a->part[i] < b->part[i];
	}
	return false;
}

/* A level of the cell was shown to be worse than another: the set as a whole could not exclude the
 * cell, but the factor's own test could. */
static bool has_worse_level(const struct report *r, enum metric m, uint32_t cell)
{
	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct effect *e = report_effect(r, (int)f, m);
		const char *level = r->d->factors[f].level[r->d->cells[cell].level[f]];

		if (report_is_effect(e) && strcmp(e->levels[e->furthest.worse].level, level) == 0)
			return true;
	}
	return false;
}

/* Of the cells that pass, the cheapest. */
static uint32_t cheapest(
	const struct report *r, enum metric m, enum metric also, bool in_both, bool no_worse)
{
	const struct best_set *set = &r->s->best[m];
	uint32_t found = CHOICE_NONE;
	struct cost least = {{0}};

	for (size_t i = 0; i < set->ncells; i++) {
		struct cost cost = cost_of(r, m, set->cells[i]);

		if ((in_both && !report_in_set(r, also, set->cells[i])) ||
			(no_worse && has_worse_level(r, m, set->cells[i])))
			continue;
		if (found != CHOICE_NONE && !is_cheaper(&cost, &least))
			continue;
		found = set->cells[i];
		least = cost;
	}
	return found;
}

uint32_t report_choice(const struct report *r, enum metric m, enum metric also)
{
	/* From the narrowest wish to the widest. */
	static const struct {
		bool in_both, no_worse;
	} wishes[] = {{true, true}, {false, true}, {true, false}, {false, false}};
	uint32_t found = CHOICE_NONE;

	for (size_t i = 0; found == CHOICE_NONE && i < COUNTOF(wishes); i++)
		found = cheapest(r, m, also, wishes[i].in_both, wishes[i].no_worse);
	return found;
}
