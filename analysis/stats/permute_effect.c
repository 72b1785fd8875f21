/* permute_effect.c - which units of a run may change places for a factor. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "permute.h"

/* ---- what is alike ---- */

/* Numbers the cells by the other factors of this one's stratum, so that those of one number differ
 * in this one (and what varies in step with it) alone: a load holds all sampling settings, and all
 * requests of a load have its runner settings.  *several: there is more than one number. */
static uint32_t *number_others(
	const struct dataset *d, const struct effective *eff, int factor, bool *several)
{
	enum data_stratum stratum = d->factors[factor].stratum;
	uint32_t *number = xcalloc(d->ncells, sizeof(*number)), n = 1;

	for (size_t f = 0; f < d->nfactors; f++) {
		uint32_t levels = eff->factors[f].nlevels, met = 0;
		uint32_t *renumber;

		if ((int)f == factor || eff->in_step[f] == factor || levels < 2 ||
			d->factors[f].stratum != stratum)
			continue;
		renumber = xcalloc((size_t)n * levels, sizeof(*renumber));
		for (size_t c = 0; c < d->ncells; c++) {
			uint32_t level = eff->factors[f].of[d->cells[c].level[f]];
			uint32_t *to = &renumber[(size_t)number[c] * levels + level];

			if (!*to)
				*to = ++met;
			number[c] = *to - 1;
		}
		free(renumber);
		n = met;
	}
	*several = n > 1;
	return number;
}

/* ---- units ---- */

struct collect {
	const struct strata *s;
	const struct dataset *d;
	const uint32_t *beside; /* [ncells] */
	const struct effective_factor *f;
	int factor;
	struct permute_unit *units;
	size_t n, room;
};

static uint32_t level_of(const struct collect *c, uint32_t cell)
{
	return c->f->of[c->d->cells[cell].level[c->factor]];
}

static void add(
	struct collect *c, uint32_t where, uint32_t prompt, uint32_t cell, double weight, double y)
{
	if (c->n == c->room)
		BUG("more than %zu units", c->room);
	c->units[c->n++] =
		(struct permute_unit){where, prompt, c->beside[cell], level_of(c, cell), weight, y};
}

static void add_loads(struct collect *c)
{
	for (size_t i = 0; i < c->s->nloads; i++) {
		const struct strata_load *l = &c->s->loads[i];

		add(c, l->pass, 0, c->s->groups[l->first].cell, l->weight / c->s->per_load,
			l->adjusted);
	}
}

/* Whether the row is one of those the strata were made from, and no part of a burst. */
static bool is_single(const struct strata *s, const struct data_row *r)
{
	double y = r->metric[s->metric];

	return r->counts && !r->burst && !(s->overloaded && s->overload[r->cell]) && isfinite(y) &&
		(!s->log || y > 0) && !(s->valid_only && r->validity == ROW_SUSPECT);
}

static void add_rows(struct collect *c, bool by_prompt)
{
	for (size_t i = 0; i < c->d->nrows; i++) {
		const struct data_row *r = &c->d->rows[i];
		double y = r->metric[c->s->metric];

		if (is_single(c->s, r))
			add(c, r->load, by_prompt ? r->prompt : 0, r->cell, 1,
				c->s->log ? log(y) : y);
	}
}

/* Requests, or bursts.  A group of one is a unit as it is; of more, its rows are. */
static void add_requests(struct collect *c)
{
	bool by_prompt = dataset_factor(c->d, "prompt") != c->factor;
	bool *in_bursts = xcalloc(c->d->ncells, sizeof(*in_bursts)), repeated = false;

	for (size_t i = 0; i < c->d->nbursts; i++)
		in_bursts[c->d->bursts[i].cell] = true;
	for (size_t i = 0; i < c->s->ngroups; i++)
		repeated = repeated || c->s->groups[i].weight > 1;
	if (repeated)
		add_rows(c, by_prompt);
	for (size_t i = 0; i < c->s->ngroups; i++) {
		const struct strata_group *g = &c->s->groups[i];

		if (!repeated || (in_bursts[g->cell] && g->prompt == DATA_NONE))
			add(c, c->s->loads[g->load].load, by_prompt ? g->prompt : 0, g->cell, 1,
				g->mean);
	}
	free(in_bursts);
}

