/* dataset_table.c - the columns of a table of the user's into a dataset. */
#include "dataset_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "bug.h"
#include "dataset_build.h"
#include "dataset_table_parts.h"
#include "expr.h"
#include "jsonx.h"
#include "keymap.h"
#include "num.h"

/* ---- columns ---- */

/* A column by its heading; NULL heading: none, which is no error. */
static int find_column(const struct table_work *w, const char *name,
	const struct table_column **ret, struct err *e)
{
	const char **names, *nearest;
	char quoted[80];

	*ret = NULL;
	if (!name)
		return 0;
	*ret = table_column(&w->table, name);
	if (*ret)
		return 0;
	names = xcalloc(w->table.ncols + 1, sizeof(*names));
	for (size_t i = 0; i < w->table.ncols; i++)
		names[i] = w->table.cols[i].name;
	nearest = jsonx_did_you_mean(name, names);
	err_set(e, ERR_USAGE, "%s: it has no column %s", w->path,
		err_quote(quoted, sizeof(quoted), name));
	if (nearest)
		err_hint(e, "did you mean %s?", err_quote(quoted, sizeof(quoted), nearest));
	free(names);
	return -1;
}

static int check_headings(const struct table_work *w, struct err *e)
{
	char quoted[80];

	for (size_t i = 0; i < w->table.ncols; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(w->table.cols[i].name, w->table.cols[j].name) == 0)
				return err_set(e, ERR_DATA, "%s: two columns are called %s",
					w->path,
					err_quote(quoted, sizeof(quoted), w->table.cols[i].name));
		}
	}
	return 0;
}

static int find_columns(struct table_work *w, struct err *e)
{
	const struct table_roles *r = w->roles;

	if (check_headings(w, e) || find_column(w, r->block, &w->block, e) ||
		find_column(w, r->pass, &w->pass, e) || find_column(w, r->prompt, &w->prompt, e) ||
		find_column(w, r->ok, &w->ok, e) || find_column(w, r->order, &w->order, e) ||
		find_column(w, r->load_time, &w->load_time, e))
		return -1;
	for (size_t i = 0; i < r->nfactors; i++) {
		if (find_column(w, r->factor[i], &w->factor[i], e))
			return -1;
		if (w->factor[i] == w->prompt)
			return err_set(e, ERR_USAGE, "%s is a factor and the prompt", r->factor[i]);
	}
	for (size_t i = 0; i < r->nmeasures; i++) {
		if (find_column(w, r->measure[i].name, &w->measure[i], e))
			return -1;
		for (size_t k = 0; k < r->nfactors; k++) {
			if (w->factor[k] == w->measure[i])
				return err_set(e, ERR_USAGE, "%s is a factor and a measure",
					r->measure[i].name);
		}
	}
	return 0;
}

/* ---- which rows ---- */

void table_note(struct table_work *w, uint64_t line, const char *why)
{
	struct dataset *d = w->d;

	d->notes_in_all++;
	if (line && d->nnotes >= TABLE_MOST_NOTES)
		return;
	if (d->nnotes < TABLE_MOST_NOTES + TABLE_WHOLE_NOTES)
		d->notes[d->nnotes++] = (struct data_note){line, why};
}

static void take_reject(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	struct table_work *w = arg;

	(void)bytes;
	(void)len;
	table_note(w, line, arena_str(&w->d->arena, why));
}

static struct expr_value value_at(const struct table_column *c, size_t row)
{
	struct expr_value v = {.kind = EXPR_MISSING};

	v.text = table_text(c, row);
	if (v.text)
		v.kind = num_parse(v.text, strlen(v.text), &v.number) ? EXPR_NUMBER : EXPR_TEXT;
	return v;
}

