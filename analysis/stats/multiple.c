/* multiple.c - p values of many tests at once. */
#include "multiple.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"

size_t multiple_tests(const double *p, size_t n)
{
	size_t tests = 0;

	for (size_t i = 0; i < n; i++)
		tests += !isnan(p[i]);
	return tests;
}

static int compare(const void *a, const void *b)
{
	double *const *x = a, *const *y = b;

	if (**x != **y)
		return **x < **y ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* The tests, smallest p first. */
static double **sorted(double *p, size_t n, size_t *tests)
{
	double **order = xcalloc(n, sizeof(*order));

	*tests = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(p[i]))
			order[(*tests)++] = &p[i];
	}
	qsort(order, *tests, sizeof(*order), compare);
	return order;
}

void multiple_holm(double *p, size_t n)
{
	size_t tests;
	double **order = sorted(p, n, &tests), most = 0;

	for (size_t i = 0; i < tests; i++) {
		most = fmax(most, fmin(1, *order[i] * (double)(tests - i)));
		*order[i] = most;
	}
	free(order);
}

void multiple_benjamini_hochberg(double *p, size_t n)
{
	size_t tests;
	double **order = sorted(p, n, &tests), least = 1;

	for (size_t i = tests; i-- > 0;) {
		least = fmin(least, *order[i] * (double)tests / (double)(i + 1));
		*order[i] = least;
	}
	free(order);
}
