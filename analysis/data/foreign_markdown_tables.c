/* foreign_markdown_tables.c - tables of Markdown. */
#include <stdio.h>
#include <string.h>

#include "foreign_markdown_parts.h"

struct grid_cell foreign_markdown_kept(struct markdown *m, const char *s, const char *end)
{
	struct grid_cell cell = foreign_text(s, end);

	if (cell.s)
		cell.s = arena_strn(&m->r->own->piece, cell.s, cell.len);
	return cell;
}

/* Names as they stand: two columns may have the same, so they are no foreign_columns' keys. */
static int hand_over_piece(
	struct markdown *m, const struct grid_cell *name, size_t ncols, size_t nrows, bool last)
{
	struct foreign_own *o = m->r->own;
	char place[40];
	struct grid g = {.form = GRID_MARKDOWN,
		.place = place,
		.title = m->title,
		.ncols = ncols,
		.nrows = nrows,
		.name = name,
		.cell = o->cell,
		.line = o->line,
		.context = o->context.v,
		.ncontext = o->context.n,
		.piece = m->pieces,
		.last = last};

	snprintf(place, sizeof(place), "table %u", m->tables);
	m->pieces = last ? 0 : m->pieces + 1;
	return foreign_hand_over(m->r, &g);
}

int foreign_markdown_end_table(struct markdown *m)
{
	return m->pieces > 0 ? hand_over_piece(m, m->name, m->ncols, 0, true) : 0;
}

/* The cells of a row, as many as there are names. */
static void take_cells(struct markdown *m, cmark_node *row, struct grid_cell *cell, size_t ncols)
{
	cmark_node *at = cmark_node_first_child(row);

	for (size_t i = 0; i < ncols; i++) {
		cell[i] = (struct grid_cell){0};
		if (!at)
			continue;
		foreign_markdown_text(m, at);
		cell[i] = foreign_markdown_kept(m, m->text.s, m->text.s + m->text.len);
		at = cmark_node_next(at);
	}
}

static size_t count_children(cmark_node *node)
{
	size_t n = 0;

	for (cmark_node *at = cmark_node_first_child(node); at; at = cmark_node_next(at))
		n++;
	return n;
}

/* The rows that follow on the row of that line and were split before. */
static size_t take_rows(struct markdown *m, uint32_t line, size_t ncols, size_t nrows)
{
	struct foreign_own *o = m->r->own;

	while (m->next_row < m->row.n && m->row.v[m->next_row].line == line + 1) {
		const struct markdown_row *row = &m->row.v[m->next_row++];
		size_t n = row->n < ncols ? row->n : ncols;
		struct grid_cell *cell = foreign_cells(o, (nrows + 1) * ncols) + nrows * ncols;

		memcpy(cell, m->cell.v + row->first, n * sizeof(*cell));
		memset(cell + n, 0, (ncols - n) * sizeof(*cell));
		foreign_lines(o, nrows + 1)[nrows] = (uint32_t)(m->before + row->line);
		line = row->line;
		m->taken[line] |= 1;
		nrows++;
	}
	return nrows;
}

/* All rows below the header; their number. */
static size_t take_body(struct markdown *m, cmark_node *header, size_t ncols)
{
	struct foreign_own *o = m->r->own;
	size_t nrows = 0;

	for (cmark_node *row = cmark_node_next(header); row; row = cmark_node_next(row)) {
		uint32_t line = foreign_markdown_line(m, cmark_node_get_start_line(row));

		take_cells(m, row, foreign_cells(o, (nrows + 1) * ncols) + nrows * ncols, ncols);
		foreign_lines(o, nrows + 1)[nrows] = (uint32_t)(m->before + line);
		nrows = take_rows(m, line, ncols, nrows + 1);
	}
	return nrows;
}

/* Notes of a table as a whole. */
static void tell(struct markdown *m, uint32_t line, size_t columns)
{
	while (m->next_moved < m->moved.n && m->moved.v[m->next_moved] < line)
		m->next_moved++;
	if (m->next_moved < m->moved.n && m->moved.v[m->next_moved] == line)
		foreign_note(m->r, m->before + line,
			"the header row of a table stands behind other text: its last %zu cells "
			"are taken, as the rows have",
			columns);
	if (columns > FOREIGN_MOST_COLUMNS)
		foreign_note(m->r, m->before + line,
			"%zu columns: those after the first %d are left out", columns,
			FOREIGN_MOST_COLUMNS);
}

static const struct grid_cell *take_names(
	struct markdown *m, cmark_node *header, size_t ncols, struct arena *a)
{
	struct grid_cell *name = arena_alloc(a, ncols + 1, sizeof(*name));

	take_cells(m, header, name, ncols);
	for (size_t i = 0; i < ncols; i++) {
		name[i].s = name[i].s ? arena_strn(a, name[i].s, name[i].len) : "";
		name[i].kind = GRID_TEXT;
	}
	return name;
}

/* The part's last line is a row of this table, and the next part begins with another. */
static bool goes_on(const struct markdown *m, size_t nrows)
{
	return m->goes_on && nrows > 0 && m->r->own->line[nrows - 1] == m->before + m->ntaken - 2;
}

/* The rows of a table whose names are m->name. */
static int take_piece(struct markdown *m, cmark_node *header)
{
	size_t nrows = take_body(m, header, m->ncols);
	bool last = !goes_on(m, nrows);

	if (!last) {
		m->header = m->next_header;
		m->rule = m->next_rule;
	}
	return hand_over_piece(m, m->name, m->ncols, nrows, last);
}

int foreign_markdown_table(struct markdown *m, cmark_node *table)
{
	struct foreign_own *o = m->r->own;
	cmark_node *header = cmark_node_first_child(table);
	size_t all = count_children(header);
	uint32_t line = foreign_markdown_line(m, cmark_node_get_start_line(table));
	int ret = 0;

	/* Line 0 is the header that was put before the part. */
	if (line > 0) {
		if (foreign_markdown_end_table(m))
			return -1;
		m->tables++;
		tell(m, line, all);
		m->ncols = all < FOREIGN_MOST_COLUMNS ? all : FOREIGN_MOST_COLUMNS;
		m->name = take_names(m, header, m->ncols, m->goes_on ? &o->arena : &o->piece);
	}
	if (cmark_node_next(header) || m->pieces > 0)
		ret = take_piece(m, header);
	else
		foreign_note(m->r, m->before + line, "a table without rows");
	arena_release(&o->piece);
	return ret;
}
