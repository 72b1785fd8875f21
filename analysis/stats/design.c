/* design.c - model matrices. */
#include "design.h"

#include <string.h>

#include "bug.h"

/* How many columns a classification has: one less than classes. */
static size_t width(const struct design *m, int what)
{
	switch (what) {
	case DESIGN_NONE:
	case DESIGN_INTERCEPT:
		return 1;
	case DESIGN_PASS:
		return m->npasses ? m->npasses - 1 : 0;
	case DESIGN_PROMPT:
		return m->nprompts ? m->nprompts - 1 : 0;
	default:
		return m->eff->factors[what].nlevels ? m->eff->factors[what].nlevels - 1 : 0;
	}
}

/* Intercept and passes are always there: without them nothing else means what it should. */
static void add_term(struct design *m, int a, int b)
{
	size_t ncols = width(m, a) * width(m, b);
	bool optional = a >= 0 || a == DESIGN_PROMPT;

	if (ncols == 0 || (optional && m->ncols + ncols > DESIGN_MAX_COLUMNS))
		return;
	m->terms[m->nterms++] = (struct design_term){a, b, m->ncols, ncols};
	m->ncols += ncols;
}

static void init(struct design *m, const struct dataset *d, const struct effective *eff,
	uint32_t npasses, struct arena *arena)
{
	size_t most = 4 + d->nfactors + d->nfactors * d->nfactors / 2;

	*m = (struct design){
		.d = d, .eff = eff, .npasses = npasses, .nprompts = (uint32_t)d->nprompts};
	m->terms = arena_alloc(arena, most, sizeof(*m->terms));
}

/* Main effects first, so that the cap cuts interactions. */
static void add_factors(struct design *m, bool within)
{
	const struct data_factor *f = m->d->factors;
	int n = (int)m->d->nfactors;

	for (int a = 0; a < n; a++) {
		if (m->eff->in_step[a] < 0 && (f[a].stratum == DATA_SAMPLING) == within)
			add_term(m, a, DESIGN_NONE);
	}
	for (int a = 0; a < n; a++) {
		for (int b = a + 1; b < n; b++) {
			bool sampling =
				f[a].stratum == DATA_SAMPLING || f[b].stratum == DATA_SAMPLING;

			if (m->eff->in_step[a] < 0 && m->eff->in_step[b] < 0 && sampling == within)
				add_term(m, a, b);
		}
	}
}

void design_between(struct design *m, const struct dataset *d, const struct effective *eff,
	uint32_t npasses, int host, struct arena *arena)
{
	init(m, d, eff, npasses, arena);
	add_term(m, DESIGN_INTERCEPT, DESIGN_NONE);
	add_term(m, DESIGN_PASS, DESIGN_NONE);
	if (host >= 0)
		add_term(m, DESIGN_PASS, host);
	add_factors(m, false);
}

void design_within(
	struct design *m, const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	init(m, d, eff, 0, arena);
	if (dataset_factor(d, "prompt") < 0)
		add_term(m, DESIGN_PROMPT, DESIGN_NONE);
	add_factors(m, true);
}

void design_joint(struct design *m, const struct dataset *d, const struct effective *eff,
	uint32_t npasses, int host, const bool *whole_pair, struct arena *arena)
{
	int n = (int)d->nfactors;

	init(m, d, eff, npasses, arena);
	add_term(m, DESIGN_INTERCEPT, DESIGN_NONE);
	add_term(m, DESIGN_PASS, DESIGN_NONE);
	if (host >= 0)
		add_term(m, DESIGN_PASS, host);
	if (dataset_factor(d, "prompt") < 0)
		add_term(m, DESIGN_PROMPT, DESIGN_NONE);
	for (int a = 0; a < n; a++) {
		if (eff->in_step[a] < 0 && eff->factors[a].nlevels > 1)
			add_term(m, a, DESIGN_NONE);
	}
	for (int a = 0; a < n; a++) {
		for (int b = a + 1; b < n; b++) {
			if (whole_pair[a * n + b])
				add_term(m, a, b);
		}
	}
}

/* Column i of the code of class `class` of n: 1, or -1 throughout for the last, so that codes sum
 * to zero over the classes. */
static double code(uint32_t class, size_t n, size_t i)
{
	if (class == DATA_NONE)
		return 0;
	return class + 1 == n ? -1 : class == i;
}

void design_add_level(const struct design *m, const struct design_term *t, uint32_t i, uint32_t j,
	double weight, double *c)
{
	size_t wide = width(m, t->a), deep = width(m, t->b);

	for (size_t p = 0; p < wide; p++) {
		double x = t->a == DESIGN_INTERCEPT ? 1 : code(i, wide + 1, p);

		for (size_t q = 0; q < deep; q++) {
			double y = t->b == DESIGN_NONE ? 1 : code(j, deep + 1, q);

			c[t->first + p * deep + q] += weight * x * y;
		}
	}
}

static uint32_t class_of(
	const struct design *m, int what, uint32_t cell, uint32_t pass, uint32_t prompt)
{
	if (what == DESIGN_PASS)
		return pass;
	if (what == DESIGN_PROMPT)
		return prompt;
	if (what < 0)
		return 0;
	return m->eff->factors[what].of[m->d->cells[cell].level[what]];
}

void design_row(const struct design *m, uint32_t cell, uint32_t pass, uint32_t prompt, double *x)
{
	memset(x, 0, m->ncols * sizeof(*x));
	for (size_t i = 0; i < m->nterms; i++) {
		const struct design_term *t = &m->terms[i];

		design_add_level(m, t, class_of(m, t->a, cell, pass, prompt),
			class_of(m, t->b, cell, pass, prompt), 1, x);
	}
}

const struct design_term *design_find(const struct design *m, int a, int b)
{
	for (size_t i = 0; i < m->nterms; i++) {
		if (m->terms[i].a == a && m->terms[i].b == b)
			return &m->terms[i];
	}
	return NULL;
}

void design_type2(const struct design *m, const struct design_term *t, bool with_it, bool *use)
{
	for (size_t i = 0; i < m->nterms; i++) {
		const struct design_term *other = &m->terms[i];
		bool contains = other != t && t->b == DESIGN_NONE && t->a >= 0 &&
			(other->a == t->a || other->b == t->a);
		bool beside = !m->additive || t->b >= 0 || other->a < 0 || other->b < 0;
		bool in = other == t ? with_it : !contains && beside;

		for (size_t j = 0; j < other->ncols; j++)
			use[other->first + j] = in;
	}
}
