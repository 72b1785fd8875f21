/* drift.c - trend over the run, autocorrelation within loads, and the sentinel. */
#include "drift.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "fold.h"
#include "quantile.h"

/* Loads beyond this are thinned evenly for the slope, which looks at all pairs. */
#define MAX_PAIRED 1000

/* ---- tools ---- */

double drift_slope(const double *x, const double *y, size_t n)
{
	double *slopes = xcalloc(n * (n ? n - 1 : 0) / 2, sizeof(*slopes)), median;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (x[i] != x[j])
				slopes[count++] = (y[i] - y[j]) / (x[i] - x[j]);
		}
	}
	median = values_median(slopes, count);
	free(slopes);
	return median;
}

static int sign(double x)
{
	return (x > 0) - (x < 0);
}

void drift_tie_sums(const double *v, size_t n, double sums[3])
{
	double *sorted = xcalloc(n, sizeof(*sorted));

	sums[0] = sums[1] = sums[2] = 0;
	for (size_t i = 0; i < n; i++)
		sorted[i] = v[i];
	quantile_sort(sorted, n);
	for (size_t i = 0, end; i < n; i = end) {
		double t;

		for (end = i; end < n && sorted[end] == sorted[i]; end++)
			;
		t = (double)(end - i);
		sums[0] += t * (t - 1) * (2 * t + 5);
		sums[1] += t * (t - 1) * (t - 2);
		sums[2] += t * (t - 1);
	}
	free(sorted);
}

double drift_kendall_p(const double *x, const double *y, size_t n)
{
	double s = 0, m = (double)n, tx[3], ty[3], variance;

	if (n < 3)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			s += sign(x[i] - x[j]) * sign(y[i] - y[j]);
	}
	drift_tie_sums(x, n, tx);
	drift_tie_sums(y, n, ty);
	variance = (m * (m - 1) * (2 * m + 5) - tx[0] - ty[0]) / 18 +
		tx[1] * ty[1] / (9 * m * (m - 1) * (m - 2)) + tx[2] * ty[2] / (2 * m * (m - 1));
	if (!(variance > 0))
		return NAN;
	return erfc(fmax(0, fabs(s) - 1) / sqrt(variance) * M_SQRT1_2);
}

/* ---- trend ---- */

struct point {
	double hours, residual;
};

/* Mean of each load, less the means of its settings over the whole run, at its mean time. */
static size_t load_points(const struct strata *s, const struct dataset *d,
	const struct effective *eff, struct point *points)
{
	double *mean = xcalloc(eff->nsettings, sizeof(*mean));
	double *weight = xcalloc(eff->nsettings, sizeof(*weight));
	struct fold own;
	const struct fold *f = fold_of(d, &own);
	size_t n = 0;

	for (size_t i = 0; i < s->ngroups; i++) {
		uint32_t setting = eff->setting[s->groups[i].cell];

		mean[setting] += s->groups[i].weight * s->groups[i].mean;
		weight[setting] += s->groups[i].weight;
	}
	for (size_t l = 0; l < s->nloads; l++) {
		const struct strata_load *load = &s->loads[l];
		const struct fold_load *at = &f->loads[load->load];
		double residual = load->mean;

		for (size_t g = load->first; g < load->first + load->ngroups; g++) {
			uint32_t setting = eff->setting[s->groups[g].cell];

			residual -= s->groups[g].weight / load->weight * mean[setting] /
				weight[setting];
		}
		if (at->timed > 0)
			points[n++] = (struct point){
				(at->first_s + at->since_s / at->timed) / 3600, residual};
	}
	free(mean);
	free(weight);
	fold_release(&own);
	return n;
}

static void find_trend(struct drift_summary *drift, const struct strata *s, const struct dataset *d,
	const struct effective *eff)
{
	struct point *points = xcalloc(s->nloads, sizeof(*points));
	size_t n = load_points(s, d, eff, points), step = n / MAX_PAIRED + 1, kept = 0;
	double *x = xcalloc(n, sizeof(*x)), *y = xcalloc(n, sizeof(*y));

	for (size_t i = 0; i < n; i += step) {
		x[kept] = points[i].hours - points[0].hours;
		y[kept++] = points[i].residual;
	}
	if (kept >= DRIFT_LEAST_LOADS) {
		drift->trend_per_hour = drift_slope(x, y, kept);
		drift->trend_p = drift_kendall_p(x, y, kept);
	}
	free(points);
	free(x);
	free(y);
}

/* ---- autocorrelation ---- */

struct residual {
	uint32_t load, order;
	double value;
};

static int compare_residuals(const void *a, const void *b)
{
	const struct residual *x = a, *y = b;

	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Rows are mostly in this order as they are. */
static void sort_residuals(struct residual *r, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (compare_residuals(&r[i - 1], &r[i]) > 0) {
			qsort(r, n, sizeof(*r), compare_residuals);
			return;
		}
	}
}

static uint32_t *places_of_loads(const struct strata *s, const struct dataset *d)
{
	uint32_t *place = xcalloc(d->nloads, sizeof(*place));

	for (size_t l = 0; l < d->nloads; l++)
		place[l] = DATA_NONE;
	for (uint32_t l = 0; l < s->nloads; l++)
		place[s->loads[l].load] = l;
	return place;
}