/* Rows that meet the condition. */
static int apply_where(struct table_work *w, struct err *e)
{
	const struct table_column *of[64];
	struct expr_value values[64];
	struct expr *x;
	size_t n = 0;

	if (!w->roles->where)
		return 0;
	if (expr_parse(w->roles->where, &x, e)) {
		err_prefix(e, "--where: ");
		return -1;
	}
	for (size_t i = 0; i < expr_words(x) && n < COUNTOF(of); i++) {
		of[n] = table_column(&w->table, expr_word(x, i));
		if (of[n]) {
			expr_bind(x, i, n++);
		} else if (where_is_compared(w->roles->where, x, i)) {
			find_column(w, expr_word(x, i), &of[n], e);
			expr_free(x);
			return -1;
		}
	}
	for (size_t row = 0; n > 0 && row < w->table.nrows; row++) {
		for (size_t i = 0; i < n; i++)
			values[i] = value_at(of[i], row);
		w->out[row] = expr_test(x, values) != 1;
		w->d->left_out += w->out[row];
	}
	expr_free(x);
	return n > 0 ? 0 : err_set(e, ERR_USAGE, "--where names no column of %s", w->path);
}

static void drop_without(struct table_work *w, const struct table_column *c)
{
	for (size_t row = 0; c && row < w->table.nrows; row++) {
		if (w->out[row] || c->code[row] != TABLE_MISSING)
			continue;
		w->out[row] = true;
		table_note(w, w->table.line[row],
			arena_fmt(&w->d->arena, "it has no %s, and is left out", c->name));
	}
}

/* Rows that lack a factor, or their block, belong nowhere. */
static void drop_the_homeless(struct table_work *w)
{
	for (size_t i = 0; i < w->roles->nfactors; i++)
		drop_without(w, w->factor[i]);
	drop_without(w, w->block);
	drop_without(w, w->pass);
}

/* ---- factors and cells ---- */

static int compare_levels(const void *a, const void *b)
{
	const struct table_level *x = a, *y = b;

	if (x->value != y->value && !isnan(x->value) && !isnan(y->value))
		return x->value < y->value ? -1 : 1;
	if (isnan(x->value) != isnan(y->value))
		return isnan(x->value) ? 1 : -1; /* words behind numbers */
	return (x->code > y->code) - (x->code < y->code);
}

/* The levels met, numbers in order, then words as they appear. */
static int make_factor(struct table_work *w, size_t i, struct err *e)
{
	const struct table_column *c = w->factor[i];
	struct data_factor *f = &w->d->factors[i];
	struct arena *arena = &w->d->arena;
	struct table_level *levels = xcalloc(c->ndict, sizeof(*levels));
	bool *met = xcalloc(c->ndict, sizeof(*met));
	size_t n = 0;

	for (size_t row = 0; row < w->table.nrows; row++) {
		uint32_t code = c->code[row];

		if (w->out[row] || met[code])
			continue;
		met[code] = true;
		levels[n] = (struct table_level){.code = code, .value = NAN};
		num_parse(c->dict[code], strlen(c->dict[code]), &levels[n++].value);
	}
	qsort(levels, n, sizeof(*levels), compare_levels);
	*f = (struct data_factor){.name = arena_str(arena, c->name),
		.column = arena_str(arena, c->name),
		.stratum = DATA_SAMPLING,
		.nlevels = (uint32_t)n,
		.level = arena_alloc(arena, n, sizeof(*f->level)),
		.value = arena_alloc(arena, n, sizeof(*f->value)),
		.numeric = n > 0};
	w->level_of[i] = xcalloc(c->ndict, sizeof(*w->level_of[i]));
	for (size_t k = 0; k < n; k++) {
		f->level[k] = arena_str(arena, c->dict[levels[k].code]);
		f->value[k] = levels[k].value;
		f->numeric = f->numeric && !isnan(levels[k].value);
		w->level_of[i][levels[k].code] = (uint32_t)k;
	}
	f->sent = f->value;
	free(levels);
	free(met);
	if (n <= TABLE_MOST_LEVELS)
		return 0;
	err_set(e, ERR_DATA, "%s: %s has %zu levels, and at most %d are compared", w->path, f->name,
		n, TABLE_MOST_LEVELS);
	return err_hint(e, "is it a --measure?");
}

