/* pipeline.c - analysis, charts, report. */
#include "pipeline.h"

#include <math.h>
#include <stddef.h>

#include "charts.h"
#include "clock.h"
#include "dataset.h"
#include "report.h"
#include "say.h"
#include "summary.h"

static double seconds_since(ns t)
{
	return (double)(clock_mono() - t) / 1e9;
}

static int summary_and_report(const char *dir, unsigned stages, const struct summary *s,
	struct report_times *times, struct str *brief, struct str *clause)
{
	struct err e = ERR_INIT;
	int code = EXIT_FINE;
	ns t;

	if ((stages & PIPELINE_SUMMARY) && summary_write(s, dir, &e))
		return say_error(&e);
	if (stages & PIPELINE_CHARTS) {
		t = clock_mono();
		if (charts_draw(dir, &e))
			code = say_error(&e);
		times->charts = seconds_since(t);
	}
	if (stages & PIPELINE_REPORT) {
		e = (struct err)ERR_INIT;
		if (report_write(s, dir, CHIMERA_VERSION, times, NULL, &e))
			code = exit_worse(code, say_error(&e));
	}
	if (brief)
		report_brief(s, brief);
	if (clause)
		report_client_clause(s, clause);
	return code;
}

int pipeline(const char *dir, unsigned stages, struct str *brief, struct str *clause)
{
	struct report_times times = {NAN, NAN, NAN};
	struct err e = ERR_INIT;
	struct dataset data;
	struct summary s;
	ns t = clock_mono();
	int code;

	if (dataset_from_run(&data, dir, &e))
		return say_error(&e);
	times.ingest = seconds_since(t);
	t = clock_mono();
	if (summary_make(&s, &data, &e)) {
		dataset_release(&data);
		return say_error(&e);
	}
	times.analysis = seconds_since(t);
	code = summary_and_report(dir, stages, &s, &times, brief, clause);
	summary_release(&s);
	dataset_release(&data);
	return code;
}
