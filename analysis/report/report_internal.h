/* report_internal.h - what the sections of a report share: the summary, the document, and words.
 *
 * Strings that functions return live in the report's arena. */
#ifndef REPORT_REPORT_INTERNAL_H
#define REPORT_REPORT_INTERNAL_H

#include <jansson.h>

#include "document.h"
#include "figures.h"
#include "report.h"
#include "summary.h"

struct report {
	struct arena arena;
	const struct summary *s;
	const struct dataset *d;
	struct doc *doc;     /* NULL in the brief */
	const char *dir;     /* run directory */
	const char *version; /* of this program */
	const struct report_times *times;
	json_t *charts; /* charts/index.json or NULL */
	bool simulated, is_virtual;
};

/* Fills in all but doc, charts and times. */
void report_init(struct report *r, const struct summary *s, const char *dir, const char *version);
void report_release(struct report *r);

/* ---- sections, in the order of the report ---- */

void report_lead(struct report *r);     /* the line below the title */
void report_summary(struct report *r);  /* three sentences, one picture */
void report_findings(struct report *r); /* by strength */
void report_recommend(struct report *r);
void report_effects(struct report *r);
void report_balance(struct report *r); /* several measures at once */
void report_lines(struct report *r);   /* inside of effects */
void report_performance(struct report *r);
void report_bursts(struct report *r); /* inside of performance; nothing without bursts */
void report_score(struct report *r);  /* inside of effects; nothing without scores */
void report_risk(struct report *r);
void report_next(struct report *r); /* what would settle the open questions */
void report_head(struct report *r); /* what was measured, in a table */
void report_ingest(struct report *r);
void report_quality(struct report *r);
void report_client(struct report *r); /* inside of quality */
void report_workflow(struct report *r);
void report_definitions(struct report *r);
void report_reproduce(struct report *r);

/* The chart of that name, where it was drawn. */
void report_chart(struct report *r, const char *name);

/* ---- verdicts and choice ---- */

/* Main effect of a factor on a metric, or NULL. */
const struct effect *report_effect(const struct report *r, int factor, enum metric m);
/* Shown, large enough to matter, and with its furthest pair. */
bool report_is_effect(const struct effect *e);
/* "8192 gives 3.1 % less throughput than 1024 (1.9 to 4.3)"; of such an effect. */
const char *report_effect_text(struct report *r, const struct effect *e);
/* The same from the better side: "num_ctx 1024 instead of 8192: 3.2 % more throughput (1.9
 * to 4.5)". */
const char *report_gain_text(struct report *r, const struct effect *e);
/* "effect", "no effect", "inconclusive", "alias". */
const char *report_verdict(const struct effect *e, enum verdict v);
/* The difference that two levels may have at most, by the interval that reaches furthest: "6.1 %";
 * NULL where there is none. */
const char *report_reach(struct report *r, const struct effect *e);
/* Levels of a factor that are one setting: "one setting under three names: ..."; NULL if none. */
const char *report_alias_text(struct report *r, int factor);
/* True where all levels of the factor are one setting. */
bool report_is_alias(const struct report *r, int factor);
/* True where no setting can be told from the best. */
bool report_is_all(const struct best_set *set);
/* What the cells of a set have in common: "num_ctx 4096 or less"; "" nothing. */
const char *report_common(struct report *r, const uint32_t *cells, size_t n);
/* Some factor has more than one level. */
bool report_varies(const struct report *r);
/* Something was graded. */
bool report_has_score(const struct report *r);
/* Requests were in flight together. */
bool report_has_bursts(const struct report *r);

#define CHOICE_NONE UINT32_MAX
/* The cell of the set that holds the best of m that should be used: without failures where there is
 * one, in the set of `also` too where there is one, and of those the one that needs the least
 * memory and the shortest context.  CHOICE_NONE where there is no set. */
uint32_t report_choice(const struct report *r, enum metric m, enum metric also);
bool report_in_set(const struct report *r, enum metric m, uint32_t cell);

/* ---- words ---- */

const char *words_fmt(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Text of a server, file or user: doc_quote in a report, as it is in the brief. */
const char *words_quote(struct report *r, const char *text);
/* Settings of a cell, quoted. */
const char *words_cell(struct report *r, uint32_t cell);
/* "1 request", "216 requests". */
const char *words_count(struct report *r, uint64_t n, const char *singular);
/* "one", "two", ... "ten", "11". */
const char *words_number(struct report *r, uint64_t n);
/* An estimate with the digits its interval supports, three without: "87.3"; NOT_GIVEN for NaN. */
const char *words_value(struct report *r, double x, double low, double high);
/* "86.2 to 88.0"; NOT_GIVEN without. */
const char *words_range(struct report *r, double low, double high);
/* "87.3 (86.2 to 88.0)"; no brackets without an interval. */
const char *words_estimate(struct report *r, double x, double low, double high);
/* The same with the unit behind the estimate. */
const char *words_metric(struct report *r, enum metric m, double x, double low, double high);
/* figures_change of a metric. */
struct change words_change(struct report *r, enum metric m, double ratio, double low, double high);
/* What a metric is called inside a sentence. */
const char *words_name(enum metric m);
/* "0.004", "< 0.001"; NOT_GIVEN for NaN. */
const char *words_p(struct report *r, double p);
/* Of the intervals: "95 %", or "97 %" where looks decided how many passes were made. */
const char *words_share(const struct report *r);
/* A share as a percentage a person set: "2 %". */
const char *words_percent(struct report *r, double share);
/* A figure without an interval: three digits; a bound or a rough one: two. */
const char *words_plain(struct report *r, double x);
const char *words_rough(struct report *r, double x);
/* The first letter made a capital, where the text begins with a word and not with a name. */
const char *words_capital(struct report *r, const char *text);
/* A word for the shell: quoted where needed. */
const char *words_shell(struct report *r, const char *word);
/* What a command needs to measure on the same machine: " --simulate --virtual", "". */
const char *words_simulated(const struct report *r);

#endif
