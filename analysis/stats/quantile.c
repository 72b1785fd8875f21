/* quantile.c - order statistics of one sample. */
#include "quantile.h"

#include <math.h>

#include "values.h"

void quantile_sort(double *v, size_t n)
{
	values_sort(v, n);
}

double quantile(const double *sorted, size_t n, double p)
{
	double at = p * ((double)n - 1);
	size_t i = n ? (size_t)at : 0;
	double part = at - (double)i;

	if (n == 0)
		return NAN;
	if (part == 0 || i + 1 >= n)
		return sorted[i];
	/* Two equal infinities have no distance, an infinity has no part. */
	if (isinf(sorted[i]) || isinf(sorted[i + 1]))
		return isinf(sorted[i + 1]) ? sorted[i + 1] : sorted[i];
	return sorted[i] + part * (sorted[i + 1] - sorted[i]);
}

double quantile_mad(double *sorted, size_t n)
{
	double median = quantile(sorted, n, 0.5);

	if (!isfinite(median))
		return NAN;
	for (size_t i = 0; i < n; i++)
		sorted[i] = fabs(sorted[i] - median);
	quantile_sort(sorted, n);
	return quantile(sorted, n, 0.5);
}
