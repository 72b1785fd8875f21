/* foreign_markdown.c - Markdown, a part of the file at a time, so that no text costs more time or
 * memory than one of that size. */
#include <cmark-gfm-core-extensions.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_markdown_parts.h"

/* A part ends at the first blank line behind so many bytes, or at any line behind more. */
#define PART      ((size_t)64 << 10)
#define MOST_PART ((size_t)512 << 10)

static void register_extensions(void)
{
	cmark_gfm_core_extensions_ensure_registered();
}

static cmark_syntax_extension *table_extension(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	cmark_syntax_extension *table;

	pthread_once(&once, register_extensions);
	table = cmark_find_syntax_extension("table");
	if (!table)
		BUG("cmark-gfm has no tables");
	return table;
}

void foreign_markdown_text(struct markdown *m, cmark_node *node)
{
	cmark_node *only = cmark_node_first_child(node);
	cmark_iter *it;
	cmark_event_type event;

	str_reset(&m->text);
	if (!only)
		return;
	if (!cmark_node_next(only) && cmark_node_get_type(only) == CMARK_NODE_TEXT) {
		str_add(&m->text, cmark_node_get_literal(only));
		return;
	}
	it = cmark_iter_new(node);
	while ((event = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
		cmark_node *at = cmark_iter_get_node(it);
		cmark_node_type type = cmark_node_get_type(at);

		if (event != CMARK_EVENT_ENTER)
			continue;
		if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
			str_add(&m->text, cmark_node_get_literal(at));
		else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK ||
			type == CMARK_NODE_HTML_INLINE)
			str_addc(&m->text, ' ');
	}
	cmark_iter_free(it);
}

/* ---- a part ---- */

static void take_heading(struct markdown *m, cmark_node *heading)
{
	struct foreign_own *o = m->r->own;
	struct grid_cell text;

	m->r->facts->headings++;
	foreign_markdown_text(m, heading);
	text = foreign_text(m->text.s, m->text.s + m->text.len);
	m->title = text.s ? arena_strn(&o->arena, text.s, text.len) : "";
	o->context.n = 0;
}

static void take_lines(struct markdown *m, cmark_node *node)
{
	size_t first = foreign_markdown_line(m, cmark_node_get_start_line(node)),
	       last = foreign_markdown_line(m, cmark_node_get_end_line(node));

	for (size_t i = first > 0 ? first : 1; i <= last && i < m->ntaken; i++)
		m->taken[i] |= 1;
}

/* What holds texts only is not walked through. */
static int take_node(struct markdown *m, cmark_node *node, bool *texts)
{
	cmark_node_type type = cmark_node_get_type(node);

	*texts = type == CMARK_NODE_HEADING || type == CMARK_NODE_PARAGRAPH;
	if (type == CMARK_NODE_HEADING)
		take_heading(m, node);
	else if (type == CMARK_NODE_CODE_BLOCK)
		take_lines(m, node);
	else if (type == CMARK_NODE_LIST)
		return foreign_markdown_list(m, node);
	else if (strcmp(cmark_node_get_type_string(node), "table") == 0) {
		*texts = true;
		take_lines(m, node);
		return foreign_markdown_table(m, node);
	}
	return 0;
}

