/* foreign_csv.c - CSV: its header, then records piece by piece. */
#include <string.h>

#include "foreign_csv_parts.h"
#include "units.h"

#define MOST_UNIT 32 /* bytes of a unit's spelling */

struct csv {
	struct foreign_reader *r;
	char sep;
	size_t nfields; /* of the header; more than ncols where that are too many */
	size_t ncols, nrows, ncells;
	const struct grid_cell *name;
	uint32_t piece;
};

enum step { STEP_ROW, STEP_PASSED, STEP_FULL, STEP_MORE, STEP_END };

/* ---- what the text is like ---- */

/* Separators of a line outside of quotes. */
static size_t count(const char *s, size_t len, char sep)
{
	size_t n = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		quoted ^= s[i] == '"';
		n += s[i] == sep && !quoted;
	}
	return n;
}

/* How many of the first lines have as many of it as the first. */
static size_t agreeing(const char *s, size_t len, char sep, size_t *header)
{
	const char *end = s + len;
	size_t lines = 0, agree = 0;

	*header = 0;
	while (s < end && lines < 20) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((stop ? stop : end) - s), here = count(s, n, sep);

		if (n > 0 && s[0] != '\r' && (stop || lines == 0)) {
			*header = lines++ == 0 ? here : *header;
			agree += here == *header && here > 0;
		}
		s += n + 1;
	}
	return agree;
}

char foreign_csv_separator(const char *s, size_t len)
{
	size_t best = 0, most = 0;
	char ret = ',';

	for (const char *sep = ",;\t"; *sep; sep++) {
		size_t header, agree = agreeing(s, len, *sep, &header);

		if (agree > best || (agree == best && header > most)) {
			best = agree;
			most = header;
			ret = *sep;
		}
	}
	return ret;
}

bool foreign_csv_numeric(const struct grid_cell *cell)
{
	const char *s = cell->s;
	size_t i = 0;

	if (cell->kind != GRID_TEXT)
		return false;
	if (s[0] == '+' || s[0] == '-' || s[0] == '~')
		i++;
	if (i < cell->len && s[i] == '.')
		i++;
	return i < cell->len && s[i] >= '0' && s[i] <= '9';
}

/* Nothing but digits, points and the like. */
static bool is_number(const struct grid_cell *cell)
{
	if (!foreign_csv_numeric(cell))
		return false;
	for (size_t i = 0; i < cell->len; i++) {
		if (!cell->s[i] || !strchr("0123456789+-.,eE", cell->s[i]))
			return false;
	}
	return true;
}

bool foreign_csv_units(const struct grid_cell *row, const struct grid_cell *below, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		if (row[i].kind == GRID_MISSING)
			continue;
		if (row[i].len > MOST_UNIT || foreign_csv_numeric(&row[i]) ||
			!foreign_csv_numeric(&below[i]))
			return false;
		known += unit_named(row[i].s, row[i].len).name[0] != '\0';
	}
	return known > 0;
}

/* ---- one record ---- */

/* The line is as the header would be with another separator. */
static char other_separator(const struct csv *c, const char *s, size_t len)
{
	for (const char *sep = ",;\t"; *sep; sep++) {
		if (*sep != c->sep && c->nfields > 1 && count(s, len, *sep) + 1 == c->nfields)
			return *sep;
	}
	return '\0';
}

static const char *sep_name(char sep)
{
	return sep == '\t' ? "a tab" : sep == ';' ? "';'" : "','";
}

/* A record that is blank (passed over in silence) or has another number of fields than the header.
 */
static void pass_over(struct csv *c, const struct csv_record *record, const struct grid_cell *first)
{
	struct foreign_reader *r = c->r;
	char other;

	if (record->nfields == 1 && first->kind == GRID_MISSING)
		return;
	other = record->quoted ? '\0'
			       : other_separator(c, r->from, (size_t)(record->next - r->from));
	if (other)
		foreign_reject(r, r->line, "separated by %s where the header has %s",
			sep_name(other), sep_name(c->sep));
	else
		foreign_reject(r, r->line, "%zu field%s where the header has %zu", record->nfields,
			record->nfields == 1 ? "" : "s", c->nfields);
}

/* A line or a quote without an end in sight. */
static enum step endless(struct csv *c, enum csv_found found, const struct csv_record *record)
{
	struct foreign_reader *r = c->r;