static int compare_cells(const void *a, const void *b)
{
	const struct data_cell *x = a, *y = b;

	for (size_t i = 0; x->level && i < x->block; i++) { /* block holds their number meanwhile */
		if (x->level[i] != y->level[i])
			return x->level[i] < y->level[i] ? -1 : 1;
	}
	return 0;
}

static const char *cell_label(const struct dataset *d, const uint32_t *level)
{
	const char *label = "";

	for (size_t i = 0; i < d->nfactors; i++)
		label = arena_fmt((struct arena *)&d->arena, "%s%s%s=%s", label, i ? " " : "",
			d->factors[i].name, d->factors[i].level[level[i]]);
	return label;
}

/* Whether all combinations that there could be can be numbered, each half of the factors in 64
 * bits.
 */
static int check_radix(const struct table_work *w, struct err *e)
{
	double bits[2] = {0, 0};

	for (size_t i = 0; i < w->d->nfactors; i++)
		bits[i >= w->d->nfactors / 2] += log2(w->d->factors[i].nlevels);
	if (fmax(bits[0], bits[1]) < 63)
		return 0;
	return err_set(e, ERR_DATA, "%s: its factors have too many levels to be compared", w->path);
}

/* Combinations of levels as they are met; w->cell_of_row are their numbers before sorting. */
static void collect_cells(struct table_work *w, struct keymap *map)
{
	struct dataset *d = w->d;

	for (size_t row = 0; row < w->table.nrows; row++) {
		uint64_t key[2] = {0, 0};

		if (w->out[row])
			continue;
		/* Two numbers that tell combinations apart: mixed radix, carried over to the
		 * second. */
		for (size_t i = 0; i < d->nfactors; i++) {
			uint64_t *part = &key[i >= d->nfactors / 2];

			*part = *part * d->factors[i].nlevels +
				w->level_of[i][w->factor[i]->code[row]];
		}
		w->cell_of_row[row] = keymap_number(map, key[0], key[1]);
	}
}

static void make_cells(struct table_work *w)
{
	struct dataset *d = w->d;
	struct keymap map = {0};
	uint32_t *rank;

	collect_cells(w, &map);
	d->ncells = map.n;
	d->cells = arena_alloc(&d->arena, d->ncells, sizeof(*d->cells));
	for (size_t row = 0; row < w->table.nrows; row++) {
		struct data_cell *c;

		if (w->out[row])
			continue;
		c = &d->cells[w->cell_of_row[row]];
		if (c->level)
			continue;
		c->level = arena_alloc(&d->arena, d->nfactors, sizeof(*c->level));
		c->id = arena_fmt(&d->arena, "%u", w->cell_of_row[row]); /* for now */
		c->block = (uint32_t)d->nfactors;
		for (size_t i = 0; i < d->nfactors; i++)
			c->level[i] = w->level_of[i][w->factor[i]->code[row]];
	}
	qsort(d->cells, d->ncells, sizeof(*d->cells), compare_cells);
	rank = xcalloc(d->ncells, sizeof(*rank));
	for (size_t c = 0; c < d->ncells; c++) {
		rank[strtoul(d->cells[c].id, NULL, 10)] = (uint32_t)c;
		d->cells[c].block = 0;
		d->cells[c].label = cell_label(d, d->cells[c].level);
		d->cells[c].id = arena_fmt(&d->arena, "c%zu", c + 1);
	}
	for (size_t row = 0; row < w->table.nrows; row++) {
		if (!w->out[row])
			w->cell_of_row[row] = rank[w->cell_of_row[row]];
	}
	free(rank);
	keymap_release(&map);
}

/* ---- from the file to the dataset ---- */

