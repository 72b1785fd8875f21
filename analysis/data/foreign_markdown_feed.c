/* foreign_markdown_feed.c - a part of a file as cmark is given it. */
#include <string.h>

#include "foreign_markdown_parts.h"
#include "vec.h"

/* cmark makes a cell of each that is missing in a row: a file of rows of one cell below a header of
 * thousands would be that much longer than it is.  So many of ours for a byte of the part, one of
 * cmark's costs as much as eight of ours. */
#define MISSING_PER_BYTE ((size_t)8)
#define LEAST_MISSING    ((size_t)64 << 10)
#define MOST_MISSING     (FOREIGN_MOST_CELLS / 2)
#define COST_OF_CMARK    8
/* At each rule, cmark reads all of the paragraph above it again: so many times the part. */
#define MOST_AGAIN 32

bool foreign_markdown_plain;

/* Where a line is, as to tables; cmark is given the first row, to say that it is one. */
enum at { OUTSIDE, AT_RULE, AT_FIRST, AT_ROWS };

struct feed {
	struct markdown *m;
	cmark_parser *parser;
	const char *from; /* not given yet */
	const char *end;
	const char *above; /* the line before, to its newline */
	size_t nabove;
	struct markdown_text header, rule; /* of the table that may be open */
	uint32_t line;
	bool plain;
	struct markdown_fence fence;
	enum at at;
	size_t wide;           /* columns of a table that may be open */
	size_t missing;        /* cells that may still be made */
	const char *paragraph; /* where the one that may be open begins */
	size_t again;          /* bytes of paragraphs that may still be read again */
};

static void give_to(struct feed *f, const char *to)
{
	if (to > f->from)
		cmark_parser_feed(f->parser, f->from, (size_t)(to - f->from));
	f->from = to;
}

static void add_line(struct feed *f, uint32_t line)
{
	*VEC_PUSH(&f->m->fed) = line;
}

/* Ends what is open, before the line at s. */
static void add_blank(struct feed *f, const char *s, uint32_t line)
{
	give_to(f, s);
	cmark_parser_feed(f->parser, "\n", 1);
	add_line(f, line);
}

/* "| --- |"; "| - |" more likely is a row of values that are missing. */
static bool is_long_rule(const char *s, size_t len)
{
	return foreign_markdown_rule(s, len) > 0 && memmem(s, len, "---", 3);
}

/* Every row has as many cells as the rule, and there is one; none is a rule, which would make a
 * table of the row above it. */
static bool rows_agree(const struct feed *f, const char *s, size_t cells)
{
	const char *first = s;

	while (s < f->end && *s == '|') {
		const char *stop = memchr(s, '\n', (size_t)(f->end - s));
		size_t len = (size_t)((stop ? stop : f->end) - s);

		if (foreign_markdown_cells(s, len) != cells || is_long_rule(s, len))
			return false;
		s += len;
		s += s < f->end;
	}
	return s > first;
}

/* Where in "text | a | b |" a header of so many cells begins; 0 if it is none. */
static size_t header_in(const char *s, size_t len, size_t cells)
{
	struct grid_cell row = foreign_text(s, s + len);
	const char *bar = row.len > 0 ? memchr(row.s, '|', row.len) : NULL;

	if (!bar || bar == row.s || bar[-1] == '\\' || row.s[row.len - 1] != '|' ||
		row.s[row.len - 2] == '\\' || bar + 1 == row.s + row.len)
		return 0;
	if (foreign_markdown_cells(bar, (size_t)(row.s + row.len - bar)) != cells)
		return 0;
	return (size_t)(bar - s);
}

/* Makes lines of a header row and of the text before it. */
static bool part_header(struct feed *f, const char *next, size_t cells)
{
	size_t text = header_in(f->above, f->nabove, cells);

	f->header = (struct markdown_text){f->above + text, f->nabove - text};
	if (text == 0 || !rows_agree(f, next, cells))
		return false;
	give_to(f, f->above + text);
	cmark_parser_feed(f->parser, "\n\n", 2);
	add_line(f, f->line - 1);
	add_line(f, f->line - 1);
	*VEC_PUSH(&f->m->moved) = f->line - 1;
	return true;
}

