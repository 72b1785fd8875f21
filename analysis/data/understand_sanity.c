/* understand_sanity.c - columns whose values are not what their names say: a "latency" of 1024.000
 * for each row of num_ctx 1024, a share of 300 %, a "time" that is a date. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "understand_parts.h"

static bool is_level(enum rule_stat s)
{
	return s != STAT_SD && s != STAT_CV && s != STAT_OTHER;
}

static bool is_time(const struct understood_column *u)
{
	return is_figure(u) && strcmp(u->meaning.canonical, "ms") == 0 && is_level(u->meaning.stat);
}

/* Seconds since 1970 of years that benchmarks are from, or thousands, millions, ... of them. */
static bool is_epoch(double x)
{
	static const double unit[] = {1, 1e3, 1e6, 1e9};

	for (size_t i = 0; i < COUNTOF(unit); i++) {
		if (x >= 1.0e9 * unit[i] && x <= 2.2e9 * unit[i])
			return true;
	}
	return false;
}

/* A time that is a date is when, not how long. */
static bool is_stamp(const struct column_seen *c, const struct meaning *m)
{
	if (c->cells == 0)
		return false;
	if (2 * c->dates > c->cells)
		return true;
	return !m->unit.name[0] && !m->assumed.name[0] && c->numbers == c->cells &&
		is_epoch(c->least) && is_epoch(c->most);
}

/* Values that are powers of two of the size of settings, several of them or all. */
static bool looks_set(const struct column_seen *c)
{
	return c->powers > 0 && c->with_unit == 0 &&
		(c->powers == c->numbers || (c->powers >= 2 && 5 * c->powers >= c->numbers));
}

/* Single ones among times with decimals: no clock gives 1024.000 but by a rare chance. */
static bool has_set(const struct column_seen *c)
{
	return c->powers > 0 && c->with_unit == 0 && c->wholes < c->numbers &&
		c->wholes <= 2 * c->powers;
}

static bool same_number(const struct seen *s, size_t row, size_t a, size_t b)
{
	struct unit unit;
	double x, y;

	return cell_number(grid_at(s->g, row, a), s->u->comma, &x, &unit) &&
		cell_number(grid_at(s->g, row, b), s->u->comma, &y, &unit) && x == y && x != 0;
}

/* A setting that has the same value in every row. */
static const struct grid_cell *equals_setting(const struct seen *s, size_t col)
{
	for (size_t other = 0; other < s->g->ncols && seen_rows(s) > 1; other++) {
		size_t i = 0;

		if (s->u->column[other].meaning.part != PART_SETTING)
			continue;
		while (i < seen_rows(s) && same_number(s, seen_row(s, i), col, other))
			i++;
		if (i == seen_rows(s))
			return &s->g->name[other];
	}
	return NULL;
}

static const char *no_time(struct seen *s, size_t col)
{
	const struct column_seen *c = &s->column[col];
	const struct grid_cell *setting = equals_setting(s, col);

	if (setting)
		return arena_fmt(&s->u->arena, "its values are those of %.*s",
			setting->len > 60 ? 60 : (int)setting->len, setting->s);
	if (!looks_set(c))
		return NULL;
	if (c->numbers == 1)
		return arena_fmt(&s->u->arena,
			"its value, %.15g, is a power of two, as a setting's is and a time's is "
			"not",
			c->largest_power);
	return arena_fmt(&s->u->arena,
		"%zu of its %zu values are powers of two (such as %.15g), as a setting's are and a "
		"time's are not",
		c->powers, c->numbers, c->largest_power);
}

/* Those of its values that are a setting's are not used. */
static void refuse_powers(struct seen *s, size_t col)
{
	const struct column_seen *c = &s->column[col];

	s->u->column[col].no_powers = true;
	note_part(s, col,
		arena_fmt(&s->u->arena,
			"%zu of its %zu values %s a power of two (such as %.15g), as a setting's "
			"is and "
			"a time's is not",
			c->powers, c->numbers, c->powers == 1 ? "is" : "are", c->largest_power));
}

/* All its values are none of that quantity. */
static const char *out_of_range(
	struct seen *s, const struct understood_column *u, const struct column_seen *c)
{
	const struct meaning *m = &u->meaning;
	double least = c->least * u->factor, most = c->most * u->factor;

	if (c->numbers == 0 || u->each || !is_level(m->stat))
		return NULL;
	if (!(least > m->most || (most < m->least && most != 0)))
		return NULL;
	return arena_fmt(&s->u->arena, "its values, from %.6g to %.6g%s%s, are none of %s", least,
		most, m->canonical[0] ? " " : "", m->canonical, m->label);
}

static const char *contradiction(struct seen *s, size_t col)
{
	const struct understood_column *u = &s->u->column[col];
	const struct column_seen *c = &s->column[col];
	const char *why;

	if (u->meaning.stat == STAT_OTHER)
		return "it is a statistic of no use here";
	if (c->cells > 0 && c->numbers == 0)
		return "it holds no numbers";
	why = is_time(u) ? no_time(s, col) : NULL;
	return why ? why : out_of_range(s, u, c);
}

void settle_sanity(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct understood_column *u = &s->u->column[col];
		const char *why;

		if (!is_figure(u))
			continue;
		if (strcmp(u->meaning.canonical, "ms") == 0 &&
			is_stamp(&s->column[col], &u->meaning)) {
			u->meaning.part = PART_TIME;
			u->why = NULL;
			continue;
		}
		why = !u->why || is_time(u) ? contradiction(s, col) : NULL;
		u->why = why ? why : u->why;
		if (u->why)
			note_column(s, col, u->why);
		if (why && s->column[col].numbers > 0 && u->meaning.stat != STAT_OTHER)
			note_misnamed(s);
		if (u->why)
			continue;
		if (is_time(u) && has_set(&s->column[col]))
			refuse_powers(s, col);
	}
}
