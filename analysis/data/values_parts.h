/* values_parts.h - shared by values.c and values_mad.c only. */
#ifndef DATA_VALUES_PARTS_H
#define DATA_VALUES_PARTS_H

#include "values.h"

/* The buckets that have values, one after the other: those below 0 from the farthest, 0, those
 * above.  Starts as {.v = v}. */
struct walk {
	const struct values *v;
	enum { WALK_BELOW, WALK_ZERO, WALK_ABOVE } at;
	uint32_t step; /* buckets of this side gone through */
	double low, high, middle;
	uint64_t n;
};

/* The next bucket with a value; false at the end. */
bool values_next(struct walk *w);
/* Brought between the least and the largest value. */
double values_clamp(const struct values *v, double x);
/* Between two neighbours; two equal infinities have no distance, an infinity has no part. */
double values_between(double low, double high, double part);

#endif
