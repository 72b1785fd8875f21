/* understand_units.c - in which unit the values of a column are.
 *
 * A unit beside the values counts before that of the heading; then what the rule takes for granted
 * where the values allow it; then a column that names the unit; then the unit of other times in the
 * table, if the values are of like size.  Where none of it says anything the column is not used: a
 * time of 3 may be any. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "compiler.h"
#include "understand_parts.h"

/* A time whose unit is not said is taken to be in that of its neighbours, if it is no more than
 * that many times larger or smaller than all of them. */
#define LIKE_SIZE 1000.0

static bool inside(const struct meaning *m, double x)
{
	return x >= m->least && x <= m->most;
}

/* Whether the values are possible ones if they are in `unit`; zeros are no contradiction. */
static bool plausible(const struct column_seen *c, const struct meaning *m, const struct unit *unit)
{
	struct unit canonical = unit_named(m->canonical, strlen(m->canonical));
	double factor = unit_factor(unit, &canonical);

	return c->numbers == 0 ||
		(inside(m, c->most * factor) && (c->least == 0 || inside(m, c->least * factor)));
}

/* Values with units of their own. */
static const char *own_units(
	struct seen *s, struct understood_column *u, const struct column_seen *c)
{
	struct unit canonical = unit_named(u->meaning.canonical, strlen(u->meaning.canonical));

	if (c->one_unit && canonical.name[0] && isnan(unit_factor(&c->unit, &canonical)))
		return arena_fmt(&s->u->arena, "its values are in %s, which is no unit of %s",
			c->unit.name, u->meaning.label);
	/* Beside "95 %" a 0.9 may be a share of one, whatever is usual. */
	if (c->with_unit < c->numbers && !u->meaning.unit.name[0] &&
		(!u->meaning.assumed.name[0] || canonical.kind == UNIT_SHARE))
		return "some of its values name a unit and others do not";
	if (!canonical.name[0])
		return c->one_unit ? NULL : "its values are in several units";
	u->each = !c->one_unit || c->with_unit < c->numbers;
	if (c->one_unit && c->with_unit == c->numbers)
		u->unit = c->unit;
	else
		u->unit = u->meaning.unit.name[0] ? u->meaning.unit : u->meaning.assumed;
	if (!u->unit.name[0])
		u->unit = canonical;
	return NULL;
}

static bool is_one_of(const char *quantity, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(quantity, names[i]) == 0)
			return true;
	}
	return false;
}

/* What the neighbour says cannot hold of the values: the duration of a run stands beside the means
 * of its requests in a unit of its own, and a whole is not shorter than a part of it. */
static bool of_other_unit(const struct meaning *m, const struct column_seen *c,
	const struct meaning *neighbour, const struct column_seen *other)
{
	static const char *const wholes[] = {"e2el", "time"},
				 *const parts[] = {
					 "ttft", "itl", "tpot", "prefill", "decode", "queue"};

	if (strcmp(m->quantity, "time") == 0 && m->stat == STAT_VALUE &&
		neighbour->stat != STAT_VALUE)
		return true;
	return is_one_of(m->quantity, wholes, COUNTOF(wholes)) &&
		is_one_of(neighbour->quantity, parts, COUNTOF(parts)) && c->most < other->most;
}

/* The unit of the other times in the table, if they have one. */
static bool neighbours(const struct seen *s, const struct meaning *m, const struct column_seen *c,
	struct unit *ret)
{
	*ret = unit_named("", 0);
	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct understood_column *u = &s->u->column[col];
		const struct column_seen *other = &s->column[col];

		if (!is_figure(u) || u->meaning.unit.kind != UNIT_TIME ||
			!u->meaning.unit.name[0] || other->numbers == 0 ||
			(u->meaning.stat != STAT_VALUE && u->meaning.stat != STAT_MEAN &&
				u->meaning.stat != STAT_P50))
			continue;
		if (ret->name[0] && strcmp(ret->name, u->meaning.unit.name) != 0)
			return false;
		if (c->most > other->most * LIKE_SIZE || c->most * LIKE_SIZE < other->most ||
			of_other_unit(m, c, &u->meaning, other))
			return false;
		*ret = u->meaning.unit;
	}
	return ret->name[0];
}

