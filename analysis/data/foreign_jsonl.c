/* foreign_jsonl.c - JSON lines.
 *
 * The columns of a table are the keys of its lines, in the order they were met.  A key that comes
 * up when a piece of the table was handed over already ends the table, and so does a line that
 * makes most of its cells empty: what follows is a table of its own. */
#include <string.h>

#include "foreign_json_parts.h"
#include "vec.h"

/* Cells for each value that is there. */
#define MOST_HOLES 16
#define FEW_CELLS  65536

struct jsonl {
	struct foreign_reader *r;
	size_t stride; /* cells of a row; the first are the columns' */
	size_t nrows;
	uint64_t values; /* cells that hold something */
	uint32_t piece;
	bool told_arrays, told_full;
	/* Of the line that is read. */
	struct grid_cell *row;
	uint64_t row_values;
	bool unknown; /* a key that is no column */
};

/* ---- out ---- */

/* Rows lie closely behind each other. */
static void close_up(struct jsonl *j, size_t stride)
{
	struct grid_cell *cell = j->r->own->cell;

	for (size_t i = 1; i < j->nrows && stride < j->stride; i++)
		memmove(cell + i * stride, cell + i * j->stride, stride * sizeof(*cell));
	j->stride = stride;
}

static int hand_over(struct jsonl *j, bool last)
{
	struct foreign_own *o = j->r->own;
	struct grid g = {.form = GRID_JSONL,
		.place = "",
		.title = "",
		.ncols = o->columns.n,
		.nrows = j->nrows,
		.piece = j->piece,
		.last = last};
	int ret = 0;

	if (g.ncols > 0 && (j->nrows > 0 || (last && j->piece > 0))) {
		close_up(j, g.ncols);
		g.name = foreign_names(o);
		g.cell = foreign_cells(o, j->nrows * g.ncols + 1);
		g.line = foreign_lines(o, j->nrows + 1);
		ret = foreign_hand_over(j->r, &g);
		j->piece++;
	}
	j->nrows = 0;
	j->values = 0;
	if (last) {
		foreign_columns_reset(&o->columns);
		j->piece = 0;
		j->stride = 0;
	}
	return ret;
}

/* ---- rows ---- */

/* A new row of empty cells, with room for all columns. */
static void open_row(struct jsonl *j)
{
	struct foreign_own *o = j->r->own;
	size_t n = o->columns.n, stride = j->stride ? j->stride : 8;
	struct grid_cell *cell;

	while (stride < n)
		stride *= 2;
	cell = foreign_cells(o, (j->nrows + 1) * stride);
	if (stride > j->stride) {
		for (size_t i = j->nrows; i-- > 0;) {
			memmove(cell + i * stride, cell + i * j->stride, j->stride * sizeof(*cell));
			memset(cell + i * stride + j->stride, 0,
				(stride - j->stride) * sizeof(*cell));
		}
		j->stride = stride;
	}
	j->row = cell + j->nrows * stride;
	memset(j->row, 0, stride * sizeof(*cell));
}

static void add_column(void *arg, const char *name, size_t len, const struct json_node *value)
{
	struct jsonl *j = arg;

	(void)value;
	foreign_column_next(&j->r->own->columns, name, len, &j->r->own->arena);
}

static void put_value(void *arg, const char *name, size_t len, const struct json_node *value)
{
	struct jsonl *j = arg;
	uint32_t column = foreign_column_next(&j->r->own->columns, name, len, NULL);

	if (column == FOREIGN_NONE) {
		j->unknown = true;
		return;
	}
	json_cell(value, &j->row[column]);
	j->row_values += j->row[column].kind != GRID_MISSING;
}

static void flatten(struct jsonl *j, const struct json_node *object,
	void (*scalar)(void *, const char *, size_t, const struct json_node *))
{
	struct json_flatten f = {.path = &j->r->own->path, .scalar = scalar, .arg = j};

	j->r->own->columns.next = 0;
	json_flatten(&f, object);
}

/* A new row with what of the object has a column; the texts stay in the buffer of the piece. */
static void fill_row(struct jsonl *j, const struct json_node *object)
{
	open_row(j);
	j->row_values = 0;
	j->unknown = false;
	flatten(j, object, put_value);
}

