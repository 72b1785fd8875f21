/* insight_ingest.c - which files went in, what of them stands twice, and what was left out. */
#include "insight_page.h"

#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_SKIPPED 40
#define MOST_NOTES   30

static const char *number(struct page *p, uint64_t n)
{
	char text[NUM_TEXT];

	return page_fmt(p, "%s", num_group(text, (int64_t)n));
}

/* ---- by kind ---- */

struct kind_sum {
	uint64_t files, were_read, bytes, tables, rows, used;
};

static bool is_read(const struct corpus_file *f)
{
	return !f->of->why;
}

static void add_kind_row(struct page *p, const char *name, const struct kind_sum *k)
{
	char size[NUM_TEXT];
	const char *cells[] = {name, number(p, k->files), number(p, k->were_read),
		page_fmt(p, "%s", num_bytes(size, (double)k->bytes)), number(p, k->tables),
		number(p, k->rows), number(p, k->used)};

	doc_table_row(p->doc, cells);
}

static void kinds_table(struct page *p)
{
	static const char *const head[] = {
		"Kind", "Files", "Read", "Size", "Tables", "Rows", "Rows and figures used"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};
	struct kind_sum sums[TREE_RUN + 1] = {{0}}, all = {0};
	size_t kinds = 0;

	for (size_t i = 0; i < p->c->nfiles; i++) {
		const struct corpus_file *f = &p->c->files[i];
		struct kind_sum *k = &sums[f->of->kind];

		if (!f->of->result)
			continue;
		k->files++;
		k->were_read += is_read(f);
		k->bytes += f->of->bytes;
		k->rows += f->rows;
		k->used += f->used;
	}
	for (size_t i = 0; i < p->c->ntables; i++)
		sums[p->c->files[p->c->tables[i].file].of->kind].tables++;
	doc_table(p->doc, "Files that are results by their names, by kind", COUNTOF(head), head,
		align);
	for (int i = 0; i <= TREE_RUN; i++) {
		if (sums[i].files == 0)
			continue;
		add_kind_row(p, tree_kind_name((enum tree_kind)i), &sums[i]);
		kinds++;
		all.files += sums[i].files;
		all.were_read += sums[i].were_read;
		all.bytes += sums[i].bytes;
		all.tables += sums[i].tables;
		all.rows += sums[i].rows;
		all.used += sums[i].used;
	}
	if (kinds > 1)
		add_kind_row(p, "all", &all);
}

static void say_volume(struct page *p)
{
	const struct corpus *c = p->c;
	const char *first = page_fmt(p, "%s in all.", page_count(p, c->bytes, "byte"));

	if (c->hash_lines == 0) {
		doc_para(p->doc, first, 0);
		return;
	}
	doc_para(p->doc,
		page_fmt(p, "%s Of the Markdown, %s %s with #; %s%s.", first,
			page_count(p, c->hash_lines, "line"),
			wording_verb(c->hash_lines, "begins", "begin"),
			c->headings == c->hash_lines
				? wording_verb(c->headings, "it is a heading", "all are headings")
				: page_fmt(p, "%s of them %s", number(p, c->headings),
					  wording_verb(
						  c->headings, "is a heading", "are headings")),
			c->headings == c->hash_lines ? "" : ", the others stand in code"),
		0);
}

/* ---- twice ---- */

/* All bytes of a file are those of another. */
static bool is_same_bytes(const struct page *p, const struct corpus_file *f)
{
	return f->copy_of != CORPUS_NONE && is_read(f) && f->facts.hash &&
		p->c->files[f->copy_of].facts.hash == f->facts.hash;
}

static bool is_copied(const struct page *p, const struct corpus_table *t)
{
	return t->copies > 0 && t->copy_of != CORPUS_NONE &&
		!is_same_bytes(p, &p->c->files[t->file]);
}

static void copied_rows(struct page *p, size_t *shown)
{
	for (size_t i = 0; i < p->c->ntables && *shown < MOST_SKIPPED; i++) {
		const struct corpus_table *t = &p->c->tables[i];
		const char *cells[3];

		if (!is_copied(p, t))
			continue;
		cells[0] = page_file(p, t->file);
		cells[1] = page_file(p, p->c->tables[t->copy_of].file);
		cells[2] = page_fmt(
			p, "%s of %s", number(p, t->copies), page_count(p, t->rows, "row"));
		doc_table_row(p->doc, cells);
		(*shown)++;
	}
}

