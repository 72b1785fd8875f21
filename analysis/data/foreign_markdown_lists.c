/* foreign_markdown_lists.c - lists of Markdown that are tables, or tell what holds for one. */
#include <stdio.h>
#include <string.h>

#include "foreign_markdown_parts.h"
#include "vec.h"

#define MOST_CONTEXT 256
#define MOST_NAME    80 /* bytes of a name in a list */

static int hand_over(struct markdown *m, size_t nrows, const struct grid_cell *cell)
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

	snprintf(place, sizeof(place), "list %u", ++m->lists);
	g.name = foreign_names(o);
	ret = foreign_hand_over(m->r, &g);
	arena_release(&o->piece);
	return ret;
}

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

/* A table without a blank line above it was taken into the item, or a heading that lost its line.
 */
static const char *end_of_item(const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == ' ' && (s[1] == '|' || (s[1] == '#' && s[2] == '#')))
			return s;
	}
	return end;
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
	end = end_of_item(m->text.s, m->text.s + m->text.len);
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

/* ---- entries ---- */

/* An item is a row, "label: a=1 b=2", or where lines were joined several: those of a group, "group:
 * - label: a=1 - label: a=2", or "label: a=1 - label: a=2" where the first key comes again. */
struct entries {
	struct item item;
	bool grouped;
	size_t at; /* of the next one in the item's value */
};

/* An entry begins at `at`: where its pairs begin, 0 if it does not. */
static size_t entry_at(const struct grid_cell *text, size_t at, struct grid_cell *label)
{
	const char *s = text->s;
	size_t i = at + 2, most;

	if (s[at] != '-' || (at > 0 && s[at - 1] != ' ') || i >= text->len || s[at + 1] != ' ')
		return 0;
	most = i + MOST_NAME < text->len ? i + MOST_NAME : text->len;
	for (; i + 1 < most && !(s[i] == ':' && s[i + 1] == ' '); i++) {
		if (s[i] == '=' || (s[i] == '-' && s[i - 1] == ' ' && s[i + 1] == ' '))
			return 0;
	}
	if (i + 1 >= most)
		return 0;
	*label = foreign_text(s + at + 2, s + i);
	return label->len > 0 ? i + 1 : 0;
}

/* The first word is a pair: its key. */
static struct grid_cell first_key(const char *s, const char *end)
{
	const char *p;

	while (s < end && *s == ' ')
		s++;
	for (p = s; p < end && *p != ' '; p++) {
		if (*p == '=')
			return foreign_text(s, p);
	}
	return (struct grid_cell){0};
}

