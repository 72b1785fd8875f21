/* row_cost.h - what a row costs on its way from a sample through the journal to the file, in a
 * process of its own. */
#ifndef TESTS_ROW_COST_H
#define TESTS_ROW_COST_H

#include <stdint.h>

struct row_cost {
	double us;     /* a row, by the clock, until it is the kernel's */
	double cpu_us; /* a row, of processor time, with all that a process takes beside */
	double peak_mib;
	double bytes; /* of runs.csv */
};

/* Writes so many rows into a run directory of its own inside `folder`, which is removed again.  A
 * row that is not there ends the process with a message. */
void row_cost_measure(const char *folder, uint64_t rows, struct row_cost *c);

#endif
