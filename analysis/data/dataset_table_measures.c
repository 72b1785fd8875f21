/* dataset_table_measures.c - what was measured, in a table of the user's: units and scales. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "dataset_table_parts.h"
#include "units.h"

/* The unit that most values of a column have beside them; none where most are bare. */
static struct unit unit_of_values(const struct table_column *c)
{
	struct unit first = {"", UNIT_OTHER, 1};
	size_t with = 0, bare = 0;

	for (size_t code = 0; code < c->ndict; code++) {
		struct unit unit;
		double x;

		if (!unit_number(c->dict[code], strlen(c->dict[code]), &x, &unit))
			continue;
		with += unit.name[0] != '\0';
		bare += unit.name[0] == '\0';
		if (!first.name[0])
			first = unit;
	}
	return with > bare ? first : (struct unit){"", UNIT_OTHER, 1};
}

/* Whose squares can still be added up. */
#define MOST_VALUE 1e140

/* The value of a text in the column's unit; NaN where it is none. */
static double value_in(const char *text, const struct unit *wanted, bool beside)
{
	struct unit unit;
	double x;

	if (!unit_number(text, strlen(text), &x, &unit) || !(fabs(x) < MOST_VALUE))
		return NAN;
	if (!unit.name[0])
		return beside ? (double)NAN : x; /* a bare number among numbers with units */
	if (strcmp(unit.name, wanted->name) == 0)
		return x;
	return unit.kind == wanted->kind && unit.kind != UNIT_OTHER
		? x * unit.factor / wanted->factor
		: (double)NAN;
}

static bool all_above_0(const double *v, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(v[i]) && v[i] <= 0)
			return false;
		any = any || isfinite(v[i]);
	}
	return any;
}

static void make_measure(struct table_work *w, size_t i, struct metric_spec *spec)
{
	const struct table_measure *m = &w->roles->measure[i];
	const struct table_column *c = w->measure[i];
	struct unit unit = unit_of_heading(c->name);
	bool beside = !unit.name[0], above;

	if (beside)
		unit = unit_of_values(c);
	w->of_code[i] = xcalloc(c->ndict, sizeof(*w->of_code[i]));
	for (size_t code = 0; code < c->ndict; code++)
		w->of_code[i][code] = value_in(c->dict[code], &unit, beside && unit.name[0]);
	above = all_above_0(w->of_code[i], c->ndict);
	*spec = (struct metric_spec){.column = arena_str(&w->d->arena, c->name),
		.unit = unit.name,
		.better = m->better,
		.primary = true};
	spec->label = spec->column;
	spec->log = above &&
		(m->scale == TABLE_SCALE_LOG ||
			(m->scale == TABLE_SCALE_AUTO &&
				(unit.kind == UNIT_TIME || unit.kind == UNIT_RATE)));
	if (m->scale == TABLE_SCALE_LOG && !above)
		table_note(w, 0,
			arena_fmt(&w->d->arena,
				"%s is analysed as it is: not all of its values are above 0",
				spec->column));
}

int table_measures(struct table_work *w, struct err *e)
{
	struct dataset *d = w->d;
	struct metric_spec *specs = arena_alloc(&d->arena, w->roles->nmeasures, sizeof(*specs));

	d->metrics = specs;
	d->nmetrics = w->roles->nmeasures;
	for (size_t i = 0; i < d->nmetrics; i++) {
		const struct table_measure *m = &w->roles->measure[i];

		make_measure(w, i, &specs[i]);
		d->margin[i] = m->margin;
		for (size_t k = 0; k < i; k++) {
			if (w->measure[k] == w->measure[i])
				return err_set(e, ERR_USAGE, "%s is named twice", specs[i].column);
		}
		if (m->margin_share && !specs[i].log) {
			err_set(e, ERR_USAGE,
				"--margin: %s is analysed as it is, and so is a difference in it",
				m->name);
			return err_hint(
				e, "state the margin in its own unit, such as %s=0.5", m->name);
		}
	}
	return 0;
}
