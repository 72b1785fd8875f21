/* clock_errors.h - what the files of a case say: the client's times held against the server's truth
 * log.  Memory grows with the case, so a process that measures does this in a child. */
#ifndef TESTS_CLOCK_ERRORS_H
#define TESTS_CLOCK_ERRORS_H

#include "clock_case.h"
#include "least_client.h"

struct clock_results {
	struct clock_figures figures; /* errors and counts; costs are left as they were */
	double span_s;                /* from the first measured request's send to the last end */
};

/* Of a run directory; ends the process if a request failed or a token or a truth is missing. */
void clock_errors_of_run(struct clock_results *r, const struct clock_load *l, const char *truth,
	const char *run_folder);
/* Of the least client's answers; span_s is left as it was. */
void clock_errors_of_least(struct clock_results *r, const struct clock_load *l, const char *truth,
	const struct least_answer *answers);

#endif