/* ---- one effect ---- */

static const char *why_not(
	struct strata *s, const struct dataset *d, const struct effective *eff, int factor)
{
	if (s->why)
		return s->why;
	if (s->metric == METRIC_SCORE)
		return "scores are compared question by question";
	if (eff->in_step[factor] >= 0)
		return "it varied in step with another factor, and is told of with it";
	if (eff->factors[factor].nlevels < 2)
		return "its levels are one setting";
	if (factor == s->host)
		return "loads of different servers share no pass";
	if (s->holes && d->factors[factor].stratum == DATA_RUNNER)
		return "the grid has holes, so that loads hold different requests";
	return strata_error_of(s, d, factor, -1).why;
}

static double count_units(const struct strata *s, bool runner)
{
	double n = 0;

	for (size_t i = 0; !runner && i < s->ngroups; i++)
		n += s->groups[i].weight;
	return runner ? (double)s->nloads : n;
}

static const char *name_unit(const struct dataset *d, bool runner, bool others)
{
	if (d->foreign && runner)
		return others ? "blocks of like other settings within a pass"
			      : "blocks within a pass";
	if (d->independent)
		return others ? "rows of like other settings" : "rows";
	if (d->foreign)
		return others ? "rows of like other settings within a block"
			      : "rows within a block";
	if (runner)
		return others ? "loads of like other settings within a pass"
			      : "loads within a pass";
	return others ? "requests of like prompt and other settings within a load"
		      : "requests within a load";
}

void permute_effect(struct strata *s, const struct dataset *d, const struct effective *eff,
	int factor, struct permutation *ret)
{
	bool runner = d->factors[factor].stratum == DATA_RUNNER, others;
	struct collect c = {.s = s, .d = d, .f = &eff->factors[factor], .factor = factor};
	double n = s->why ? 0 : count_units(s, runner);
	uint32_t *beside;

	*ret = (struct permutation){
		.p = NAN, .least = NAN, .one_level = NAN, .unit = name_unit(d, runner, false)};
	ret->why = why_not(s, d, eff, factor);
	if (ret->why)
		return;
	if (n > PERMUTE_MOST) {
		ret->why = d->foreign ? "checked up to 20,000 rows"
			: runner      ? "checked up to 20,000 loads"
				      : "checked up to 20,000 requests";
		return;
	}
	c.beside = beside = number_others(d, eff, factor, &others);
	c.room = (size_t)n;
	c.units = xcalloc(c.room, sizeof(*c.units));
	if (runner)
		add_loads(&c);
	else
		add_requests(&c);
	if (c.n < c.room)
		ret->why = "the run is too large for its requests to be kept";
	else
		permute_units(c.units, c.n, c.f->nlevels, ret);
	ret->unit = name_unit(d, runner, others || (!runner && d->nprompts > 1));
	free(c.units);
	free(beside);
}

/* ---- what it says ---- */

/* Whether one level that is far off can have done it; drawn shares are known that well. */
static bool is_one_level(const struct permutation *p)
{
	double q = p->one_level;
	double sd = p->exact ? 0 : sqrt(q * (1 - q) / (double)p->draws);

	return p->p <= q + 3 * sd;
}

enum permutation_says permutation_compare(const struct permutation *p, double f_test_p)
{
	if (isnan(p->p) || isnan(f_test_p) || p->least > PERMUTE_ALPHA)
		return PERMUTATION_NOTHING;
	if ((p->p < PERMUTE_ALPHA) == (f_test_p < PERMUTE_ALPHA) ||
		fabs(p->p - f_test_p) < PERMUTE_CLOSE_TO)
		return PERMUTATION_AGREES;
	if (f_test_p < PERMUTE_ALPHA && is_one_level(p))
		return PERMUTATION_NOTHING;
	return PERMUTATION_DISAGREES;
}

const char *permutation_says_name(enum permutation_says says)
{
	static const char *const names[] = {
		[PERMUTATION_NOTHING] = "nothing",
		[PERMUTATION_AGREES] = "agrees",
		[PERMUTATION_DISAGREES] = "disagrees",
	};

	return names[says];
}
