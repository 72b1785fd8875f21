/* finish.h - the end of `run` and `resume`: tables and report of what there is, the closing lines.
 */
#ifndef CMD_FINISH_H
#define CMD_FINISH_H

#include "measure.h"
#include "setup.h"

struct finish_options {
	bool no_report, json;
};

/* `code` is the exit code so far.  Returns the one to exit with. */
int finish(const struct setup *s, const char *dir, const struct measured *m, int code,
	const struct finish_options *opt);

#endif
