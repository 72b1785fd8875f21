/* corpus_copies.c - rows that stand in two tables count once.
 *
 * A row is known by its two foremost figures (corpus_part.c) and by whom it is about: rows of two
 * models are never copies of each other, a row that names none may be one of any.  Rows of one
 * table may well be equal; a table repeats another if four fifths of the different rows of the
 * smaller of both stand in the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "hash.h"

#define SHARE      0.8
#define LEAST_ROWS 2
/* Equal rows are told from others, which takes time, where so many are met elsewhere. */
#define WORTH_A_LOOK 0.1
#define CANDIDATES   32 /* tables that a part's rows were met in */

/* ---- what a row is known by ---- */

/* Of each subject of a part whom it is about: its model, else its name; 0 nobody. */
static uint64_t *whom(const struct part *p)
{
	uint64_t *ret = xcalloc(p->subjects.list.n + 1, sizeof(*ret));

	for (size_t i = 0; i < p->subjects.list.n; i++) {
		const char *name = p->models.v[i] ? p->models.v[i] : p->subjects.list.v[i];

		ret[i] = name[0] ? hash64_mix(hash64_add(HASH64, name, strlen(name))) : 0;
	}
	return ret;
}

/* A row in a set: as one of somebody; of nobody; of anybody, by which one of nobody finds it. */
static uint64_t of_somebody(uint64_t identity, uint64_t who)
{
	return hash64_mix(identity ^ who) | 1;
}

static uint64_t of_anybody(uint64_t identity)
{
	return hash64_mix(identity ^ HASH64) | 1;
}

/* The rows of a part with one kind of identity. */
struct known {
	const struct part *p;
	const struct longs *identity;
	const uint64_t *who; /* [subjects] */
};

static uint64_t who_of(const struct known *k, size_t row)
{
	uint32_t subject = k->p->subject.v[row];

	return subject < k->p->subjects.list.n ? k->who[subject] : 0;
}

/* The table that the row was met in. */
static uint32_t met_in(const struct rowset *set, const struct known *k, size_t row)
{
	uint64_t identity = k->identity->v[row], who = who_of(k, row);
	uint32_t table;

	if (!identity)
		return ROWSET_NONE;
	table = rowset_find(set, who ? of_somebody(identity, who) : identity);
	if (table != ROWSET_NONE)
		return table;
	return rowset_find(set, who ? identity : of_anybody(identity));
}

/* Rows of a part that are like one before them say nothing new. */
static void mark_repeats(struct part *p, const struct known *k)
{
	struct keymap seen = {0};

	for (size_t row = 0; row < p->nrows; row++) {
		size_t before = seen.n;

		if (!k->identity->v[row])
			continue;
		keymap_number(&seen, k->identity->v[row], who_of(k, row));
		if (seen.n == before)
			p->flags.v[row] |= ROW_AGAIN;
	}
	keymap_release(&seen);
}

/* ---- of what it is a copy ---- */

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
	/* One that is frequent stays (Misra and Gries 1982). */
	if (c[least].n <= 1)
		c[least] = (struct candidate){table, 1};
	else
		c[least].n--;
}

/* Whether a row tells that its table is a copy.  Failures are alike in many tables, but for those
 * with a time. */
static bool tells(const struct known *k, size_t row)
{
	uint8_t flags = k->p->flags.v[row];

	return k->identity->v[row] != 0 && !(flags & ROW_AGAIN) &&
		(!(flags & ROW_FAILED) || k->p->has_time);
}

/* How many of the rows tell anything, and the table that most of them stand in. */
static struct candidate most_met(
	const struct rowset *set, const struct known *k, uint32_t self, uint64_t *mine)
{
	struct candidate c[CANDIDATES] = {{0}};
	size_t best = 0;

	*mine = 0;
	for (size_t row = 0; row < k->p->nrows; row++) {
		uint32_t table;

		if (!tells(k, row))
			continue;
		++*mine;
		table = met_in(set, k, row);
		if (table != ROWSET_NONE && table != self)
			count_in(c, table);
	}
	for (size_t i = 1; i < CANDIDATES; i++)
		best = c[i].n > c[best].n ? i : best;
	return c[best];
}

/* The table that most of the rows stand in, where that makes it a copy. */
static uint32_t copied_table(struct part *p, const struct growing *g, const struct rowset *set,
	const struct known *k, uint32_t self)
{
	struct candidate best;
	uint64_t mine;

	for (int i = 0; i < 2; i++) {
		double part = i == 0 ? WORTH_A_LOOK : SHARE;

		best = most_met(set, k, self, &mine);
		if (best.n < LEAST_ROWS ||
			(double)best.n <
				part * fmin((double)mine, (double)g->distinct.v[best.table]))
			return CORPUS_NONE;
		if (i == 0)
			mark_repeats(p, k);
	}
	return best.table;
}

static uint64_t mark(
	struct part *p, const struct rowset *set, const struct known *k, uint32_t table)
{
	uint64_t n = 0;

	for (size_t row = 0; row < p->nrows; row++) {
		if (met_in(set, k, row) != table)
			continue;
		p->flags.v[row] |= ROW_COPY;
		n++;
	}
	return n;
}

uint32_t growing_find_copies(struct growing *g, struct part *p, uint32_t self, uint64_t *n)
{
	uint64_t *who = whom(p);
	const struct known fine = {p, &p->identity, who}, coarse = {p, &p->coarse, who};
	uint32_t table;

	*n = 0;
	table = copied_table(p, g, &g->fine, &fine, self);
	if (table != CORPUS_NONE) {
		*n = mark(p, &g->fine, &fine, table);
	} else if (!g->coarse.full) {
		table = copied_table(p, g, &g->coarse, &coarse, self);
		if (table != CORPUS_NONE)
			*n = mark(p, &g->coarse, &coarse, table);
	}
	free(who);
	return table;
}

/* ---- what is remembered ---- */

/* Whether it is the first of its kind in this table. */
static bool remember_row(
	struct rowset *set, const struct known *k, size_t row, uint32_t table, bool for_anybody)
{
	uint64_t identity = k->identity->v[row], who = who_of(k, row);
	uint32_t before;

	if (!identity)
		return false;
	before = rowset_add(set, who ? of_somebody(identity, who) : identity, table);
	if (who && for_anybody)
		rowset_add(set, of_anybody(identity), table);
	return before != table;
}

void growing_remember(struct growing *g, const struct part *p, uint32_t table)
{
	uint64_t *who = whom(p);
	const struct known fine = {p, &p->identity, who}, coarse = {p, &p->coarse, who};

	while (g->distinct.n <= table)
		*VEC_PUSH(&g->distinct) = 0;
	for (size_t row = 0; row < p->nrows; row++) {
		bool first;

		if (p->flags.v[row] & ROW_COPY)
			continue;
		/* While they are few, rows that name nobody are held against those of somebody. */
		first = remember_row(&g->fine, &fine, row, table, !g->coarse.full);
		g->distinct.v[table] += first && tells(&fine, row);
		if (!g->coarse.full)
			remember_row(&g->coarse, &coarse, row, table, true);
	}
	if (g->coarse.full && g->coarse.n > 0)
		rowset_release(&g->coarse); /* keeps that it was full */
	atomic_store(&g->enough.coarse, g->coarse.full);
	g->c->copies_bounded = g->fine.full;
	free(who);
}
