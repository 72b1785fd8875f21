/* insight_json.h - names that summary.json and the tables share. */
#ifndef STATS_INSIGHT_JSON_H
#define STATS_INSIGHT_JSON_H

#include "insight.h"

/* "agrees", "contradicts", ... */
const char *insight_verdict_name(enum told_verdict v);

#endif
