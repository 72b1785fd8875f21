/* foreign_markdown_parts.h - a Markdown file part by part: its headings, tables and lists. */
#ifndef DATA_FOREIGN_MARKDOWN_PARTS_H
#define DATA_FOREIGN_MARKDOWN_PARTS_H

#include <cmark-gfm.h>

#include "foreign_parts.h"

/* Bytes of a cell, a heading or an item; of a line that is split without cmark. */
#define MARKDOWN_MOST_TEXT ((size_t)64 << 10)

/* Every row goes through cmark: slow, and by contract with the same outcome.  For tests. */
extern bool foreign_markdown_plain;

/* A part of a line. */
struct markdown_text {
	const char *s;
	size_t len;
};

/* A row that cmark is not given: its line in the part from 1, its cells in own cells. */
struct markdown_row {
	uint32_t line;
	size_t first, n;
};

struct markdown {
	struct foreign_reader *r;
	cmark_syntax_extension *table;
	const char *title; /* the heading above */
	uint64_t before;   /* lines before the part */
	uint32_t tables, lists;
	struct str text; /* of a node */
	/* Lines of the part, from 1: in a table or in code (1), row of a table of cmark's that
	 * stands in nothing else (2). */
	uint8_t *taken;
	size_t ntaken;
	/* A table that did not end with its part: its names, in memory of the file, and the pieces
	 * of it that were handed over; 0 there is none. */
	const struct grid_cell *name;
	size_t ncols;
	uint32_t pieces;
	struct markdown_text header, rule; /* of it */
	/* ---- of the part, by foreign_markdown_feed() ---- */
	struct {
		uint32_t *v; /* the part's line of each of cmark's lines */
		size_t n, cap;
	} fed;
	struct {
		struct markdown_row *v;
		size_t n, cap;
	} row;
	struct {
		struct grid_cell *v; /* texts of the file's buffer */
		size_t n, cap;
	} cell;
	struct {
		uint32_t *v; /* lines of which a header row behind text was made a line */
		size_t n, cap;
	} moved;
	bool goes_on; /* its last line may be a row of a table that goes on in the next one */
	struct markdown_text next_header, next_rule; /* of that */
	uint32_t cut;      /* a table was ended before this line; 0 none was */
	uint32_t parted;   /* a long paragraph was ended before this line; 0 none was */
	size_t next_row;   /* of `row`, that no table took yet */
	size_t next_moved; /* of `moved` */
};

/* cmark's memory, in this thread, until it is reset: then all of it is given back. */
cmark_mem *foreign_blocks_use(struct foreign_blocks *b);
void foreign_blocks_reset(struct foreign_blocks *b);

/* The text of a node's inline nodes, in m->text. */
void foreign_markdown_text(struct markdown *m, cmark_node *node);
int foreign_markdown_table(struct markdown *m, cmark_node *table);
/* Ends a table that the part before left open and this one did not take up again. */
int foreign_markdown_end_table(struct markdown *m);
/* Lists of "label: a=1 b=2" and of "name: 12" are tables; other "name: value" is context. */
int foreign_markdown_list(struct markdown *m, cmark_node *list);
/* The same text, in memory of the piece. */
struct grid_cell foreign_markdown_kept(struct markdown *m, const char *s, const char *end);

/* ---- lines ---- */

/* A table's rule, "| --- | ---: |": how many cells it has; 0 if it is none. */
size_t foreign_markdown_rule(const char *s, size_t len);
/* Cells of a row, bars that are escaped aside. */
size_t foreign_markdown_cells(const char *s, size_t len);
bool foreign_markdown_blank(const char *s, const char *end);

/* A fence of code that is open: its character and length; all zero outside. */
struct markdown_fence {
	char open;
	size_t length;
};
void foreign_markdown_fence(struct markdown_fence *f, const char *s, const char *end);

/* Splits a row that begins with a bar and holds nothing but texts that mean themselves, and cells
 * that are wholly `code`, *so* or **so**; adds it to m->row.  False if it is none: cmark's. */
bool foreign_markdown_split(struct markdown *m, const char *s, const char *end, uint32_t line);

/* Gives a part to cmark: with `plain` each of its lines, else without the rows behind the first
 * of a table that can be split here.  A header row behind other text becomes a line of its own;
 * a table that would be made of cells that are not there is ended. */
void foreign_markdown_feed(
	struct markdown *m, cmark_parser *parser, const char *s, size_t len, bool plain);
/* Whether the rows that cmark was not given follow on rows of its tables, so that it would have
 * taken them for rows too. */
bool foreign_markdown_holds(struct markdown *m, cmark_node *root);
/* The part's line of one of cmark's; 0 if there is none. */
uint32_t foreign_markdown_line(const struct markdown *m, int line);
void foreign_markdown_release(struct markdown *m);

#endif
