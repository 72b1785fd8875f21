/* chart_rows.c - RUN/runs.csv as the points of the run-order chart. */
#include "chart_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "table.h"

struct columns {
	const struct table_column *order, *pass, *block, *phase, *status, *validity, *paid_load;
	const struct table_column *load_id, *metric[CHART_METRICS];
};

/* A row with its load, before sorting. */
struct entry {
	double order;
	size_t row; /* in the table */
};

static bool field_is(const struct table_column *c, size_t row, const char *text)
{
	const char *s = table_text(c, row);

	return s && strcmp(s, text) == 0;
}

static uint32_t small(double x)
{
	return x >= 0 && x < UINT32_MAX ? (uint32_t)x : 0;
}

/* The rule of what counts, as everywhere: measure, ok, not invalid, paid no load. */
static enum chart_row_kind row_kind(const struct columns *c, size_t row)
{
	if (field_is(c->status, row, "skipped"))
		return CHART_ROW_OUT;
	if (!field_is(c->status, row, "ok"))
		return CHART_ROW_FAILED;
	if (field_is(c->validity, row, "invalid") || table_num(c->paid_load, row) == 1)
		return CHART_ROW_OUT;
	if (field_is(c->phase, row, "sentinel"))
		return CHART_ROW_SENTINEL;
	return field_is(c->validity, row, "suspect") ? CHART_ROW_SUSPECT : CHART_ROW_COUNTS;
}

static void read_row(const struct columns *c, size_t row, double order, struct chart_row *ret)
{
	*ret = (struct chart_row){.order = order,
		.pass = small(table_num(c->pass, row)),
		.block = small(table_num(c->block, row)),
		.kind = row_kind(c, row)};
	for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
		double x = table_num(c->metric[m], row);

		ret->value[m] = x > 0 ? x : NAN;
	}
}

static int by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* How many different passes, or blocks, the measured rows have. */
static uint32_t count_different(const struct chart_data *d, bool of_pass)
{
	uint32_t *v = xcalloc(d->nrows + 1, sizeof(*v));
	uint32_t different = 0;
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++)
		if (d->rows[i].kind != CHART_ROW_SENTINEL)
			v[n++] = of_pass ? d->rows[i].pass : d->rows[i].block;
	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		different += i == 0 || v[i] != v[i - 1];
	free(v);
	return different;
}

/* Goes through all rows in the order they were sent, warm-ups too, since it is they that a load
 * comes before. */
static void walk(
	struct chart_data *d, const struct columns *c, const struct entry *entries, size_t n)
{
	const char *load = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t row = entries[i].row;
		const char *id = table_text(c->load_id, row);

		if (id && (!load || strcmp(id, load) != 0))
			d->load_order[d->nloads++] = entries[i].order;
		load = id ? id : load;
		if (field_is(c->phase, row, "measure") || field_is(c->phase, row, "sentinel"))
			read_row(c, row, entries[i].order, &d->rows[d->nrows++]);
	}
	d->npasses = count_different(d, true);
	d->nblocks = count_different(d, false);
}

static void find_columns(const struct table *t, struct columns *c)
{
	c->order = table_column(t, "order");
	c->pass = table_column(t, "pass");
	c->block = table_column(t, "block");
	c->phase = table_column(t, "phase");
	c->status = table_column(t, "status");
	c->validity = table_column(t, "validity");
	c->paid_load = table_column(t, "paid_load");
	c->load_id = table_column(t, "load_id");
	for (enum chart_metric m = 0; m < CHART_METRICS; m++)
		c->metric[m] = table_column(t, chart_metric_specs[m].column);
}

/* The model that every row names, where it is one and no factor. */
static const char *one_model(struct chart_data *d, const struct table *t)
{
	const struct table_column *c = table_column(t, "model");

	for (uint32_t f = 0; f < d->nfactors; f++)
		if (strcmp(d->factors[f].name, "model") == 0)
			return NULL;
	return c && c->ndict == 1 ? arena_str(&d->arena, c->dict[0]) : NULL;
}

static void take_rows(struct chart_data *d, const struct table *t)
{
	struct entry *entries = arena_alloc(&d->arena, t->nrows + 1, sizeof(*entries));
	struct columns c;

	if (!d->model)
		d->model = one_model(d, t);
	find_columns(t, &c);
	d->rows = arena_alloc(&d->arena, t->nrows + 1, sizeof(*d->rows));
	d->load_order = arena_alloc(&d->arena, t->nrows + 1, sizeof(*d->load_order));
	for (size_t i = 0; i < t->nrows; i++) {
		double order = table_num(c.order, i);

		entries[i] = (struct entry){isfinite(order) ? order : (double)(i + 1), i};
	}
	qsort(entries, t->nrows, sizeof(*entries), by_order);
	walk(d, &c, entries, t->nrows);
}

int chart_rows_load(struct chart_data *d, const char *dir, struct err *e)
{
	char *path = fsx_join(dir, "runs.csv");
	struct table t;
	int failed = 0;

	if (fsx_exists(path)) {
		failed = table_read(&t, path, true, run_columns, RUN_COLUMN_COUNT, NULL, NULL, e);
		if (!failed) {
			take_rows(d, &t);
			d->rejected = t.rejected;
			table_release(&t);
		}
	}
	free(path);
	return failed;
}
