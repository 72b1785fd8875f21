/* report_ingest.c - which files went in, and what of them did not count. */
#include "report_internal.h"

#include <string.h>

#include "num.h"

/* The part of a path below the run directory. */
static const char *inside(const struct report *r, const char *path)
{
	size_t len = strlen(r->d->dir);

	if (strncmp(path, r->d->dir, len) != 0)
		return path;
	path += len;
	return path + strspn(path, "/");
}

void report_ingest(struct report *r)
{
	static const char *const head[] = {"File", "Format", "Rows", "Set aside", "Size"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};
	uint64_t bytes = 0, rows = 0, rejected = 0;
	char text[NUM_TEXT], count[NUM_TEXT];

	doc_section(r->doc, "ingestion", "Data that went in");
	doc_table(r->doc, "Files read", COUNTOF(head), head, align);
	for (size_t i = 0; i < r->d->nfiles; i++) {
		const struct data_file *f = &r->d->files[i];
		bool table = strcmp(f->format, "csv") == 0;
		const char *cells[] = {words_quote(r, inside(r, f->path)), f->format,
			table ? words_fmt(r, "%s", num_group(count, (int64_t)f->rows)) : NOT_GIVEN,
			table ? words_fmt(r, "%llu", (unsigned long long)f->rejected) : NOT_GIVEN,
			words_fmt(r, "%s", num_bytes(text, (double)f->bytes))};

		doc_table_row(r->doc, cells);
		bytes += f->bytes;
		rows += table ? f->rows : 0;
		rejected += f->rejected;
	}
	doc_para(r->doc,
		words_fmt(r, "%s, %s, %s. %s", words_count(r, r->d->nfiles, "file"),
			num_bytes(text, (double)bytes), words_count(r, rows, "table row"),
			rejected == 0 ? "No line was set aside, no file was skipped."
				      : words_fmt(r,
						"%s did not count: no newline, a wrong number of "
						"fields, or a checksum that does not fit.",
						words_count(r, rejected, "line"))),
		0);
}