static void start(struct table_work *w)
{
	struct dataset *d = w->d;

	*d = (struct dataset){.foreign = true, .until = 0};
	d->dir = arena_str(&d->arena, w->path);
	d->name = strrchr(d->dir, '/') ? strrchr(d->dir, '/') + 1 : d->dir;
	d->manifest = json_object();
	d->notes = arena_alloc(&d->arena, TABLE_MOST_NOTES + TABLE_WHOLE_NOTES, sizeof(*d->notes));
	d->files = arena_alloc(&d->arena, 1, sizeof(*d->files));
	d->servers = arena_alloc(&d->arena, 1, sizeof(*d->servers));
	d->servers[0] = "";
	d->nservers = 1;
	d->ended = "";
	d->goodput = (struct goodput_limits){NAN, NAN, NAN};
	for (size_t m = 0; m < METRIC_MAX; m++)
		d->margin[m] = NAN;
}

static int build(struct table_work *w, struct err *e)
{
	struct dataset *d = w->d;

	if (find_columns(w, e))
		return -1;
	w->out = xcalloc(w->table.nrows, sizeof(*w->out));
	w->cell_of_row = xcalloc(w->table.nrows, sizeof(*w->cell_of_row));
	if (apply_where(w, e))
		return -1;
	drop_the_homeless(w);
	d->nfactors = w->roles->nfactors;
	d->factors = arena_alloc(&d->arena, d->nfactors, sizeof(*d->factors));
	for (size_t i = 0; i < d->nfactors; i++) {
		if (make_factor(w, i, e))
			return -1;
	}
	if (check_radix(w, e))
		return -1;
	make_cells(w);
	if (d->ncells > TABLE_MOST_CELLS)
		return err_set(e, ERR_DATA,
			"%s: %zu combinations of levels, and at most %d are "
			"compared",
			w->path, d->ncells, TABLE_MOST_CELLS);
	return table_measures(w, e) || table_blocks(w, e) || table_rows(w, e) ? -1 : 0;
}

static void finish(struct table_work *w)
{
	for (size_t i = 0; i < w->roles->nfactors; i++)
		free(w->level_of[i]);
	for (size_t i = 0; i < w->roles->nmeasures; i++)
		free(w->of_code[i]);
	free(w->out);
	free(w->cell_of_row);
	free(w->load_of_row);
	table_release(&w->table);
}

static uint64_t file_size(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* Of what was read into w->table; `bytes` is what that was. */
static int take_table(struct table_work *w, uint64_t bytes, struct err *e)
{
	struct dataset *d = w->d;
	int failed;

	d->files[0] = (struct data_file){.path = d->dir,
		.format = "csv",
		.bytes = bytes,
		.rows = w->table.nrows,
		.rejected = w->table.rejected};
	d->nfiles = 1;
	failed = build(w, e);
	finish(w);
	if (failed)
		dataset_release(d);
	return failed;
}

/* It is no journal: a table that cannot be read is not enough to go by. */
static int not_read(struct dataset *d, struct err *e)
{
	if (e && e->code == ERR_JOURNAL)
		e->code = ERR_DATA;
	dataset_release(d);
	return -1;
}

int dataset_from_table(
	struct dataset *d, const char *path, const struct table_roles *r, struct err *e)
{
	struct table_work w = {.d = d, .path = path, .roles = r};

	start(&w);
	if (table_read_foreign(&w.table, path, r->separator, take_reject, &w, e))
		return not_read(d, e);
	return take_table(&w, file_size(path), e);
}

int dataset_from_table_text(struct dataset *d, const char *name, const char *text, size_t len,
	const struct table_roles *r, struct err *e)
{
	struct table_work w = {.d = d, .path = name, .roles = r};

	start(&w);
	if (table_read_bytes(&w.table, name, text, len, false, NULL, 0, e))
		return not_read(d, e);
	if (w.table.rejected)
		table_note(&w, 0,
			arena_fmt(&d->arena, "lines that are no rows, and are not used: %zu",
				w.table.rejected));
	return take_table(&w, len, e);
}
