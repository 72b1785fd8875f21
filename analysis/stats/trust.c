/* trust.c - the checks of trust.h, each fed with what it wants. */
#include "trust.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "fold.h"
#include "jsonx.h"
#include "multiple.h"

#define SEED 1
/* Values of a cell that are looked at for humps, evenly over the run. */
#define MOST_VALUES MODES_MOST

/* ---- cells ---- */

/* Kept rows by cell. */
struct by_cell {
	size_t *first; /* [ncells + 1] */
	uint32_t *row;
};

static void sort_by_cell(struct by_cell *b, const struct dataset *d)
{
	size_t *next = xcalloc(d->ncells, sizeof(*next));

	b->first = xcalloc(d->ncells + 1, sizeof(*b->first));
	b->row = xcalloc(d->nrows, sizeof(*b->row));
	for (size_t i = 0; i < d->nrows; i++)
		b->first[d->rows[i].counts ? d->rows[i].cell + 1 : 0]++;
	b->first[0] = 0;
	for (size_t c = 0; c < d->ncells; c++) {
		b->first[c + 1] += b->first[c];
		next[c] = b->first[c];
	}
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].counts)
			b->row[next[d->rows[i].cell]++] = (uint32_t)i;
	}
	free(next);
}

/* Single requests of one cell. */
static void find_humps(struct trust_cell *t, const struct strata *s, const struct dataset *d,
	const uint32_t *row, size_t nrows)
{
	double *y = xcalloc(nrows, sizeof(*y));
	uint32_t *load = xcalloc(nrows, sizeof(*load));
	size_t n = 0;

	for (size_t i = 0; i < nrows; i += nrows / MOST_VALUES + 1) {
		const struct data_row *r = &d->rows[row[i]];
		double x = r->metric[t->metric];

		if (r->burst > 0 || !isfinite(x) || (s->log && x <= 0))
			continue;
		y[n] = s->log ? log(x) : x;
		load[n++] = r->load;
	}
	modes_find(y, load, n, &t->modes);
	free(y);
	free(load);
}

/* The means of each cell in its loads, by pass: groups come load by load, and cell by cell in it.
 */
static void find_trends(struct trust_cell *of_cell, const struct strata *s, const struct dataset *d)
{
	size_t *n = xcalloc(d->ncells, sizeof(*n)), *first = xcalloc(d->ncells + 1, sizeof(*first));
	double *x, *y, *weight;
	uint32_t *last = xcalloc(d->ncells, sizeof(*last));

	for (size_t c = 0; c < d->ncells; c++)
		first[c + 1] = first[c] + s->cells[c].nloads;
	x = xcalloc(first[d->ncells], sizeof(*x));
	y = xcalloc(first[d->ncells], sizeof(*y));
	weight = xcalloc(first[d->ncells], sizeof(*weight));
	for (size_t g = 0; g < s->ngroups; g++) {
		const struct strata_group *group = &s->groups[g];
		uint32_t c = group->cell;
		size_t at;

		if (n[c] == 0 || last[c] != group->load) {
			if (n[c] == s->cells[c].nloads)
				BUG("a cell has more loads than were counted");
			n[c]++;
			last[c] = group->load;
		}
		at = first[c] + n[c] - 1;
		x[at] = s->loads[group->load].number;
		weight[at] += group->weight;
		y[at] += group->weight * group->mean;
	}
	for (size_t c = 0; c < d->ncells; c++) {
		for (size_t i = first[c]; i < first[c] + n[c]; i++)
			y[i] /= weight[i];
		change_trend(x + first[c], y + first[c], n[c], &of_cell[c].trend);
	}
	free(n);
	free(first);
	free(last);
	free(x);
	free(y);
	free(weight);
}

/* p of all cells of a metric, adjusted for their number. */
static void adjust(struct trust_cell *cells, size_t n)
{
	double *humps = xcalloc(n, sizeof(*humps)), *trends = xcalloc(n, sizeof(*trends));

	for (size_t c = 0; c < n; c++) {
		humps[c] = cells[c].modes.plain.why ? (double)NAN : cells[c].modes.plain.p;
		trends[c] = cells[c].trend.why ? (double)NAN : cells[c].trend.p;
	}
	multiple_benjamini_hochberg(humps, n);
	multiple_holm(trends, n);
	for (size_t c = 0; c < n; c++) {
		cells[c].humps_adjusted = humps[c];
		cells[c].trend_adjusted = trends[c];
	}
	free(humps);
	free(trends);
}

static void look_at_cells(
	struct trust *t, const struct strata *s, const struct dataset *d, const struct by_cell *by)
{
	struct trust_cell *cells = t->cells + t->ncells;

	for (uint32_t c = 0; c < d->ncells; c++) {
		cells[c] = (struct trust_cell){.cell = c, .metric = s->metric};
		find_humps(
			&cells[c], s, d, by->row + by->first[c], by->first[c + 1] - by->first[c]);
	}
	find_trends(cells, s, d);
	adjust(cells, d->ncells);
	t->ncells += d->ncells;
}

/* ---- the run ---- */

struct placed {
	double order;  /* mean place in the run */
	uint32_t load; /* in strata.loads */
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->load > y->load) - (x->load < y->load);
}

/* The strata's loads in the order they were made. */
static struct placed *in_order(const struct strata *s, const struct dataset *d)
{
	struct placed *p = xcalloc(s->nloads, sizeof(*p));
	double *order = xcalloc(d->nloads, sizeof(*order)), *n = xcalloc(d->nloads, sizeof(*n));