static void tell_once(struct jsonl *j, const struct json_node *object)
{
	struct foreign_reader *r = j->r;

	if (r->own->columns.full && !j->told_full) {
		j->told_full = true;
		foreign_note(r, r->line, "more than %d columns: the others are left out",
			FOREIGN_MOST_COLUMNS);
	}
	if (r->own->doc.rows && !j->told_arrays && foreign_json_has_rows(object, 0)) {
		j->told_arrays = true;
		foreign_note(r, r->line, "tables within a line are left out");
	}
}

static int take_object(struct jsonl *j, const struct json_node *object)
{
	struct foreign_own *o = j->r->own;

	fill_row(j, object);
	if (j->unknown && !o->columns.full) {
		if (j->piece > 0 && hand_over(j, true))
			return -1;
		flatten(j, object, add_column);
		fill_row(j, object);
	}
	tell_once(j, object);
	j->values += j->row_values;
	foreign_lines(o, j->nrows + 1)[j->nrows] = (uint32_t)j->r->line;
	j->nrows++;
	return 0;
}

static void not_json(struct jsonl *j, const char *s, size_t len)
{
	json_error_t error;
	char text[160];

	foreign_json_error(s, len, &error);
	foreign_reject(j->r, j->r->line, "no JSON: %s", err_quote(text, sizeof(text), error.text));
}

/* ---- lines ---- */

static int take_line(struct jsonl *j, char *s, char *end)
{
	struct json_doc *doc = &j->r->own->doc;

	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	if (end == s)
		return 0;
	if (!json_doc_read(doc, s, end))
		not_json(j, s, (size_t)(end - s));
	else if (doc->v->kind != JNODE_OBJECT)
		foreign_reject(j->r, j->r->line, "no object");
	else
		return take_object(j, doc->v);
	return 0;
}

/* The piece is full; or the table is, of holes. */
static int full(struct jsonl *j)
{
	size_t cells = j->nrows * j->stride;

	if (cells > FEW_CELLS && cells / MOST_HOLES > j->values)
		return hand_over(j, true);
	return cells >= FOREIGN_MOST_CELLS ? hand_over(j, false) : 0;
}

static int too_long(struct jsonl *j)
{
	if (hand_over(j, false))
		return -1;
	foreign_reject(j->r, j->r->line, "a line longer than %zu MiB", FOREIGN_MOST_LINE >> 20);
	foreign_skip_line(j->r);
	return 0;
}

/* The lines that are in the buffer; a last one that may be the file's last is left for the next
 * piece. */
static int read_lines(struct jsonl *j)
{
	struct foreign_reader *r = j->r;

	while (r->from < r->end) {
		char *stop = memchr(r->from, '\n', (size_t)(r->end - r->from));

		if (!r->done && (!stop || stop + 1 == r->end))
			break;
		stop = stop ? stop : r->end;
		if (take_line(j, r->from, stop))
			return -1;
		r->from = stop < r->end ? stop + 1 : r->end;
		r->line++;
		if (full(j))
			return -1;
	}
	return 0;
}

int foreign_jsonl(struct foreign_reader *r)
{
	struct jsonl j = {.r = r};
	uint32_t before = r->facts->tables;

	foreign_columns_reset(&r->own->columns);
	foreign_refill(r);
	for (;;) {
		bool last;

		if (read_lines(&j))
			return -1;
		last = r->done && r->from == r->end;
		if (last) {
			if (hand_over(&j, true))
				return -1;
			break;
		}
		if ((size_t)(r->end - r->from) >= FOREIGN_MOST_LINE) {
			if (too_long(&j))
				return -1;
			continue;
		}
		if (hand_over(&j, false))
			return -1;
		foreign_refill(r);
	}
	if (r->facts->tables == before)
		foreign_note(r, 0, "no line that is an object with values");
	return 0;
}

int foreign_jsonl_bytes(struct foreign_reader *r, const char *s, size_t len)
{
	struct foreign_reader again = {.own = r->own,
		.sink = r->sink,
		.facts = r->facts,
		.e = r->e,
		.path = r->path,
		.fd = -1,
		.bytes = s,
		.len = len,
		.again = true,
		.line = 1};

	return foreign_jsonl(&again);
}
