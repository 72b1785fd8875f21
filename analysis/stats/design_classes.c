/* design_classes.c - rows of a design as classes. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "design.h"

static size_t levels_of(const struct design *m, int what)
{
	switch (what) {
	case DESIGN_NONE:
	case DESIGN_INTERCEPT:
		return 1;
	case DESIGN_PASS:
		return m->npasses;
	case DESIGN_PROMPT:
		return m->nprompts;
	default:
		return m->eff->factors[what].nlevels;
	}
}

static uint32_t level_of(const struct design *m, int what, size_t cell)
{
	return what < 0 ? 0 : m->eff->factors[what].of[m->d->cells[cell].level[what]];
}

struct lin_code_term design_code_term(const struct design *m, const struct design_term *t)
{
	return (struct lin_code_term){
		levels_of(m, t->a), levels_of(m, t->b), t->a == DESIGN_INTERCEPT};
}

void design_classes_init(struct design_classes *c, const struct design *m)
{
	size_t ncells = m->d->ncells;

	*c = (struct design_classes){.of = m};
	c->first = xcalloc(m->nterms, sizeof(*c->first));
	c->of_cell = xcalloc(ncells * m->nterms, sizeof(*c->of_cell));
	for (size_t i = 0; i < m->nterms; i++) {
		const struct design_term *t = &m->terms[i];
		uint32_t deep = (uint32_t)levels_of(m, t->b);

		c->first[i] = c->nclasses;
		for (size_t k = 0; k < ncells; k++)
			c->of_cell[k * m->nterms + i] = (uint32_t)c->nclasses +
				level_of(m, t->a, k) * deep + level_of(m, t->b, k);
		c->nclasses += levels_of(m, t->a) * deep;
	}
}

void design_classes_release(struct design_classes *c)
{
	free(c->first);
	free(c->of_cell);
	*c = (struct design_classes){0};
}

void design_classes_of(const struct design_classes *c, uint32_t cell, uint32_t pass,
	uint32_t prompt, uint32_t *class)
{
	const struct design *m = c->of;

	memcpy(class, c->of_cell + cell * m->nterms, m->nterms * sizeof(*class));
	for (size_t i = 0; i < m->nterms; i++) {
		int a = m->terms[i].a;
		uint32_t at = a == DESIGN_PASS ? pass : prompt;

		if (a != DESIGN_PASS && a != DESIGN_PROMPT)
			continue;
		if (at == DATA_NONE)
			class[i] = LIN_NO_CLASS;
		else
			class[i] += at * (uint32_t)levels_of(m, m->terms[i].b);
	}
}

void design_class_effects(const struct design_classes *c, const double *beta, double *effect)
{
	const struct design *m = c->of;
	double *code = xcalloc(m->ncols, sizeof(*code));

	for (size_t i = 0; i < m->nterms; i++) {
		const struct design_term *t = &m->terms[i];
		uint32_t wide = (uint32_t)levels_of(m, t->a), deep = (uint32_t)levels_of(m, t->b);

		for (uint32_t k = 0; k < wide * deep; k++) {
			double sum = 0;

			memset(code + t->first, 0, t->ncols * sizeof(*code));
			design_add_level(m, t, k / deep, k % deep, 1, code);
			for (size_t j = t->first; j < t->first + t->ncols; j++)
				sum += code[j] * beta[j];
			effect[c->first[i] + k] = sum;
		}
	}
	free(code);
}