static bool is_unit_heading(const struct grid_cell *name)
{
	static const char *const headings[] = {"time_unit", "time unit", "unit", "units"};

	for (size_t i = 0; i < COUNTOF(headings); i++) {
		if (strlen(headings[i]) == name->len &&
			strncasecmp(headings[i], name->s, name->len) == 0)
			return true;
	}
	return false;
}

/* A column of its own that says the unit, the same one in all rows: "time_unit". */
static bool unit_column(const struct seen *s, struct unit *ret)
{
	const struct grid *g = s->g;
	size_t col = 0;

	*ret = unit_named("", 0);
	while (col < g->ncols && !is_unit_heading(&g->name[col]))
		col++;
	if (col == g->ncols || g->piece > 0 || !g->last)
		return false;
	for (size_t row = 0; row < g->nrows; row++) {
		const struct grid_cell *c = grid_at(g, row, col);
		struct unit unit =
			c->kind == GRID_TEXT ? unit_named(c->s, c->len) : unit_named("", 0);

		if (cell_empty(c))
			continue;
		if (unit.kind != UNIT_TIME || !unit.name[0] ||
			(ret->name[0] && strcmp(ret->name, unit.name) != 0))
			return false;
		*ret = unit;
	}
	return ret->name[0];
}

static const char *settle_time(
	struct seen *s, struct understood_column *u, const struct column_seen *c)
{
	struct unit unit;

	if (c->numbers == 0)
		return NULL; /* nothing in it, whatever its unit */
	if (u->meaning.assumed.name[0] && plausible(c, &u->meaning, &u->meaning.assumed)) {
		u->unit = u->meaning.assumed;
		return NULL;
	}
	if (unit_column(s, &unit) && plausible(c, &u->meaning, &unit)) {
		u->unit = unit;
		return NULL;
	}
	if (neighbours(s, &u->meaning, c, &unit) && plausible(c, &u->meaning, &unit)) {
		u->unit = unit;
		return NULL;
	}
	return "nothing says in which unit it is";
}

static const char *settle(struct seen *s, struct understood_column *u, const struct column_seen *c)
{
	const struct meaning *m = &u->meaning;
	struct unit canonical = unit_named(m->canonical, strlen(m->canonical));

	u->unit = m->unit;
	if (c->with_unit > 0)
		return own_units(s, u, c);
	if (m->unit.name[0] || !canonical.name[0])
		return NULL;
	if (canonical.kind == UNIT_SHARE) {
		/* "0.93" is a part of one, "93" parts of a hundred. */
		u->unit = canonical;
		if (!m->assumed.name[0] && c->numbers > 0 && c->most <= 1 && c->least >= -1)
			u->unit.factor = 1;
		return NULL;
	}
	if (canonical.kind == UNIT_TIME)
		return settle_time(s, u, c);
	u->unit = m->assumed;
	return m->assumed.name[0] || c->numbers == 0 ? NULL : "nothing says in which unit it is";
}

void settle_units(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct understood_column *u = &s->u->column[col];
		struct unit canonical =
			unit_named(u->meaning.canonical, strlen(u->meaning.canonical));

		u->factor = 1;
		if (!is_figure(u))
			continue;
		u->why = settle(s, u, &s->column[col]);
		/* "Block size", "memory": of what, nobody knows. */
		if (u->why && canonical.kind == UNIT_BYTES && s->column[col].with_unit == 0) {
			u->meaning.part = PART_UNKNOWN;
			u->why = NULL;
		}
		if (canonical.kind == UNIT_SHARE && u->unit.kind == UNIT_SHARE)
			u->factor = u->unit.factor == 1 ? 100 : 1;
		else if (canonical.name[0] && u->unit.name[0])
			u->factor = unit_factor(&u->unit, &canonical);
		if (isnan(u->factor))
			u->factor = 1;
	}
}
