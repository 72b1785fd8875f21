/* big_run.h - a run directory of any number of rows, for benchmarks: three factors, a split plot,
 * noise of requests and loads, a known effect of num_ctx. */
#ifndef TESTS_BIG_RUN_H
#define TESTS_BIG_RUN_H

#include <stddef.h>
#include <stdint.h>

struct big_run {
	uint64_t rows;                         /* in all, spread evenly over cells and passes */
	uint32_t gpus, contexts, temperatures; /* levels of each factor */
	uint32_t passes;
};

/* Writes runs.csv, loads.csv, sweep.json and manifest.json into `dir`, which is there.  Returns the
 * bytes of runs.csv; 0 with errno if a file could not be written. */
uint64_t big_run_write(const char *dir, const struct big_run *b);

#endif