static void copies_table(struct page *p)
{
	static const char *const head[] = {"File", "Stands in", "Of it"};
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < p->c->nfiles; i++)
		n += is_same_bytes(p, &p->c->files[i]);
	for (size_t i = 0; i < p->c->ntables; i++)
		n += is_copied(p, &p->c->tables[i]);
	if (n == 0)
		return;
	doc_table(
		p->doc, "What stands in several files, and counts once", COUNTOF(head), head, NULL);
	for (size_t i = 0; i < p->c->nfiles && shown < MOST_SKIPPED; i++) {
		const struct corpus_file *f = &p->c->files[i];
		const char *cells[3];

		if (!is_same_bytes(p, f))
			continue;
		cells[0] = page_file(p, (uint32_t)i);
		cells[1] = page_file(p, f->copy_of);
		cells[2] = "all bytes";
		doc_table_row(p->doc, cells);
		shown++;
	}
	copied_rows(p, &shown);
	page_more(p, shown, n, "such file or table");
}

/* ---- left out ---- */

static const char *left_out_why(const struct corpus_file *f)
{
	return f->of->why ? f->of->why : f->why;
}

static void skipped_table(struct page *p)
{
	static const char *const head[] = {"File", "Why nothing of it is used"};
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < p->c->nfiles; i++)
		n += left_out_why(&p->c->files[i]) != NULL;
	if (n == 0 && p->c->tree.beyond == 0) {
		doc_para(p->doc, "No file was skipped, and something of each is used.", 0);
		return;
	}
	if (n > 0)
		doc_table(p->doc, "Files of which nothing is used", COUNTOF(head), head, NULL);
	for (size_t i = 0; i < p->c->nfiles && shown < MOST_SKIPPED; i++) {
		const char *why = left_out_why(&p->c->files[i]);
		const char *cells[2];

		if (!why)
			continue;
		cells[0] = page_file(p, (uint32_t)i);
		cells[1] = page_quote(p, why);
		doc_table_row(p->doc, cells);
		shown++;
	}
	page_more(p, shown, n, "file");
	if (p->c->tree.beyond > 0)
		doc_para(p->doc,
			page_fmt(p, "%s more %s not looked at: there are too many.",
				page_count(p, p->c->tree.beyond, "file"),
				wording_verb(p->c->tree.beyond, "was", "were")),
			0);
}

/* Notes of one file follow each other: the first of each, and how many. */
static void notes_table(struct page *p)
{
	static const char *const head[] = {"File", "Line", "Not used, since", "Notes"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT, DOC_LEFT, DOC_RIGHT};
	uint64_t *count = arena_alloc(&p->arena, p->c->nfiles + 1, sizeof(*count));
	size_t n = 0, shown = 0;

	if (p->c->nnotes == 0)
		return;
	for (size_t i = 0; i < p->c->nnotes; i++)
		n += count[p->c->notes[i].file]++ == 0;
	doc_table(p->doc, "Parts of files that are not used, the first of each file", COUNTOF(head),
		head, align);
	for (size_t i = 0; i < p->c->nnotes && shown < MOST_NOTES; i++) {
		const struct corpus_note *note = &p->c->notes[i];
		const char *cells[] = {page_file(p, note->file),
			note->line ? number(p, note->line) : NOT_GIVEN, page_quote(p, note->why),
			number(p, count[note->file])};

		if (count[note->file] == 0)
			continue; /* its first one was shown */
		doc_table_row(p->doc, cells);
		count[note->file] = 0;
		shown++;
	}
	page_more(p, shown, n, "file");
	if (p->c->notes_in_all > p->c->nnotes)
		doc_para(p->doc,
			page_fmt(p, "%s in all; the first %s were kept.",
				page_count(p, p->c->notes_in_all, "note"), number(p, p->c->nnotes)),
			0);
}

void page_ingest(struct page *p)
{
	doc_section(p->doc, "ingestion", "Data that went in");
	kinds_table(p);
	say_volume(p);
	copies_table(p);
	skipped_table(p);
	notes_table(p);
}
