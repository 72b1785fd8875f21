/* foreign_json.c - tables in a JSON document: arrays of objects, objects of like objects. */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "foreign_json_parts.h"
#include "vec.h"

#define MOST_DEPTH   64
#define MOST_GRIDS   2000 /* of a file */
#define MOST_CONTEXT 256  /* pairs around a table */
/* Cells for each value that is there: a table with more holes loses its rarest columns. */
#define MOST_HOLES 64

/* ---- context ---- */

static void push_scalar(void *arg, const char *name, size_t len, const struct json_node *value)
{
	struct json_walk *w = arg;
	struct foreign_own *o = w->r->own;
	struct grid_pair pair;

	json_cell(value, &pair.value);
	if (pair.value.kind == GRID_MISSING || o->context.n >= MOST_CONTEXT)
		return;
	pair.name = arena_strn(&o->arena, name, len);
	*VEC_PUSH(&o->context) = pair;
}

static void push_text(struct json_walk *w, const char *name, const char *text)
{
	struct grid_pair pair = {.name = name, .value = foreign_text(text, text + strlen(text))};

	if (w->r->own->context.n < MOST_CONTEXT)
		*VEC_PUSH(&w->r->own->context) = pair;
}

static bool is_table(void *arg, const struct json_node *object)
{
	const struct json_walk *w = arg;

	return w->in_rows == 0 && foreign_json_map(object) > 0;
}

/* Scalars of the object and of the plain ones in it. */
static void push_scalars(struct json_walk *w, const struct json_node *object)
{
	struct json_flatten f = {
		.path = &w->r->own->path, .scalar = push_scalar, .leave = is_table, .arg = w};

	json_flatten(&f, object);
}

/* The place is longer by a key until place_back. */
static size_t place_add(struct json_walk *w, const char *key, const char *end)
{
	size_t before = w->place.len;

	str_addf(&w->place, "%s%.400s%s", before ? "." : "", key, end);
	return before;
}

static void place_back(struct json_walk *w, size_t before)
{
	w->place.len = before;
	w->place.overflowed = false;
	if (w->place.cap)
		w->place.s[before] = '\0';
}

/* ---- rows ---- */

/* The rows of a table: objects, each with the keys that lead to it. */
struct rows {
	struct json_row {
		const struct json_node *object;
		const char *key[FOREIGN_MAP_LEVELS];
		uint32_t number;
	} * v;
	size_t n, cap;
	size_t nkeys;                         /* columns that are keys */
	const char *keys[FOREIGN_MAP_LEVELS]; /* their names, else "" */
	uint64_t *values;                     /* [columns] how many rows have one */
	size_t values_room;
	uint64_t nvalues;
	struct grid_cell *row; /* that is filled */
	struct foreign_own *own;
};

static const struct rows no_rows = {.keys = {"", "", "", ""}};

static void count_scalar(void *arg, const char *name, size_t len, const struct json_node *value)
{
	struct rows *rows = arg;
	struct foreign_own *o = rows->own;
	uint32_t column = foreign_column_next(&o->columns, name, len, &o->arena);

	(void)value;
	if (column == FOREIGN_NONE)
		return;
	rows->values[column]++;
	rows->nvalues++;
}

static void fill_scalar(void *arg, const char *name, size_t len, const struct json_node *value)
{
	struct rows *rows = arg;
	uint32_t column = foreign_column_next(&rows->own->columns, name, len, NULL);

	if (column != FOREIGN_NONE)
		json_cell(value, &rows->row[column]);
}

static void flatten_row(struct rows *rows, const struct json_node *object,
	void (*scalar)(void *, const char *, size_t, const struct json_node *))
{
	struct json_flatten f = {.path = &rows->own->path, .scalar = scalar, .arg = rows};

	rows->own->columns.next = (uint32_t)rows->nkeys;
	json_flatten(&f, object);
}

/* Where nearly all cells would be empty, only the columns stay that enough rows have. */
static void drop_rare(struct json_walk *w, struct rows *rows)
{
	struct foreign_own *o = w->r->own;
	struct foreign_columns *c = &o->columns;
	struct foreign_column *old;
	size_t n = c->n, dropped = 0;

	if (rows->n * n <= MOST_HOLES * (rows->nvalues + rows->n) + 65536)
		return;
	old = xcalloc(n, sizeof(*old));
	memcpy(old, c->v, n * sizeof(*old));
	foreign_columns_reset(c);
	for (size_t i = 0; i < n; i++) {
		if (i < rows->nkeys || rows->values[i] * MOST_HOLES >= rows->n)
			foreign_column(c, old[i].key, old[i].len, &o->arena);
		else
			dropped++;
	}
	free(old);
	foreign_note(w->r, 0, "%zu columns that few rows have are left out", dropped);
}

