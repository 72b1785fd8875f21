/* ranks.c - Mann-Whitney, Hodges-Lehmann, Kruskal-Wallis, Spearman. */
#include "ranks.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "permute.h"
#include "quantile.h"

/* Steps that counting all arrangements may cost, and what doubles count without rounding. */
#define MOST_STEPS        5e6
#define MOST_COUNT        0x1p53
#define MOST_ARRANGEMENTS 1e6
#define MOST_PAIRED       9
#define MOST_DIFFERENCES  250000
#define ROUNDING          1e-12

/* ---- ranks ---- */

struct ranked {
	double value;
	size_t at;
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Twice the mean rank, so that all are whole.  Returns the sum of t^3 - t over ties. */
static double double_ranks(const double *v, size_t n, uint64_t *twice)
{
	struct ranked *r = xcalloc(n, sizeof(*r));
	double ties = 0;

	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){v[i], i};
	qsort(r, n, sizeof(*r), compare);
	for (size_t i = 0, end; i < n; i = end) {
		double t;

		for (end = i + 1; end < n && r[end].value == r[i].value; end++)
			;
		for (size_t j = i; j < end; j++)
			twice[r[j].at] = i + 1 + end;
		t = (double)(end - i);
		ties += t * t * t - t;
	}
	free(r);
	return ties;
}

void ranks_mid(const double *v, size_t n, double *rank)
{
	uint64_t *twice = xcalloc(n, sizeof(*twice));

	double_ranks(v, n, twice);
	for (size_t i = 0; i < n; i++)
		rank[i] = (double)twice[i] / 2;
	free(twice);
}

static void no_test(struct ranks_test *ret, const char *why)
{
	*ret = (struct ranks_test){.statistic = NAN, .p = NAN, .least = NAN, .why = why};
}

/* ---- sums of some of the ranks ---- */

/* In how many ways k of n whole numbers have each sum: ways[0 .. sums - 1].  One number after the
 * other is taken or left. */
struct sums {
	double *ways;
	size_t n; /* sums from 0 to n - 1 */
	double all;
};

static bool is_countable(size_t n, size_t k)
{
	double most = 2.0 * (double)n * (double)k;

	return (double)n * (double)k * most <= MOST_STEPS &&
		gsl_sf_lnchoose((unsigned)n, (unsigned)k) < log(MOST_COUNT);
}

static void count_sums(const uint64_t *v, size_t n, size_t k, struct sums *ret)
{
	size_t width = 2 * n * k + 1; /* no number is above 2n */
	double *ways = xcalloc((k + 1) * width, sizeof(*ways));

	ways[0] = 1;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1 < k ? i + 1 : k; j > 0; j--) {
			double *to = ways + j * width + v[i];
			const double *from = ways + (j - 1) * width;

			for (size_t s = 0; s + v[i] < width; s++)
				to[s] += from[s];
		}
	}
	*ret = (struct sums){.ways = xcalloc(width, sizeof(*ret->ways)), .n = width};
	for (size_t s = 0; s < width; s++) {
		ret->ways[s] = ways[k * width + s];
		ret->all += ret->ways[s];
	}
	free(ways);
}

/* The share of sums that are as far from `mean` as `seen`, or further; *least is that of the
 * furthest. */
static double far_share(const struct sums *sums, double mean, double seen, double *least)
{
	double far = 0, most = -1;

	*least = 0;
	for (size_t s = 0; s < sums->n; s++) {
		double off = fabs((double)s - mean);

		if (sums->ways[s] == 0)
			continue;
		if (off >= fabs(seen - mean))
			far += sums->ways[s];
		if (off > most)
			*least = 0;
		if (off >= most) {
			most = off;
			*least += sums->ways[s] / sums->all;
		}
	}
	return far / sums->all;
}

/* ---- Mann and Whitney ---- */

static double normal_p(double u, double n, double m, double ties)
{
	double all = n + m, off = fmax(0, fabs(u - n * m / 2) - 0.5);
	double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));

	return erfc(off / sqrt(variance) * M_SQRT1_2);
}

void ranks_mann_whitney(
	const double *x, size_t n, const double *y, size_t m, struct ranks_test *ret)
{
	size_t all = n + m, few = n < m ? n : m;
	uint64_t *twice, sum = 0;
	double *v, ties, cube = (double)all;
	struct sums sums;

	if (n == 0 || m == 0) {
		no_test(ret, "one of the two has no values");
		return;
	}
	v = xcalloc(all, sizeof(*v));
	twice = xcalloc(all, sizeof(*twice));
	for (size_t i = 0; i < all; i++)
		v[i] = i < n ? x[i] : y[i - n];
	ties = double_ranks(v, all, twice);
	for (size_t i = 0; i < n; i++)
		sum += twice[i];
	*ret = (struct ranks_test){.statistic = (double)sum / 2 - (double)n * ((double)n + 1) / 2};
	if (ties == cube * cube * cube - cube) {
		no_test(ret, "all values are equal");
	} else if (is_countable(all, few)) {
		/* The other sample's sum is as far off on the other side. */
		if (few != n)
			sum = all * (all + 1) - sum;
		count_sums(twice, all, few, &sums);
		ret->p =
			far_share(&sums, (double)few * ((double)all + 1), (double)sum, &ret->least);
		ret->exact = true;
		free(sums.ways);
	} else {
		ret->least = 2 * exp(-gsl_sf_lnchoose((unsigned)all, (unsigned)few));
		ret->p = fmax(ret->least, normal_p(ret->statistic, (double)n, (double)m, ties));
	}
	free(v);
	free(twice);
}

