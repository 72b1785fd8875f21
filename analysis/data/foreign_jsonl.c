/* foreign_jsonl.c - JSON lines: flat objects of known keys by a scanner, the others by jansson.
 *
 * The columns of a table are the keys of its lines, in the order they were met.  A key that comes
 * up when a piece of the table was handed over already ends the table, and so does a line that
 * makes most of its cells empty: what follows is a table of its own. */
#include <string.h>

#include "foreign_jsonl_parts.h"
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
	size_t new_column; /* columns before it */
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
	arena_release(&o->piece);
	if (last) {
		foreign_columns_reset(&o->columns);
		j->piece = 0;
		j->stride = 0;
	}
	return ret;
}

/* ---- lines that the scanner does not know ---- */

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

static void add_column(void *arg, const char *name, size_t len, const json_t *value)
{
	struct jsonl *j = arg;

	(void)value;
	foreign_column(&j->r->own->columns, name, len, &j->r->own->arena);
}

static void is_new(void *arg, const char *name, size_t len, const json_t *value)
{
	struct jsonl *j = arg;

	(void)value;
	j->new_column += foreign_column(&j->r->own->columns, name, len, NULL) == FOREIGN_NONE;
}

static void put_value(void *arg, const char *name, size_t len, const json_t *value)
{
	struct jsonl *j = arg;
	struct foreign_own *o = j->r->own;
	uint32_t column = foreign_column(&o->columns, name, len, NULL);
	struct grid_cell cell = foreign_json_cell(value);

	if (column == FOREIGN_NONE)
		return;
	if (cell.kind == GRID_TEXT)
		cell.s = arena_strn(&o->piece, cell.s, cell.len);
	j->row[column] = cell;
	j->values += cell.kind != GRID_MISSING;
}

static void flatten(struct jsonl *j, const json_t *object,
	void (*scalar)(void *, const char *, size_t, const json_t *))
{
	struct foreign_flatten f = {.path = &j->r->own->path, .scalar = scalar, .arg = j};

	str_reset(f.path);
	foreign_flatten(&f, object, 0);
}

static void tell_once(struct jsonl *j, const json_t *object)
{
	struct foreign_reader *r = j->r;

	if (r->own->columns.full && !j->told_full) {
		j->told_full = true;
		foreign_note(r, r->line, "more than %d columns: the others are left out",
			FOREIGN_MOST_COLUMNS);
	}
	if (!j->told_arrays && foreign_json_has_rows(object, 0)) {
		j->told_arrays = true;
		foreign_note(r, r->line, "tables within a line are left out");
	}
}

static int take_object(struct jsonl *j, const json_t *object)
{
	struct foreign_own *o = j->r->own;

	j->new_column = 0;
	if (j->piece > 0 && !o->columns.full)
		flatten(j, object, is_new);
	if (j->new_column > 0 && hand_over(j, true))
		return -1;
	flatten(j, object, add_column);
	tell_once(j, object);
	open_row(j);
	flatten(j, object, put_value);
	foreign_lines(o, j->nrows + 1)[j->nrows] = (uint32_t)j->r->line;
	j->nrows++;
	return 0;
}

/* By jansson. */
static int other_line(struct jsonl *j, const char *s, size_t len)
{
	struct foreign_reader *r = j->r;
	json_error_t error;
	json_t *value;
	char text[160];
	int ret = 0;

	while (len > 0 && strchr(" \t\r", s[len - 1]) && s[len - 1])
		len--;
	if (len == 0)
		return 0;
	value = json_loadb(
		s, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	if (!value)
		foreign_reject(
			r, r->line, "no JSON: %s", err_quote(text, sizeof(text), error.text));
	else if (!json_is_object(value))
		foreign_reject(r, r->line, "no object");
	else
		ret = take_object(j, value);
	json_decref(value);
	return ret;
}

/* ---- lines ---- */

/* The line by the scanner, into a new row. */
static bool known_line(struct jsonl *j, const char *s, const char *end)
{
	struct foreign_own *o = j->r->own;
	size_t values;

	if (o->columns.n == 0)
		return false;
	open_row(j);
	if (!foreign_jsonl_scan(s, end, &o->columns, j->row, &values))
		return false;
	j->values += values;
	foreign_lines(o, j->nrows + 1)[j->nrows] = (uint32_t)j->r->line;
	j->nrows++;
	return true;
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
		if (!known_line(j, r->from, stop) &&
			other_line(j, r->from, (size_t)(stop - r->from)))
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
