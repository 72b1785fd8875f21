/* regress_check.c - what the residuals of a fit say of it. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dist.h"
#include "quantile.h"
#include "regress_parts.h"

/* A leverage this near to 1 leaves no residual to judge. */
#define NO_RESIDUAL 1e-10
/* Of a column beside the others, of length 1: shorter is their rounding. */
#define NO_COLUMN 1e-10L

/* ---- the largest ---- */

static void find_largest(const struct regress *r, struct regress_check *c)
{
	double sum = r->ss_residual, judged = 0;

	if (!(r->df > 1) || !(r->ss_residual > 0)) {
		c->largest_why = "too few points are left to judge one by the others";
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		double left = 1 - r->leverage[i], own, rest, t;

		if (left < NO_RESIDUAL)
			continue;
		judged++;
		own = r->residual[i] * r->residual[i] / left;
		rest = (sum - own) / (r->df - 1);
		t = rest > 0 ? sqrt(own / rest) : INFINITY;
		if (!(t <= c->largest)) {
			c->largest = t;
			c->largest_row = i;
		}
	}
	/* All others fit to the last digit. */
	if (isinf(c->largest)) {
		c->largest = NAN;
		c->largest_p = 0;
		c->largest_why = "without it the others lie on the fit";
		return;
	}
	c->largest_p = fmin(1, judged * dist_t_two_sided(c->largest, r->df - 1));
}

/* ---- lack of fit ---- */

struct place {
	const double *x, *y;
	uint32_t nx;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	for (uint32_t j = 0; j < p->nx; j++) {
		if (p->x[j] != q->x[j])
			return p->x[j] < q->x[j] ? -1 : 1;
	}
	return (p->y > q->y) - (p->y < q->y);
}

static bool same_place(const struct place *p, const struct place *q)
{
	for (uint32_t j = 0; j < p->nx; j++) {
		if (p->x[j] != q->x[j])
			return false;
	}
	return true;
}

/* Sum of squares about the means of equal x; returns how many different ones there are. */
static size_t pure_error(const struct regress *r, long double *ss)
{
	struct place *places = xcalloc(r->n, sizeof(*places));
	size_t different = 0;

	for (size_t i = 0; i < r->n; i++)
		places[i] = (struct place){r->x + i * r->model.nx, r->y + i, r->model.nx};
	qsort(places, r->n, sizeof(*places), compare_places);
	*ss = 0;
	for (size_t i = 0, end; i < r->n; i = end, different++) {
		long double sum = 0, mean;

		for (end = i; end < r->n && same_place(&places[i], &places[end]); end++)
			sum += *places[end].y;
		mean = sum / (long double)(end - i);
		for (size_t j = i; j < end; j++)
			*ss += (*places[j].y - mean) * (*places[j].y - mean);
	}
	free(places);
	return different;
}

static void set_misfit(
	struct regress_check *c, long double ss, double df1, long double ss_error, double df2)
{
	c->misfit_df1 = df1;
	c->misfit_df2 = df2;
	if (!(ss_error > 0)) {
		c->misfit_why =
			"the values at equal x are equal, so there is no noise to test against";
		return;
	}
	c->misfit_f = (double)(fmaxl(0, ss) / df1 / (ss_error / df2));
	c->misfit_p = dist_f_upper(c->misfit_f, df1, df2);
}

/* The square of the fitted values, less what the columns make of it; false if that is nothing. */
static bool curve(const struct regress *r, long double *z)
{
	long double mean = 0, whole = 0, left = 0, centre = r->fitted->mean_y;

	for (size_t i = 0; i < r->n; i++) {
		long double fitted = (long double)r->y[i] - r->residual[i] - centre;

		z[i] = fitted * fitted;
		mean += z[i] / (long double)r->n;
	}
	for (size_t i = 0; i < r->n; i++) {
		z[i] -= r->model.intercept ? mean : 0;
		whole += z[i] * z[i];
	}
	regress_qr_turn(&r->fitted->qr, z);
	for (size_t i = r->model.nterms; i < r->n; i++)
		left += z[i] * z[i];
	return left > NO_COLUMN * NO_COLUMN * whole;
}

