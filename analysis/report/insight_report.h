/* insight_report.h - OUT/report.md, report.html and report.json of a corpus, the lines for a
 * terminal, and the facts that a narrator may cite.
 *
 * All of it is computed from struct insight: every number comes from there and has the rows behind
 * it.  Charts are embedded from OUT/charts/index.json. */
#ifndef REPORT_INSIGHT_REPORT_H
#define REPORT_INSIGHT_REPORT_H

#include "insight.h"
#include "narrator.h"
#include "str.h"

/* Seconds of each stage; NaN: not done, or not timed. */
struct insight_times {
	double ingest, analysis, charts, report;
};

struct insight_report_options {
	const char *dir; /* OUT */
	const char *const *paths;
	size_t npaths;
	const char *version; /* of this program; NULL unknown */
	const char *rules;   /* the user's own; NULL */
	uint64_t max_file;   /* bytes, as it was asked for; 0: as it is without */
	const char *narrate; /* the model that was asked for; NULL */
	struct insight_times times;
	bool no_charts; /* none were asked for; else OUT/charts/index.json is used where it is */
	const struct narrated *narrated; /* NULL: no narrator was asked for */
};

int insight_report(const struct insight *in, const struct insight_report_options *o, struct err *e);

/* Facts without a figure in their text, figures beside them, at most NARRATOR_MAX_FACTS, and the
 * names that may stand in a text.  All strings live in `a`; the two arrays too. */
void insight_facts(const struct insight *in, struct arena *a, struct narrator_facts *ret);

/* What a person sees at the end: what was read, the best, loads, settings, reports, traps. */
void insight_brief(const struct insight *in, struct str *out);

#endif
