/* insight_ends.c - the last sections: our own runs, what words mean, times, how to do the same
 * again. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_RUNS     12
#define MOST_FINDINGS 5 /* of a run */

/* ---- our own runs ---- */

static void expect_factors(struct page *p, const struct dataset *d)
{
	for (size_t f = 0; f < d->nfactors; f++) {
		doc_expect(p->doc, d->factors[f].name);
		for (uint32_t l = 0; l < d->factors[f].nlevels; l++)
			doc_expect(p->doc, d->factors[f].level[l]);
	}
}

static void one_run(struct page *p, const struct insight_run *run)
{
	const char *name = page_file(p, run->file);

	doc_subsection(p->doc, name);
	if (!run->summary) {
		doc_para(p->doc,
			page_fmt(p, "Could not be analysed: %s",
				page_sentence(p, run->why ? run->why : "no reason is known")),
			0);
		return;
	}
	expect_factors(p, run->data);
	for (size_t i = 0; i < run->summary->nfindings && i < MOST_FINDINGS; i++) {
		const struct finding *f = &run->summary->findings[i];
		struct doc_place place = {
			page_fmt(p, "%s/%s", name, f->file ? f->file : "runs.csv"),
			f->filter && f->filter[0] ? page_quote(p, f->filter) : ""};

		doc_item(p->doc, NULL, page_sentence(p, f->text),
			doc_evidence_places(p->doc, &place, 1, f->n, "row"));
	}
	doc_para(p->doc,
		page_fmt(p, "%s, %s; its own report is %s/report.html, made by:",
			page_count(p, run->summary->measured, "request"),
			page_count(p, run->summary->ncells, "cell"), name),
		0);
	doc_code(p->doc,
		page_fmt(p, "chimera report %s",
			page_quote(p, figures_shell(&p->arena, p->c->files[run->file].of->path))));
}

void page_runs(struct page *p)
{
	size_t shown = p->in->nruns < MOST_RUNS ? p->in->nruns : MOST_RUNS;

	if (p->in->nruns == 0)
		return;
	doc_section(p->doc, "runs", "Run folders of chimera");
	for (size_t i = 0; i < shown; i++)
		one_run(p, &p->in->runs[i]);
	page_more(p, shown, p->in->nruns, "run");
}

/* ---- definitions ---- */

static const char *ttft_of_these(const struct page *p)
{
	if (p->c->ttft_checked == 0)
		return "time to first token, as the files name it; whether a client or a server "
		       "took it "
		       "they do not say";
	if (p->c->ttft_is_sum == p->c->ttft_checked)
		return "time to first token; in these files the sum of load time and prefill time "
		       "that "
		       "the server told, not what a client saw";
	if (p->c->ttft_is_sum == 0)
		return "time to first token; in these files not the sum of load time and prefill "
		       "time: "
		       "a client took it";
	return "time to first token; in some of these files the sum of load time and prefill time, "
	       "in "
	       "others what a client saw: see data quality";
}

void page_definitions(struct page *p)
{
	static const char *const head[] = {"Word", "Is"};
	static const char *const rows[][2] = {
		{"throughput", "output tokens a second of one request, as the files name it"},
		{"subject",
			"what was measured: a model where one is named, else a backend, a device, "
			"or "
			"the table"},
		{"n", "rows of single measurements, each once, without failed ones"},
		{"cold, warm",
			"a cold row paid for loading the model, by its load time against the other "
			"rows of its subject; the others are warm"},
		{"failed",
			"an error is written in the row, it says that it did not succeed, or all "
			"that was "
			"measured is 0"},
		{"mean \xc2\xb1 sd", "arithmetic mean and sample standard deviation"},
		{"interval",
			"95 % of the mean by Student's t, rows taken as independent; of a "
			"comparison that "
			"of the ratio of geometric means, by Welch's t on logarithms"},
		{"cannot be told apart",
			"p of the comparison, adjusted for all pairs of the quantity (Holm), is "
			"0.05 or more"},
		{"percentile",
			"linear interpolation between the ordered values; p95 from 20 values on, "
			"p99 from "
			"100"},
		{"told",
			"a figure that stands for several measurements, or stands in a text: "
			"compared with rows, "
			"in no mean"},
		{"copy",
			"a row whose two foremost figures stand in another file too, of the same "
			"model "
			"where both name one, and with it four fifths of the different rows of the "
			"smaller of both tables"},
	};
	const char *ttft[] = {"TTFT", ttft_of_these(p)};

	doc_section(p->doc, "definitions", "Definitions");
	doc_table(p->doc, "What is meant by the words of this report", COUNTOF(head), head, NULL);
	doc_table_row(p->doc, ttft);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		doc_table_row(p->doc, rows[i]);
}

