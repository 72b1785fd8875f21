/* report_workflow.c - the stages, what went through each, and how long it took. */
#include "report_internal.h"

#include <math.h>

#include "num.h"

static void stage(struct report *r, const char *name, const char *what, double seconds)
{
	char text[NUM_TEXT];
	const char *cells[] = {name, what,
		isfinite(seconds) ? words_fmt(r, "%s", num_duration(text, seconds)) : NOT_GIVEN};

	doc_table_row(r->doc, cells);
}

void report_workflow(struct report *r)
{
	static const char *const head[] = {"Stage", "What went through", "Took"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_LEFT, DOC_RIGHT};
	const struct report_times none = {NAN, NAN, NAN};
	const struct report_times *t = r->times ? r->times : &none;

	doc_section(r->doc, "workflow", "Workflow");
	doc_table(r->doc, "From requests to report", COUNTOF(head), head, align);
	stage(r, "measuring",
		words_fmt(r, "%s, %s", words_count(r, r->s->rows, "request"),
			words_count(r, r->s->loads_made, "model load")),
		r->s->seconds);
	stage(r, "reading",
		words_fmt(r, "%s, %s", words_count(r, r->d->nfiles, "file"),
			words_count(r, r->s->rows, "row")),
		t->ingest);
	stage(r, "analysis",
		words_fmt(r, "%s, %s", words_count(r, r->s->ncells, "cell"),
			words_count(r, r->s->neffects, "effect")),
		t->analysis);
	stage(r, "charts",
		words_fmt(r, "%s",
			words_count(
				r, json_array_size(json_object_get(r->charts, "charts")), "chart")),
		t->charts);
	if (isnan(t->ingest) || isnan(t->analysis) || isnan(t->charts))
		doc_para(r->doc,
			NOT_GIVEN " in the last column: not done in this call, or not timed.", 0);
	if (r->is_virtual)
		doc_para(r->doc, "The time of measuring is that of the virtual clock.", 0);
}
