/* oneway.c - one-way analysis of variance. */
#include "oneway.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dist.h"

struct group {
	long double sum, mean, rest;
	size_t n;
};

/* Means of the groups, and of all; each corrected by a second pass. */
static long double find_means(
	struct group *g, uint32_t ngroups, const double *y, const uint32_t *of, size_t n)
{
	long double sum = 0, grand, rest = 0;

	for (size_t i = 0; i < n; i++) {
		if (of[i] >= ngroups)
			BUG("value %zu is in no group", i);
		g[of[i]].sum += y[i];
		g[of[i]].n++;
		sum += y[i];
	}
	grand = sum / (long double)n;
	for (uint32_t j = 0; j < ngroups; j++)
		g[j].mean = g[j].n ? g[j].sum / (long double)g[j].n : 0;
	for (size_t i = 0; i < n; i++) {
		g[of[i]].rest += y[i] - g[of[i]].mean;
		rest += y[i] - grand;
	}
	for (uint32_t j = 0; j < ngroups; j++)
		g[j].mean += g[j].n ? g[j].rest / (long double)g[j].n : 0;
	return grand + rest / (long double)n;
}

static const char *why_no_test(const struct oneway *a)
{
	if (a->groups < 2)
		return "fewer than two groups have values";
	if (a->df_within <= 0)
		return "no group has two values, so there is nothing to test against";
	if (!isfinite(a->ss_within) || !isfinite(a->ss_between))
		return "a value is not finite";
	if (a->ss_within <= 0)
		return "the values of every group are equal, so there is no noise to test against";
	return NULL;
}

void oneway_of(const double *y, const uint32_t *of, size_t n, uint32_t ngroups, struct oneway *ret)
{
	struct group *g = xcalloc(ngroups, sizeof(*g));
	long double within = 0, between = 0, grand;

	*ret = (struct oneway){
		.n = n, .ss_between = NAN, .ss_within = NAN, .f = NAN, .p = NAN, .r2 = NAN};
	grand = n > 0 ? find_means(g, ngroups, y, of, n) : 0;
	for (size_t i = 0; i < n; i++)
		within += (y[i] - g[of[i]].mean) * (y[i] - g[of[i]].mean);
	for (uint32_t j = 0; j < ngroups; j++) {
		if (g[j].n == 0)
			continue;
		ret->groups++;
		between += (long double)g[j].n * (g[j].mean - grand) * (g[j].mean - grand);
	}
	free(g);
	ret->df_between = ret->groups > 0 ? (double)(ret->groups - 1) : 0;
	ret->df_within = (double)(n - ret->groups);
	if (n > 0) {
		ret->ss_between = (double)between;
		ret->ss_within = (double)within;
		ret->r2 = (double)(between / (between + within));
	}
	ret->residual_sd = ret->df_within > 0 ? sqrt(ret->ss_within / ret->df_within) : (double)NAN;
	ret->why = why_no_test(ret);
	if (ret->why)
		return;
	ret->f = (double)(between / ret->df_between / (within / ret->df_within));
	ret->p = dist_f_upper(ret->f, ret->df_between, ret->df_within);
}