	for (size_t i = 0; i < d->fold->ngroups; i++) {
		const struct fold_group *g = fold_group(d->fold, i);

		order[g->load] += g->order;
		n[g->load] += g->rows;
	}
	for (uint32_t l = 0; l < s->nloads; l++)
		p[l] = (struct placed){order[s->loads[l].load] / n[s->loads[l].load], l};
	qsort(p, s->nloads, sizeof(*p), compare_placed);
	free(order);
	free(n);
	return p;
}

static void find_step(struct trust_change *t, const struct strata *s, const struct dataset *d)
{
	struct placed *p = in_order(s, d);
	double *y = xcalloc(s->nloads, sizeof(*y));
	uint32_t *group = xcalloc(s->nloads, sizeof(*group)), groups = 0;

	*t = (struct trust_change){
		.metric = s->metric, .ratio = NAN, .load = DATA_NONE, .started = NAN};
	for (size_t i = 0; i < s->nloads; i++) {
		y[i] = s->loads[p[i].load].adjusted;
		group[i] = s->loads[p[i].load].treatment;
		groups = group[i] + 1 > groups ? group[i] + 1 : groups;
	}
	change_find(y, group, groups, s->nloads, SEED, &t->change);
	if (!t->change.why) {
		const struct fold_load *l;

		t->load = s->loads[p[t->change.index].load].load;
		t->ratio = strata_unscale(s, t->change.difference);
		l = &d->fold->loads[t->load];
		t->started = l->timed ? l->first_s / 3600 : (double)NAN;
	}
	free(p);
	free(y);
	free(group);
}

/* ---- all of it ---- */

static bool is_looked_at(const struct dataset *d, const struct strata *s)
{
	return d->metrics[s->metric].primary && !s->why;
}

void trust_make(struct trust *t, const struct dataset *d, const struct effective *eff,
	const struct effects *effects, struct strata *strata, struct arena *arena)
{
	struct by_cell by;

	*t = (struct trust){.changes = arena_alloc(arena, d->nmetrics, sizeof(*t->changes)),
		.permutation = arena_alloc(arena, effects->n, sizeof(*t->permutation))};
	t->cells = arena_alloc(arena, d->nmetrics * d->ncells, sizeof(*t->cells));
	sort_by_cell(&by, d);
	for (size_t m = 0; m < d->nmetrics; m++) {
		if (!is_looked_at(d, &strata[m]))
			continue;
		look_at_cells(t, &strata[m], d, &by);
		find_step(&t->changes[t->nchanges++], &strata[m], d);
	}
	free(by.first);
	free(by.row);
	for (size_t i = 0; i < effects->n; i++) {
		const struct effect *e = &effects->v[i];
		struct permutation *p = &t->permutation[i];

		*p = (struct permutation){.p = NAN,
			.least = NAN,
			.one_level = NAN,
			.unit = "",
			.why = "main effects of the primary metrics are checked"};
		if (d->unpermuted)
			p->why = "it is one of many tables, of which permutations are not made";
		else if (e->primary && e->factor_b < 0 && e->verdict != VERDICT_ALIAS &&
			!dataset_is_score(d, e->metric))
			permute_effect(&strata[e->metric], d, eff, e->factor_a, p);
	}
}

/* ---- JSON ---- */

static json_t *cell_json(const struct trust_cell *c, const struct dataset *d)
{
	json_t *o = json_object();

	jsonx_put(o, "cell_id", json_string(d->cells[c->cell].id));
	jsonx_put(o, "metric", json_string(d->metrics[c->metric].column));
	return o;
}

static void put_steps(json_t *o, const struct trust *t, const struct dataset *d)
{
	json_t *steps = json_object();

	for (size_t i = 0; i < t->nchanges; i++) {
		const struct trust_change *c = &t->changes[i];
		json_t *one = change_json(&c->change);

		jsonx_put_or_why(one, "ratio", c->ratio, c->change.why);
		jsonx_put(one, "load_id",
			json_string(c->load == DATA_NONE ? "" : d->loads[c->load].id));
		jsonx_put(steps, d->metrics[c->metric].column, one);
	}
	jsonx_put(o, "steps", steps);
}

json_t *trust_json(const struct trust *t, const struct dataset *d)
{
	json_t *o = json_object(), *humps = json_array(), *trends = json_array();
	json_int_t looked_at = 0;

	for (size_t i = 0; i < t->ncells; i++) {
		const struct trust_cell *c = &t->cells[i];
		json_t *one;

		looked_at += !c->modes.plain.why;
		if (c->humps_adjusted < TRUST_HUMPS_P) {
			one = cell_json(c, d);
			jsonx_put(one, "modes", modes_json(&c->modes));
			jsonx_put(one, "p_adjusted", jsonx_number(c->humps_adjusted));
			json_array_append_new(humps, one);
		}
		if (c->trend_adjusted < TRUST_TREND_P) {
			one = cell_json(c, d);
			jsonx_put(one, "trend", change_trend_json(&c->trend));
			jsonx_put(one, "p_adjusted", jsonx_number(c->trend_adjusted));
			json_array_append_new(trends, one);
		}
	}
	jsonx_put(o, "looked_at", json_integer(looked_at));
	jsonx_put(o, "humps", humps);
	jsonx_put(o, "trends", trends);
	put_steps(o, t, d);
	return o;
}
