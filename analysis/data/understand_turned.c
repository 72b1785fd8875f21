/* understand_turned.c - tables whose rows are measures: "Metric | Value", or a column per subject.
 */
#include <math.h>
#include <string.h>

#include "rules_parts.h"
#include "understand_parts.h"

static struct meaning row_meaning(const struct understood *u, const struct grid *g, size_t row)
{
	const struct grid_cell *c = grid_at(g, row, 0);

	return rules_meaning(
		u->rules, c->kind == GRID_TEXT ? c->s : "", c->kind == GRID_TEXT ? c->len : 0);
}

static bool is_measure(const struct meaning *m)
{
	return (m->part == PART_MEASURE || m->part == PART_LOAD) && m->stat != STAT_OTHER;
}

/* A heading that is nothing but a statistic or "Value", or that no rule knows: it may head figures.
 */
static bool may_head_values(const struct seen *s, size_t col)
{
	const struct meaning *m = &s->u->column[col].meaning;
	const struct column_seen *c = &s->column[col];

	return c->numbers > 0 &&
		(m->part == PART_UNKNOWN || m->part == PART_SUBJECT || m->part == PART_PROMPT ||
			m->part == PART_REPEAT);
}

static bool is_unit_heading(const struct grid_cell *name)
{
	struct heading h;

	heading_split(&h, name->s, name->len);
	return h.nall == 1 &&
		(strcmp(h.word[0].s, "unit") == 0 || strcmp(h.word[0].s, "units") == 0);
}

static size_t count_measures(struct seen *s)
{
	size_t n = 0;

	for (size_t i = 0; i < seen_rows(s); i++) {
		struct meaning m = row_meaning(s->u, s->g, seen_row(s, i));

		n += is_measure(&m);
		if (m.part == PART_SUBJECT && strcmp(m.quantity, "model") == 0 &&
			s->u->model_row < 0)
			s->u->model_row = (int32_t)seen_row(s, i);
	}
	return n;
}

bool settle_turned(struct seen *s)
{
	struct understood *u = s->u;

	if (s->g->ncols < 2 || s->column[0].texts == 0 || count_measures(s) == 0)
		return false;
	for (size_t col = 1; col < s->g->ncols; col++) {
		if (is_unit_heading(&s->g->name[col]))
			u->unit_column = (int32_t)col;
		else if (u->nvalues < UNDERSTAND_MOST_VALUES && may_head_values(s, col))
			u->value_column[u->nvalues++] = (uint32_t)col;
	}
	if (u->nvalues == 0)
		return false;
	u->transposed = true;
	u->class = TABLE_AGGREGATES;
	u->why = NULL;
	/* Its columns are subjects, whatever rules made of their headings; only what surrounds it
	 * holds for all. */
	for (size_t i = 0; i < u->nsubjects; i++) {
		if (u->subject[i].column >= 0) {
			u->nsubjects--;
			memmove(&u->subject[i], &u->subject[i + 1],
				(u->nsubjects - i) * sizeof(u->subject[i]));
			memmove(&u->subject_name[i], &u->subject_name[i + 1],
				(u->nsubjects - i) * sizeof(u->subject_name[i]));
			i--;
		}
	}
	u->has_model = u->nsubjects > 0 && strcmp(u->subject_name[0], "model") == 0;
	return true;
}

/* "avg", "p99 (ms)": the statistic that a column's heading is. */
static enum rule_stat heading_is_stat(const struct grid_cell *name)
{
	struct heading h;
	enum rule_stat ret = STAT_VALUE;

	heading_split(&h, name->s, name->len);
	for (size_t i = 0; i < h.n; i++) {
		if (!h.word[i].stat && !h.word[i].noise)
			return h.in_brackets;
		ret = h.word[i].stat ? (enum rule_stat)h.word[i].stat : ret;
	}
	return ret;
}

struct grid_cell understand_figure_subject(
	const struct understood *u, const struct grid *g, size_t value)
{
	const struct grid_cell *name = &g->name[u->value_column[value]];
	struct heading h;

	heading_split(&h, name->s, name->len);
	for (size_t i = 0; i < h.nall; i++) {
		if (!h.word[i].stat && !h.word[i].noise)
			return *name;
	}
	return (struct grid_cell){"", 0, 0, GRID_TEXT};
}

/* The unit of a figure: beside it, in the row's name, in a column of units, taken for granted. */
static struct unit figure_unit(const struct understood *u, const struct grid *g, size_t row,
	const struct meaning *m, const struct unit *beside)
{
	struct unit unit = *beside;

	if (!unit.name[0])
		unit = m->unit;
	if (!unit.name[0] && u->unit_column >= 0) {
		const struct grid_cell *c = grid_at(g, row, (size_t)u->unit_column);

		if (c->kind == GRID_TEXT)
			unit = unit_named(c->s, c->len);
	}
	return unit.name[0] ? unit : m->assumed;
}

bool understand_figure(const struct understood *u, const struct grid *g, size_t row, size_t value,
	struct understood_figure *ret)
{
	size_t col = u->value_column[value];
	struct meaning m = row_meaning(u, g, row);
	enum rule_stat stat = heading_is_stat(&g->name[col]);
	struct unit beside, unit, canonical = unit_named(m.canonical, strlen(m.canonical));
	double x, factor = 1;

	if (!is_measure(&m) || stat == STAT_OTHER ||
		!cell_number(grid_at(g, row, col), u->comma, &x, &beside))
		return false;
	unit = figure_unit(u, g, row, &m, &beside);
	if (canonical.kind == UNIT_SHARE && canonical.name[0])
		factor = unit.name[0] || fabs(x) > 1 ? 1 : 100;
	else if (canonical.name[0])
		factor = unit.name[0] ? unit_factor(&unit, &canonical) : NAN;
	else if (beside.name[0])
		return false;
	x *= factor;
	if (stat)
		m.stat = stat;
	if (isnan(x) || (m.stat != STAT_SD && m.stat != STAT_CV && (x < m.least || x > m.most)))
		return false;
	*ret = (struct understood_figure){
		.of = {.meaning = m, .unit = unit, .factor = factor}, .value = x};
	return true;
}
