/* document.h - a report as data: sections of paragraphs, tables, lists and figures, written once as
 * Markdown, once as HTML, once as JSON.  Text is plain; writers escape it for where it goes.
 *
 * A document refuses what a report must not hold: empty text, "NaN", "nan", "inf", an unfilled "{}"
 * or "[...]" place, "TODO", "(null)".  The first refusal is kept and every writer fails with it.
 * Text from outside (names, messages) may hold anything: it goes through doc_quote. */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"
#include "str.h"

enum doc_align { DOC_LEFT, DOC_RIGHT };

struct doc; /* opaque */
/* `stamp` is shown above all else, in every format; NULL none: "SIMULATED: not a measurement". */
struct doc *doc_new(const char *title, const char *stamp);
void doc_free(struct doc *d);

/* Text of a server, a file or a user, to be put into a text: marked, so that it is no refusal, made
 * one line of valid UTF-8, and cut where it is long.  Lives as long as the document. */
const char *doc_quote(struct doc *d, const char *text);
/* A name from outside that texts made elsewhere may hold.  doc_guard marks such names in a text, so
 * that one that looks like a fault is none. */
void doc_expect(struct doc *d, const char *name);
const char *doc_guard(struct doc *d, const char *text);
/* Whether a guarded text would be taken.  Without any expected name it is: the fault is then one of
 * ours, and is to be refused. */
bool doc_is_fit(const struct doc *d, const char *text);

/* One line below the title: what this is about. */
void doc_lead(struct doc *d, const char *text);
/* `id` is the anchor, the key in JSON, and stays the same from version to version. */
void doc_section(struct doc *d, const char *id, const char *title);
void doc_subsection(struct doc *d, const char *title);
/* `evidence` is the number doc_evidence gave, or 0 for none. */
void doc_para(struct doc *d, const char *text, int evidence);
void doc_note(struct doc *d, const char *text); /* set apart: a caution */
void doc_code(struct doc *d, const char *text); /* a command to type */
/* List item, with a bold lead or NULL. */
void doc_item(struct doc *d, const char *lead, const char *text, int evidence);
void doc_table(struct doc *d, const char *caption, size_t ncols, const char *const *head,
	const enum doc_align *align);
void doc_table_row(struct doc *d, const char *const *cells); /* of the table begun last */
/* The same, with the rows behind it: `evidence` stands beside the first cell. */
void doc_table_row_of(struct doc *d, const char *const *cells, int evidence);
/* A chart, DIR/NAME.svg or DIR/NAME.png (inline in HTML: the first, or the second where the first
 * is large; named as charts/NAME.png in Markdown) with its alternative text. */
void doc_figure(struct doc *d, const char *dir, const char *name, const char *title,
	const char *alt, const char *caption);
/* The rows behind a statement: "runs.csv: 72 rows with phase=measure ...".  Returns its number. */
int doc_evidence(struct doc *d, const char *file, const char *filter, unsigned long n);
/* The same for rows of several files, or rows that have places and no filter: "46 rows: a.csv (rows
 * 2 to 37), b.json (results[0])".  `noun` is one of them: "row", "figure".  At most
 * DOC_MOST_PLACES are named, the rest is counted. */
struct doc_place {
	const char *file, *where; /* where: "" the file as a whole */
};
#define DOC_MOST_PLACES 24
int doc_evidence_places(struct doc *d, const struct doc_place *places, size_t nplaces,
	unsigned long n, const char *noun);
/* The sentence above the list of evidence, in place of the one for a run directory. */
void doc_evidence_intro(struct doc *d, const char *text);

/* Each appends the whole document; the HTML leaves its pictures out, naming them, where it would
 * be above 3 MiB with them.  ERR_DATA with the first refusal. */
int doc_markdown(const struct doc *d, struct str *out, struct err *e);
int doc_html(const struct doc *d, struct str *out, struct err *e);
int doc_json(const struct doc *d, struct str *out, struct err *e);

#endif
