/* dataset_factors.c - factors as the sweep names them, cells as the rows have them. */
#include "dataset_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "str.h"

/* Options whose change forces a model load; the model itself does too, and so do another server and
 * another keep_alive, which each block has for itself. */
static const char *const runner_factors[] = {"model", "server", "keep_alive", "num_ctx",
	"num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread"};

/* Factors whose column is not called as they are. */
static const struct {
	const char *name, *column;
} columns[] = {{"prompt", "prompt_id"}, {"prompt_tokens", "prompt_tokens_asked"}};

static enum data_stratum stratum_of(const char *name)
{
	for (size_t i = 0; i < COUNTOF(runner_factors); i++) {
		if (strcmp(runner_factors[i], name) == 0)
			return DATA_RUNNER;
	}
	return DATA_SAMPLING;
}

/* A level as rows call it; NULL for what cannot be a level. */
static const char *level_text(struct arena *a, const json_t *value)
{
	char text[NUM_TEXT];

	if (json_is_string(value))
		return arena_str(a, json_string_value(value));
	if (json_is_number(value))
		return arena_str(a, num_text(text, json_number_value(value)));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return NULL;
}

static const char *column_of(const char *factor)
{
	for (size_t i = 0; i < COUNTOF(columns); i++) {
		if (strcmp(columns[i].name, factor) == 0)
			return columns[i].column;
	}
	return factor;
}

static void set_level(struct data_factor *f, uint32_t i, const char *text)
{
	f->level[i] = text;
	if (!num_parse(text, strlen(text), &f->value[i]))
		f->value[i] = NAN;
	f->sent[i] = f->value[i];
}

/* The level that is this text, or the same number otherwise written; DATA_NONE if none is. */
static uint32_t find_level(const struct data_factor *f, const char *text)
{
	double x;

	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (strcmp(f->level[i], text) == 0)
			return i;
	}
	if (!num_parse(text, strlen(text), &x))
		return DATA_NONE;
	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (f->value[i] == x)
			return i;
	}
	return DATA_NONE;
}

/* A level with a name of its own, "short": "Answer in one word.": rows have the name. */
static void add_named(struct arena *a, struct data_factor *f, const char *name, const json_t *value)
{
	uint32_t i = f->nlevels;

	if (find_level(f, name) != DATA_NONE)
		return;
	set_level(f, f->nlevels++, arena_str(a, name));
	if (isnan(f->value[i]) && json_is_number(value))
		f->sent[i] = json_number_value(value);
}

static int read_level(
	struct arena *a, struct data_factor *f, const struct jsonx_at *at, struct err *e)
{
	const char *name, *text;
	json_t *value;

	if (json_is_object(at->value) && json_object_size(at->value) == 1) {
		json_object_foreach (at->value, name, value)
			add_named(a, f, name, value);
		return 0;
	}
	text = level_text(a, at->value);
	if (!text)
		return jsonx_expected(at, "a number, a word, true or false", e);
	if (find_level(f, text) == DATA_NONE)
		set_level(f, f->nlevels++, text);
	return 0;
}

/* For so many levels; those that are there stay. */
static void make_room(struct arena *a, struct data_factor *f, size_t n)
{
	struct data_factor had = *f;

	f->level = arena_alloc(a, n, sizeof(*f->level));
	f->value = arena_alloc(a, n, sizeof(*f->value));
	f->sent = arena_alloc(a, n, sizeof(*f->sent));
	for (uint32_t i = 0; i < f->nlevels; i++) {
		f->level[i] = had.level[i];
		f->value[i] = had.value[i];
		f->sent[i] = had.sent[i];
	}
}

static int read_levels(struct build *b, const struct scan *s, struct data_factor *f,
	const struct jsonx_at *at, struct err *e)
{
	struct arena *a = &b->d->arena;
	bool named = json_is_object(at->value);
	size_t n = named ? json_object_size(at->value) : json_array_size(at->value);
	const char *name;
	json_t *value;

	if (!named && jsonx_array(at, e))
		return -1;
	if (!build_has_column(s, f->column))
		return err_set(e, ERR_JOURNAL, "%s: no column for the factor %s of sweep.json",
			b->source.path, f->name);
	make_room(a, f, n);
	json_object_foreach (named ? at->value : NULL, name, value)
		add_named(a, f, name, value);
	for (size_t i = 0; !named && i < n; i++) {
		struct jsonx_at place = jsonx_index(at, i);

		if (read_level(a, f, &place, e))
			return -1;
	}
	return 0;
}

static int read_factors(
	struct build *b, const struct scan *s, const struct jsonx_at *at, struct err *e)
{
	struct dataset *d = b->d;
	const char *name;
	json_t *value;

	if (jsonx_object(at, e))
		return -1;
	d->factors = arena_alloc(&d->arena, json_object_size(at->value), sizeof(*d->factors));
	json_object_foreach (at->value, name, value) {
		struct jsonx_at place = jsonx_key(at, name);
		struct data_factor *f = &d->factors[d->nfactors++];

		f->name = arena_str(&d->arena, name);
		f->column = column_of(f->name);
		f->stratum = stratum_of(name);
		if (read_levels(b, s, f, &place, e))
			return -1;
	}
	return 0;
}

