/* rehearse_truth.c - what is true on a stage: what was planted, and nothing else.
 *
 * Where the machine has effects of its own as well, it is what the cells of a run without noise
 * differ by.  The analysis tells which effects there are and which levels came to one; no number of
 * it is in the truth, so that a rehearsal sees an analysis that is wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rehearse_cells.h"

/* ---- what is planted ---- */

static int level_named(const struct data_factor *f, const char *name)
{
	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (strcmp(f->level[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* How many cells of each level in effect of factor f there are, and how many have the plant. */
static void count_planted(const struct rehearse_run *run, const struct rehearse_plant *plant, int f,
	uint32_t *with, uint32_t *all)
{
	const struct dataset *d = &run->data;
	int g = dataset_factor(d, plant->sim.name);
	int level = g < 0 ? -1 : level_named(&d->factors[g], plant->level);

	for (size_t c = 0; c < d->ncells; c++) {
		uint32_t i = run->eff.factors[f].of[d->cells[c].level[f]];

		all[i]++;
		with[i] += level >= 0 && d->cells[c].level[g] == (uint32_t)level;
	}
}

/* Whether cells with one level of g have one level of f. */
static bool decides(const struct rehearse_run *run, int g, int f)
{
	const struct dataset *d = &run->data;
	const struct effective_factor *from = &run->eff.factors[g], *to = &run->eff.factors[f];
	uint32_t *with = xcalloc(from->nlevels, sizeof(*with)); /* level of f, from 1; 0 not seen */
	bool it_does = true;

	for (size_t c = 0; c < d->ncells && it_does; c++) {
		uint32_t *seen = &with[from->of[d->cells[c].level[g]]];
		uint32_t level = to->of[d->cells[c].level[f]] + 1;

		it_does = *seen == 0 || *seen == level;
		*seen = level;
	}
	free(with);
	return it_does;
}

/* Adds what the plant does at each level of f.  False: it is not known, since the plant comes and
 * goes with levels of f that are of more (or fewer) levels of its own factor. */
static bool add_planted(const struct rehearse_run *run, const struct rehearse_plant *plant, int f,
	uint32_t nlevels, double *level)
{
	uint32_t *with = xcalloc(nlevels, sizeof(*with)), *all = xcalloc(nlevels, sizeof(*all));
	int g = dataset_factor(&run->data, plant->sim.name);
	bool mixed = false, varies = false;

	count_planted(run, plant, f, with, all);
	for (uint32_t i = 0; i < nlevels; i++) {
		mixed = mixed || (with[i] > 0 && with[i] < all[i]);
		varies = varies || (with[i] > 0) != (with[0] > 0);
	}
	for (uint32_t i = 0; !mixed && i < nlevels; i++)
		level[i] += with[i] ? log1p(plant->size) : 0;
	free(with);
	free(all);
	if (g == f)
		return !mixed;
	return mixed || !varies || (g >= 0 && decides(run, g, f) && decides(run, f, g));
}

static void planted_levels(const struct rehearse_run *run, const struct rehearse_stage *stage,
	struct rehearse_effect *to)
{
	double *level = xcalloc(to->nlevels, sizeof(*level));
	bool known = true;

	for (size_t i = 0; i < stage->nplants; i++) {
		if (stage->plants[i].metric == to->metric)
			known = add_planted(run, &stage->plants[i], to->a, to->nlevels, level) &&
				known;
	}
	for (uint32_t i = 0; i < to->nlevels; i++) {
		for (uint32_t j = 0; j < to->nlevels; j++)
			to->diff[i * to->nlevels + j] = known ? level[i] - level[j] : (double)NAN;
	}
	free(level);
}

/* ---- truth ---- */

/* Whether nothing but plants tells cells apart by the factor: the machine has no effect of its own
 * on it.  Lengths of prompts have one on TTFT that no key takes away, and so have queues. */
static bool only_planted(
	const struct rehearse_stage *stage, const struct rehearse_run *run, int factor)
{
	const struct plan *p = stage->plan;

	if (stage->own_effects)
		return false;
	for (uint32_t c = 0; c < p->ncells; c++) {
		if (plan_is_burst(p, c))
			return false;
	}
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		enum factor_kind kind = p->sweep->factors[f].kind;

		if (strcmp(p->sweep->factors[f].name, run->data.factors[factor].name) == 0)
			return kind == FACTOR_OPTION || kind == FACTOR_MODEL;
	}
	return false;
}

/* One difference is an effect, whatever the others are; for none all must be known. */
static void judge_levels(struct rehearse_effect *to)
{
	bool all_known = true, differs = false;

	for (size_t i = 0; i < (size_t)to->nlevels * to->nlevels; i++) {
		all_known = all_known && !isnan(to->diff[i]);
		differs = differs || fabs(to->diff[i]) > REHEARSE_NOTHING;
	}
	to->known = all_known || differs;
	to->null = all_known && !differs;
}

static void take_effect(struct rehearse_effect *to, const struct rehearse_run *run,
	const struct rehearse_stage *stage, const double *means)
{
	bool planted =
		only_planted(stage, run, to->a) && (to->b < 0 || only_planted(stage, run, to->b));

	if (to->b < 0) {
		if (planted)
			planted_levels(run, stage, to);
		else
			rehearse_cell_levels(run, means, to->a, to->nlevels, to->diff);
		judge_levels(to);
		return;
	}
	/* Plants multiply: on the logarithm they add up. */
	to->known = to->null = planted;
	if (!planted)
		to->null = !rehearse_cell_interact(run, means, to->a, to->b, &to->known);
	to->null = to->null && to->known;
}

static void take_effects(struct rehearse_truth *t, const struct rehearse_run *run,
	const struct rehearse_stage *stage, double *const *means)
{
	t->effects = arena_alloc(&t->arena, run->effects.n, sizeof(*t->effects));
	for (size_t i = 0; i < run->effects.n; i++) {
		const struct effect *e = &run->effects.v[i];
		struct rehearse_effect *to = &t->effects[t->n];

		if (!e->primary)
			continue;
		t->n++;
		*to = (struct rehearse_effect){.name = arena_str(&t->arena, e->factor),
			.a = e->factor_a,
			.b = e->factor_b,
			.metric = e->metric,
			.nlevels = run->eff.factors[e->factor_a].nlevels,
			.alias = e->verdict == VERDICT_ALIAS,
			.known = true,
			.null = true};
		to->diff = arena_alloc(
			&t->arena, (size_t)to->nlevels * to->nlevels, sizeof(*to->diff));
		if (!to->alias)
			take_effect(to, run, stage, means[e->metric]);
	}
}

/* A factor that varies in step with another is judged as the other. */
static void take_names(struct rehearse_truth *t, const struct rehearse_run *run)
{
	t->nfactors = run->data.nfactors;
	t->factors = arena_alloc(&t->arena, t->nfactors, sizeof(*t->factors));
	t->judged_as = arena_alloc(&t->arena, t->nfactors, sizeof(*t->judged_as));
	for (size_t f = 0; f < t->nfactors; f++) {
		t->factors[f] = arena_str(&t->arena, run->data.factors[f].name);
		t->judged_as[f] = run->eff.in_step[f] < 0 ? (int)f : run->eff.in_step[f];
	}
}

static const char *best_cell(
	struct rehearse_truth *t, const struct rehearse_run *run, int metric, const double *means)
{
	size_t best = run->data.ncells;
	double most = -INFINITY;

	for (size_t c = 0; c < run->data.ncells; c++) {
		double x = metric_specs[metric].better * means[c];

		if (x > most + REHEARSE_NOTHING) {
			most = x;
			best = c;
		}
	}
	return best < run->data.ncells ? arena_str(&t->arena, run->data.cells[best].id) : NULL;
}

static double mean_request(const struct dataset *d)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		if (!d->rows[i].counts || isnan(d->rows[i].done_ms))
			continue;
		sum += d->rows[i].done_ms / 1e3;
		n++;
	}
	return n > 0 ? sum / n : 0;
}

int rehearse_truth_find(struct rehearse_truth *t, const struct rehearse_stage *stage, struct err *e)
{
	struct rehearse_stage quiet = *stage;
	struct rehearse_run run;
	double *means[METRIC_COUNT];

	*t = (struct rehearse_truth){0};
	quiet.noise = NULL;
	if (rehearse_play(&run, &quiet, 0, false, e))
		return -1;
	for (int m = 0; m < METRIC_COUNT; m++)
		means[m] = metric_specs[m].primary ? rehearse_cell_means(&run.data, m) : NULL;
	take_names(t, &run);
	take_effects(t, &run, stage, means);
	t->settings = run.eff.nsettings;
	t->seconds = run.seconds;
	t->request_s = mean_request(&run.data);
	for (int m = 0; m < METRIC_COUNT; m++) {
		t->best[m] = means[m] ? best_cell(t, &run, m, means[m]) : NULL;
		free(means[m]);
	}
	rehearse_release(&run);
	return 0;
}

void rehearse_truth_release(struct rehearse_truth *t)
{
	arena_release(&t->arena);
}

int rehearse_truth_main(const struct rehearse_truth *t, const char *factor, enum metric metric)
{
	int judged = -1;

	for (size_t f = 0; f < t->nfactors; f++) {
		if (strcmp(t->factors[f], factor) == 0)
			judged = t->judged_as[f];
	}
	for (size_t i = 0; i < t->n; i++) {
		if (t->effects[i].b < 0 && t->effects[i].metric == metric &&
			t->effects[i].a == judged)
			return (int)i;
	}
	return -1;
}