/* ---- workflow ---- */

static void stage(struct page *p, const char *name, const char *what, double seconds)
{
	char text[NUM_TEXT];
	const char *cells[] = {name, what,
		isfinite(seconds) ? page_fmt(p, "%s", num_duration(text, seconds)) : NOT_GIVEN};

	doc_table_row(p->doc, cells);
}

void page_workflow(struct page *p)
{
	static const char *const head[] = {"Stage", "What went through", "Took"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_LEFT, DOC_RIGHT};
	const struct insight_times *t = &p->o->times;
	size_t charts = json_array_size(json_object_get(p->charts, "charts"));

	doc_section(p->doc, "workflow", "Workflow");
	doc_table(p->doc, "From files to report", COUNTOF(head), head, align);
	stage(p, "reading",
		page_fmt(p, "%s, %s, %s", page_count(p, p->c->results, "file"),
			page_count(p, p->c->ntables, "table"), page_count(p, p->c->rows, "row")),
		t->ingest);
	stage(p, "analysis",
		page_fmt(p, "%s, %s, %s", page_count(p, p->c->nsubjects, "subject"),
			page_count(p, p->c->ntold, "told figure"),
			page_count(p, p->in->nfindings, "finding")),
		t->analysis);
	if (!p->o->no_charts)
		stage(p, "charts", page_count(p, charts, "chart"), t->charts);
	if (isfinite(t->report))
		stage(p, "report", "three formats", t->report);
	if (isnan(t->ingest) || isnan(t->analysis) || (!p->o->no_charts && isnan(t->charts)))
		doc_para(p->doc,
			NOT_GIVEN " in the last column: not done in this call, or not timed.", 0);
}

/* ---- again ---- */

/* As the option is written: "32M", "1000". */
static const char *size_text(struct page *p, uint64_t bytes)
{
	bool whole = bytes % ((uint64_t)1 << 20) == 0;

	return page_fmt(
		p, "%llu%s", (unsigned long long)(whole ? bytes >> 20 : bytes), whole ? "M" : "");
}

void page_reproduce(struct page *p)
{
	struct str command = STR_INIT(STR_MAX_LINE);

	str_add(&command, "chimera insight");
	for (size_t i = 0; i < p->o->npaths; i++)
		str_addf(&command, " %s", page_quote(p, figures_shell(&p->arena, p->o->paths[i])));
	str_addf(&command, " --out %s", page_quote(p, figures_shell(&p->arena, p->o->dir)));
	if (p->o->rules)
		str_addf(&command, " --rules %s",
			page_quote(p, figures_shell(&p->arena, p->o->rules)));
	if (p->o->max_file)
		str_addf(&command, " --max-file %s", size_text(p, p->o->max_file));
	if (p->o->no_charts)
		str_add(&command, " --no-charts");
	if (p->o->narrate)
		str_addf(&command, " --narrate %s",
			page_quote(p, figures_shell(&p->arena, p->o->narrate)));
	doc_section(p->doc, "reproduce", "How to reproduce this");
	doc_code(p->doc, command.s);
	doc_para(p->doc,
		page_fmt(p,
			"%s%s%sThe same files give the same report, but for the times above; all "
			"figures "
			"are in summary.json too.",
			p->o->version && p->o->version[0] ? "Made by chimera " : "",
			p->o->version && p->o->version[0] ? page_quote(p, p->o->version) : "",
			p->o->version && p->o->version[0] ? ". " : ""),
		0);
	str_release(&command);
}