int build_factors(struct build *b, const struct scan *s, struct err *e)
{
	struct jsonx_at root = jsonx_root("sweep.json", b->d->sweep);
	struct jsonx_at at = jsonx_key(&root, "factors");

	if (!at.value)
		return 0;
	if (read_factors(b, s, &at, e)) {
		if (e)
			e->code = ERR_JOURNAL;
		return -1;
	}
	return 0;
}

/* The level of a row (NULL: it has none); one that the sweep does not name becomes a new one. */
static uint32_t row_level(struct data_factor *f, const char *text)
{
	uint32_t i;

	if (!text)
		text = "none";
	i = find_level(f, text);
	if (i == DATA_NONE) {
		i = f->nlevels++;
		set_level(f, i, text);
	}
	return i;
}

/* ---- cells ---- */

struct found_cell {
	struct data_cell cell;
	uint32_t code; /* of cell_id */
	size_t nfactors;
};

static int compare_cells(const void *a, const void *b)
{
	const struct found_cell *x = a, *y = b;

	for (size_t f = 0; f < x->nfactors; f++) {
		if (x->cell.level[f] != y->cell.level[f])
			return x->cell.level[f] < y->cell.level[f] ? -1 : 1;
	}
	return strcmp(x->cell.id, y->cell.id);
}

/* The cells as they were met, with their levels. */
static struct found_cell *find_cells(struct build *b)
{
	struct dataset *d = b->d;
	struct found_cell *found = xcalloc(b->cells.n, sizeof(*found));

	for (size_t f = 0; f < d->nfactors; f++)
		make_room(&d->arena, &d->factors[f], d->factors[f].nlevels + b->cells.n);
	for (size_t i = 0; i < b->cells.n; i++) {
		const struct seen_cell *seen = &b->cells.v[i];
		struct data_cell *c = &found[i].cell;

		found[i].code = seen->code;
		found[i].nfactors = d->nfactors;
		c->id = seen->id;
		c->block = seen->block;
		c->level = arena_alloc(&d->arena, d->nfactors, sizeof(*c->level));
		for (size_t f = 0; f < d->nfactors; f++)
			c->level[f] = row_level(&d->factors[f], seen->text[f]);
	}
	return found;
}

/* Levels that no cell has (merged aliases, or not reached) go; the others keep their order. */
static void drop_levels(struct dataset *d, size_t f)
{
	struct data_factor *factor = &d->factors[f];
	uint32_t *now = xcalloc(factor->nlevels, sizeof(*now)), kept = 0;
	bool *used = xcalloc(factor->nlevels, sizeof(*used));

	for (size_t c = 0; c < d->ncells; c++)
		used[d->cells[c].level[f]] = true;
	for (uint32_t i = 0; i < factor->nlevels; i++) {
		if (!used[i])
			continue;
		factor->level[kept] = factor->level[i];
		factor->value[kept] = factor->value[i];
		factor->sent[kept] = factor->sent[i];
		now[i] = kept++;
	}
	factor->nlevels = kept;
	factor->numeric = kept > 0;
	for (uint32_t i = 0; i < kept; i++)
		factor->numeric = factor->numeric && isfinite(factor->value[i]);
	for (size_t c = 0; c < d->ncells; c++)
		d->cells[c].level[f] = now[d->cells[c].level[f]];
	free(now);
	free(used);
}

static const char *cell_label(struct dataset *d, const struct data_cell *c)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *label;

	for (size_t f = 0; f < d->nfactors; f++)
		str_addf(&text, "%s%s=%s", f ? " " : "", d->factors[f].name,
			d->factors[f].level[c->level[f]]);
	label = arena_str(&d->arena, d->nfactors ? text.s : c->id);
	str_release(&text);
	return label;
}

/* Rows have had the code of their cell_id until now. */
static void renumber_rows(struct build *b)
{
	struct dataset *d = b->d;

	for (size_t i = 0; i < d->nrows; i++) {
		uint32_t *cell = &d->rows_owned[i].cell;

		*cell = *cell < b->ncell_codes ? b->cell_of_code[*cell] : DATA_NONE;
	}
	for (size_t i = 0; i < b->tried.n; i++)
		b->tried.v[i].cell = b->cell_of_code[b->tried.v[i].cell];
	if (b->fold)
		fold_renumber(b->fold, b->cell_of_code, b->ncell_codes);
}

void build_cells(struct build *b)
{
	struct dataset *d = b->d;
	struct found_cell *found = find_cells(b);

	d->ncells = b->cells.n;
	if (d->ncells)
		qsort(found, d->ncells, sizeof(*found), compare_cells);
	d->cells = arena_alloc(&d->arena, d->ncells, sizeof(*d->cells));
	for (size_t c = 0; c < d->ncells; c++) {
		d->cells[c] = found[c].cell;
		b->cell_of_code[found[c].code] = (uint32_t)c;
	}
	free(found);
	for (size_t f = 0; f < d->nfactors; f++)
		drop_levels(d, f);
	for (size_t c = 0; c < d->ncells; c++)
		d->cells[c].label = cell_label(d, &d->cells[c]);
	renumber_rows(b);
}
