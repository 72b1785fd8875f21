/* power_plan.c - from a plan to its power. */
#include "power_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"

#define EQUAL_TARGET 0.80

/* ---- the design ---- */

/* Independent values of a cell for each repeat in a pass. */
static double cell_groups(const struct plan *p, uint32_t cell)
{
	size_t first;

	return plan_is_burst(p, cell) ? 1 : (double)plan_prompts(p, cell, &first);
}

/* The smallest part of the blocks, or values, that one level has. */
static double least_share(const struct plan *p, size_t f, bool runner)
{
	size_t n = p->sweep->factors[f].nlevels;
	double *level = xcalloc(n, sizeof(*level)), all = 0, least = INFINITY;

	for (uint32_t b = 0; runner && b < p->nblocks; b++)
		level[plan_level(p, p->cell_of_block[p->blocks[b].first_cell], f)]++;
	for (uint32_t c = 0; !runner && c < p->ncells; c++)
		level[plan_level(p, c, f)] += cell_groups(p, c);
	for (size_t i = 0; i < n; i++) {
		all += level[i];
		least = level[i] > 0 ? fmin(least, level[i]) : least;
	}
	free(level);
	return least / all;
}

/* Whether every combination of the factors that have effects of their own is a cell. */
static bool is_whole(const struct plan *p)
{
	const struct plan_counts *c = &p->counts;
	double combinations = 1;

	if (p->sweep->nlinks == 0 && c->excluded + c->left_out + c->dropped == 0)
		return true;
	for (size_t f = 0; f < p->ndf; f++) {
		if (p->df[f].same_as < 0)
			combinations *= p->df[f].levels;
	}
	return combinations == p->ncells;
}

/* Why the formulas say nothing of a factor; NULL: they hold. */
static const char *why_not(const struct factor_df *d, bool whole)
{
	if (d->same_as >= 0 || d->df == 0)
		return d->note;
	return whole ? NULL : "incomplete grid: rehearse tells";
}

void power_plan_init(struct power_plan *pp, const struct plan *p, const struct earlier_times *times)
{
	struct power_design *d = &pp->design;
	bool whole = is_whole(p);

	*pp = (struct power_plan){.plan = p};
	d->factors = pp->factors;
	d->blocks = p->nblocks;
	d->passes = (double)p->passes;
	d->per_pass = (double)p->per_pass;
	for (uint32_t c = 0; c < p->ncells; c++)
		d->groups += cell_groups(p, c);
	for (size_t f = 0; f < p->ndf; f++) {
		bool runner = p->df[f].stratum == STRATUM_RUNNER;

		if (p->df[f].levels < 2)
			continue;
		pp->factors[d->nfactors++] = (struct power_factor){.name = p->df[f].name,
			.runner = runner,
			.levels = p->df[f].levels,
			.least_share = least_share(p, f, runner),
			.why = why_not(&p->df[f], whole)};
	}
	if (times && times->known)
		pp->cost = (struct power_cost){
			times->pace.per_load + times->pace.per_request * (double)p->sweep->warmups,
			times->pace.per_request};
	noise_assumed(&pp->noise);
}

/* ---- noise ---- */

static int noise_of_run(struct noise *n, const char *dir, struct err *e)
{
	struct dataset d;
	int failed;

	if (dataset_from_run(&d, dir, e))
		return -1;
	failed = noise_fit(n, &d, e);
	dataset_release(&d);
	return failed;
}

int power_plan_noise(struct noise *n, const char *run, const char *given,
	const struct earlier_times *times, struct err *e)
{
	struct err ignored = ERR_INIT;

	if (run)
		return noise_of_run(n, run, e) ? err_prefix(e, "--noise-from: ") : 0;
	if (given)
		return noise_parse(n, given, e) ? err_prefix(e, "--noise: ") : 0;
	/* The probe has no run directory, and three requests tell no noise. */
	if (!times || !times->known || noise_of_run(n, times->from, &ignored))
		noise_assumed(n);
	return 0;
}