	if (found == CSV_OPEN && (r->done || (size_t)(r->end - r->from) >= FOREIGN_MOST_LINE)) {
		foreign_reject(r, r->line, "a quote that does not end");
		r->line += record->lines;
		r->from = record->next;
		return STEP_PASSED;
	}
	if ((size_t)(r->end - r->from) < FOREIGN_MOST_LINE)
		return STEP_MORE;
	/* What follows moves the buffer below the rows that are there. */
	if (c->nrows > 0)
		return STEP_FULL;
	foreign_reject(r, r->line, "a line longer than %zu MiB", FOREIGN_MOST_LINE >> 20);
	foreign_skip_line(r);
	return STEP_PASSED;
}

/* The record at r->from into `cell`, which has room for c->ncols. */
static enum step next_record(
	struct csv *c, struct grid_cell *cell, size_t most, struct csv_record *record)
{
	struct foreign_reader *r = c->r;
	enum csv_found found;

	if (r->from == r->end)
		return r->done ? STEP_END : STEP_MORE;
	found = foreign_csv_record(r->from, r->end, r->done, c->sep, cell, most, record);
	if (found == CSV_BAD) {
		foreign_reject(r, r->line, "something behind a closing quote");
		r->line += record->lines;
		r->from = record->next;
		return STEP_PASSED;
	}
	if (found == CSV_RECORD) {
		/* One record is kept back, so that the last piece is known to be the last. */
		if (record->next == r->end && !r->done)
			return STEP_MORE;
		return STEP_ROW;
	}
	return endless(c, found, record);
}

/* ---- the header ---- */

static bool is_separator_line(struct csv *c)
{
	const struct foreign_reader *r = c->r;
	size_t len = (size_t)(r->end - r->from);

	return len >= 6 && memcmp(r->from, "sep=", 4) == 0 && strchr(",;\t", r->from[4]) &&
		r->from[4] && (r->from[5] == '\n' || r->from[5] == '\r');
}

static void use_names(struct csv *c, const struct grid_cell *cell)
{
	struct foreign_own *o = c->r->own;
	struct grid_cell *name = arena_alloc(&o->arena, c->ncols, sizeof(*name));

	for (size_t i = 0; i < c->ncols; i++) {
		name[i].kind = GRID_TEXT;
		name[i].len = cell[i].len;
		name[i].s = arena_strn(&o->arena, cell[i].len ? cell[i].s : "", cell[i].len);
	}
	c->name = name;
}

static bool names_usable(struct csv *c, uint64_t line)
{
	struct foreign_columns *columns = &c->r->own->columns;
	size_t numbers = 0, named = 0;
	bool told = false;

	for (size_t i = 0; i < c->ncols; i++) {
		const struct grid_cell *name = &c->name[i];
		size_t before = columns->n;

		if (name->len == 0)
			continue;
		named++;
		numbers += is_number(name);
		foreign_column(columns, name->s, name->len, &c->r->own->arena);
		if (columns->n == before && !told) {
			foreign_note(c->r, line, "more than one column is named '%.*s'",
				(int)(name->len < 80 ? name->len : 80), name->s);
			told = true;
		}
	}
	if (named > 0 && numbers < named)
		return true;
	foreign_note(c->r, line,
		named ? "no header: the first line has numbers only" : "a header without names");
	return false;
}

/* Lines with '#' above the header; one that is split as the next is the header itself. */
static void pass_comments(struct csv *c)
{
	struct foreign_reader *r = c->r;

	while (r->from < r->end && *r->from == '#') {
		const char *stop = memchr(r->from, '\n', (size_t)(r->end - r->from)), *next;
		size_t n;

		next = stop ? memchr(stop + 1, '\n', (size_t)(r->end - stop - 1)) : NULL;
		n = next ? count(stop + 1, (size_t)(next - stop - 1), c->sep) : 0;
		if (n > 0 && n == count(r->from, (size_t)(stop - r->from), c->sep)) {
			r->from++;
			return;
		}
		foreign_note(r, r->line, "a comment above the header");
		foreign_skip_line(r);
	}
}