/* Requests less their cell and their load, in the order they ran. */
static size_t row_residuals(
	const struct strata *s, const struct dataset *d, struct residual *residuals)
{
	double *shift = xcalloc(s->nloads, sizeof(*shift)); /* of a load against its cells' means */
	uint32_t *place = places_of_loads(s, d);
	size_t n = 0;

	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];

		shift[g->load] +=
			g->weight / s->loads[g->load].weight * (g->mean - s->cells[g->cell].mean);
	}
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double y = r->metric[s->metric];

		if (!r->counts || !isfinite(y) || (s->log && y <= 0) || place[r->load] == DATA_NONE)
			continue;
		residuals[n++] = (struct residual){r->load, r->order,
			(s->log ? log(y) : y) - s->cells[r->cell].mean - shift[place[r->load]]};
	}
	free(shift);
	free(place);
	return n;
}

static void find_autocorrelation(
	struct drift_summary *drift, const struct strata *s, const struct dataset *d)
{
	struct residual *r = xcalloc(d->nrows, sizeof(*r));
	size_t n = row_residuals(s, d, r);
	double products = 0, squares = 0;

	sort_residuals(r, n);
	drift->lag1_n = n;
	for (size_t i = 0; i < n; i++) {
		squares += r[i].value * r[i].value;
		if (i > 0 && r[i].load == r[i - 1].load)
			products += r[i].value * r[i - 1].value;
	}
	if (squares > 1e-18 * (double)n && n > s->nloads)
		drift->lag1 = products / squares;
	free(r);
}

/* ---- sentinel ---- */

struct sentinel {
	double mean, n, order;
};

static int compare_sentinels(const void *a, const void *b)
{
	const struct sentinel *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* The server whose sentinel came first: loads of another one are another machine's. */
static uint32_t first_server(const struct dataset *d)
{
	const struct data_row *first = NULL;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (r->phase == ROW_SENTINEL && r->load != DATA_NONE &&
			(!first || r->order < first->order))
			first = r;
	}
	return first ? d->loads[first->load].server : 0;
}

/* Means of the sentinel's loads on one server, in the order they ran. */
static size_t sentinel_means(
	const struct strata *s, const struct dataset *d, struct sentinel *means)
{
	uint32_t server = first_server(d);
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double y = r->metric[s->metric];

		if (r->phase != ROW_SENTINEL || !r->ok || r->paid_load || r->load == DATA_NONE ||
			r->validity == ROW_INVALID || !isfinite(y) || (s->log && y <= 0) ||
			d->loads[r->load].server != server)
			continue;
		means[r->load].mean += s->log ? log(y) : y;
		means[r->load].order += r->order;
		means[r->load].n++;
	}
	for (size_t l = 0; l < d->nloads; l++) {
		if (means[l].n > 0)
			means[n++] = (struct sentinel){means[l].mean / means[l].n, means[l].n,
				means[l].order / means[l].n};
	}
	qsort(means, n, sizeof(*means), compare_sentinels);
	return n;
}

static double sd_of(const struct sentinel *v, size_t n)
{
	double mean = 0, ss = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i].mean / (double)n;
	for (size_t i = 0; i < n; i++)
		ss += (v[i].mean - mean) * (v[i].mean - mean);
	return n > 1 ? sqrt(ss / (double)(n - 1)) : (double)NAN;
}

/* Last against first: two loads of few requests each, with the noise that the strata show. */
static void find_sentinel(
	struct drift_summary *drift, const struct strata *s, const struct dataset *d)
{
	struct sentinel *v = xcalloc(d->nloads, sizeof(*v));
	size_t n = sentinel_means(s, d, v);
	double difference, request, half;
	struct variance variance;

	drift->sentinel_loads = (uint32_t)n;
	drift->sentinel_sd = sd_of(v, n);
	if (n >= 2 && !s->load_why && !s->within_why) {
		difference = v[n - 1].mean - v[0].mean;
		request = 1 / v[0].n + 1 / v[n - 1].n - 2 / s->per_load;
		variance = strata_variance(s, 2, request);
		half = strata_half(s, variance);
		drift->sentinel_ratio = strata_unscale(s, difference);
		drift->sentinel_low = strata_unscale(s, difference - half);
		drift->sentinel_high = strata_unscale(s, difference + half);
	}
	free(v);
}

void drift_find(struct drift_summary *drift, const struct strata *s, const struct dataset *d,
	const struct effective *eff)
{
	*drift = (struct drift_summary){.metric = s->metric,
		.trend_per_hour = NAN,
		.trend_p = NAN,
		.lag1 = NAN,
		.sentinel_sd = NAN,
		.sentinel_ratio = NAN,
		.sentinel_low = NAN,
		.sentinel_high = NAN,
		.why = s->why};
	if (s->why)
		return;
	find_trend(drift, s, d, eff);
	find_autocorrelation(drift, s, d);
	find_sentinel(drift, s, d);
	if (isnan(drift->trend_per_hour))
		drift->why = "a trend needs 8 loads whose time is known";
}