static void find_columns(struct json_walk *w, struct rows *rows)
{
	struct foreign_own *o = w->r->own;

	foreign_columns_reset(&o->columns);
	rows->values = xcalloc(FOREIGN_MOST_COLUMNS, sizeof(*rows->values));
	for (size_t i = 0; i < rows->nkeys; i++)
		foreign_column(&o->columns, rows->keys[i], strlen(rows->keys[i]), &o->arena);
	for (size_t i = 0; i < rows->n; i++)
		flatten_row(rows, rows->v[i].object, count_scalar);
	if (o->columns.full)
		foreign_note(w->r, 0, "more than %d columns: the others are left out",
			FOREIGN_MOST_COLUMNS);
	drop_rare(w, rows);
	free(rows->values);
}

static int inside(struct json_walk *w, const struct json_node *object, unsigned depth);

static int hand_over(struct json_walk *w, struct rows *rows, const char *place, size_t first,
	size_t n, uint32_t piece)
{
	struct foreign_own *o = w->r->own;
	size_t ncols = o->columns.n;
	struct grid g = {.form = GRID_JSON,
		.place = place,
		.title = "",
		.ncols = ncols,
		.nrows = n,
		.piece = piece,
		.last = first + n == rows->n,
		.context = o->context.v,
		.ncontext = o->context.n};

	rows->row = foreign_cells(o, n * ncols);
	memset(rows->row, 0, n * ncols * sizeof(*rows->row));
	g.cell = rows->row;
	g.line = foreign_lines(o, n);
	for (size_t i = 0; i < n; i++, rows->row += ncols) {
		const struct json_row *row = &rows->v[first + i];

		o->line[i] = row->number;
		flatten_row(rows, row->object, fill_scalar);
		for (size_t k = 0; k < rows->nkeys; k++)
			rows->row[k] = foreign_text(row->key[k], row->key[k] + strlen(row->key[k]));
	}
	g.name = foreign_names(o);
	return foreign_hand_over(w->r, &g);
}

static int emit_table(struct json_walk *w, struct rows *rows)
{
	struct foreign_own *o = w->r->own;
	const char *place = arena_str(&o->arena, w->place.s);
	size_t each = FOREIGN_MOST_CELLS / 4 / o->columns.n + 1;
	uint32_t piece = 0;

	w->grids++;
	for (size_t i = 0; i < rows->n; i += each) {
		if (hand_over(w, rows, place, i, rows->n - i < each ? rows->n - i : each, piece++))
			return -1;
	}
	return 0;
}

/* The tables in a row. */
static int emit_inside(
	struct json_walk *w, const struct rows *rows, const struct json_row *row, unsigned depth)
{
	struct foreign_own *o = w->r->own;
	size_t context = o->context.n;
	int ret;

	if (w->grids >= MOST_GRIDS) {
		w->too_many = true;
		return 0;
	}
	w->in_rows++;
	for (size_t k = 0; k < rows->nkeys; k++)
		push_text(w, rows->keys[k], row->key[k]);
	push_scalars(w, row->object);
	ret = inside(w, row->object, depth + 1);
	o->context.n = context;
	w->in_rows--;
	return ret;
}

/* The table of the rows, then the tables in them.  Takes the rows. */
static int emit(struct json_walk *w, struct rows *rows, unsigned depth)
{
	int ret = 0;

	rows->own = w->r->own;
	find_columns(w, rows);
	if (rows->n > 0 && rows->own->columns.n > 0)
		ret = emit_table(w, rows);
	for (size_t i = 0; i < rows->n && ret == 0; i++) {
		if (foreign_json_has_rows(rows->v[i].object, 0))
			ret = emit_inside(w, rows, &rows->v[i], depth);
	}
	VEC_RELEASE(rows);
	return ret;
}

static int emit_array(struct json_walk *w, const struct json_node *array, unsigned depth)
{
	struct rows rows = no_rows;
	size_t i = 0;

	for (const struct json_node *m = json_first(array); m; m = json_next(m)) {
		if (m->kind == JNODE_OBJECT) {
			*VEC_PUSH(&rows) = (struct json_row){.object = m, .number = (uint32_t)i++};
			continue;
		}
		for (uint32_t n = 0; n < m->len; n++, i++)
			foreign_reject(w->r, 0, "%.100s: member %zu is no object", w->place.s, i);
	}
	return emit(w, &rows, depth);
}

static void add_members(struct rows *rows, const struct json_node *object, unsigned level,
	unsigned levels, struct json_row *row)
{
	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		row->key[level] = m->key;
		if (level + 1 < levels) {
			add_members(rows, m, level + 1, levels, row);
			continue;
		}
		row->object = m;
		row->number = (uint32_t)rows->n;
		*VEC_PUSH(rows) = *row;
	}
}