static int walk(struct markdown *m, cmark_node *root)
{
	cmark_iter *it = cmark_iter_new(root);
	cmark_event_type event;
	int ret = 0;

	while (ret == 0 && (event = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(it);
		bool texts;

		if (event != CMARK_EVENT_ENTER)
			continue;
		ret = take_node(m, node, &texts);
		if (texts)
			cmark_iter_reset(it, node, CMARK_EVENT_EXIT);
	}
	cmark_iter_free(it);
	return ret;
}

static void tell_stray(
	struct markdown *m, uint64_t line, size_t cells, const char *above, size_t len)
{
	struct grid_cell row = foreign_text(above, above + len);
	const char *why = "the line above it is no row of as many cells";

	if (row.len > 0 && row.s[0] != '|' && memchr(row.s, '|', row.len))
		why = "its header row has other text before it";
	else if (row.len > 0 && foreign_markdown_cells(above, len) == cells)
		why = "its header row has no blank line above it";
	foreign_note(m->r, m->before + line, "looks like a table, but %s", why);
}

/* Rules that are in no table. */
static void tell_strays(struct markdown *m, const char *s, size_t len)
{
	const char *end = s + len, *above = s;
	size_t nabove = 0;

	for (size_t line = 1; s < end; line++) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((stop ? stop : end) - s), cells = 0;

		if (line < m->ntaken && !(m->taken[line] & 1))
			cells = foreign_markdown_rule(s, n);
		if (cells > 0)
			tell_stray(m, line, cells, above, nabove);
		above = s;
		nabove = n;
		s += n + 1;
	}
}

static cmark_node *parse(struct markdown *m, const char *s, size_t len, bool plain)
{
	cmark_parser *parser = cmark_parser_new_with_mem(
		CMARK_OPT_DEFAULT, foreign_blocks_use(&m->r->own->blocks));

	cmark_parser_attach_syntax_extension(parser, m->table);
	foreign_markdown_feed(m, parser, s, len, plain);
	return cmark_parser_finish(parser);
}

static int read_part(struct markdown *m, const char *s, size_t len, size_t lines)
{
	struct foreign_blocks *blocks = &m->r->own->blocks;
	uint32_t open = m->pieces;
	cmark_node *root;
	int ret;

	m->ntaken = lines + 2;
	m->taken = xcalloc(m->ntaken, 1);
	root = parse(m, s, len, foreign_markdown_plain);
	if (!foreign_markdown_holds(m, root)) {
		foreign_blocks_reset(blocks);
		root = parse(m, s, len, true);
	}
	if (m->cut)
		foreign_note(m->r, m->before + m->cut,
			"a table ends here: its rows lack too many of its columns");
	if (m->parted)
		foreign_note(m->r, m->before + m->parted,
			"many rules of tables in one long paragraph: it is ended here");
	ret = walk(m, root);
	if (ret == 0 && open > 0 && m->pieces == open)
		ret = foreign_markdown_end_table(m);
	if (ret == 0)
		tell_strays(m, s, len);
	foreign_blocks_reset(blocks); /* the parser and its nodes */
	free(m->taken);
	m->before += lines;
	return ret;
}

/* ---- parts ---- */

static bool is_hash_line(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s < end && *s == '#';
}

static int read_parts(struct markdown *m, const char *s, const char *end)
{
	const char *part = s;
	size_t lines = 0;
	struct markdown_fence fence = {0};

	while (s < end) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));
		size_t size;

		stop = stop ? stop : end;
		m->r->facts->hash_lines += is_hash_line(s, stop);
		foreign_markdown_fence(&fence, s, stop);
		size = (size_t)(stop - part);
		lines++;
		if (size >= MOST_PART ||
			(size >= PART && !fence.open && foreign_markdown_blank(s, stop))) {
			if (read_part(m, part, size, lines))
				return -1;
			part = stop < end ? stop + 1 : end;
			lines = 0;
		}
		s = stop < end ? stop + 1 : end;
	}
	return lines > 0 ? read_part(m, part, (size_t)(end - part), lines) : 0;
}

/* A carriage return alone ends a line of Markdown. */
static void end_lines(char *s, const char *end)
{
	while (s < end && (s = memchr(s, '\r', (size_t)(end - s)))) {
		if (s + 1 == end || s[1] != '\n')
			*s = '\n';
		s++;
	}
}

int foreign_markdown(struct foreign_reader *r)
{
	struct markdown m = {.r = r,
		.table = table_extension(),
		.title = "",
		.text = STR_INIT(MARKDOWN_MOST_TEXT)};
	size_t len = foreign_whole(r);
	char *s = r->own->whole;
	int ret;

	end_lines(s, s + len);
	ret = read_parts(&m, s, s + len);
	foreign_markdown_release(&m);
	return ret;
}