/* cmark may see other cells in a text that is not clean. */
static bool is_clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < ' ')
			return false;
	}
	return foreign_utf8_valid(s, len);
}

/* Whether the line above may be a header of so many cells. */
static bool is_header(struct feed *f, size_t cells)
{
	f->header = (struct markdown_text){f->above, f->nabove};
	return *f->above == '|' && is_clean(f->above, f->nabove) &&
		foreign_markdown_cells(f->above, f->nabove) == cells;
}

/* Cells of a line in a table, or one or two more. */
static size_t most_cells(const char *s, const char *stop)
{
	size_t n = 1;

	for (; s < stop; s++)
		n += *s == '|';
	return n;
}

/* Columns of a line that may be a rule, be it in a quote or an item, or one more; else 0. */
static size_t columns_of(const char *s, const char *stop)
{
	const char *p = s;
	size_t n = 0;

	while (p < stop && *p && strchr(" \t>+*-.)0123456789", *p))
		p++;
	if (p == stop || (*p != '|' && *p != ':'))
		return 0;
	for (; p < stop; p++) {
		if (!*p || !strchr("|:- \t\v\f", *p))
			return 0;
	}
	for (p = s; p < stop; p++)
		n += *p == '-' && (p == s || p[-1] != '-');
	return n;
}

/* A line goes into a table that may be open; false: there are too many cells in it that are not
 * there. */
static bool afford(struct feed *f, size_t cells, size_t cost)
{
	size_t missing = f->wide > cells ? (f->wide - cells) * cost : 0;

	if (missing > f->missing)
		return false;
	f->missing -= missing;
	return true;
}

static void end_table(struct feed *f, const char *s)
{
	add_blank(f, s, f->line);
	f->m->cut = f->m->cut ? f->m->cut : f->line;
	f->wide = 0;
	f->at = OUTSIDE;
}

/* A row that is split here and not given to cmark. */
static bool passed_over(struct feed *f, const char *s, const char *stop)
{
	struct markdown *m = f->m;
	const struct markdown_row *row;

	if (f->plain || f->at != AT_ROWS || !foreign_markdown_split(m, s, stop, f->line))
		return false;
	row = &m->row.v[m->row.n - 1];
	if (afford(f, row->n, 1))
		return true;
	m->cell.n = row->first;
	m->row.n--;
	end_table(f, s);
	return false;
}

static void place_line(struct feed *f, const char *s, const char *stop, const char *next)
{
	size_t cells;

	if (s == stop || *s != '|' || f->fence.open) {
		f->at = OUTSIDE;
	} else if (f->at == OUTSIDE) {
		cells = foreign_markdown_rule(s, (size_t)(stop - s));
		if (cells > 0 && f->nabove > 0 &&
			(is_header(f, cells) || part_header(f, next, cells)))
			f->at = AT_RULE;
		f->rule = (struct markdown_text){s, (size_t)(stop - s)};
	} else {
		f->at = f->at == AT_RULE ? AT_FIRST : AT_ROWS;
	}
}

/* A rule that cmark will look above of.  When too much was read again, the paragraph is ended
 * before the line above, which is all that matters to the rule. */
static void read_again(struct feed *f, const char *s)
{
	size_t bytes = (size_t)(s - f->paragraph);

	if (bytes <= f->again) {
		f->again -= bytes;
		return;
	}
	if (f->from > f->above || f->nabove == 0)
		return;
	give_to(f, f->above);
	cmark_parser_feed(f->parser, "\n", 1);
	add_line(f, f->line - 1);
	f->paragraph = f->above;
	f->m->parted = f->m->parted ? f->m->parted : f->line - 1;
}