static void add_part(struct str *s, const char *name, const struct noise_part *p)
{
	char value[NUM_TEXT], low[NUM_TEXT], high[NUM_TEXT];

	str_addf(s, "%s%s %s", s->len ? ", " : "", name, num_sig(value, 100 * p->value, 2));
	if (p->low < p->high)
		str_addf(s, " (%s to %s)", num_sig(low, 100 * p->low, 2),
			num_sig(high, 100 * p->high, 2));
	str_addf(s, " %%%s", p->assumed ? " ASSUMED" : "");
}

char *power_plan_noise_text(const struct noise *n, enum metric m)
{
	struct str parts = STR_INIT(STR_MAX_LINE);
	char *text;

	add_part(&parts, "requests", &n->of[m].request);
	add_part(&parts, "loads", &n->of[m].load);
	if (n->origin == NOISE_RUN)
		text = xasprintf("noise of %s: %s", n->from, parts.s);
	else
		text = xasprintf("noise: %s", parts.s);
	str_release(&parts);
	return text;
}

/* ---- answers ---- */

const struct power_factor *power_plan_factor(const struct power_plan *pp, const char *name)
{
	const struct plan *p = pp->plan;

	for (size_t f = 0; f < p->ndf; f++) {
		if (strcmp(p->df[f].name, name) == 0 && p->df[f].same_as >= 0)
			name = p->df[p->df[f].same_as].name;
	}
	for (size_t i = 0; i < pp->design.nfactors; i++) {
		if (strcmp(pp->factors[i].name, name) == 0)
			return &pp->factors[i];
	}
	return NULL;
}

static struct noise noise_at(const struct power_plan *pp, bool upper)
{
	struct noise n = pp->noise;

	if (upper)
		noise_upper(&n);
	return n;
}

static struct power_need need_of(
	const struct power_plan *pp, const struct power_wish *wishes, size_t n, bool one_more)
{
	const struct plan *p = pp->plan;
	struct power_need need = {0};
	/* What is asked of one factor alone: passes for one between loads, repeats for one within.
	 */
	struct power_cost passes_first = {1e9, 1};
	bool runner = wishes[0].factor->runner;

	need.found = power_search(&pp->design, wishes, n,
		one_more ? (uint32_t)p->passes : POWER_LEAST_PASSES,
		one_more && runner ? (uint32_t)p->per_pass : 0, one_more ? passes_first : pp->cost,
		&need.passes, &need.per_pass);
	need.as_planned = need.found && need.passes <= (uint64_t)p->passes &&
		need.per_pass <= (uint64_t)p->per_pass;
	if (need.as_planned && one_more)
		need.per_pass = (uint32_t)p->per_pass;
	return need;
}

struct power_answer power_plan_ask(const struct power_plan *pp, const struct power_factor *f,
	enum metric m, double size, double target)
{
	struct power_answer a = {.factor = f, .metric = m};

	for (int upper = 0; upper < 2; upper++) {
		struct noise n = noise_at(pp, upper);
		struct power_wish wish = {f, &n.of[m], size, target, false};

		a.least90[upper] = power_least(&pp->design, f, &n.of[m], 0.90);
		a.least80[upper] = power_least(&pp->design, f, &n.of[m], 0.80);
		a.need[upper] = need_of(pp, &wish, 1, true);
		wish = (struct power_wish){f, &n.of[m], size, EQUAL_TARGET, true};
		if (upper)
			a.equal = need_of(pp, &wish, 1, true);
	}
	return a;
}

struct power_need power_plan_cheapest(
	const struct power_plan *pp, double size, double target, bool upper)
{
	struct noise n = noise_at(pp, upper);
	struct power_wish wishes[SWEEP_MAX_FACTORS];
	size_t count = 0;

	for (size_t i = 0; i < pp->design.nfactors; i++) {
		const struct power_factor *f = &pp->factors[i];

		if (power_plan_factor(pp, f->name) != f)
			continue; /* found with the other */
		if (f->why)
			return (struct power_need){.why = f->why};
		wishes[count++] = (struct power_wish){f, &n.of[METRIC_DECODE], size, target, false};
	}
	return count ? need_of(pp, wishes, count, false) : (struct power_need){0};
}
