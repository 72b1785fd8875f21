/* corpus_copies.c - rows that stand in two tables count once.
 *
 * A row is known by its two foremost figures (corpus_part.c).  Rows of one table may well be equal;
 * a table repeats another if four fifths of the rows of the smaller of both stand in the other. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "corpus_parts.h"

#define SHARE      0.8
#define LEAST_ROWS 2
#define CANDIDATES 32 /* tables that a part's rows were met in */

struct candidate {
	uint32_t table;
	uint64_t n;
};

static void count_in(struct candidate *c, uint32_t table)
{
	size_t least = 0;

	for (size_t i = 0; i < CANDIDATES; i++) {
		if (c[i].n > 0 && c[i].table == table) {
			c[i].n++;
			return;
		}
		if (c[i].n < c[least].n)
			least = i;
	}
	/* One that is frequent stays (Misra and Gries 1982, but for exact counts of the others). */
	if (c[least].n <= 1)
		c[least] = (struct candidate){table, 1};
	else
		c[least].n--;
}

/* Whether a row tells that its table is a copy.  Failures are alike in many tables, but for those
 * with a time. */
static bool tells(const struct part *p, const struct longs *identity, size_t row)
{
	return identity->v[row] != 0 && (!(p->flags.v[row] & ROW_FAILED) || p->has_time);
}

/* The table that most of the rows stand in, where that makes it a copy. */
static uint32_t copied_table(const struct growing *g, const struct part *p,
	const struct rowset *set, const struct longs *identity, uint32_t self)
{
	struct candidate c[CANDIDATES] = {{0}};
	uint64_t mine = 0, theirs;
	size_t best = 0;

	for (size_t row = 0; row < identity->n; row++) {
		uint32_t table;

		if (!tells(p, identity, row))
			continue;
		mine++;
		table = rowset_find(set, identity->v[row]);
		if (table != ROWSET_NONE && table != self)
			count_in(c, table);
	}
	for (size_t i = 1; i < CANDIDATES; i++)
		best = c[i].n > c[best].n ? i : best;
	if (c[best].n == 0)
		return CORPUS_NONE;
	theirs = g->tables.v[c[best].table].rows;
	if (!p->has_time)
		theirs -= g->tables.v[c[best].table].failed;
	return c[best].n >= LEAST_ROWS &&
			(double)c[best].n >= SHARE * fmin((double)mine, (double)theirs)
		? c[best].table
		: CORPUS_NONE;
}

static uint64_t mark(
	struct part *p, const struct rowset *set, const struct longs *identity, uint32_t table)
{
	uint64_t n = 0;

	for (size_t row = 0; row < p->nrows; row++) {
		if (!identity->v[row] || rowset_find(set, identity->v[row]) != table)
			continue;
		p->flags.v[row] |= ROW_COPY;
		n++;
	}
	return n;
}

uint32_t growing_find_copies(struct growing *g, struct part *p, uint32_t self, uint64_t *n)
{
	uint32_t table = copied_table(g, p, &g->fine, &p->identity, self);

	*n = 0;
	if (table != CORPUS_NONE) {
		*n = mark(p, &g->fine, &p->identity, table);
		return table;
	}
	if (g->coarse.full)
		return CORPUS_NONE;
	table = copied_table(g, p, &g->coarse, &p->coarse, self);
	if (table != CORPUS_NONE)
		*n = mark(p, &g->coarse, &p->coarse, table);
	return table;
}

void growing_remember(struct growing *g, const struct part *p, uint32_t table)
{
	for (size_t row = 0; row < p->nrows; row++) {
		if (!p->identity.v[row] || p->flags.v[row] & ROW_COPY)
			continue;
		rowset_add(&g->fine, p->identity.v[row], table);
		if (!g->coarse.full)
			rowset_add(&g->coarse, p->coarse.v[row], table);
	}
	if (g->coarse.full && g->coarse.n > 0)
		rowset_release(&g->coarse); /* keeps that it was full */
	atomic_store(&g->enough.coarse, g->coarse.full);
	g->c->copies_bounded = g->fine.full;
}