static void take_line(struct feed *f, const char *s, const char *stop)
{
	const char *next = stop < f->end ? stop + 1 : stop;
	size_t columns;

	f->line++;
	stop -= stop > s && stop[-1] == '\r';
	foreign_markdown_fence(&f->fence, s, stop);
	place_line(f, s, stop, next);
	if (passed_over(f, s, stop)) {
		give_to(f, s);
		f->from = next;
	} else {
		columns = columns_of(s, stop);
		if (columns > 0 && f->at <= AT_RULE)
			read_again(f, s);
		if (foreign_markdown_blank(s, stop)) {
			f->wide = 0;
			f->paragraph = next;
		}
		if (f->wide > 0 && !afford(f, most_cells(s, stop), COST_OF_CMARK))
			end_table(f, s);
		f->wide = columns > f->wide ? columns : f->wide;
		add_line(f, f->line);
	}
	f->above = s;
	f->nabove = (size_t)(stop - s);
}

/* The table of the part before goes on with this one's first line. */
static void open_again(struct feed *f)
{
	const struct markdown_text *lines[] = {&f->m->header, &f->m->rule};

	for (size_t i = 0; i < 2; i++) {
		cmark_parser_feed(f->parser, lines[i]->s, lines[i]->len);
		cmark_parser_feed(f->parser, "\n", 1);
		add_line(f, 0);
	}
	f->header = f->m->header;
	f->rule = f->m->rule;
	f->wide = columns_of(f->rule.s, f->rule.s + f->rule.len);
	f->at = AT_RULE;
}

void foreign_markdown_feed(
	struct markdown *m, cmark_parser *parser, const char *s, size_t len, bool plain)
{
	size_t missing = len * MISSING_PER_BYTE;
	struct feed f = {.m = m,
		.parser = parser,
		.from = s,
		.end = s + len,
		.above = s,
		.plain = plain,
		.paragraph = s,
		.again = len * MOST_AGAIN,
		.missing = missing < LEAST_MISSING ? LEAST_MISSING
			: missing > MOST_MISSING   ? MOST_MISSING
						   : missing};

	m->fed.n = m->row.n = m->cell.n = m->moved.n = 0;
	m->cut = m->parted = 0;
	m->next_row = m->next_moved = 0;
	if (m->pieces > 0)
		open_again(&f);
	while (s < f.end) {
		const char *stop = memchr(s, '\n', (size_t)(f.end - s));

		stop = stop ? stop : f.end;
		take_line(&f, s, stop);
		s = stop + 1;
	}
	give_to(&f, f.end);
	/* Behind a part there is its newline and the next one, or padding. */
	m->goes_on = f.at >= AT_FIRST && f.end[0] == '\n' && f.end[1] == '|';
	m->next_header = f.header;
	m->next_rule = f.rule;
}

uint32_t foreign_markdown_line(const struct markdown *m, int line)
{
	if (line < 1 || m->fed.n == 0)
		return 0;
	return m->fed.v[(size_t)line < m->fed.n ? (size_t)line - 1 : m->fed.n - 1];
}

static void mark_rows(struct markdown *m, cmark_node *table)
{
	cmark_node *row = cmark_node_first_child(table);

	while ((row = row ? cmark_node_next(row) : NULL)) {
		uint32_t line = foreign_markdown_line(m, cmark_node_get_start_line(row));

		if (line < m->ntaken)
			m->taken[line] |= 2;
	}
}

bool foreign_markdown_holds(struct markdown *m, cmark_node *root)
{
	if (m->row.n == 0)
		return true;
	for (cmark_node *at = cmark_node_first_child(root); at; at = cmark_node_next(at)) {
		if (strcmp(cmark_node_get_type_string(at), "table") == 0)
			mark_rows(m, at);
	}
	for (size_t i = 0; i < m->row.n; i++) {
		uint32_t line = m->row.v[i].line;

		if ((i == 0 || m->row.v[i - 1].line != line - 1) && !(m->taken[line - 1] & 2))
			return false;
	}
	return true;
}

void foreign_markdown_release(struct markdown *m)
{
	str_release(&m->text);
	VEC_RELEASE(&m->fed);
	VEC_RELEASE(&m->row);
	VEC_RELEASE(&m->cell);
	VEC_RELEASE(&m->moved);
}
