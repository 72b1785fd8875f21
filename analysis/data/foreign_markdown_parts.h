/* foreign_markdown_parts.h - a Markdown file part by part: its headings, tables and lists. */
#ifndef DATA_FOREIGN_MARKDOWN_PARTS_H
#define DATA_FOREIGN_MARKDOWN_PARTS_H

#include <cmark-gfm.h>

#include "foreign_parts.h"

struct markdown {
	struct foreign_reader *r;
	cmark_syntax_extension *table;
	const char *title; /* the heading above */
	uint64_t before;   /* lines before the part */
	uint32_t tables, lists;
	struct str text; /* of a node */
	/* Lines of the part, from 1: in a table or in code. */
	uint8_t *taken;
	size_t ntaken;
};

/* cmark's memory, in this thread, until it is reset: then all of it is given back. */
cmark_mem *foreign_blocks_use(struct foreign_blocks *b);
void foreign_blocks_reset(struct foreign_blocks *b);

/* The text of a node's inline nodes, in m->text. */
void foreign_markdown_text(struct markdown *m, cmark_node *node);
int foreign_markdown_table(struct markdown *m, cmark_node *table);
/* Lists of "label: a=1 b=2" and of "name: 12" are tables; other "name: value" is context. */
int foreign_markdown_list(struct markdown *m, cmark_node *list);
/* A table's rule, "| --- | ---: |": how many cells it has; 0 if it is none. */
size_t foreign_markdown_rule(const char *s, size_t len);

#endif
