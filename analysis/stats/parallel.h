/* parallel.h - the same work for several metrics, by as many threads as there are processors. */
#ifndef STATS_PARALLEL_H
#define STATS_PARALLEL_H

#include <stdbool.h>

#include "arena.h"

/* Calls work(of, i, a) once for each i < n.  Where it is `heavy` it does so from several threads,
 * in any order: the work for one i must read and write nothing that it writes for another, so that
 * what comes of it does not depend on the threads.  What it allocates in `a`, which is its own, is
 * in `arena` afterwards. */
void parallel_for(size_t n, bool heavy, struct arena *arena,
	void (*work)(void *of, size_t i, struct arena *a), void *of);

/* Groups of all metrics together from which threads are worth their start. */
#define PARALLEL_LEAST 20000

#endif