/* ---- Hodges and Lehmann ---- */

/* The largest rank of a difference that is above the shift with a probability of at most `tail`: 0
 * none. */
static size_t exact_rank(size_t n, size_t m, double tail, double *below)
{
	size_t all = n + m, few = n < m ? n : m, least = few * (few + 1), rank = 0;
	uint64_t *twice = xcalloc(all, sizeof(*twice));
	struct sums sums;
	double sum = 0;

	for (size_t i = 0; i < all; i++)
		twice[i] = 2 * (i + 1);
	count_sums(twice, all, few, &sums);
	for (size_t u = 0; least + 2 * u < sums.n; u++) {
		sum += sums.ways[least + 2 * u] / sums.all;
		if (sum > tail * (1 + ROUNDING))
			break;
		rank = u + 1;
		*below = sum;
	}
	free(sums.ways);
	free(twice);
	return rank;
}

static size_t normal_rank(double n, double m, double tail, double *below)
{
	double z = -gsl_cdf_ugaussian_Pinv(tail);
	double rank = floor(n * m / 2 - z * sqrt(n * m * (n + m + 1) / 12));

	*below = tail;
	return rank >= 1 ? (size_t)rank : 0;
}

static const char *why_no_shift(const double *x, size_t n, const double *y, size_t m)
{
	if (n == 0 || m == 0)
		return "one of the two has no values";
	if (n > MOST_DIFFERENCES / m)
		return "more than 250,000 differences";
	for (size_t i = 0; i < n + m; i++) {
		if (!isfinite(i < n ? x[i] : y[i - n]))
			return "a value is infinite";
	}
	return NULL;
}

void ranks_hodges_lehmann(
	const double *x, size_t n, const double *y, size_t m, double level, struct ranks_shift *ret)
{
	double *d, below = 0;
	size_t rank;

	*ret = (struct ranks_shift){.estimate = NAN, .low = NAN, .high = NAN, .coverage = NAN};
	ret->why = why_no_shift(x, n, y, m);
	if (ret->why)
		return;
	d = xcalloc(n * m, sizeof(*d));
	for (size_t i = 0; i < n * m; i++)
		d[i] = y[i % m] - x[i / m];
	quantile_sort(d, n * m);
	ret->estimate = quantile(d, n * m, 0.5);
	ret->exact = is_countable(n + m, n < m ? n : m);
	rank = ret->exact ? exact_rank(n, m, (1 - level) / 2, &below)
			  : normal_rank((double)n, (double)m, (1 - level) / 2, &below);
	if (rank) {
		ret->low = d[rank - 1];
		ret->high = d[n * m - rank];
		ret->coverage = 1 - 2 * below;
	} else {
		ret->why = "too few values for an interval";
	}
	free(d);
}

/* ---- Kruskal and Wallis ---- */

struct groups {
	const uint64_t *twice;
	size_t n;
	uint32_t k;
	double *size, *sum; /* [k] */
};

/* The sum of squared rank sums over the groups' sizes, in which H rises. */
static double squares(const struct groups *g, const uint32_t *group)
{
	double all = 0;

	for (uint32_t j = 0; j < g->k; j++)
		g->sum[j] = 0;
	for (size_t i = 0; i < g->n; i++)
		g->sum[group[i]] += (double)g->twice[i];
	for (uint32_t j = 0; j < g->k; j++)
		all += g->size[j] > 0 ? g->sum[j] * g->sum[j] / g->size[j] : 0;
	return all;
}

/* The logarithm of the number of different arrangements of the groups' labels. */
static double ln_arrangements(const struct groups *g)
{
	double sum = gsl_sf_lnfact((unsigned)g->n);

	for (uint32_t j = 0; j < g->k; j++)
		sum -= gsl_sf_lnfact((unsigned)g->size[j]);
	return sum;
}

/* Groups of one size may change names without changing H. */
static double ln_namings(const struct groups *g)
{
	double sum = 0;

	for (uint32_t j = 0; j < g->k; j++) {
		double same = 0;

		for (uint32_t i = 0; i <= j; i++)
			same += g->size[i] == g->size[j];
		sum += g->size[j] > 0 ? log(same) : 0;
	}
	return sum;
}

