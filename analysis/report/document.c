/* document.c - builds a document, refusing what it must not hold. */
#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "doc_internal.h"
#include "vec.h"

#define PLACES_BYTES 1500 /* of the places that one number names */

/* A text as the document keeps it.  What is wrong with it is remembered, once. */
static const char *keep(struct doc *d, const char *what, const char *text)
{
	const char *clean = doc_clean(&d->arena, text ? text : "");
	const char *fault = doc_fault(clean);

	if (fault && d->refused.code == ERR_NONE) {
		char shown[200];

		err_quote(shown, sizeof(shown), clean);
		err_set(&d->refused, ERR_DATA, "the report holds %s in %s: \"%s\"", fault, what,
			shown);
		err_hint(&d->refused,
			"this is a mistake of the program; report.json was not "
			"written, summary.json holds the figures");
	}
	return clean;
}

static struct block *add(struct doc *d, enum block_kind kind, const char *what, const char *text)
{
	const char *kept = keep(d, what, text);
	struct block *b = VEC_PUSH(&d->blocks);

	*b = (struct block){.kind = kind, .text = kept};
	return b;
}

struct doc *doc_new(const char *title, const char *stamp)
{
	struct doc *d = xcalloc(1, sizeof(*d));

	d->title = keep(d, "the title", title);
	d->stamp = stamp ? keep(d, "the stamp", stamp) : NULL;
	d->intro = "The rows behind the numbered statements; the files are beside this one.";
	return d;
}

void doc_free(struct doc *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->blocks.n; i++)
		VEC_RELEASE(&d->blocks.v[i].rows);
	VEC_RELEASE(&d->blocks);
	VEC_RELEASE(&d->evidence);
	VEC_RELEASE(&d->expected);
	arena_release(&d->arena);
	free(d);
}

void doc_lead(struct doc *d, const char *text)
{
	d->lead = keep(d, "the line below the title", text);
}

void doc_section(struct doc *d, const char *id, const char *title)
{
	add(d, BLOCK_SECTION, "a heading", title)->id = arena_str(&d->arena, id);
}

void doc_subsection(struct doc *d, const char *title)
{
	add(d, BLOCK_SUBSECTION, "a heading", title);
}

void doc_para(struct doc *d, const char *text, int evidence)
{
	add(d, BLOCK_PARA, "a paragraph", text)->evidence = evidence;
}

void doc_note(struct doc *d, const char *text)
{
	add(d, BLOCK_NOTE, "a note", text);
}

void doc_code(struct doc *d, const char *text)
{
	add(d, BLOCK_CODE, "a command", text);
}

void doc_item(struct doc *d, const char *lead, const char *text, int evidence)
{
	const char *bold = lead ? keep(d, "a list item", lead) : NULL;
	struct block *b = add(d, BLOCK_ITEM, "a list item", text);

	b->lead = bold;
	b->evidence = evidence;
}

void doc_table(struct doc *d, const char *caption, size_t ncols, const char *const *head,
	const enum doc_align *align)
{
	const char **kept = arena_alloc(&d->arena, ncols, sizeof(*kept));
	enum doc_align *sides = arena_alloc(&d->arena, ncols, sizeof(*sides));
	struct block *b;

	for (size_t i = 0; i < ncols; i++) {
		kept[i] = keep(d, "the head of a table", head[i]);
		sides[i] = align ? align[i] : DOC_LEFT;
	}
	b = add(d, BLOCK_TABLE, "the caption of a table", caption);
	b->ncols = ncols;
	b->head = kept;
	b->align = sides;
}

void doc_table_row(struct doc *d, const char *const *cells)
{
	doc_table_row_of(d, cells, 0);
}

void doc_table_row_of(struct doc *d, const char *const *cells, int evidence)
{
	struct block *b = d->blocks.n ? &d->blocks.v[d->blocks.n - 1] : NULL;
	struct doc_row *row;

	if (!b || b->kind != BLOCK_TABLE)
		BUG("a table row without a table");
	row = VEC_PUSH(&b->rows);
	row->evidence = evidence;
	row->cell = arena_alloc(&d->arena, b->ncols, sizeof(*row->cell));
	for (size_t i = 0; i < b->ncols; i++)
		row->cell[i] = keep(d, b->text, cells[i]);
}

void doc_figure(struct doc *d, const char *dir, const char *name, const char *title,
	const char *alt, const char *caption)
{
	const char *kept_title = keep(d, "the title of a figure", title);
	const char *kept_alt = keep(d, "the alternative text of a figure", alt);
	struct block *b = add(d, BLOCK_FIGURE, "the caption of a figure", caption);

	b->dir = arena_str(&d->arena, dir);
	b->name = arena_str(&d->arena, name);
	b->lead = kept_title;
	b->alt = kept_alt;
}

/* ---- evidence ---- */

void doc_evidence_intro(struct doc *d, const char *text)
{
	d->intro = keep(d, "the evidence", text);
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct evidence *a, const struct evidence *b)
{
	if (a->n != b->n || a->nplaces != b->nplaces || a->more != b->more ||
		!is_same_text(a->file, b->file) || !is_same_text(a->filter, b->filter) ||
		strcmp(a->noun, b->noun) != 0)
		return false;
	for (size_t i = 0; i < a->nplaces; i++)
		if (strcmp(a->places[i].where, b->places[i].where) != 0 ||
			strcmp(a->places[i].file, b->places[i].file) != 0)
			return false;
	return true;
}

/* The number of what is there already, or a new one. */
static int number_of(struct doc *d, const struct evidence *ev)
{
	for (size_t i = 0; i < d->evidence.n; i++)
		if (is_same(&d->evidence.v[i], ev))
			return (int)i + 1;
	*VEC_PUSH(&d->evidence) = *ev;
	return (int)d->evidence.n;
}

int doc_evidence(struct doc *d, const char *file, const char *filter, unsigned long n)
{
	struct evidence ev = {.file = keep(d, "evidence", file),
		.filter = filter && *filter ? keep(d, "evidence", filter) : "",
		.n = n,
		.noun = "row"};

	return number_of(d, &ev);
}

/* How many of them are named: the first always, others while their text stays short. */
static size_t named_places(const struct doc_place *places, size_t n)
{
	size_t bytes = 0, named = 0;

	while (named < n && named < DOC_MOST_PLACES && (named == 0 || bytes < PLACES_BYTES)) {
		bytes += strlen(places[named].file) + strlen(places[named].where);
		named++;
	}
	return named;
}

int doc_evidence_places(struct doc *d, const struct doc_place *places, size_t nplaces,
	unsigned long n, const char *noun)
{
	size_t named = named_places(places, nplaces);
	struct doc_place *kept = arena_alloc(&d->arena, named + 1, sizeof(*kept));
	struct evidence ev = {.places = kept,
		.nplaces = named,
		.more = nplaces - named,
		.n = n,
		.noun = arena_str(&d->arena, noun)};

	if (nplaces == 0)
		BUG("evidence without a place");
	for (size_t i = 0; i < named; i++) {
		kept[i].file = keep(d, "evidence", places[i].file);
		kept[i].where = places[i].where[0] ? keep(d, "evidence", places[i].where) : "";
	}
	return number_of(d, &ev);
}

int doc_usable(const struct doc *d, struct err *e)
{
	if (d->refused.code == ERR_NONE)
		return 0;
	if (e)
		*e = d->refused;
	return -1;
}

int doc_complete(const struct str *out, struct err *e)
{
	return out->overflowed
		? err_set(e, ERR_ENV, "the report is larger than %zu MiB", out->max >> 20)
		: 0;
}
