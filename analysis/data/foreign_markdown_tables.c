/* foreign_markdown_tables.c - tables of Markdown, and lists that are tables. */
#include <stdio.h>
#include <string.h>

#include "foreign_markdown_parts.h"
#include "vec.h"

#define MOST_CONTEXT 256
#define MOST_NAME    80 /* bytes of a name in a list */

static struct grid_cell kept(struct markdown *m, const char *s, const char *end)
{
	struct grid_cell cell = foreign_text(s, end);

	if (cell.s)
		cell.s = arena_strn(&m->r->own->piece, cell.s, cell.len);
	return cell;
}

static int hand_over(struct markdown *m, const char *what, uint32_t number, size_t nrows,
	const struct grid_cell *cell)
{
	struct foreign_own *o = m->r->own;
	char place[40];
	struct grid g = {.form = GRID_MARKDOWN,
		.place = place,
		.title = m->title,
		.ncols = o->columns.n,
		.nrows = nrows,
		.cell = cell,
		.line = o->line,
		.context = o->context.v,
		.ncontext = o->context.n,
		.last = true};
	int ret;

	snprintf(place, sizeof(place), "%s %u", what, number);
	g.name = foreign_names(o);
	ret = foreign_hand_over(m->r, &g);
	arena_release(&o->piece);
	return ret;
}

size_t foreign_markdown_rule(const char *s, size_t len)
{
	const char *p = s, *end = s + len;
	size_t cells = 0, bars = 0;

	while (end > p && strchr(" \t\r", end[-1]) && end[-1])
		end--;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '|') {
		bars++;
		p++;
	}
	while (p < end) {
		size_t dashes = 0;

		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		p += p < end && *p == ':';
		for (; p < end && *p == '-'; p++)
			dashes++;
		p += p < end && *p == ':';
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (dashes == 0 || (p < end && *p != '|'))
			return 0;
		cells++;
		bars += p < end;
		p++;
	}
	return bars > 0 ? cells : 0;
}

/* ---- tables ---- */

/* Names as they stand: two columns may have the same, so they are no foreign_columns' keys. */
static int hand_over_table(
	struct markdown *m, const struct grid_cell *name, size_t ncols, size_t nrows)
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
		.last = true};

	snprintf(place, sizeof(place), "table %u", m->tables);
	return foreign_hand_over(m->r, &g);
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
		cell[i] = kept(m, m->text.s, m->text.s + m->text.len);
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

int foreign_markdown_table(struct markdown *m, cmark_node *table)
{
	struct foreign_own *o = m->r->own;
	cmark_node *header = cmark_node_first_child(table), *row;
	size_t all = count_children(header), nrows = 0, ncols;
	uint64_t line = m->before + (uint64_t)cmark_node_get_start_line(table);
	struct grid_cell *name;
	int ret = 0;

	m->tables++;
	ncols = all < FOREIGN_MOST_COLUMNS ? all : FOREIGN_MOST_COLUMNS;
	if (ncols < all)
		foreign_note(m->r, line, "%zu columns: those after the first %d are left out", all,
			FOREIGN_MOST_COLUMNS);
	name = arena_alloc(&o->piece, ncols + 1, sizeof(*name));
	take_cells(m, header, name, ncols);
	for (size_t i = 0; i < ncols; i++) {
		name[i].s = name[i].s ? name[i].s : "";
		name[i].kind = GRID_TEXT;
	}
	for (row = cmark_node_next(header); row; row = cmark_node_next(row)) {
		take_cells(m, row, foreign_cells(o, (nrows + 1) * ncols) + nrows * ncols, ncols);
		foreign_lines(o, nrows + 1)[nrows] =
			(uint32_t)(m->before + (uint64_t)cmark_node_get_start_line(row));
		nrows++;
	}
	if (nrows > 0)
		ret = hand_over_table(m, name, ncols, nrows);
	else
		foreign_note(m->r, line, "a table without rows");
	arena_release(&o->piece);
	return ret;
}

