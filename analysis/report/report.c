/* report.c - one document from the summary, written three times. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doc_folder.h"
#include "fsx.h"
#include "jsonx.h"
#include "report_internal.h"

#define HTML_MAX ((size_t)3 << 20)

/* Simulated or virtual: the run as a whole, or any session of it. */
static bool any_session(const struct dataset *d, const char *key)
{
	const json_t *sessions = json_object_get(d->manifest, "sessions");
	size_t i;
	json_t *one;

	json_array_foreach (sessions, i, one)
		if (json_is_true(json_object_get(one, key)))
			return true;
	return false;
}

void report_init(struct report *r, const struct summary *s, const char *dir, const char *version)
{
	*r = (struct report){.s = s,
		.d = s->data,
		.dir = dir,
		.version = version && version[0] ? version : "version unknown",
		.simulated = s->data->simulated || any_session(s->data, "simulated"),
		.is_virtual = s->data->is_virtual || any_session(s->data, "virtual")};
}

void report_release(struct report *r)
{
	json_decref(r->charts);
	doc_free(r->doc);
	arena_release(&r->arena);
}

/* ---- charts ---- */

void report_chart(struct report *r, const char *name)
{
	const json_t *drawn = doc_folder_chart(r->charts, "charts", name);
	const json_t *left_out = doc_folder_chart(r->charts, "left_out", name);
	const char *title = jsonx_get_string(drawn, "title"), *alt = jsonx_get_string(drawn, "alt");
	const char *caption = jsonx_get_string(drawn, "caption");
	char *dir;

	if (!drawn || !title || !alt || !caption) {
		if (left_out && jsonx_get_string(left_out, "why"))
			doc_para(r->doc,
				words_fmt(r, "The chart %s was not drawn: %s.", name,
					words_quote(r, jsonx_get_string(left_out, "why"))),
				0);
		return;
	}
	dir = fsx_join(r->dir, "charts");
	doc_figure(r->doc, dir, name, doc_guard(r->doc, title), doc_guard(r->doc, alt),
		doc_guard(r->doc, caption));
	free(dir);
}

/* ---- the document ---- */

/* All names of the data, which texts of the analysis and the charts may hold. */
static void expect_names(struct report *r)
{
	const struct dataset *d = r->d;

	for (size_t f = 0; f < d->nfactors; f++) {
		doc_expect(r->doc, d->factors[f].name);
		for (uint32_t l = 0; l < d->factors[f].nlevels; l++)
			doc_expect(r->doc, d->factors[f].level[l]);
	}
	for (size_t i = 0; i < d->naliases; i++) {
		doc_expect(r->doc, d->aliases[i].level);
		doc_expect(r->doc, d->aliases[i].same_as);
	}
	for (size_t i = 0; i < d->nprompts; i++)
		doc_expect(r->doc, d->prompts[i]);
	for (size_t i = 0; i < d->nservers; i++)
		doc_expect(r->doc, d->servers[i]);
	for (size_t i = 0; i < d->nstatus; i++)
		doc_expect(r->doc, d->status[i]);
	for (size_t i = 0; i < d->nloads; i++)
		doc_expect(r->doc, d->loads[i].other_models);
	doc_expect(r->doc, d->name);
}

static const char *stamp_of(const struct report *r)
{
	if (r->is_virtual)
		return "SIMULATED, on a virtual clock: these are figures of a model of a server, "
		       "not "
		       "measurements";
	return r->simulated
		? "SIMULATED: these are figures of a model of a server, not measurements"
		: NULL;
}

static void write_sections(struct report *r)
{
	const char *name = r->d->name && r->d->name[0] ? r->d->name : "a run";
	struct doc *names = doc_new("names", NULL); /* to quote one before there is a document */

	r->doc = doc_new(words_fmt(r, "Insight report: %s", doc_quote(names, name)), stamp_of(r));
	doc_free(names);
	expect_names(r);
	report_lead(r);
	report_summary(r);
	report_findings(r);
	report_recommend(r);
	report_effects(r);
	report_balance(r);
	report_performance(r);
	report_risk(r);
	report_next(r);
	report_head(r);
	report_ingest(r);
	report_quality(r);
	report_workflow(r);
	report_definitions(r);
	report_reproduce(r);
}

int report_write(const struct summary *s, const char *dir, const char *tool_version,
	const struct report_times *times, const struct report_narration *narration, struct err *e)
{
	struct report r;
	int failed;

	report_init(&r, s, dir, tool_version);
	r.times = times;
	r.charts = doc_folder_charts(dir);
	write_sections(&r);
	if (narration)
		insight_narrated(r.doc, narration->facts, narration->narrated);
	failed = doc_folder_write(r.doc, dir, HTML_MAX, e);
	report_release(&r);
	return failed;
}