static void find_curve(const struct regress *r, struct regress_check *c)
{
	long double *z = xcalloc(r->n, sizeof(*z)), *e = xcalloc(r->n, sizeof(*e));
	long double product = 0, square = 0, explained;

	for (size_t i = 0; i < r->n; i++)
		e[i] = r->residual[i];
	regress_qr_turn(&r->fitted->qr, e);
	if (!(r->df > 1)) {
		c->misfit_why = "too few points are left to tell a curve";
	} else if (!curve(r, z)) {
		c->misfit_why = "a curve cannot be told at so few different x";
	} else {
		for (size_t i = r->model.nterms; i < r->n; i++) {
			product += z[i] * e[i];
			square += z[i] * z[i];
		}
		explained = product * product / square;
		set_misfit(c, explained, 1, r->ss_residual - explained, r->df - 1);
	}
	free(z);
	free(e);
}

static void find_misfit(const struct regress *r, struct regress_check *c)
{
	long double ss;
	size_t different = pure_error(r, &ss);

	c->repeated = different < r->n && different > r->p;
	if (c->repeated)
		set_misfit(c, r->ss_residual - ss, (double)(different - r->p), ss,
			(double)(r->n - different));
	else
		find_curve(r, c);
}

/* ---- spread ---- */

/* n R^2 of the squared residuals on the columns. */
static void find_spread(const struct regress *r, struct regress_check *c)
{
	long double *g, mean = 0, explained = 0, whole = 0;
	size_t q = r->model.nterms;

	c->spread_df = (double)q;
	if (!r->model.intercept || !(r->df > 0)) {
		c->spread_why = "it needs an intercept and more points than coefficients";
		return;
	}
	g = xcalloc(r->n, sizeof(*g));
	for (size_t i = 0; i < r->n; i++) {
		g[i] = (long double)r->residual[i] * r->residual[i];
		mean += g[i] / (long double)r->n;
	}
	for (size_t i = 0; i < r->n; i++) {
		g[i] -= mean;
		whole += g[i] * g[i];
	}
	regress_qr_turn(&r->fitted->qr, g);
	for (size_t i = 0; i < q; i++)
		explained += g[i] * g[i];
	if (whole > 0) {
		c->spread = (double)((long double)r->n * explained / whole);
		c->spread_p = gsl_cdf_chisq_Q(c->spread, (double)q);
	} else {
		c->spread_why = "all residuals are of one size";
	}
	free(g);
}

/* ---- normality ---- */

bool regress_shapiro_francia(const double *v, size_t n, double *w, double *p)
{
	double *sorted, mean = 0, square = 0, scores = 0, product = 0, u, z;

	*w = *p = NAN;
	if (n < 5 || n > 5000)
		return false;
	sorted = xcalloc(n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++) {
		sorted[i] = v[i];
		mean += v[i] / (double)n;
	}
	quantile_sort(sorted, n);
	for (size_t i = 0; i < n; i++) {
		/* Blom's (1958) scores. */
		double score = dist_normal_quantile(((double)i + 0.625) / ((double)n + 0.25));

		product += score * (sorted[i] - mean);
		square += (sorted[i] - mean) * (sorted[i] - mean);
		scores += score * score;
	}
	free(sorted);
	if (!(square > 0))
		return false;
	*w = fmin(1, product * product / square / scores);
	/* Royston (1993), for log(1 - W'). */
	u = log((double)n);
	z = log(1 - *w) - (-1.2725 + 1.0521 * (log(u) - u));
	*p = *w < 1 ? gsl_cdf_ugaussian_Q(z / (1.0308 - 0.26758 * (log(u) + 2 / u))) : 1;
	return true;
}

void regress_check(const struct regress *r, struct regress_check *c)
{
	*c = (struct regress_check){.largest = NAN,
		.largest_p = NAN,
		.misfit_f = NAN,
		.misfit_df1 = NAN,
		.misfit_df2 = NAN,
		.misfit_p = NAN,
		.spread = NAN,
		.spread_df = NAN,
		.spread_p = NAN,
		.normal_w = NAN,
		.normal_p = NAN};
	if (r->why || r->error_why) {
		const char *why = r->why ? r->why : r->error_why;

		c->largest_why = c->misfit_why = c->spread_why = c->normal_why = why;
		return;
	}
	find_largest(r, c);
	find_misfit(r, c);
	find_spread(r, c);
	if (!regress_shapiro_francia(r->residual, r->n, &c->normal_w, &c->normal_p))
		c->normal_why = "it needs 5 to 5000 residuals that differ";
}