/* Takes the first record as names.  False, told, if there is none. */
static bool read_header(struct csv *c)
{
	struct foreign_reader *r = c->r;
	struct grid_cell *cell = foreign_cells(r->own, FOREIGN_MOST_COLUMNS);
	struct csv_record record;
	enum step step;

	c->nfields = 0;
	do {
		pass_comments(c);
		step = next_record(c, cell, FOREIGN_MOST_COLUMNS, &record);
		if (step == STEP_ROW && record.nfields == 1 && cell->kind == GRID_MISSING) {
			r->from = record.next;
			r->line += record.lines;
			step = STEP_PASSED;
		}
		if (step == STEP_MORE)
			foreign_refill(r);
	} while (step == STEP_MORE || step == STEP_PASSED);
	if (step == STEP_END) {
		foreign_note(r, 0, "no line that could be a header");
		return false;
	}
	c->nfields = record.nfields;
	c->ncols = c->nfields < FOREIGN_MOST_COLUMNS ? c->nfields : FOREIGN_MOST_COLUMNS;
	if (c->ncols < c->nfields)
		foreign_note(r, r->line, "%zu columns: those after the first %d are left out",
			c->nfields, FOREIGN_MOST_COLUMNS);
	use_names(c, cell);
	if (!names_usable(c, r->line))
		return false;
	r->line += record.lines;
	r->from = record.next;
	return true;
}

/* ---- rows ---- */

/* The units below the names become part of them: "latency (ms)". */
static void take_units(struct csv *c, const struct grid_cell *row)
{
	struct arena *a = &c->r->own->arena;
	struct grid_cell *name = arena_alloc(a, c->ncols, sizeof(*name));

	for (size_t i = 0; i < c->ncols; i++) {
		name[i] = c->name[i];
		if (row[i].kind != GRID_TEXT)
			continue;
		name[i].s = arena_fmt(a, "%.*s%s(%.*s)", (int)name[i].len, name[i].s,
			name[i].len ? " " : "", (int)row[i].len, row[i].s);
		name[i].len = (uint32_t)strlen(name[i].s);
	}
	c->name = name;
}

static int hand_over(struct csv *c, bool last)
{
	struct foreign_own *o = c->r->own;
	struct grid g = {.form = GRID_CSV,
		.place = "",
		.title = "",
		.ncols = c->ncols,
		.nrows = c->nrows,
		.cell = o->cell,
		.line = o->line,
		.piece = c->piece,
		.last = last};

	if (c->piece == 0 && c->nrows >= 2 &&
		foreign_csv_units(o->cell, o->cell + c->ncols, c->ncols)) {
		take_units(c, o->cell);
		foreign_note(c->r, o->line[0], "a row of units: they are taken into the headings");
		g.cell += c->ncols;
		g.line++;
		g.nrows--;
	}
	g.name = c->name;
	c->piece++;
	c->nrows = c->ncells = 0;
	return foreign_hand_over(c->r, &g);
}

/* The rows that are in the buffer, up to a piece's most; how it ended. */
static enum step read_rows(struct csv *c)
{
	struct foreign_reader *r = c->r;
	struct foreign_own *o = r->own;

	while (c->ncells < FOREIGN_MOST_CELLS) {
		struct grid_cell *cell = foreign_cells(o, c->ncells + c->ncols) + c->ncells;
		struct csv_record record;
		enum step step = next_record(c, cell, c->ncols, &record);

		if (step == STEP_MORE || step == STEP_END || step == STEP_FULL)
			return step;
		if (step == STEP_PASSED)
			continue;
		if (record.nfields == c->nfields && (c->nfields > 1 || cell->kind)) {
			foreign_lines(o, c->nrows + 1)[c->nrows] = (uint32_t)r->line;
			c->nrows++;
			c->ncells += c->ncols;
		} else {
			pass_over(c, &record, cell);
		}
		r->line += record.lines;
		r->from = record.next;
	}
	return STEP_FULL;
}

static int read_table(struct csv *c)
{
	for (;;) {
		enum step step = read_rows(c);
		bool last = step == STEP_END;

		if ((c->nrows > 0 || (last && c->piece > 0)) && hand_over(c, last))
			return -1;
		if (last)
			break;
		if (step == STEP_MORE)
			foreign_refill(c->r);
	}
	if (c->piece == 0)
		foreign_note(c->r, 0, "a header and no row that fits it");
	return 0;
}

int foreign_csv(struct foreign_reader *r)
{
	struct csv c = {.r = r, .sep = ','};
	size_t len;

	foreign_refill(r);
	len = (size_t)(r->end - r->from);
	if (is_separator_line(&c)) {
		c.sep = r->from[4];
		foreign_skip_line(r);
	} else {
		c.sep = foreign_csv_separator(r->from, len < 65536 ? len : 65536);
	}
	r->facts->separator = c.sep;
	return read_header(&c) ? read_table(&c) : 0;
}
