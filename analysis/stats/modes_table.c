/* modes_table.c - how large the dip of a uniform sample is.
 *
 * Quantiles of sqrt(n) times the dip of 1,000,000 samples of each size, made with modes_dip() and
 * base/rng.h (seed 20261125, stream "dip N"; sums of exponential spacings).  p at a quantile is
 * known to a relative 1 percent at .01 and to 10 at .0001.  They agree with the table that R's
 * diptest has to what either was simulated with (tests/unit/test_modes.c). */
#include <math.h>

#include "bug.h"
#include "modes.h"

#define NSIZES     8
#define NQUANTILES 20

static const double sizes[NSIZES] = {20, 30, 50, 100, 200, 500, 1000, 2000};
static const double upper[NQUANTILES] = {0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1,
	0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, MODES_LEAST_P};
static const double scaled[NSIZES][NQUANTILES] = {
	{0.2122, 0.2357, 0.2539, 0.2773, 0.2952, 0.3113, 0.3279, 0.3470, 0.3687, 0.3950, 0.4347,
		0.4703, 0.5113, 0.5393, 0.5658, 0.5976, 0.6188, 0.6392, 0.6672, 0.6877},
	{0.2168, 0.2436, 0.2597, 0.2830, 0.3019, 0.3192, 0.3367, 0.3557, 0.3777, 0.4052, 0.4465,
		0.4832, 0.5264, 0.5561, 0.5837, 0.6178, 0.6415, 0.6638, 0.6940, 0.7182},
	{0.2218, 0.2494, 0.2665, 0.2903, 0.3094, 0.3273, 0.3455, 0.3650, 0.3875, 0.4161, 0.4587,
		0.4968, 0.5414, 0.5723, 0.6014, 0.6383, 0.6622, 0.6870, 0.7156, 0.7371},
	{0.2285, 0.2565, 0.2741, 0.2981, 0.3179, 0.3362, 0.3547, 0.3749, 0.3980, 0.4272, 0.4712,
		0.5108, 0.5578, 0.5907, 0.6219, 0.6600, 0.6863, 0.7118, 0.7450, 0.7707},
	{0.2333, 0.2618, 0.2796, 0.3041, 0.3240, 0.3426, 0.3616, 0.3820, 0.4055, 0.4353, 0.4804,
		0.5208, 0.5689, 0.6029, 0.6345, 0.6743, 0.7011, 0.7282, 0.7602, 0.7819},
	{0.2382, 0.2668, 0.2849, 0.3097, 0.3298, 0.3488, 0.3680, 0.3887, 0.4127, 0.4431, 0.4891,
		0.5303, 0.5794, 0.6140, 0.6462, 0.6854, 0.7137, 0.7416, 0.7726, 0.7958},
	{0.2404, 0.2694, 0.2876, 0.3126, 0.3329, 0.3520, 0.3714, 0.3922, 0.4163, 0.4469, 0.4933,
		0.5349, 0.5847, 0.6194, 0.6525, 0.6937, 0.7242, 0.7530, 0.7874, 0.8089},
	{0.2421, 0.2713, 0.2896, 0.3146, 0.3350, 0.3541, 0.3735, 0.3945, 0.4188, 0.4496, 0.4963,
		0.5385, 0.5881, 0.6223, 0.6553, 0.6966, 0.7254, 0.7542, 0.7908, 0.8158},
};

/* The quantile of a size between two of the table, along the logarithm of the size. */
static double quantile_of(size_t i, double n)
{
	size_t s = 0;
	double part;

	while (s + 2 < NSIZES && n > sizes[s + 1])
		s++;
	part = (log(n) - log(sizes[s])) / (log(sizes[s + 1]) - log(sizes[s]));
	part = fmin(1, part); /* beyond the last the limit is nearly reached */
	return scaled[s][i] + part * (scaled[s + 1][i] - scaled[s][i]);
}

/* Along the logarithm of p. */
double modes_dip_p(double dip, size_t n)
{
	double x = sqrt((double)n) * dip, last, q = quantile_of(0, (double)n);

	if (n < MODES_LEAST)
		BUG("the dip of %zu values has no p", n);
	if (x <= q)
		return 1;
	for (size_t i = 1; i < NQUANTILES; i++) {
		last = q;
		q = quantile_of(i, (double)n);
		if (x < q)
			return exp(log(upper[i - 1]) +
				(x - last) / (q - last) * (log(upper[i]) - log(upper[i - 1])));
	}
	return MODES_LEAST_P;
}
