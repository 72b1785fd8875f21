/* understand.c - a table, understood: its columns one by one, then what its rows are. */
#include "understand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "understand_parts.h"

#define MOST_NOTES 64

static void note(struct seen *s, size_t col, const char *what, const char *why)
{
	struct understood *u = s->u;
	const struct grid_cell *name = &s->g->name[col];
	int len = name->len > 80 ? 80 : (int)name->len;

	if (u->nnotes < MOST_NOTES)
		u->note[u->nnotes++] =
			arena_fmt(&u->arena, "%.*s is %s: %s", len, name->s, what, why);
}

void note_column(struct seen *s, size_t col, const char *why)
{
	note(s, col, "not used", why);
}

void note_part(struct seen *s, size_t col, const char *why)
{
	note(s, col, "used in part", why);
	note_misnamed(s);
}

void note_warmups(struct seen *s, size_t col)
{
	note(s, col, "a column of warm-ups", "rows where it says so are no measurements");
}

void note_misnamed(struct seen *s)
{
	if (s->u->nnotes > 0)
		s->u->misnamed[s->u->nnotes - 1] = true;
}

/* The last name of a JSON place: "gpu" of "metrics[].gpu[]", "" of others. */
static size_t place_name(const struct grid *g, const char **ret)
{
	const char *end = g->place + strlen(g->place), *from;

	*ret = "";
	if (g->form != GRID_JSON && g->form != GRID_JSONL)
		return 0;
	while (end > g->place && strchr("[].*", end[-1]))
		end--;
	for (from = end; from > g->place && !strchr("[].*", from[-1]); from--)
		;
	*ret = from;
	return (size_t)(end - from);
}

/* What a column means: with the name of the list it is in ("gpu" "temperature"), by itself, by the
 * last of its dotted names. */
static struct meaning column_meaning(const struct seen *s, const struct grid_cell *name)
{
	char joined[256];
	const char *place, *dot;
	size_t n = place_name(s->g, &place), len = name->len;
	struct meaning m;

	if (n > 0 && n + 1 + len <= sizeof(joined)) {
		memcpy(joined, place, n);
		joined[n] = '.';
		memcpy(joined + n + 1, name->s, len);
		m = rules_meaning(s->u->rules, joined, n + 1 + len);
		if (m.part != PART_UNKNOWN && m.rule > 0)
			return m;
	}
	m = rules_meaning(s->u->rules, name->s, len);
	dot = len > 0 ? memrchr(name->s, '.', len) : NULL;
	if ((m.part == PART_UNKNOWN || m.rule == 0) && dot && dot + 1 < name->s + len) {
		struct meaning last =
			rules_meaning(s->u->rules, dot + 1, (size_t)(name->s + len - dot) - 1);

		if (last.part != PART_UNKNOWN)
			m = last;
	}
	return m;
}

/* Cells of the first row that are units, though there are numbers below them. */
static bool units_in_first_row(const struct seen *s)
{
	size_t units = 0;

	if (s->g->form != GRID_CSV || s->g->piece != 0 || s->g->nrows < 2)
		return false;
	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct grid_cell *c = grid_at(s->g, 0, col);
		double x;

		if (c->kind != GRID_TEXT || c->len == 0)
			continue;
		if (c->len > 24 || num_parse(c->s, c->len, &x))
			return false;
		units += unit_named(c->s, c->len).name[0] &&
			grid_at(s->g, 1, col)->kind == GRID_TEXT &&
			num_parse(grid_at(s->g, 1, col)->s, grid_at(s->g, 1, col)->len, &x);
	}
	return units > 0;
}

/* The heading with the unit that stands below it. */
static void take_unit(struct seen *s, size_t col)
{
	const struct grid_cell *c = grid_at(s->g, 0, col), *name = &s->g->name[col];
	char joined[256];
	int n;

	if (c->kind != GRID_TEXT || c->len == 0 || !unit_named(c->s, c->len).name[0] ||
		name->len > 200)
		return;
	n = snprintf(
		joined, sizeof(joined), "%.*s (%.*s)", (int)name->len, name->s, (int)c->len, c->s);
	if (n > 0 && (size_t)n < sizeof(joined))
		s->u->column[col].meaning = rules_meaning(s->u->rules, joined, (size_t)n);
}

static void understand_columns(struct seen *s)
{
	s->u->units_row = units_in_first_row(s);
	for (size_t col = 0; col < s->g->ncols; col++) {
		s->u->column[col].meaning = column_meaning(s, &s->g->name[col]);
		s->u->column[col].unit = s->u->column[col].meaning.unit;
		s->u->column[col].factor = 1;
		if (s->u->units_row)
			take_unit(s, col);
	}
	s->u->comma = cells_have_commas(s);
	see_columns(s);
	settle_units(s);
	settle_sanity(s);
}

void understand_table(struct understood *u, const struct grid *g, const struct rules *r)
{
	struct seen s = {g, u, NULL, NULL};

	memset(u, 0, sizeof(*u));
	u->rules = r;
	u->ncols = g->ncols;
	u->column = arena_alloc(&u->arena, g->ncols ? g->ncols : 1, sizeof(*u->column));
	u->note = arena_alloc(&u->arena, MOST_NOTES, sizeof(*u->note));
	u->misnamed = arena_alloc(&u->arena, MOST_NOTES, sizeof(*u->misnamed));
	u->prompt = u->time = u->error = u->success = u->load = u->count = u->repeat = -1;
	u->unit_column = u->model_row = u->done = u->warmup = -1;
	s.column = xcalloc(g->ncols ? g->ncols : 1, sizeof(*s.column));
	s.context = xcalloc(g->ncontext ? g->ncontext : 1, sizeof(*s.context));
	for (size_t i = 0; i < g->ncontext; i++)
		s.context[i] = rules_meaning(r, g->context[i].name, strlen(g->context[i].name));
	understand_columns(&s);
	settle_parts(&s);
	if (u->class == TABLE_NOTHING && !settle_turned(&s))
		u->why = u->nnotes > 0
			? arena_fmt(&u->arena, "no measure in it that can be used (%s)", u->note[0])
			: "no measure in it that is known";
	free(s.context);
	free(s.column);
}

void understood_release(struct understood *u)
{
	arena_release(&u->arena);
	memset(u, 0, sizeof(*u));
}