/* ---- lists ---- */

/* "name: value" taken apart. */
struct item {
	struct grid_cell name, value;
};

static bool begins_number(const struct grid_cell *cell)
{
	const char *s = cell->s;
	size_t i = 0;

	while (i < cell->len && s[i] && strchr("~+-$<>", s[i]))
		i++;
	return i < cell->len && s[i] >= '0' && s[i] <= '9';
}

/* The text of an item up to its first paragraph's end. */
static bool take_item(struct markdown *m, cmark_node *node, struct item *item)
{
	cmark_node *paragraph = cmark_node_first_child(node);
	const char *s, *end;

	*item = (struct item){0};
	if (!paragraph || cmark_node_get_type(paragraph) != CMARK_NODE_PARAGRAPH)
		return false;
	foreign_markdown_text(m, paragraph);
	/* A table without a blank line above it was taken into the item. */
	end = strstr(m->text.s, " |");
	end = end ? end : m->text.s + m->text.len;
	for (s = m->text.s; s < end; s++) {
		if (*s == ':' && (s + 1 == end || s[1] == ' '))
			break;
	}
	if (s == end)
		return false;
	item->name = foreign_text(m->text.s, s);
	item->value = foreign_text(s + 1, end);
	return item->name.len > 0 && item->name.len <= MOST_NAME && item->value.len > 0;
}

