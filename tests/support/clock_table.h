/* clock_table.h - the figures of clock_case.h as tables for a person, and whether the bars are met.
 */
#ifndef TESTS_CLOCK_TABLE_H
#define TESTS_CLOCK_TABLE_H

#include "clock_case.h"

/* What is asked of the client. */
#define CLOCK_BAR_P50_MS     0.1 /* errors of TTFT and of ITL */
#define CLOCK_BAR_P99_MS     1.0
#define CLOCK_BAR_RATIO      2.3  /* processor time a token, at 1,024 streams of 50 tok/s */
#define CLOCK_BAR_SHARE      0.95 /* of a processor, at 1,024 streams of 100 tok/s */
#define CLOCK_BAR_MIB        64.0 /* at 1,024 streams */
#define CLOCK_BAR_HOSE_RATIO 0.5  /* tokens per second, 16 streams as fast as they go */

/* One load, as both clients met it. */
struct clock_row {
	struct clock_load load;
	struct clock_figures ours, least;      /* medians of what was repeated */
	double ratio, ratio_least, ratio_most; /* ours by least in processor time, pair by pair */
};

/* Machine, processors, kernel, date and load. */
void clock_table_machine(void);
/* Errors of the client; errors of the least client, and the server's own lateness; costs. */
void clock_table_errors(const struct clock_row *rows, size_t n);
void clock_table_server(const struct clock_row *rows, size_t n);
void clock_table_costs(const struct clock_row *rows, size_t n);

#endif
