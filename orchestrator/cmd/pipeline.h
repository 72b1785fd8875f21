/* pipeline.h - from a run directory's rows to summary, charts and report. */
#ifndef CMD_PIPELINE_H
#define CMD_PIPELINE_H

#include <stdbool.h>

#include "str.h"

enum pipeline_stage {
	PIPELINE_SUMMARY = 1, /* summary.json and tables/ */
	PIPELINE_CHARTS = 2,
	PIPELINE_REPORT = 4,
	PIPELINE_ALL = 7,
};

/* Runs the stages, telling errors on standard error.  The brief (what the run says, a few lines) is
 * appended to `brief` if not NULL, and to `clause` how well its times are known.  Returns the exit
 * code: a missing gnuplot is 3, but the tables and the report are made all the same. */
int pipeline(const char *dir, unsigned stages, struct str *brief, struct str *clause);

#endif
