/* cmd_insight.c - a report of whatever results are below some paths. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "charts.h"
#include "clock.h"
#include "fsx.h"
#include "insight.h"
#include "insight_args.h"
#include "insight_report.h"
#include "narrate.h"
#include "report.h"
#include "say.h"

/* What the stages hand on. */
struct work {
	const struct insight_args *args;
	struct corpus corpus;
	struct insight insight;
	struct insight_report_options options;
	struct narrator_facts facts; /* of a narrator */
};

static double seconds_since(ns t)
{
	return (double)(clock_mono() - t) / 1e9;
}

/* A run of ours and nothing else: what it says is said best by its own report. */
static const struct insight_run *lone_run(const struct work *w)
{
	const struct insight_run *run = w->insight.nruns == 1 ? &w->insight.runs[0] : NULL;

	for (size_t i = 0; run && i < w->corpus.nfiles; i++) {
		if (i != run->file && w->corpus.files[i].used > 0)
			run = NULL;
	}
	return run && run->summary ? run : NULL;
}

/* A chart that cannot be drawn costs the chart and not the report. */
static int draw(struct work *w)
{
	struct err e = ERR_INIT;
	ns t = clock_mono();
	int code = EXIT_FINE;

	if (charts_draw(w->args->out, &e))
		code = say_error(&e);
	w->options.times.charts = seconds_since(t);
	return code;
}

static int write_tables(struct work *w, const struct insight_run *run, struct err *e)
{
	return run ? summary_write(run->summary, w->args->out, e)
		   : insight_write(&w->insight, w->args->out, e);
}

static int write_report(struct work *w, const struct insight_run *run, struct err *e)
{
	const struct insight_times *t = &w->options.times;
	const struct report_times of_run = {t->ingest, t->analysis, t->charts};

	const struct report_narration said = {&w->facts, w->options.narrated};

	return run ? report_write(run->summary, w->args->out, CHIMERA_VERSION, &of_run,
			     w->options.narrated ? &said : NULL, e)
		   : insight_report(&w->insight, &w->options, e);
}

static void print_brief(const struct work *w, const struct insight_run *run)
{
	struct str brief = STR_INIT(1 << 20);

	if (run)
		report_brief(run->summary, &brief);
	else
		insight_brief(&w->insight, &brief);
	fputs(brief.s, stdout);
	printf("report  %s/report.html\n", say_safe(w->args->out));
	str_release(&brief);
}

/* Tables that are written beside the report: both only read what was found. */
struct tables {
	struct work *w;
	const struct insight_run *run;
	struct err e;
	int failed;
};

static void *write_tables_beside(void *arg)
{
	struct tables *t = arg;

	t->failed = write_tables(t->w, t->run, &t->e);
	return NULL;
}

static int write_side_by_side(struct work *w, const struct insight_run *run, struct err *e)
{
	struct tables t = {.w = w, .run = run, .e = ERR_INIT};
	pthread_t thread;
	bool beside = pthread_create(&thread, NULL, write_tables_beside, &t) == 0;
	int failed = write_report(w, run, e);

	if (beside)
		pthread_join(thread, NULL);
	else
		write_tables_beside(&t);
	if (!failed && t.failed)
		*e = t.e;
	return failed || t.failed ? -1 : 0;
}

/* Charts are drawn from the tables and stand in the report; without them it need not wait.  False
 * if the report is not there; the exit code in either case. */
static bool write_all(struct work *w, const struct insight_run *run, int *code)
{
	struct err e = ERR_INIT;
	int failed = fsx_mkdirs(w->args->out, &e);

	*code = EXIT_FINE;
	if (!failed && w->args->no_charts) {
		failed = write_side_by_side(w, run, &e);
	} else if (!failed) {
		failed = write_tables(w, run, &e);
		if (!failed) {
			*code = draw(w);
			failed = write_report(w, run, &e);
		}
	}
	if (failed)
		*code = exit_worse(*code, say_error(&e));
	return !failed;
}

/* The report is there; now a model may say it in words, and it is written again. */
static int ask_narrator(struct work *w, const struct insight_run *run)
{
	const struct narrate_spec spec = {.host = w->args->server, .model = w->args->narrate};
	struct arena arena = {0};
	struct narrated narrated;
	struct err e = ERR_INIT;
	int code = EXIT_FINE;

	insight_facts(&w->insight, &arena, &w->facts);
	if (narrate(&spec, &w->facts, &narrated, &e))
		code = say_error(&e);
	w->options.narrated = &narrated;
	if (write_report(w, run, &e))
		code = exit_worse(code, say_error(&e));
	else if (!w->args->quiet && !w->args->json && code == EXIT_FINE)
		printf("narrator  %s: %s\n", say_safe(narrated.model),
			narrated.accepted ? "its summary is in the report"
					  : say_safe(narrated.why));
	w->options.narrated = NULL;
	narrated_release(&narrated);
	arena_release(&arena);
	return code;
}

/* Everything that is written; then what is said. */
static int put_out(struct work *w)
{
	const struct insight_run *run = lone_run(w);
	int code = EXIT_FINE;

	if (w->args->out && !write_all(w, run, &code))
		return code;
	if (w->args->json)
		say_json(run ? summary_json(run->summary) : insight_json(&w->insight));
	else if (!w->args->quiet)
		print_brief(w, run);
	fflush(stdout);
	return w->args->narrate ? exit_worse(code, ask_narrator(w, run)) : code;
}

static int insight(const struct insight_args *a)
{
	struct work w = {.args = a,
		.options = {.dir = a->out,
			.paths = a->path,
			.npaths = a->npaths,
			.version = CHIMERA_VERSION,
			.rules = a->read.rules,
			.max_file = a->read.limits.file_bytes,
			.narrate = a->narrate,
			.times = {NAN, NAN, NAN, NAN},
			.no_charts = a->no_charts}};
	struct err e = ERR_INIT;
	ns t = clock_mono();
	int code;

	if (corpus_read(&w.corpus, a->path, a->npaths, &a->read, &e))
		return say_error(&e);
	w.options.times.ingest = seconds_since(t);
	t = clock_mono();
	insight_make(&w.insight, &w.corpus);
	w.options.times.analysis = seconds_since(t);
	code = put_out(&w);
	insight_release(&w.insight);
	corpus_release(&w.corpus);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct insight_args a;
	struct err e = ERR_INIT;

	if (insight_parse(&a, argc, argv, &e))
		return say_error(&e);
	return a.help ? command_help(self) : insight(&a);
}

const struct command cmd_insight = {
	.name = "insight",
	.usage = "chimera insight PATH... --out DIR [options]",
	.summary = "a report of any tree of results: CSV, JSON, Markdown, runs",
	.about = "Reads every CSV, TSV, JSON, JSON-lines and Markdown file below each PATH, and "
		 "runs\n"
		 "of chimera, understands their columns by rules, and writes DIR/report.html,\n"
		 "report.md, report.json, summary.json, tables/ and charts/.  Nothing is counted\n"
		 "twice, failed rows are failures, and what is not used is listed with its reason.",
	.examples = "  chimera insight results/ --out insight\n"
		    "  chimera insight runs/night-1 old/*.csv --out both --no-charts\n"
		    "  chimera insight results/ --out insight --narrate gemma3:4b\n",
	.options = insight_options,
	.run = run,
};
