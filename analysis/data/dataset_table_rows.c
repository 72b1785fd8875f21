/* dataset_table_rows.c - measures, blocks and rows of a table of the user's. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "dataset_table_parts.h"
#include "keymap.h"
#include "num.h"
#include "units.h"
#include "values.h"

/* A row whose load time is above so many times the lower quartile waited for a load. */
#define PAID_TIMES 4

/* ---- measures ---- */

/* The unit that the values of a column have beside them, if the heading has none. */
static struct unit unit_of_values(const struct table_column *c)
{
	struct unit unit = {"", UNIT_OTHER, 1};
	double x;

	for (size_t code = 0; code < c->ndict && !unit.name[0]; code++) {
		if (!unit_number(c->dict[code], strlen(c->dict[code]), &x, &unit))
			unit = (struct unit){"", UNIT_OTHER, 1};
	}
	return unit;
}

/* The value of a text in the column's unit; NaN where it is none. */
static double value_in(const char *text, const struct unit *wanted, bool beside)
{
	struct unit unit;
	double x;

	if (!unit_number(text, strlen(text), &x, &unit))
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
		make_measure(w, i, &specs[i]);
		d->margin[i] = w->roles->measure[i].margin;
		for (size_t k = 0; k < i; k++) {
			if (w->measure[k] == w->measure[i])
				return err_set(e, ERR_USAGE, "%s is named twice", specs[i].column);
		}
	}
	return 0;
}

/* ---- blocks ---- */

/* Rows that were set up together; one load of all where no column says. */
static void find_loads(struct table_work *w)
{
	struct dataset *d = w->d;
	struct keymap map = {0};

	w->load_of_row = xcalloc(w->table.nrows, sizeof(*w->load_of_row));
	for (size_t row = 0; row < w->table.nrows; row++) {
		uint64_t block = w->block ? w->block->code[row] : 0;
		uint64_t pass = w->pass ? w->pass->code[row] : 0;

		if (!w->out[row])
			w->load_of_row[row] = keymap_number(&map, block, pass);
	}
	d->nloads = map.n;
	d->independent = !w->block;
	keymap_release(&map);
	d->loads = arena_alloc(&d->arena, d->nloads, sizeof(*d->loads));
	for (size_t row = 0; row < w->table.nrows; row++) {
		struct data_load *l;

		if (w->out[row] || d->loads[w->load_of_row[row]].id)
			continue;
		l = &d->loads[w->load_of_row[row]];
		*l = (struct data_load){.id = w->block ? table_text(w->block, row) : "all",
			.block = w->cell_of_row[row], /* a cell of it, for now */
			.pass = 1,
			.status = "",
			.load_ms = NAN,
			.context_length = NAN,
			.size = NAN,
			.size_vram = NAN,
			.other_models = ""};
		l->id = l->id ? arena_str(&d->arena, l->id) : "none";
	}
}

/* Factors that never change inside a block are set with it. */
static void find_strata(struct table_work *w)
{
	struct dataset *d = w->d;

	for (size_t i = 0; i < d->nfactors && w->block; i++) {
		bool changes = false;

		for (size_t row = 0; row < w->table.nrows && !changes; row++) {
			uint32_t first;

			if (w->out[row])
				continue;
			first = d->loads[w->load_of_row[row]].block;
			changes =
				d->cells[first].level[i] != d->cells[w->cell_of_row[row]].level[i];
		}
		d->factors[i].stratum = changes ? DATA_SAMPLING : DATA_RUNNER;
	}
}

/* The combination of runner levels of each cell, numbered. */
static void number_blocks(struct table_work *w)
{
	struct dataset *d = w->d;

	d->nblocks = 0;
	for (size_t c = 0; c < d->ncells; c++) {
		size_t same = 0;

		for (; same < c; same++) {
			bool equal = true;

			for (size_t i = 0; i < d->nfactors && equal; i++)
				equal = d->factors[i].stratum == DATA_SAMPLING ||
					d->cells[same].level[i] == d->cells[c].level[i];
			if (equal)
				break;
		}
		d->cells[c].block = same < c ? d->cells[same].block : d->nblocks++;
	}
	for (size_t l = 0; l < d->nloads; l++)
		d->loads[l].block = d->cells[d->loads[l].block].block;
}

/* Which time a block's settings were set up: by the column, else as they come in the file. */
static void number_passes(struct table_work *w)
{
	struct dataset *d = w->d;
	uint32_t *times = xcalloc(d->nblocks, sizeof(*times));
	struct keymap map = {0};

	for (size_t l = 0; l < d->nloads; l++)
		d->loads[l].pass = w->block && !w->pass ? ++times[d->loads[l].block] : 1;
	for (size_t row = 0; row < w->table.nrows && w->pass; row++) {
		if (!w->out[row])
			d->loads[w->load_of_row[row]].pass =
				keymap_number(&map, w->pass->code[row], 0) + 1;
	}
	for (size_t l = 0; l < d->nloads; l++) {
		if (d->loads[l].pass > d->passes_complete)
			d->passes_complete = d->loads[l].pass;
	}
	free(times);
	keymap_release(&map);
}

int table_blocks(struct table_work *w, struct err *e)
{
	if (w->d->ncells == 0) {
		err_set(e, ERR_DATA, "%s: no row that can be used", w->path);
		return w->d->left_out
			? err_hint(e, "--where left out %llu", (unsigned long long)w->d->left_out)
			: -1;
	}
	find_loads(w);
	find_strata(w);
	number_blocks(w);
	number_passes(w);
	return 0;
}

/* ---- rows ---- */

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
	double quarter;

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
	values_release(&v);
	return quarter > 0 ? PAID_TIMES * quarter : (double)INFINITY;
}

static void read_measures(struct table_work *w, size_t row, struct data_row *r)
{
	char quoted[60];

	for (size_t i = 0; i < METRIC_MAX; i++)
		r->metric[i] = NAN;
	for (size_t i = 0; i < w->d->nmetrics; i++) {
		const struct table_column *c = w->measure[i];

		if (c->code[row] == TABLE_MISSING)
			continue;
		r->metric[i] = w->of_code[i][c->code[row]];
		if (isnan(r->metric[i]))
			table_note(w, w->table.line[row],
				arena_fmt(&w->d->arena, "%s is %s: no number in its unit", c->name,
					err_quote(quoted, sizeof(quoted), c->dict[c->code[row]])));
	}
}

static void read_row(struct table_work *w, size_t row, double paid, struct data_row *r)
{
	double order = table_num(w->order, row);
	bool any = false;

	*r = (struct data_row){.cell = w->cell_of_row[row],
		.load = w->load_of_row[row],
		.prompt = w->prompt && w->prompt->code[row] != TABLE_MISSING ? w->prompt->code[row]
									     : DATA_NONE,
		.order = order >= 0 && order < DATA_NONE ? (uint32_t)order : (uint32_t)(row + 1),
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

int table_rows(struct table_work *w, struct err *e)
{
	struct dataset *d = w->d;
	double paid = paid_above(w);
	size_t counted = 0, ok = 0;

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
		d->paid_guessed = d->paid_guessed || r->paid_load;
		d->nrows++;
	}
	note_the_constant(w);
	if (counted > 0)
		return 0;
	err_set(e, ERR_DATA, ok ? "%s: no row has a number to analyse" : "%s: all rows failed",
		w->path);
	return d->nnotes ? err_hint(e, "line %llu: %s", (unsigned long long)d->notes[0].line,
				   d->notes[0].why)
			 : -1;
}