static int compare_labels(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void all_arrangements(
	const struct groups *g, const uint32_t *group, double seen, struct ranks_test *ret)
{
	uint32_t *label = xcalloc(g->n, sizeof(*label));
	double far = 0, all = 0, top = 0, most = 0;

	for (size_t i = 0; i < g->n; i++)
		label[i] = group[i];
	qsort(label, g->n, sizeof(*label), compare_labels);
	do {
		double x = squares(g, label);

		all++;
		far += x >= seen * (1 - ROUNDING);
		if (x > most * (1 + ROUNDING)) {
			most = x;
			top = 0;
		}
		top += x >= most * (1 - ROUNDING);
	} while (permute_next(label, g->n));
	ret->p = far / all;
	ret->least = top / all;
	ret->exact = true;
	free(label);
}

static void test_groups(
	const struct groups *g, const uint32_t *group, double ties, struct ranks_test *ret)
{
	double n = (double)g->n, seen = squares(g, group), df = -1;
	double share = 1 - ties / (n * n * n - n);

	for (uint32_t j = 0; j < g->k; j++)
		df += g->size[j] > 0;
	if (df < 1) {
		no_test(ret, "fewer than two groups have values");
		return;
	}
	if (!(share > 0)) {
		no_test(ret, "all values are equal");
		return;
	}
	*ret = (struct ranks_test){
		.statistic = fmax(0, 3 / (n * (n + 1)) * seen - 3 * (n + 1)) / share};
	if (ln_arrangements(g) <= log(MOST_ARRANGEMENTS)) {
		all_arrangements(g, group, seen, ret);
		return;
	}
	ret->least = exp(ln_namings(g) - ln_arrangements(g));
	ret->p = fmax(ret->least, gsl_cdf_chisq_Q(ret->statistic, df));
}

void ranks_kruskal_wallis(
	const double *v, const uint32_t *group, size_t n, uint32_t ngroups, struct ranks_test *ret)
{
	uint64_t *twice = xcalloc(n, sizeof(*twice));
	struct groups g = {.twice = twice,
		.n = n,
		.k = ngroups,
		.size = xcalloc(ngroups, sizeof(*g.size)),
		.sum = xcalloc(ngroups, sizeof(*g.sum))};
	double ties = double_ranks(v, n, twice);

	for (size_t i = 0; i < n; i++) {
		if (group[i] >= ngroups)
			BUG("group %u of %u", (unsigned)group[i], (unsigned)ngroups);
		g.size[group[i]]++;
	}
	test_groups(&g, group, ties, ret);
	free(twice);
	free(g.size);
	free(g.sum);
}

/* ---- Spearman ---- */

/* n times the sum of products, less the product of sums: the covariance of the ranks, whole. */
static int64_t covariance(
	const uint64_t *a, const uint64_t *b, const uint32_t *order, size_t n, uint64_t both)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[order[i]];
	return (int64_t)(n * sum) - (int64_t)both;
}

static void all_orders(
	const uint64_t *a, const uint64_t *b, size_t n, int64_t seen, struct ranks_test *ret)
{
	uint64_t both = n * (n + 1) * n * (n + 1);
	double far = 0, all = 0, top = 0;
	int64_t most = -1;
	uint32_t order[MOST_PAIRED];

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	do {
		int64_t x = llabs(covariance(a, b, order, n, both));

		all++;
		far += x >= llabs(seen);
		if (x > most)
			top = 0;
		if (x >= most) {
			most = x;
			top++;
		}
	} while (permute_next(order, n));
	ret->p = far / all;
	ret->least = top / all;
	ret->exact = true;
}

static void correlate(
	const uint64_t *a, const uint64_t *b, size_t n, double ties[2], struct ranks_test *ret)
{
	double m = (double)n, cube = m * m * m - m, rho, t, sum = 0;

	/* In twice the ranks n times the sum of squares is n (n^3 - n - ties) / 3. */
	for (size_t i = 0; i < n; i++)
		sum += ((double)a[i] - m - 1) * ((double)b[i] - m - 1);
	rho = 3 * sum / sqrt((cube - ties[0]) * (cube - ties[1]));
	*ret = (struct ranks_test){.statistic = fmax(-1, fmin(1, rho))};
	if (n <= MOST_PAIRED) {
		all_orders(a, b, n, llround(sum * m), ret);
		return;
	}
	t = fabs(rho) * sqrt((m - 2) / fmax(1e-300, 1 - rho * rho));
	ret->least = 2 * exp(-gsl_sf_lnfact((unsigned)n));
	ret->p = fmax(ret->least, 2 * gsl_cdf_tdist_Q(t, m - 2));
}

void ranks_spearman(const double *x, const double *y, size_t n, struct ranks_test *ret)
{
	uint64_t *a, *b;
	double ties[2], cube = (double)n * (double)n * (double)n - (double)n;

	if (n < 3) {
		no_test(ret, "fewer than three pairs");
		return;
	}
	a = xcalloc(n, sizeof(*a));
	b = xcalloc(n, sizeof(*b));
	ties[0] = double_ranks(x, n, a);
	ties[1] = double_ranks(y, n, b);
	if (ties[0] == cube || ties[1] == cube)
		no_test(ret, "all values are equal");
	else
		correlate(a, b, n, ties, ret);
	free(a);
	free(b);
}
