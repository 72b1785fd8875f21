/* doc_internal.h - what a document is made of, for its builder and its writers. */
#ifndef REPORT_DOC_INTERNAL_H
#define REPORT_DOC_INTERNAL_H

#include "document.h"

/* Around text from outside (doc_quote): what is between them may be anything.  Writers drop them.
 */
#define DOC_OPEN  '\002'
#define DOC_CLOSE '\003'

enum block_kind {
	BLOCK_SECTION,
	BLOCK_SUBSECTION,
	BLOCK_PARA,
	BLOCK_NOTE,
	BLOCK_CODE,
	BLOCK_ITEM,
	BLOCK_TABLE,
	BLOCK_FIGURE
};

struct doc_row {
	const char **cell; /* [ncols] */
};

struct block {
	enum block_kind kind;
	const char *id;   /* section */
	const char *text; /* title, paragraph, code, caption */
	const char *lead; /* list item: NULL none; figure: title */
	int evidence;
	/* table */
	size_t ncols;
	const char **head;
	enum doc_align *align;
	struct {
		struct doc_row *v;
		size_t n, cap;
	} rows;
	/* figure */
	const char *dir, *name, *alt;
};

struct evidence {
	const char *file, *filter;
	unsigned long n;
};

struct doc {
	struct arena arena;
	const char *title, *stamp, *lead; /* stamp and lead may be NULL */
	struct {
		struct block *v;
		size_t n, cap;
	} blocks;
	struct {
		struct evidence *v;
		size_t n, cap;
	} evidence;
	struct {
		const char **v;
		size_t n, cap;
	} expected; /* names that would be refused, were they ours */
	struct err refused;
};

/* One line of valid UTF-8 without control characters, marks kept. */
char *doc_clean(struct arena *a, const char *text);
/* What is wrong with a text of ours, or NULL. */
const char *doc_fault(const char *text);
/* "72 rows with phase=measure", "1 row". */
void doc_evidence_text(struct str *out, const struct evidence *ev);
/* Fails with the first refusal; or, after a writer is done, where the output grew too large. */
int doc_usable(const struct doc *d, struct err *e);
int doc_complete(const struct str *out, struct err *e);

/* The style sheet of the HTML. */
extern const char doc_style[];

#endif
