/* insight_report.c - one document from a corpus, written three times. */
#include "insight_report.h"

#include <stdlib.h>
#include <string.h>

#include "doc_folder.h"
#include "fsx.h"
#include "insight_page.h"
#include "jsonx.h"

#define HTML_MAX      ((size_t)16 << 20) /* doc_html keeps below 3 MiB where the text does */
#define EXPECTED_MOST 2000               /* names that texts of the analysis are searched for */

/* ---- charts ---- */

bool page_chart(struct page *p, const char *name)
{
	const json_t *drawn = doc_folder_chart(p->charts, "charts", name);
	const char *title = jsonx_get_string(drawn, "title"), *alt = jsonx_get_string(drawn, "alt");
	const char *caption = jsonx_get_string(drawn, "caption");
	char *dir;

	if (!drawn || !title || !alt || !caption)
		return false;
	dir = fsx_join(p->o->dir, "charts");
	doc_figure(p->doc, dir, name, page_clause(p, title), page_clause(p, alt),
		page_clause(p, caption));
	free(dir);
	return true;
}

/* ---- the document ---- */

/* Names that texts of the analysis and the charts may hold. */
static void expect_names(struct page *p)
{
	const struct corpus *c = p->c;

	for (size_t i = 0; i < c->nsubjects && i < EXPECTED_MOST; i++) {
		doc_expect(p->doc, c->subjects[i].name);
		doc_expect(p->doc, c->subjects[i].model);
		for (size_t k = 0; k < c->subjects[i].nfailures; k++)
			doc_expect(p->doc, c->subjects[i].failures[k].why);
	}
	for (size_t i = 0; i < c->nfiles && i < EXPECTED_MOST; i++)
		doc_expect(p->doc, c->files[i].of->name);
	for (size_t i = 0; i < c->nsettings && i < EXPECTED_MOST; i++) {
		doc_expect(p->doc, c->settings[i].name);
		for (size_t k = 0; k < c->settings[i].nlevels && k < EXPECTED_MOST; k++)
			doc_expect(p->doc, c->settings[i].level[k]);
	}
	for (size_t i = 0; i < c->ntold && i < EXPECTED_MOST; i++) {
		doc_expect(p->doc, c->told[i].subject);
		doc_expect(p->doc, c->told[i].column);
		doc_expect(p->doc, c->told[i].settings);
	}
}

/* "results", "results and 2 more paths". */
static const char *title_of(struct page *p)
{
	const char *first = p->o->npaths ? p->o->paths[0] : "results", *title, *from = first;
	size_t len = strlen(first);
	struct doc *names;

	while (len > 1 && first[len - 1] == '/')
		len--;
	for (size_t i = 0; i + 1 < len; i++)
		if (first[i] == '/')
			from = first + i + 1;
	if (len - (size_t)(from - first) == strspn(from, "."))
		return "Insight report: this folder";
	names = doc_new("names", NULL); /* to quote one before there is a document */
	title = page_fmt(p, "Insight report: %s",
		doc_quote(names, page_fmt(p, "%.*s", (int)(len - (size_t)(from - first)), from)));
	if (p->o->npaths > 1)
		title = page_fmt(
			p, "%s and %s more", title, page_count(p, p->o->npaths - 1, "path"));
	doc_free(names);
	return title;
}

/* A narrator's text stands beside the computed one, never in its place. */
static void write_narrated(struct page *p)
{
	struct arena arena = {0};
	struct narrator_facts facts;

	if (!p->o->narrated)
		return;
	insight_facts(p->in, &arena, &facts);
	insight_narrated(p->doc, &facts, p->o->narrated);
	arena_release(&arena);
}

/* Figures of a simulated machine are never shown without saying so. */
static const char *stamp_of(struct page *p)
{
	const char **names = arena_alloc(&p->arena, p->in->nruns + 1, sizeof(*names));
	struct doc *doc; /* to quote names before there is a document */
	const char *stamp;
	size_t n = 0;

	for (size_t i = 0; i < p->in->nruns; i++)
		if (p->in->runs[i].data &&
			(p->in->runs[i].data->simulated || p->in->runs[i].data->is_virtual))
			names[n++] = p->c->files[p->in->runs[i].file].of->name;
	if (n == 0)
		return NULL;
	doc = p->doc;
	p->doc = doc_new("names", NULL);
	stamp = page_fmt(p,
		"SIMULATED: figures of %s are those of a model of a server, not "
		"measurements",
		page_names(p, names, n, 3));
	doc_free(p->doc);
	p->doc = doc;
	return stamp;
}

static void write_sections(struct page *p)
{
	page_lead(p);
	page_summary(p);
	page_findings(p);
	page_recommend(p);
	page_risks(p);
	page_next(p);
	page_performance(p);
	page_settings(p);
	page_told(p);
	page_runs(p);
	page_ingest(p);
	page_quality(p);
	page_definitions(p);
	page_workflow(p);
	write_narrated(p);
	page_reproduce(p);
}

int insight_report(const struct insight *in, const struct insight_report_options *o, struct err *e)
{
	struct page p;
	int failed;

	page_init(&p, in, o);
	p.charts = o->no_charts ? NULL : doc_folder_charts(o->dir);
	p.doc = doc_new(title_of(&p), stamp_of(&p));
	doc_evidence_intro(p.doc,
		"The rows behind the numbered statements, in the files that were read, below the "
		"paths that were given.");
	expect_names(&p);
	write_sections(&p);
	failed = doc_folder_write(p.doc, o->dir, HTML_MAX, e);
	page_release(&p);
	return failed;
}