/* A table whose rows are the members of an object, or the members' members. */
static int emit_map(struct json_walk *w, const struct json_node *object, const char *own,
	unsigned levels, unsigned depth)
{
	static const char *const inner[FOREIGN_MAP_LEVELS] = {"name", "name", "name 2", "name 3"};
	struct rows rows = no_rows;
	struct json_row row = {0};
	size_t before = w->place.len;
	int ret;

	rows.nkeys = levels;
	memcpy(rows.keys, inner, sizeof(inner));
	if (levels > 1)
		rows.keys[0] = "group";
	if (own[0] && (levels == 1 || strncmp(own, "name", 4) != 0))
		rows.keys[0] = own;
	for (unsigned i = 0; i < levels; i++)
		str_add(&w->place, w->place.len ? ".*" : "*");
	add_members(&rows, object, 0, levels, &row);
	ret = emit(w, &rows, depth);
	place_back(w, before);
	return ret;
}

/* ---- the document ---- */

static int member(struct json_walk *w, const struct json_node *value, unsigned depth)
{
	bool rows = value->kind == JNODE_ROWS;
	unsigned levels;
	size_t before;
	int ret;

	if (!rows && value->kind != JNODE_OBJECT)
		return 0;
	before = place_add(w, value->key, rows ? "[]" : "");
	/* In a row, objects are part of the row. */
	levels = rows || w->in_rows ? 0 : foreign_json_map(value);
	if (rows)
		ret = emit_array(w, value, depth);
	else if (levels)
		ret = emit_map(w, value, value->key, levels, depth);
	else
		ret = inside(w, value, depth);
	place_back(w, before);
	return ret;
}

/* Tables among the members of an object whose scalars are pushed. */
static int inside(struct json_walk *w, const struct json_node *object, unsigned depth)
{
	if (depth > MOST_DEPTH) {
		w->too_deep = true;
		return 0;
	}
	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		if (member(w, m, depth + 1))
			return -1;
	}
	return 0;
}

static int read_root(struct json_walk *w, const struct json_node *root)
{
	unsigned levels;
	struct rows rows = no_rows;

	if (root->kind == JNODE_ROWS) {
		str_add(&w->place, "[]");
		return emit_array(w, root, 0);
	}
	if (root->kind != JNODE_OBJECT)
		return 0;
	levels = foreign_json_map(root);
	if (levels)
		return emit_map(w, root, "", levels, 0);
	push_scalars(w, root);
	if (inside(w, root, 0))
		return -1;
	if (w->grids > 0)
		return 0;
	w->r->own->context.n = 0;
	*VEC_PUSH(&rows) = (struct json_row){.object = root};
	return emit(w, &rows, MOST_DEPTH);
}

static void tell(struct json_walk *w, const struct json_node *root)
{
	struct foreign_reader *r = w->r;

	if (w->too_many)
		foreign_note(r, 0, "more than %d tables: the others are left out", MOST_GRIDS);
	if (w->too_deep)
		foreign_note(r, 0, "what is nested more than %d deep is left out", MOST_DEPTH);
	if (w->grids > 0)
		return;
	if (root->kind == JNODE_MATRIX)
		foreign_note(r, 0, "an array of arrays, which have no names");
	else if (root->kind >= JNODE_ROWS && root->len > 0)
		foreign_note(r, 0, "an array of single values");
	else if (json_is_scalar_node(root))
		foreign_note(r, 0, "a single value");
	else
		foreign_note(r, 0, "nothing in it is a table");
}

void foreign_json_error(const char *s, size_t len, json_error_t *error)
{
	*error = (json_error_t){.line = 0};
	json_decref(json_loadb(
		s, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, error));
	/* jansson passes over it. */
	if (!error->text[0])
		strcpy(error->text, "a NUL behind a number");
}

/* What is none may be more than one document, one on each line. */
static int not_json(struct foreign_reader *r, size_t len)
{
	char text[200];
	json_error_t error;
	bool early;

	foreign_json_error(r->own->whole, len, &error);
	early = json_error_code(&error) == json_error_premature_end_of_input;
	if (json_error_code(&error) == json_error_end_of_input_expected && error.line > 1)
		return foreign_jsonl_bytes(r, r->own->whole, len);
	foreign_note(r, error.line > 0 ? (uint64_t)error.line : 0, "%s: %s",
		early ? "JSON that ends early" : "no JSON",
		err_quote(text, sizeof(text), error.text));
	return 0;
}

int foreign_json(struct foreign_reader *r)
{
	struct json_walk w = {.r = r, .place = STR_INIT(2000)};
	struct json_doc *doc = &r->own->doc;
	size_t len = foreign_whole(r);
	int ret;

	if (len > UINT32_MAX) {
		foreign_note(r, 0, "more than 4 GiB");
		return 0;
	}
	if (!json_doc_read(doc, r->own->whole, r->own->whole + len))
		return not_json(r, len);
	ret = read_root(&w, doc->v);
	if (ret == 0)
		tell(&w, doc->v);
	str_release(&w.place);
	return ret;
}