static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t,;([{", c) != NULL;
}

/* The key before the '=' at `at`; its length, 0 if there is none. */
static size_t key_before(const char *s, size_t at)
{
	size_t from = at;

	while (from > 0 && !ends_word(s[from - 1]) && s[from - 1] != '=')
		from--;
	return at - from;
}

/* One "key=value" of the text from *at on; false if there is no more. */
static bool next_pair(
	const struct grid_cell *text, size_t *at, struct grid_cell *key, struct grid_cell *value)
{
	const char *s = text->s;
	size_t n = 0, stop;

	for (; *at < text->len; ++*at) {
		n = s[*at] == '=' ? key_before(s, *at) : 0;
		if (n > 0)
			break;
	}
	if (n == 0)
		return false;
	*key = foreign_text(s + *at - n, s + *at);
	for (stop = ++*at; stop < text->len; stop++) {
		size_t next = s[stop] == '=' ? key_before(s, stop) : 0;

		if (next > 0 && stop > next && stop - next >= *at) {
			stop -= next;
			break;
		}
	}
	n = stop;
	while (n > *at && s[n - 1] && strchr(" \t,;)]}", s[n - 1]))
		n--;
	*value = foreign_text(s + *at, s + n);
	*at = stop;
	return true;
}

/* "a=1 b=2.5": at least one with a number. */
static bool has_pairs(const struct grid_cell *text)
{
	struct grid_cell key, value;
	size_t at = 0;

	while (next_pair(text, &at, &key, &value)) {
		if (begins_number(&value))
			return true;
	}
	return false;
}

static void add_context(struct markdown *m, const struct item *item)
{
	struct foreign_own *o = m->r->own;
	struct grid_pair pair = {.value = item->value};

	if (o->context.n >= MOST_CONTEXT)
		return;
	pair.name = arena_strn(&o->arena, item->name.s, item->name.len);
	pair.value.s = arena_strn(&o->arena, item->value.s, item->value.len);
	*VEC_PUSH(&o->context) = pair;
}

/* What an item is for: a row of its own, a column of the one row, or context. */
enum use { USE_NONE, USE_ROW, USE_COLUMN, USE_CONTEXT };

static enum use use_of(struct markdown *m, cmark_node *node, struct item *item)
{
	if (!take_item(m, node, item))
		return USE_NONE;
	if (has_pairs(&item->value))
		return USE_ROW;
	return begins_number(&item->value) ? USE_COLUMN : USE_CONTEXT;
}

static uint32_t line_of(const struct markdown *m, cmark_node *node)
{
	return (uint32_t)(m->before + (uint64_t)cmark_node_get_start_line(node));
}

/* The columns of a run's items. */
static void find_columns(
	struct markdown *m, cmark_node *first, const cmark_node *stop, enum use use)
{
	struct foreign_columns *c = &m->r->own->columns;
	struct arena *a = &m->r->own->piece;
	struct item item;

	foreign_columns_reset(c);
	if (use == USE_ROW)
		foreign_column(c, "label", 5, a);
	for (cmark_node *at = first; at != stop; at = cmark_node_next(at)) {
		struct grid_cell key, value;
		size_t from = 0;

		take_item(m, at, &item);
		if (use == USE_COLUMN)
			foreign_column(c, item.name.s, item.name.len, a);
		while (use == USE_ROW && next_pair(&item.value, &from, &key, &value)) {
			if (key.len > 0)
				foreign_column(c, key.s, key.len, a);
		}
	}
}

static void fill_row(struct markdown *m, const struct item *item, struct grid_cell *row)
{
	struct foreign_columns *c = &m->r->own->columns;
	struct grid_cell key, value;
	size_t from = 0;

	row[0] = kept(m, item->name.s, item->name.s + item->name.len);
	while (next_pair(&item->value, &from, &key, &value)) {
		uint32_t column = key.len ? foreign_column(c, key.s, key.len, NULL) : FOREIGN_NONE;

		if (column != FOREIGN_NONE && column > 0 && value.len > 0)
			row[column] = kept(m, value.s, value.s + value.len);
	}
}

/* Items from `first` to before `stop`, all for the same use, as one table. */
static int hand_over_run(
	struct markdown *m, cmark_node *first, cmark_node *stop, size_t n, enum use use)
{
	struct foreign_own *o = m->r->own;
	size_t nrows = use == USE_ROW ? n : 1, ncols, i = 0;
	struct grid_cell *cell;

	find_columns(m, first, stop, use);
	ncols = o->columns.n;
	/* A list where each item has keys of its own. */
	if (nrows * ncols > FOREIGN_MOST_CELLS / 4) {
		foreign_note(m->r, line_of(m, first), "a list of too many different names");
		return 0;
	}
	cell = foreign_cells(o, nrows * ncols);
	memset(cell, 0, nrows * ncols * sizeof(*cell));
	foreign_lines(o, nrows)[0] = line_of(m, first);
	for (cmark_node *at = first; at != stop; at = cmark_node_next(at), i++) {
		struct item item;
		uint32_t column;

		take_item(m, at, &item);
		if (use == USE_ROW) {
			o->line[i] = line_of(m, at);
			fill_row(m, &item, cell + i * ncols);
			continue;
		}
		column = foreign_column(&o->columns, item.name.s, item.name.len, NULL);
		if (column != FOREIGN_NONE)
			cell[column] = kept(m, item.value.s, item.value.s + item.value.len);
	}
	return hand_over(m, "list", ++m->lists, nrows, cell);
}

int foreign_markdown_list(struct markdown *m, cmark_node *list)
{
	cmark_node *at = cmark_node_first_child(list);
	struct item item;

	while (at) {
		cmark_node *first = at;
		enum use use = use_of(m, at, &item);
		size_t n = 0;

		if (use == USE_CONTEXT)
			add_context(m, &item);
		do {
			at = cmark_node_next(at);
			n++;
		} while (
			at && (use == USE_ROW || use == USE_COLUMN) && use_of(m, at, &item) == use);
		if (use != USE_ROW && use != USE_COLUMN)
			continue;
		if (hand_over_run(m, first, at, n, use))
			return -1;
		for (cmark_node *one = first; use == USE_COLUMN && one != at;
			one = cmark_node_next(one)) {
			if (take_item(m, one, &item))
				add_context(m, &item);
		}
	}
	return 0;
}
