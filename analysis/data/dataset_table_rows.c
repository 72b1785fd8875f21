/* dataset_table_rows.c - the rows of a table of the user's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "dataset_table_parts.h"
#include "num.h"
#include "units.h"
#include "values.h"

/* A row whose load time is above so many times the lower quartile waited for a load. */
#define PAID_TIMES 4

/* ---- one row ---- */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcasecmp(text, *words) == 0)
			return true;
	}
	return false;
}

/* Of a column of errors what is empty is a success; else what says so. */
static bool is_ok(const struct table_column *c, size_t row)
{
	static const char *const fine[] = {"1", "true", "yes", "ok", "success", "succeeded",
		"passed", "done", "complete", NULL};
	static const char *const nothing[] = {"", "none", "null", "nan", "0", "false", "no", NULL};
	const char *text;

	if (!c)
		return true;
	text = table_text(c, row);
	if (strcasestr(c->name, "error") || strcasestr(c->name, "exception") ||
		strcasestr(c->name, "fail"))
		return !text || is_one_of(text, nothing);
	return text && is_one_of(text, fine);
}

/* Above this a load time is that of a row that waited for a load; infinite without the column. */
static double paid_above(const struct table_work *w)
{
	struct values v;
	double quarter, most;

	if (!w->load_time)
		return INFINITY;
	values_init(&v, false);
	for (size_t row = 0; row < w->table.nrows; row++) {
		double x = table_num(w->load_time, row);

		if (!w->out[row] && isfinite(x))
			values_add(&v, x);
	}
	values_finish(&v);
	quarter = values_quantile(&v, 0, 0.25);
	most = v.max;
	values_release(&v);
	if (quarter > 0)
		return PAID_TIMES * quarter;
	return most > 0 ? most / PAID_TIMES : (double)INFINITY;
}

static void read_measures(struct table_work *w, size_t row, struct data_row *r)
{
	char quoted[60];

	for (size_t i = 0; i < METRIC_MAX; i++)
		r->metric[i] = NAN;
	for (size_t i = 0; i < w->d->nmetrics; i++) {
		const struct table_column *c = w->measure[i];

		bool there = c->code[row] != TABLE_MISSING;

		if (there)
			r->metric[i] = w->of_code[i][c->code[row]];
		/* What failed has no figures to miss. */
		if (isnan(r->metric[i]) && r->ok)
			table_note(w, w->table.line[row],
				there ? arena_fmt(&w->d->arena,
						"%s is %s: no finite number in its unit", c->name,
						err_quote(quoted, sizeof(quoted),
							c->dict[c->code[row]]))
				      : arena_fmt(&w->d->arena, "it has no %s", c->name));
	}
}

static void read_row(struct table_work *w, size_t row, double paid, struct data_row *r)
{
	bool any = false;

	*r = (struct data_row){.cell = w->cell_of_row[row],
		.load = w->load_of_row[row],
		.prompt = w->prompt && w->prompt->code[row] != TABLE_MISSING ? w->prompt->code[row]
									     : DATA_NONE,
		.order = (uint32_t)(row + 1),
		.session = 1,
		.attempt = 1,
		.concurrency = 1,
		.rate = NAN,
		.line = (uint32_t)w->table.line[row],
		.answer = DATA_NONE,
		.phase = ROW_MEASURE,
		.validity = ROW_VALID,
		.started_s = NAN,
		.client_queue_ms = NAN,
		.done_ms = NAN,
		.prompt_eval_ms = NAN,
		.prompt_tokens = NAN,
		.output_tokens = NAN,
		.loop_lag_us = NAN};
	r->pass = (uint16_t)(w->d->loads[r->load].pass < UINT16_MAX ? w->d->loads[r->load].pass
								    : UINT16_MAX);
	r->ok = is_ok(w->ok, row);
	r->status = r->ok ? 0 : 1;
	r->paid_load = table_num(w->load_time, row) > paid;
	read_measures(w, row, r);
	for (size_t i = 0; i < w->d->nmetrics; i++)
		any = any || isfinite(r->metric[i]);
	r->counts = r->ok && !r->paid_load && any;
}

/* ---- the order they were made in ---- */

struct place {
	const char *text;
	double number; /* NaN: the text decides */
	size_t at;     /* in dataset.rows */
};

/* What has no place comes last; equal ones stay as they are. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by = 0;

	if (!x->text != !y->text)
		return x->text ? -1 : 1;
	if (x->number != y->number && !isnan(x->number) && !isnan(y->number))
		by = x->number < y->number ? -1 : 1;
	else if (x->text && isnan(x->number) && isnan(y->number))
		by = strcmp(x->text, y->text);
	return by ? by : (x->at > y->at) - (x->at < y->at);
}

/* Rows in the order of the column: numbers, or else texts such as time stamps. */
static void order_rows(struct table_work *w, const size_t *table_row)
{
	struct dataset *d = w->d;
	struct place *places;
	struct data_row *sorted;

	if (!w->order)
		return;
	places = xcalloc(d->nrows, sizeof(*places));
	sorted = arena_alloc(&d->arena, d->nrows, sizeof(*sorted));
	for (size_t i = 0; i < d->nrows; i++)
		places[i] = (struct place){table_text(w->order, table_row[i]),
			w->order->numeric ? table_num(w->order, table_row[i]) : (double)NAN, i};
	qsort(places, d->nrows, sizeof(*places), compare_places);
	for (size_t i = 0; i < d->nrows; i++) {
		sorted[i] = d->rows[places[i].at];
		sorted[i].order = (uint32_t)(i + 1);
	}
	d->rows = sorted;
	free(places);
}

