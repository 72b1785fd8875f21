/* strata_rows.c - the rows of both strata's models, as sums of classes where that is exact enough.
 *
 * Of each load's rows a part of the load's mean is taken off: all of it where the load is a fixed
 * term, less where its shift is random (Fuller and Battese 1973).  Written apart, with W the
 * load's weight, m and M its means of x and y, and keep = 1 / (1 + ratio W), which is (1 - part)^2:
 *
 *	X'X = sum w x x' - (1 - keep) W m m'
 *	X'y = sum w x (y - M) + keep W m M
 *
 * Loads of one treatment with the same requests in the same cells have the same rows. */
#include "strata_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

struct feeder {
	struct lin_code code;
	const struct strata_model *m;
	struct design_classes classes;
	size_t nterms;
	uint32_t *class; /* [nterms] of a row */
	/* The mean row of a load: classes met and their weights. */
	uint32_t *met;
	size_t nmet;
	double *weight;  /* [nclasses] */
	double *weights; /* [nmet] */
	/* Loads with the same rows, counted until another kind comes. */
	const struct strata_load *like;
	double alike;
};

static uint32_t pass_of(const struct strata *s, const struct strata_load *l)
{
	return s->host < 0 ? l->pass : l->number;
}

static bool has_pass(const struct design *m)
{
	return design_find(m, DESIGN_PASS, DESIGN_NONE) != NULL;
}

static bool is_shared(const struct strata_model *m, const struct design_term *t)
{
	return !m->place || t->a == DESIGN_PASS || t->a == DESIGN_PROMPT;
}

size_t strata_model_ncols(const struct strata_model *m)
{
	size_t n = m->place ? m->nplaces : 0;

	for (size_t i = 0; i < m->design->nterms; i++)
		n += is_shared(m, &m->design->terms[i]) ? m->design->terms[i].ncols : 0;
	return n;
}

/* ---- as classes ---- */

static void feeder_init(struct feeder *f, const struct strata_model *m, double centre)
{
	const struct design *d = m->design;
	struct lin_code_term *term = xcalloc(d->nterms + 1, sizeof(*term));

	*f = (struct feeder){.m = m};
	design_classes_init(&f->classes, d);
	if (m->place)
		term[f->nterms++] = (struct lin_code_term){m->nplaces, 1, true};
	for (size_t i = 0; i < d->nterms; i++) {
		if (is_shared(m, &d->terms[i]))
			term[f->nterms++] = design_code_term(d, &d->terms[i]);
	}
	lin_code_init(&f->code, term, f->nterms, term[0].plain ? centre : 0);
	f->class = xcalloc(d->nterms + 1, sizeof(*f->class));
	f->met = xcalloc(f->code.nclasses, sizeof(*f->met));
	f->weight = xcalloc(f->code.nclasses, sizeof(*f->weight));
	f->weights = xcalloc(f->code.nclasses, sizeof(*f->weights));
	free(term);
}

static void feeder_release(struct feeder *f)
{
	lin_code_release(&f->code);
	design_classes_release(&f->classes);
	free(f->class);
	free(f->met);
	free(f->weight);
	free(f->weights);
}

static void find_classes(struct feeder *f, const struct strata_group *g)
{
	const struct strata_model *m = f->m;
	size_t n = 1;

	design_classes_of(
		&f->classes, g->cell, pass_of(m->s, &m->s->loads[g->load]), g->prompt, f->class);
	if (!m->place)
		return;
	/* The terms that are left move up behind the settings. */
	for (size_t i = 0; i < m->design->nterms; i++) {
		uint32_t class = f->class[i];

		if (!is_shared(m, &m->design->terms[i]))
			continue;
		if (class != LIN_NO_CLASS)
			class += (uint32_t)(f->code.first[n] - f->classes.first[i]);
		f->met[n++] = class;
	}
	memcpy(f->class + 1, f->met + 1, (n - 1) * sizeof(*f->class));
	f->class[0] = m->place[m->eff->setting[g->cell]];
}

/* The classes of a load's mean row, its weights times the load's. */
static void find_mean(struct feeder *f, const struct strata_load *l)
{
	f->nmet = 0;
	for (size_t k = l->first; k < l->first + l->ngroups; k++) {
		const struct strata_group *g = &f->m->s->groups[k];

		find_classes(f, g);
		for (size_t i = 0; i < f->nterms; i++) {
			uint32_t class = f->class[i];

			if (class != LIN_NO_CLASS)
				f->weight[class] += g->weight;
		}
	}
	for (uint32_t class = 0; class < f->code.nclasses; class ++) {
		if (f->weight[class] == 0)
			continue;
		f->met[f->nmet] = class;
		f->weights[f->nmet++] = f->weight[class];
		f->weight[class] = 0;
	}
}

/* The part of a load's mean that stays, squared. */
static double keep_of(const struct strata_model *m, const struct strata_load *l)
{
	return 1 / (1 + m->ratio * l->weight);
}

/* Squares of the loads that were alike. */
static void feed_alike(struct feeder *f)
{
	const struct strata_load *l = f->like;

	if (!l)
		return;
	for (size_t k = l->first; k < l->first + l->ngroups; k++) {
		const struct strata_group *g = &f->m->s->groups[k];

		find_classes(f, g);
		lin_code_x(&f->code, f->class, f->alike * g->weight);
	}
	find_mean(f, l);
	lin_code_less(&f->code, f->met, f->weights, f->nmet, l->weight,
		f->alike * (1 - keep_of(f->m, l)));
}

