/* doc_json.c - a document as JSON: sections by id, each with its blocks in order. */
#include "doc_internal.h"

#include <jansson.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"

/* A text without the marks round what came from outside.  doc_clean made it valid UTF-8. */
static json_t *text(const char *s)
{
	struct str plain = STR_INIT(STR_MAX_LINE);
	json_t *value;

	for (; *s; s++)
		if (*s != DOC_OPEN && *s != DOC_CLOSE)
			str_addc(&plain, *s);
	value = json_stringn(plain.s, plain.len);
	str_release(&plain);
	if (!value)
		BUG("a text that is not UTF-8");
	return value;
}

static json_t *texts(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, text(v[i]));
	return list;
}

/* The number of each row's evidence, 0 for none; NULL where no row has any. */
static json_t *row_evidence(const struct block *b)
{
	json_t *numbers = json_array();
	bool any = false;

	for (size_t i = 0; i < b->rows.n; i++) {
		any = any || b->rows.v[i].evidence;
		json_array_append_new(numbers, json_integer(b->rows.v[i].evidence));
	}
	if (any)
		return numbers;
	json_decref(numbers);
	return NULL;
}

static json_t *table_json(const struct block *b)
{
	json_t *rows = json_array(), *evidence = row_evidence(b), *o;

	for (size_t i = 0; i < b->rows.n; i++)
		json_array_append_new(rows, texts(b->rows.v[i].cell, b->ncols));
	o = json_pack("{s:s, s:o, s:o, s:o}", "type", "table", "caption", text(b->text), "head",
		texts(b->head, b->ncols), "rows", rows);
	if (evidence)
		json_object_set_new(o, "evidence", evidence);
	return o;
}

static json_t *figure_json(const struct block *b)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "type", "figure", "name", b->name, "title",
		text(b->lead), "alt", text(b->alt), "caption", text(b->text));
}

static json_t *block_json(const struct block *b)
{
	static const char *const types[] = {[BLOCK_SUBSECTION] = "heading",
		[BLOCK_PARA] = "paragraph",
		[BLOCK_NOTE] = "note",
		[BLOCK_CODE] = "code",
		[BLOCK_ITEM] = "item",
		[BLOCK_FIGURE] = NULL};
	json_t *o;

	if (b->kind == BLOCK_TABLE)
		return table_json(b);
	if (b->kind == BLOCK_FIGURE)
		return figure_json(b);
	o = json_pack("{s:s}", "type", types[b->kind]);
	if (b->lead)
		json_object_set_new(o, "lead", text(b->lead));
	json_object_set_new(o, "text", text(b->text));
	if (b->evidence)
		json_object_set_new(o, "evidence", json_integer(b->evidence));
	return o;
}

static json_t *sections_json(const struct doc *d)
{
	json_t *sections = json_array(), *blocks = NULL;

	for (size_t i = 0; i < d->blocks.n; i++) {
		const struct block *b = &d->blocks.v[i];

		if (b->kind == BLOCK_SECTION) {
			blocks = json_array();
			json_array_append_new(sections,
				json_pack("{s:s, s:o, s:o}", "id", b->id, "title", text(b->text),
					"blocks", blocks));
		} else if (!blocks) {
			BUG("a block before the first section");
		} else {
			json_array_append_new(blocks, block_json(b));
		}
	}
	return sections;
}

/* Rows of several files: each with its place, and how many are not named. */
static json_t *places_json(int number, const struct evidence *ev)
{
	json_t *places = json_array();

	for (size_t i = 0; i < ev->nplaces; i++)
		json_array_append_new(places,
			json_pack("{s:o, s:o}", "file", text(ev->places[i].file), "where",
				text(ev->places[i].where)));
	return json_pack("{s:i, s:s, s:I, s:o, s:I}", "number", number, "noun", ev->noun, "rows",
		(json_int_t)ev->n, "places", places, "more", (json_int_t)ev->more);
}

static json_t *evidence_json(const struct doc *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->evidence.n; i++) {
		const struct evidence *ev = &d->evidence.v[i];

		json_array_append_new(list,
			ev->file ? json_pack("{s:i, s:o, s:o, s:I}", "number", (int)i + 1, "file",
					   text(ev->file), "filter", text(ev->filter), "rows",
					   (json_int_t)ev->n)
				 : places_json((int)i + 1, ev));
	}
	return list;
}

int doc_json(const struct doc *d, struct str *out, struct err *e)
{
	json_t *root;

	if (doc_usable(d, e))
		return -1;
	root = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "title", text(d->title),
		"stamp", d->stamp ? text(d->stamp) : json_null(), "lead",
		d->lead ? text(d->lead) : json_null(), "sections", sections_json(d), "evidence",
		evidence_json(d));
	jsonx_dump(out, root, 1, false);
	str_addc(out, '\n');
	json_decref(root);
	return doc_complete(out, e);
}