/* ---- all of them ---- */

static void name_prompts(struct table_work *w)
{
	struct dataset *d = w->d;

	if (!w->prompt)
		return;
	d->nprompts = w->prompt->ndict;
	d->prompts = arena_alloc(&d->arena, d->nprompts, sizeof(*d->prompts));
	d->suite = arena_alloc(&d->arena, d->nprompts, sizeof(*d->suite));
	for (size_t i = 0; i < d->nprompts; i++) {
		d->prompts[i] = arena_str(&d->arena, w->prompt->dict[i]);
		d->suite[i].id = d->prompts[i];
	}
}

/* A column that looks like the time of a load, and was not named. */
static void note_load_times(struct table_work *w)
{
	for (size_t i = 0; i < w->table.ncols && !w->load_time; i++) {
		const struct table_column *c = &w->table.cols[i];
		bool used = c == w->block;

		for (size_t m = 0; m < w->roles->nmeasures; m++)
			used = used || w->measure[m] == c;
		for (size_t f = 0; f < w->roles->nfactors; f++)
			used = used || w->factor[f] == c;
		if (used || !c->numeric || strncasecmp(c->name, "load_", 5) != 0 ||
			(unit_of_heading(c->name).kind != UNIT_TIME &&
				!strcasestr(c->name, "duration")))
			continue;
		table_note(w, 0,
			arena_fmt(&w->d->arena,
				"%s looks like the time of a load: --load-time %s leaves out rows "
				"that waited for one",
				c->name, c->name));
	}
}

/* What there is nothing to say of. */
static void note_the_constant(struct table_work *w)
{
	struct dataset *d = w->d;

	for (size_t i = 0; i < d->nfactors; i++) {
		if (d->factors[i].nlevels < 2)
			table_note(w, 0,
				arena_fmt(&d->arena,
					"%s has one level: there is nothing to compare",
					d->factors[i].name));
	}
	for (size_t m = 0; m < d->nmetrics; m++) {
		double least = INFINITY, most = -INFINITY;

		for (size_t i = 0; i < d->nrows; i++) {
			if (!d->rows[i].counts || !isfinite(d->rows[i].metric[m]))
				continue;
			least = fmin(least, d->rows[i].metric[m]);
			most = fmax(most, d->rows[i].metric[m]);
		}
		if (least >= most)
			table_note(w, 0,
				arena_fmt(&d->arena,
					least > most ? "%s has no value that counts"
						     : "%s is the same in all rows",
					d->metrics[m].column));
	}
}

static int check_load_time(const struct table_work *w, struct err *e)
{
	if (!w->load_time || w->load_time->numeric)
		return 0;
	return err_set(e, ERR_DATA, "%s: not all of %s are numbers", w->path, w->load_time->name);
}

int table_rows(struct table_work *w, struct err *e)
{
	struct dataset *d = w->d;
	double paid = paid_above(w);
	size_t counted = 0, ok = 0, *table_row = xcalloc(w->table.nrows, sizeof(*table_row));
	char number[NUM_TEXT];

	if (check_load_time(w, e)) {
		free(table_row);
		return -1;
	}
	name_prompts(w);
	d->nstatus = 2;
	d->status = arena_alloc(&d->arena, 2, sizeof(*d->status));
	d->status[0] = "ok";
	d->status[1] = "failed";
	d->rows = arena_alloc(&d->arena, w->table.nrows, sizeof(*d->rows));
	for (size_t row = 0; row < w->table.nrows; row++) {
		struct data_row *r = &d->rows[d->nrows];

		if (w->out[row])
			continue;
		read_row(w, row, paid, r);
		counted += r->counts;
		ok += r->ok;
		if (r->paid_load && !d->paid_how)
			d->paid_how = arena_fmt(&d->arena, "%s above %s", w->load_time->name,
				num_sig(number, paid, 2));
		table_row[d->nrows++] = row;
	}
	order_rows(w, table_row);
	free(table_row);
	note_load_times(w);
	note_the_constant(w);
	if (counted > 0)
		return 0;
	err_set(e, ERR_DATA, ok ? "%s: no row has a number to analyse" : "%s: all rows failed",
		w->path);
	return d->nnotes && d->notes[0].line
		? err_hint(
			  e, "line %llu: %s", (unsigned long long)d->notes[0].line, d->notes[0].why)
		: -1;
}
