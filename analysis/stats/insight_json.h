/* insight_json.h - names that summary.json and the tables share. */
#ifndef STATS_INSIGHT_JSON_H
#define STATS_INSIGHT_JSON_H

#include "insight.h"

/* "agrees", "contradicts", ... */
const char *insight_verdict_name(enum told_verdict v);
/* A figure that was computed, to 12 significant digits: what is beyond comes of the order of adding
 * up, and takes three times as long to print. */
double insight_rounded(double x);
/* A text from outside as JSON: bytes that are no UTF-8 are '?'.  NULL is null. */
json_t *insight_text_json(const char *s);
/* A new list: series that files only tell, group by group. */
json_t *insight_series_json(const struct insight *in);

#endif