static bool same(const struct grid_cell *a, const struct grid_cell *b)
{
	return a->len > 0 && a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

static struct entries entries_of(const struct item *item)
{
	const struct grid_cell *v = &item->value;

	return (struct entries){
		.item = *item, .grouped = v->len > 1 && v->s[0] == '-' && v->s[1] == ' '};
}

/* The next entry's label and pairs; false if there is no more. */
static bool next_entry(struct entries *e, struct item *entry)
{
	const struct grid_cell *text = &e->item.value;
	const char *end = text->s + text->len;
	struct grid_cell first = first_key(text->s, end), label;
	size_t from = 0, stop;

	if (e->at >= text->len)
		return false;
	entry->name = e->item.name;
	if (e->grouped || e->at > 0)
		from = entry_at(text, e->at, &entry->name);
	if (from == 0 && e->grouped)
		return false;
	for (stop = from; stop < text->len; stop++) {
		size_t pairs = text->s[stop] == '-' ? entry_at(text, stop, &label) : 0;
		struct grid_cell key;

		if (pairs == 0)
			continue;
		key = first_key(text->s + pairs, end);
		if (e->grouped ? key.len > 0 : same(&key, &first))
			break;
	}
	entry->value = foreign_text(text->s + from, text->s + stop);
	e->at = stop;
	return true;
}

/* All entries of a group are labels with pairs. */
static bool is_group(const struct item *item)
{
	struct entries e = entries_of(item);
	struct item entry;
	size_t n = 0;

	while (next_entry(&e, &entry)) {
		if (first_key(entry.value.s, entry.value.s + entry.value.len).len == 0)
			return false;
		n++;
	}
	return n > 0;
}

/* ---- items ---- */

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

/* What an item is for: rows, rows with a group, a column of the one row, or context. */
enum use { USE_NONE, USE_ROW, USE_GROUP, USE_COLUMN, USE_CONTEXT };

static enum use use_of(struct markdown *m, cmark_node *node, struct item *item)
{
	if (!take_item(m, node, item))
		return USE_NONE;
	if (has_pairs(&item->value)) {
		if (!entries_of(item).grouped)
			return USE_ROW;
		return is_group(item) ? USE_GROUP : USE_NONE;
	}
	return begins_number(&item->value) ? USE_COLUMN : USE_CONTEXT;
}

static uint32_t line_of(const struct markdown *m, cmark_node *node)
{
	return (uint32_t)(m->before + foreign_markdown_line(m, cmark_node_get_start_line(node)));
}

/* Items in a row that are for the same use. */
struct run {
	cmark_node *first, *stop;
	enum use use;
	size_t fixed; /* columns before those of the keys */
};

static void find_keys(struct markdown *m, const struct item *item, size_t *nrows)
{
	struct entries e = entries_of(item);
	struct item entry;

	while (next_entry(&e, &entry)) {
		struct grid_cell key, value;
		size_t from = 0;

		while (next_pair(&entry.value, &from, &key, &value)) {
			if (key.len > 0)
				foreign_column(
					&m->r->own->columns, key.s, key.len, &m->r->own->piece);
		}
		++*nrows;
	}
}

/* The columns of a run; its rows. */
static size_t find_columns(struct markdown *m, const struct run *run)
{
	struct foreign_columns *c = &m->r->own->columns;
	struct arena *a = &m->r->own->piece;
	size_t nrows = run->use == USE_COLUMN;
	struct item item;

	foreign_columns_reset(c);
	if (run->use == USE_GROUP)
		foreign_column(c, "group", 5, a);
	if (run->use != USE_COLUMN)
		foreign_column(c, "label", 5, a);
	for (cmark_node *at = run->first; at != run->stop; at = cmark_node_next(at)) {
		take_item(m, at, &item);
		if (run->use == USE_COLUMN)
			foreign_column(c, item.name.s, item.name.len, a);
		else
			find_keys(m, &item, &nrows);
	}
	return nrows;
}

static struct grid_cell kept(struct markdown *m, const struct grid_cell *cell)
{
	return foreign_markdown_kept(m, cell->s, cell->s + cell->len);
}

static void fill_row(
	struct markdown *m, const struct item *entry, struct grid_cell *row, size_t fixed)
{
	struct foreign_columns *c = &m->r->own->columns;
	struct grid_cell key, value;
	size_t from = 0;

	row[fixed - 1] = kept(m, &entry->name);
	while (next_pair(&entry->value, &from, &key, &value)) {
		uint32_t column = key.len ? foreign_column(c, key.s, key.len, NULL) : FOREIGN_NONE;

		if (column != FOREIGN_NONE && column >= fixed && value.len > 0)
			row[column] = kept(m, &value);
	}
}

/* The rows of an item; the number of the row after them. */
static size_t fill_item(struct markdown *m, const struct run *run, cmark_node *node,
	struct grid_cell *cell, size_t row)
{
	struct foreign_own *o = m->r->own;
	struct item item, entry;
	struct entries e;

	take_item(m, node, &item);
	e = entries_of(&item);
	for (; next_entry(&e, &entry); row++) {
		struct grid_cell *to = cell + row * o->columns.n;

		o->line[row] = line_of(m, node);
		if (run->use == USE_GROUP)
			to[0] = kept(m, &item.name);
		fill_row(m, &entry, to, run->fixed);
	}
	return row;
}

static void fill_column(struct markdown *m, cmark_node *node, struct grid_cell *cell)
{
	struct item item;
	uint32_t column;

	take_item(m, node, &item);
	column = foreign_column(&m->r->own->columns, item.name.s, item.name.len, NULL);
	if (column != FOREIGN_NONE)
		cell[column] = kept(m, &item.value);
}

static int hand_over_run(struct markdown *m, const struct run *run)
{
	struct foreign_own *o = m->r->own;
	size_t nrows = find_columns(m, run), ncols = o->columns.n, row = 0;
	struct grid_cell *cell;

	/* A list where each item has keys of its own. */
	if (nrows * ncols > FOREIGN_MOST_CELLS / 4) {
		foreign_note(m->r, line_of(m, run->first), "a list of too many different names");
		return 0;
	}
	cell = foreign_cells(o, nrows * ncols);
	memset(cell, 0, nrows * ncols * sizeof(*cell));
	foreign_lines(o, nrows)[0] = line_of(m, run->first);
	for (cmark_node *at = run->first; at != run->stop; at = cmark_node_next(at)) {
		if (run->use == USE_COLUMN)
			fill_column(m, at, cell);
		else
			row = fill_item(m, run, at, cell, row);
	}
	return hand_over(m, nrows, cell);
}

/* The run that begins with an item. */
static struct run take_run(struct markdown *m, cmark_node *first)
{
	struct item item;
	struct run run = {.first = first, .use = use_of(m, first, &item)};

	if (run.use == USE_CONTEXT)
		add_context(m, &item);
	if (run.use == USE_NONE && item.value.len > 0 && has_pairs(&item.value))
		foreign_note(m->r, line_of(m, first),
			"several entries in one list item, not all of them \"label: key=value\"");
	run.fixed = run.use == USE_GROUP ? 2 : 1;
	run.stop = cmark_node_next(first);
	if (run.use == USE_NONE || run.use == USE_CONTEXT)
		return run;
	while (run.stop && use_of(m, run.stop, &item) == run.use)
		run.stop = cmark_node_next(run.stop);
	return run;
}

int foreign_markdown_list(struct markdown *m, cmark_node *list)
{
	cmark_node *at = cmark_node_first_child(list);

	while (at) {
		struct run run = take_run(m, at);
		struct item item;

		at = run.stop;
		if (run.use == USE_NONE || run.use == USE_CONTEXT)
			continue;
		if (hand_over_run(m, &run))
			return -1;
		for (cmark_node *one = run.first; run.use == USE_COLUMN && one != run.stop;
			one = cmark_node_next(one)) {
			if (take_item(m, one, &item))
				add_context(m, &item);
		}
	}
	return 0;
}
