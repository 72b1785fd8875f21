/* report.h - RUN/report.md, report.html and report.json from one document.
 *
 * The content is computed: every number comes from the summary, and every statement has the rows
 * behind it.  The charts are embedded from RUN/charts/index.json where it is there. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "narrator.h"
#include "str.h"
#include "summary.h"

/* Seconds each stage took, for the workflow section; NaN not run. */
struct report_times {
	double ingest, analysis, charts;
};

/* What a language model wrote of these facts (narrator.h). */
struct report_narration {
	const struct narrator_facts *facts;
	const struct narrated *narrated;
};

/* `narration` NULL: nobody was asked. */
int report_write(const struct summary *s, const char *dir, const char *tool_version,
	const struct report_times *times, const struct report_narration *narration, struct err *e);
/* The few lines a person sees at the end of a run (docs/design.md, commands): the verdict per
 * factor, the best, what it may have missed.  Plain text, appended to out. */
void report_brief(const struct summary *s, struct str *out);
/* "client within 0.1 ms of the wire" where that holds for 99 of 100 requests, else for how many it
 * does.  Appends nothing where it is not known, and under a virtual clock. */
void report_client_clause(const struct summary *s, struct str *out);

#endif
