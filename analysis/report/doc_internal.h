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
	int evidence;
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
	const char *file, *filter;      /* of doc_evidence; else file is NULL */
	const struct doc_place *places; /* of doc_evidence_places, as many as are named */
	size_t nplaces, more;           /* more: not named */
	unsigned long n;
	const char *noun;
};

struct doc_name {
	const char *s;
	size_t len;
};

struct doc {
	struct arena arena;
	const char *title, *stamp, *lead; /* stamp and lead may be NULL */
	const char *intro;                /* of the evidence */
	struct {
		struct block *v;
		size_t n, cap;
	} blocks;
	struct {
		struct evidence *v;
		size_t n, cap;
	} evidence;
	struct {
		struct doc_name *v;
		size_t n, cap;
	} expected;       /* names that would be refused, were they ours */
	bool begins[256]; /* some of them begins with that byte */
	struct err refused;
};

/* One line of valid UTF-8 without control characters, marks kept. */
char *doc_clean(struct arena *a, const char *text);
/* What is wrong with a text of ours, or NULL. */
const char *doc_fault(const char *text);
/* "runs.csv: 72 rows with phase=measure"; "46 rows: a.csv (rows 2 to 37), b.csv and 3 more". */
void doc_evidence_text(struct str *out, const struct evidence *ev);
/* Fails with the first refusal; or, after a writer is done, where the output grew too large. */
int doc_usable(const struct doc *d, struct err *e);
int doc_complete(const struct str *out, struct err *e);

/* The style sheet of the HTML, and what makes its tables sort where scripts are on. */
extern const char doc_style[];
extern const char doc_script[];

#endif
