/* doc_markdown.c - a document as GitHub-flavoured Markdown: tables, footnotes for the evidence. */
#include "doc_internal.h"

#include <string.h>

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* An underscore between letters is only an underscore, as in num_ctx. */
static bool is_plain_underscore(const char *text, const char *s)
{
	return s > text && is_alnum(s[-1]) && is_alnum(s[1]);
}

static void add_text(struct str *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		if (*s == DOC_OPEN || *s == DOC_CLOSE)
			continue;
		if (*s == '<')
			str_add(out, "&lt;");
		else if (*s == '&')
			str_add(out, "&amp;");
		else if (*s == '_' && is_plain_underscore(text, s))
			str_addc(out, '_');
		else if (strchr("\\`*_[]|~$!", *s))
			str_addf(out, "\\%c", *s);
		else
			str_addc(out, *s);
	}
}

/* At the start of a line, where a dash, a hash or a number would begin a list or a heading. */
static void add_line(struct str *out, const char *text)
{
	const char *first = text + strspn(text, " \002\003");
	size_t digits = strspn(first, "0123456789");

	if (*first && strchr("-+#=>", *first)) {
		str_addc(out, '\\');
	} else if (digits > 0 && (first[digits] == '.' || first[digits] == ')') &&
		strchr(" \003", first[digits + 1])) {
		str_addn(out, first, digits);
		str_addc(out, '\\');
		first += digits;
	}
	add_text(out, first);
}

static void add_evidence(struct str *out, int number)
{
	if (number)
		str_addf(out, "[^%d]", number);
}

/* A fence longer than any run of backticks inside. */
static void add_code(struct str *out, const char *text)
{
	size_t longest = 2, run = 0;

	for (const char *s = text; *s; s++) {
		run = *s == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i <= longest; i++)
			str_addc(out, '`');
		if (side == 1)
			break;
		str_add(out, "sh\n");
		for (const char *s = text; *s; s++)
			if (*s != DOC_OPEN && *s != DOC_CLOSE)
				str_addc(out, *s);
		str_addc(out, '\n');
	}
	str_add(out, "\n\n");
}

static void add_cells(struct str *out, const char *const *cells, size_t n, int evidence)
{
	str_addc(out, '|');
	for (size_t i = 0; i < n; i++) {
		str_addc(out, ' ');
		add_text(out, cells[i]);
		if (i == 0)
			add_evidence(out, evidence);
		str_add(out, " |");
	}
	str_addc(out, '\n');
}

static void add_table(struct str *out, const struct block *b)
{
	str_add(out, "**");
	add_text(out, b->text);
	str_add(out, "**\n\n");
	add_cells(out, b->head, b->ncols, 0);
	str_addc(out, '|');
	for (size_t i = 0; i < b->ncols; i++)
		str_add(out, b->align[i] == DOC_RIGHT ? " ---: |" : " --- |");
	str_addc(out, '\n');
	for (size_t i = 0; i < b->rows.n; i++)
		add_cells(out, b->rows.v[i].cell, b->ncols, b->rows.v[i].evidence);
	str_addc(out, '\n');
}

static void add_figure(struct str *out, const struct block *b)
{
	str_add(out, "![");
	add_text(out, b->alt);
	str_addf(out, "](charts/%s.png)\n\n*", b->name);
	add_text(out, b->lead);
	str_add(out, ".* ");
	add_text(out, b->text);
	str_add(out, "\n\n");
}

static void add_item(struct str *out, const struct block *b, bool last)
{
	str_add(out, "- ");
	if (b->lead) {
		str_add(out, "**");
		add_text(out, b->lead);
		str_add(out, "** ");
		add_text(out, b->text);
	} else {
		add_line(out, b->text);
	}
	add_evidence(out, b->evidence);
	str_add(out, last ? "\n\n" : "\n");
}

static void add_block(struct str *out, const struct block *b, bool last_item)
{
	switch (b->kind) {
	case BLOCK_SECTION:
	case BLOCK_SUBSECTION:
		str_add(out, b->kind == BLOCK_SECTION ? "## " : "### ");
		add_text(out, b->text);
		str_add(out, "\n\n");
		break;
	case BLOCK_PARA:
		add_line(out, b->text);
		add_evidence(out, b->evidence);
		str_add(out, "\n\n");
		break;
	case BLOCK_NOTE:
		str_add(out, "> **Note:** ");
		add_text(out, b->text);
		str_add(out, "\n\n");
		break;
	case BLOCK_CODE:
		add_code(out, b->text);
		break;
	case BLOCK_ITEM:
		add_item(out, b, last_item);
		break;
	case BLOCK_TABLE:
		add_table(out, b);
		break;
	case BLOCK_FIGURE:
		add_figure(out, b);
		break;
	}
}

int doc_markdown(const struct doc *d, struct str *out, struct err *e)
{
	if (doc_usable(d, e))
		return -1;
	str_add(out, "# ");
	add_text(out, d->title);
	str_add(out, "\n\n");
	if (d->stamp) {
		str_add(out, "> **");
		add_text(out, d->stamp);
		str_add(out, "**\n\n");
	}
	if (d->lead) {
		add_line(out, d->lead);
		str_add(out, "\n\n");
	}
	for (size_t i = 0; i < d->blocks.n; i++)
		add_block(out, &d->blocks.v[i],
			i + 1 == d->blocks.n || d->blocks.v[i + 1].kind != BLOCK_ITEM);
	for (size_t i = 0; i < d->evidence.n; i++) {
		struct str text = STR_INIT(STR_MAX_LINE);

		doc_evidence_text(&text, &d->evidence.v[i]);
		str_addf(out, "[^%zu]: ", i + 1);
		add_text(out, text.s);
		str_addc(out, '\n');
		str_release(&text);
	}
	return doc_complete(out, e);
}