static bool are_alike(
	const struct strata_model *m, const struct strata_load *a, const struct strata_load *b)
{
	if (a->ngroups != b->ngroups ||
		(has_pass(m->design) && pass_of(m->s, a) != pass_of(m->s, b)))
		return false;
	for (size_t k = 0; k < a->ngroups; k++) {
		const struct strata_group *x = &m->s->groups[a->first + k];
		const struct strata_group *y = &m->s->groups[b->first + k];

		if (x->cell != y->cell || x->prompt != y->prompt || x->weight != y->weight)
			return false;
	}
	return true;
}

static void feed_load(struct feeder *f, const struct strata_load *l)
{
	const struct strata_model *m = f->m;
	double keep = keep_of(m, l);

	if (!f->like || !are_alike(m, f->like, l)) {
		feed_alike(f);
		f->like = l;
		f->alike = 0;
	}
	f->alike++;
	for (size_t k = l->first; k < l->first + l->ngroups; k++) {
		const struct strata_group *g = &m->s->groups[k];

		find_classes(f, g);
		lin_code_y(&f->code, f->class, g->mean - l->mean, g->weight);
	}
	if (keep > 0) {
		find_mean(f, l);
		lin_code_mean_y(&f->code, f->met, f->weights, f->nmet, l->weight,
			l->mean - f->code.centre, keep);
	}
}

static double centre_of(const struct strata *s)
{
	double mean = 0, weight = 0;

	for (size_t i = 0; i < s->nloads; i++) {
		weight += s->loads[i].weight;
		mean += s->loads[i].weight * (s->loads[i].mean - mean) / weight;
	}
	return mean;
}

/* ---- one by one ---- */

static void fill_row(
	const struct strata_model *m, const struct strata_group *g, double *shared, double *x)
{
	const struct design *d = m->design;
	size_t n = m->place ? m->nplaces : 0;

	design_row(d, g->cell, pass_of(m->s, &m->s->loads[g->load]), g->prompt, shared);
	memset(x, 0, n * sizeof(*x));
	if (m->place)
		x[m->place[m->eff->setting[g->cell]]] = 1;
	for (size_t i = 0; i < d->nterms; i++) {
		if (!is_shared(m, &d->terms[i]))
			continue;
		memcpy(x + n, shared + d->terms[i].first, d->terms[i].ncols * sizeof(*x));
		n += d->terms[i].ncols;
	}
}

void strata_feed_rows(struct lin *l, const struct strata_model *m)
{
	double *x = xcalloc(l->ncols, sizeof(*x)), *mean = xcalloc(l->ncols, sizeof(*mean));
	double *shared = xcalloc(m->design->ncols, sizeof(*shared));
	const struct strata *s = m->s;

	for (size_t i = 0; i < s->nloads; i++) {
		const struct strata_load *load = &s->loads[i];
		double part = 1 - sqrt(keep_of(m, load));

		memset(mean, 0, l->ncols * sizeof(*mean));
		for (size_t k = load->first; k < load->first + load->ngroups; k++) {
			fill_row(m, &s->groups[k], shared, x);
			for (size_t j = 0; j < l->ncols; j++)
				mean[j] += s->groups[k].weight * x[j] / load->weight;
		}
		for (size_t k = load->first; k < load->first + load->ngroups; k++) {
			fill_row(m, &s->groups[k], shared, x);
			for (size_t j = 0; j < l->ncols; j++)
				x[j] -= part * mean[j];
			lin_row(l, x, s->groups[k].mean - part * load->mean, s->groups[k].weight);
		}
	}
	free(x);
	free(mean);
	free(shared);
}

void strata_feed(struct lin *l, const struct strata_model *m)
{
	const struct strata *s = m->s;
	struct feeder f;

	lin_init(l, strata_model_ncols(m));
	if (l->ncols > 0) {
		feeder_init(&f, m, centre_of(s));
		for (size_t i = 0; i < s->nloads; i++)
			feed_load(&f, &s->loads[s->by_treatment[i]]);
		feed_alike(&f);
		if (lin_code_fold(&f.code, 1, l)) {
			feeder_release(&f);
			return;
		}
		feeder_release(&f);
	}
	strata_feed_rows(l, m);
}

/* ---- loads ---- */

void strata_feed_load_rows(struct lin *l, const struct strata *s)
{
	double *x = xcalloc(l->ncols, sizeof(*x));

	for (size_t i = 0; i < s->nloads; i++) {
		const struct strata_load *load = &s->loads[i];

		design_row(&s->between_design, s->groups[load->first].cell, pass_of(s, load),
			DATA_NONE, x);
		lin_row(l, x, load->adjusted, load->weight / s->per_load);
	}
	free(x);
}

void strata_feed_loads(struct lin *l, const struct strata *s)
{
	const struct strata_model m = {.s = s, .design = &s->between_design};
	struct feeder f;

	lin_init(l, s->between_design.ncols);
	feeder_init(&f, &m, centre_of(s));
	for (size_t i = 0; i < s->nloads; i++) {
		const struct strata_load *load = &s->loads[i];

		design_classes_of(&f.classes, s->groups[load->first].cell, pass_of(s, load),
			DATA_NONE, f.class);
		lin_code_x(&f.code, f.class, load->weight);
		lin_code_y(&f.code, f.class, load->adjusted - f.code.centre, load->weight);
	}
	if (!lin_code_fold(&f.code, 1 / s->per_load, l))
		strata_feed_load_rows(l, s);
	feeder_release(&f);
}
