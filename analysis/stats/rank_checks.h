/* rank_checks.h - what ranks alone say: intervals of percentiles where a cell's rows are
 * independent, and tests of tables without blocks.  Reported beside the other figures. */
#ifndef STATS_RANK_CHECKS_H
#define STATS_RANK_CHECKS_H

#include "orderstat.h"
#include "ranks.h"
#include "summary.h"

enum { RANK_P50, RANK_P95, RANK_P99, RANK_PERCENTILES };

/* Intervals of the percentiles of one metric in one cell. */
struct rank_limits {
	struct orderstat_interval at[RANK_PERCENTILES];
	double low[RANK_PERCENTILES], high[RANK_PERCENTILES];
};

/* The only factor of a table whose rows are independent. */
struct rank_test {
	enum metric metric;
	struct ranks_test test;   /* Kruskal and Wallis; of two levels Mann and Whitney */
	struct ranks_shift shift; /* of two levels: the second above the first */
	bool two;
};

/* metric_summary.ranks of all cells whose rows are of one load, or of an independent table, and
 * s->rank_tests.  After the cells are described. */
void rank_checks_make(struct summary *s);

/* New references. */
json_t *rank_limits_json(const struct rank_limits *r);
json_t *rank_tests_json(const struct summary *s);

#endif
