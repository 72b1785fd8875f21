/* modes.c - humps of a cell's values, and where they come from. */
#include "modes.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "quantile.h"

/* The least share of a part: a hump of fewer is not what a dip shows. */
#define LEAST_SHARE 0.05

static void no_humps(struct humps *ret, size_t n, const char *why)
{
	*ret = (struct humps){.n = n,
		.dip = NAN,
		.p = NAN,
		.split = NAN,
		.low = NAN,
		.high = NAN,
		.share = NAN,
		.why = why};
}

/* How many of the values make the lower part: those for which the sum of squares between the two
 * parts is largest. */
static size_t find_split(const double *v, size_t n)
{
	size_t least = (size_t)ceil(LEAST_SHARE * (double)n), best = n / 2;
	double all = 0, sum = 0, most = -1, center = v[n / 2];

	for (size_t i = 0; i < n; i++)
		all += v[i] - center;
	for (size_t k = 1; k + least <= n; k++) {
		double a = (double)k, b = (double)(n - k), off;

		sum += v[k - 1] - center;
		off = sum / a - (all - sum) / b;
		if (k >= least && v[k] > v[k - 1] && a * b * off * off > most) {
			most = a * b * off * off;
			best = k;
		}
	}
	return best;
}

static void describe(const double *v, size_t n, struct humps *ret)
{
	size_t k = find_split(v, n);

	ret->split = v[k - 1] + (v[k] - v[k - 1]) / 2;
	ret->low = quantile(v, k, 0.5);
	ret->high = quantile(v + k, n - k, 0.5);
	ret->share = (double)k / (double)n;
}

/* Evenly spaced order statistics. */
static double *thin(const double *sorted, size_t n)
{
	double *v = xcalloc(MODES_MOST, sizeof(*v));

	for (size_t i = 0; i < MODES_MOST; i++)
		v[i] = sorted[(size_t)(((double)i + 0.5) / MODES_MOST * (double)n)];
	return v;
}

void modes_of_sorted(const double *sorted, size_t n, struct humps *ret)
{
	size_t kept = n < MODES_MOST ? n : MODES_MOST;
	double *thinned = NULL;
	const double *v = sorted;

	no_humps(ret, n, n < MODES_LEAST ? "humps need 20 values" : NULL);
	if (!ret->why && sorted[0] == sorted[n - 1])
		ret->why = "all values are the same";
	if (ret->why)
		return;
	if (n > MODES_MOST)
		v = thinned = thin(sorted, n);
	ret->dip = modes_dip(v, kept);
	ret->p = modes_dip_p(ret->dip, kept);
	ret->found = ret->p < MODES_ALPHA;
	if (ret->found)
		describe(v, kept, ret);
	free(thinned);
}

/* ---- loads ---- */

struct value {
	uint32_t load;
	double y;
};

static int compare(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	return (x->y > y->y) - (x->y < y->y);
}

/* The values with each load's mean moved to that of all, ascending; returns the loads. */
static size_t level_loads(const double *y, const uint32_t *load, size_t n, double *ret)
{
	struct value *v = xcalloc(n, sizeof(*v));
	double all = 0;
	size_t loads = 0;

	for (size_t i = 0; i < n; i++) {
		v[i] = (struct value){load[i], y[i]};
		all += (y[i] - y[0]) / (double)n;
	}
	qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0, end; i < n; i = end) {
		double mean = 0;

		for (end = i; end < n && v[end].load == v[i].load; end++)
			mean += v[end].y - y[0];
		mean /= (double)(end - i);
		for (size_t k = i; k < end; k++)
			ret[k] = v[k].y - mean + all;
		loads++;
	}
	free(v);
	quantile_sort(ret, n);
	return loads;
}

static enum modes_where tell(const struct modes *m)
{
	if (m->within.found)
		return MODES_WITHIN_LOADS;
	if (!m->plain.found)
		return MODES_NONE;
	return m->within.why ? MODES_EITHER : MODES_BETWEEN_LOADS;
}

void modes_find(const double *y, const uint32_t *load, size_t n, struct modes *ret)
{
	double *v = xcalloc(n, sizeof(*v));
	size_t loads;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(y[i]))
			BUG("value %zu of a cell is %g", i, y[i]);
		v[i] = y[i];
	}
	quantile_sort(v, n);
	modes_of_sorted(v, n, &ret->plain);
	loads = level_loads(y, load, n, v);
	if (loads > 1 && n < loads * MODES_LOAD_LEAST)
		no_humps(&ret->within, n, "fewer than 8 values in a load");
	else
		modes_of_sorted(v, n, &ret->within);
	ret->where = tell(ret);
	free(v);
}

const char *modes_where_name(enum modes_where where)
{
	static const char *const names[] = {
		[MODES_NONE] = "none",
		[MODES_BETWEEN_LOADS] = "between loads",
		[MODES_WITHIN_LOADS] = "within loads",
		[MODES_EITHER] = "between or within loads",
	};

	return names[where];
}
