/* understand_seen.c - what the values of each column look like, by a sample of the rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rules_parts.h"
#include "understand_parts.h"

/* Settings of buffers and contexts are powers of two of this size; times are not. */
#define LEAST_POWER 256
#define MOST_POWER  1048576

size_t seen_rows(const struct seen *s)
{
	return s->g->nrows < SAMPLE_ROWS ? s->g->nrows : SAMPLE_ROWS;
}

size_t seen_row(const struct seen *s, size_t i)
{
	return s->g->nrows <= SAMPLE_ROWS ? i : i * s->g->nrows / SAMPLE_ROWS;
}

bool is_setting_power(double x)
{
	int exponent;

	return x >= LEAST_POWER && x <= MOST_POWER && frexp(x, &exponent) == 0.5;
}

static void see_number(struct column_seen *c, double x, const struct unit *unit)
{
	if (c->numbers == 0 || x < c->least)
		c->least = x;
	if (c->numbers == 0 || x > c->most)
		c->most = x;
	c->wholes += x == floor(x);
	if (is_setting_power(x)) {
		c->powers++;
		c->largest_power = x > c->largest_power ? x : c->largest_power;
	}
	c->numbers++;
	if (!unit->name[0])
		return;
	c->one_unit = c->with_unit == 0 || (c->one_unit && strcmp(c->unit.name, unit->name) == 0);
	c->unit = *unit;
	c->with_unit++;
}

static void see_text(struct column_seen *c, const struct grid_cell *cell)
{
	c->texts++;
	c->dates += cell_is_date(cell);
	c->leads += cell->len > 0 && cell->s[0] >= '0' && cell->s[0] <= '9';
}

static void see_cell(struct column_seen *c, const struct grid_cell *cell, bool comma)
{
	struct unit unit;
	double x;

	if (cell_empty(cell))
		return;
	c->cells++;
	if (cell->kind == GRID_TRUE || cell->kind == GRID_FALSE)
		c->booleans++;
	else if (cell_number(cell, comma, &x, &unit))
		see_number(c, x, &unit);
	else
		see_text(c, cell);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* How many different values a column has, for those that may be settings nobody knows. */
static size_t distinct_of(const struct seen *s, size_t col)
{
	uint32_t hash[SAMPLE_ROWS] = {0};
	size_t n = seen_rows(s), ret = 0;

	for (size_t i = 0; i < n; i++) {
		const struct grid_cell *c = grid_at(s->g, seen_row(s, i), col);

		hash[i] = c->kind == GRID_NUMBER
			? heading_hash((const char *)&c->number, sizeof(c->number))
			: heading_hash(c->s, c->len) + c->kind;
	}
	qsort(hash, n, sizeof(*hash), by_value);
	for (size_t i = 0; i < n; i++)
		ret += i == 0 || hash[i] != hash[i - 1];
	return ret;
}

void see_columns(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct column_seen *c = &s->column[col];
		enum rule_part part = s->u->column[col].meaning.part;

		if (part == PART_IGNORE || part == PART_ERROR)
			continue;
		for (size_t i = s->u->units_row; i < seen_rows(s); i++)
			see_cell(c, grid_at(s->g, seen_row(s, i), col), s->u->comma);
		if (part == PART_UNKNOWN)
			c->distinct = distinct_of(s, col);
	}
}
