/* noise.c - variance components with limits, autocorrelation and tails of a run.
 *
 * With MS_w on f_w degrees of freedom within loads, MS_l on f_l between loads (m requests each) and
 * the passes' effects with mean square MS_p on P - 1 (B loads each):
 *
 *	request^2 = MS_w		limits by chi-square
 *	load^2 = MS_l - MS_w / m	limits of a difference of mean squares: Ting, Burdick,
 *	pass^2 = MS_p - MS_l / B	Graybill, Jeyaratnam and Lu (1990), without cross terms
 *
 * AR(1): lag-1 products of residuals, solved for the autocorrelation that gives such products when
 * the load's own mean is taken off; limits by Bartlett's variance.  Tails: Geary's (1935) ratio of
 * the mean deviation to the sd, which falls from sqrt(2/pi) to 2/pi as all draws come from t with
 * 3 degrees of freedom; limits by the delta method. */
#include "noise.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fold.h"
#include "num.h"
#include "strata.h"

#define ASSUMED_REQUEST 0.01
#define ASSUMED_LOAD    0.007
#define ASSUMED_PASS    0.005

#define SIDE         0.80
#define Z_SIDE       0.8416212335729143 /* normal quantile of SIDE */
#define MOST_AR1     0.95
#define LEAST_ROWS   20                 /* for the shape: fewer say nothing of it */
#define GEARY_NORMAL 0.7978845608028654 /* sqrt(2 / pi) */
#define GEARY_T3     0.6366197723675814 /* 2 / pi: mean of |t|, 2 sqrt(3) / pi, over sqrt(3) */

bool noise_has(enum metric m)
{
	return metric_specs[m].primary;
}

/* ---- assumed and given ---- */

static struct noise_part exactly(double value, bool assumed)
{
	return (struct noise_part){value, value, value, assumed};
}

static void assume(struct noise_of *of)
{
	*of = (struct noise_of){.request = exactly(ASSUMED_REQUEST, true),
		.load = exactly(ASSUMED_LOAD, true),
		.pass = exactly(ASSUMED_PASS, true),
		.ar1 = exactly(0, true),
		.tail = exactly(0, true)};
}

void noise_assumed(struct noise *n)
{
	*n = (struct noise){.origin = NOISE_ASSUMED};
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (noise_has((enum metric)m))
			assume(&n->of[m]);
	}
}

static struct noise_part *part_named(struct noise_of *of, const char *name, size_t len)
{
	struct {
		const char *name;
		struct noise_part *part;
	} known[] = {{"request", &of->request}, {"load", &of->load}, {"pass", &of->pass},
		{"ar1", &of->ar1}, {"tail", &of->tail}};

	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
			return known[i].part;
	}
	return NULL;
}

/* One NAME=VALUE.  Returns how many measures took it; -1 where the value is none. */
static int give(struct noise *n, const char *item, size_t len)
{
	static const char *const prefix[METRIC_COUNT] = {
		[METRIC_DECODE] = "throughput.", [METRIC_TTFT] = "ttft."};
	const char *equals = memchr(item, '=', len);
	int taken = 0;
	double value;

	if (!equals)
		return -1;
	if (!num_share(equals + 1, (size_t)(item + len - equals - 1), -1, 1, &value))
		return -1;
	for (int m = 0; m < METRIC_COUNT; m++) {
		size_t skip = prefix[m] && strncmp(item, prefix[m], strlen(prefix[m])) == 0
			? strlen(prefix[m])
			: 0;
		struct noise_part *part;

		if (!noise_has((enum metric)m))
			continue;
		part = part_named(&n->of[m], item + skip, (size_t)(equals - item) - skip);
		if (!part)
			continue;
		if (part == &n->of[m].ar1 ? !(fabs(value) <= MOST_AR1)
					  : !(value >= 0 && value <= 1))
			return -1;
		*part = exactly(value, false);
		taken++;
	}
	return taken;
}

int noise_parse(struct noise *n, const char *text, struct err *e)
{
	noise_assumed(n);
	n->origin = NOISE_GIVEN;
	for (const char *s = text, *end = ","; *end; s = end + 1) {
		size_t len = strcspn(s, ",");
		char *item = xstrndup(s, len), shown[80];
		int taken = give(n, item, len);

		end = s + len;
		if (taken <= 0) {
			err_set(e, ERR_USAGE, "\"%s\" is no %s",
				err_quote(shown, sizeof(shown), item),
				taken < 0 ? "noise such as load=0.7%" : "part of the noise");
			free(item);
			return err_hint(e,
				"request, load and pass are sds (1%%), ar1 and tail shares; "
				"ttft.load=2%% is of TTFT alone");
		}
		free(item);
	}
	return 0;
}

/* ---- variance components ---- */

/* How far a mean square's limits are from it, as parts of it. */
static double above(double df)
{
	return df / gsl_cdf_chisq_Pinv(1 - SIDE, df) - 1;
}

static double below(double df)
{
	return 1 - df / gsl_cdf_chisq_Pinv(SIDE, df);
}

/* The sd whose square is a - b. */
static struct noise_part difference(double a, double df_a, double b, double df_b)
{
	double up_a = above(df_a) * a, down_a = below(df_a) * a;
	double up_b = df_b > 0 ? above(df_b) * b : 0, down_b = df_b > 0 ? below(df_b) * b : 0;

	return (struct noise_part){.value = sqrt(fmax(0, a - b)),
		.low = sqrt(fmax(0, a - b - hypot(down_a, up_b))),
		.high = sqrt(fmax(0, a - b + hypot(up_a, down_b)))};
}

static struct noise_part pass_part(const struct strata *s)
{
	double ms = 0, loads = (double)s->nloads / s->npasses;

	for (uint32_t p = 0; p < s->npasses; p++)
		ms += s->pass_effect[p] * s->pass_effect[p] / (s->npasses - 1);
	return difference(ms, s->npasses - 1, s->ms_load / loads, s->df_load);
}

static void fit_components(struct noise_of *of, const struct strata *s)
{
	if (!s->within_why)
		of->request = difference(s->ms_within, s->df_within, 0, 0);
	if (!s->load_why)
		of->load = difference(s->ms_load, s->df_load,
			s->within_why ? 0 : s->ms_within / s->per_load, s->df_within);
	if (!s->load_why && s->npasses > 1)
		of->pass = pass_part(s);
}

/* ---- residuals ---- */

struct residual {
	uint32_t load, order;
	double value;
};

struct residuals {
	struct residual *v;
	size_t n;
};

static int compare_residuals(const void *a, const void *b)
{
	const struct residual *x = a, *y = b;

	if (x->load != y->load)
		return x->load < y->load ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* How far each load is from the means of its cells; NaN for loads without a value. */
static double *load_shifts(const struct strata *s, const struct dataset *d)
{
	double *shift = xcalloc(d->nloads, sizeof(*shift));

	for (size_t l = 0; l < d->nloads; l++)
		shift[l] = NAN;
	for (size_t l = 0; l < s->nloads; l++) {
		const struct strata_load *load = &s->loads[l];
		double sum = 0;

		for (size_t g = load->first; g < load->first + load->ngroups; g++)
			sum += s->groups[g].weight *
				(s->groups[g].mean - s->cells[s->groups[g].cell].mean);
		shift[load->load] = sum / load->weight;
	}
	return shift;
}

/* Single requests less their cell and their load, in the order they ran. */
static void find_residuals(struct residuals *r, const struct strata *s, const struct dataset *d)
{
	double *shift = load_shifts(s, d);

	*r = (struct residuals){.v = xcalloc(d->nrows, sizeof(*r->v))};
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *row = &d->rows[i];
		double y = row->metric[s->metric];

		if (!row->counts || row->concurrency > 1 || !isfinite(y) || (s->log && y <= 0) ||
			isnan(shift[row->load]))
			continue;
		r->v[r->n++] = (struct residual){row->load, row->order,
			(s->log ? log(y) : y) - s->cells[row->cell].mean - shift[row->load]};
	}
	qsort(r->v, r->n, sizeof(*r->v), compare_residuals);
	free(shift);
}

/* ---- autocorrelation ---- */

/* What lag-1 products and squares of one load's m residuals come to, at autocorrelation rho and
 * variance 1. */
static void expect_load(size_t m, double rho, double *products, double *squares)
{
	double n = (double)m, all = 0, last = 0;

	for (size_t i = 0; i < m; i++) {
		/* Sum over j of rho^|i - j|. */
		double sum =
			(1 + rho - pow(rho, (double)i + 1) - pow(rho, n - (double)i)) / (1 - rho);

		all += sum;
		if (i > 0)
			*products += rho - (sum + last) / n;
		last = sum;
	}
	*squares += n - all / n;
	*products += (n - 1) * all / (n * n);
}

static double expected_lag1(const struct residuals *r, double rho)
{
	double products = 0, squares = 0;

	for (size_t i = 0, end; i < r->n; i = end) {
		for (end = i; end < r->n && r->v[end].load == r->v[i].load; end++)
			;
		expect_load(end - i, rho, &products, &squares);
	}
	return products / squares;
}

static double solve_ar1(const struct residuals *r, double lag1)
{
	double low = -MOST_AR1, high = MOST_AR1;

	for (int i = 0; i < 40; i++) {
		double middle = (low + high) / 2;

		if (expected_lag1(r, middle) < lag1)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

static void fit_ar1(struct noise_of *of, const struct residuals *r)
{
	double products = 0, squares = 0, pairs = 0, rho, se;

	for (size_t i = 0; i < r->n; i++) {
		squares += r->v[i].value * r->v[i].value;
		if (i == 0 || r->v[i].load != r->v[i - 1].load)
			continue;
		products += r->v[i].value * r->v[i - 1].value;
		pairs++;
	}
	if (!(squares > 0) || pairs < LEAST_ROWS)
		return;
	rho = solve_ar1(r, products / squares);
	se = sqrt((1 - rho * rho) / pairs);
	of->ar1 = (struct noise_part){.value = rho,
		.low = fmax(-MOST_AR1, rho - Z_SIDE * se),
		.high = fmin(MOST_AR1, rho + Z_SIDE * se)};
}

/* ---- tails ---- */

static double tail_share(double geary)
{
	return fmax(0, fmin(1, (GEARY_NORMAL - geary) / (GEARY_NORMAL - GEARY_T3)));
}

static void fit_tail(struct noise_of *of, const struct residuals *r)
{
	double n = (double)r->n, deviation = 0, square = 0, variance = 0, geary, se;

	if (r->n < LEAST_ROWS)
		return;
	for (size_t i = 0; i < r->n; i++) {
		deviation += fabs(r->v[i].value) / n;
		square += r->v[i].value * r->v[i].value / n;
	}
	if (!(square > 0))
		return;
	geary = deviation / sqrt(square);
	for (size_t i = 0; i < r->n; i++) {
		double influence = fabs(r->v[i].value) / sqrt(square) - geary -
			geary * (r->v[i].value * r->v[i].value / square - 1) / 2;

		variance += influence * influence / n;
	}
	se = sqrt(variance / n);
	of->tail = (struct noise_part){.value = tail_share(geary),
		.low = tail_share(geary + Z_SIDE * se),
		.high = tail_share(geary - Z_SIDE * se)};
}

/* ---- all of it ---- */

static bool fit_metric(struct noise_of *of, const struct dataset *d, const struct effective *eff,
	enum metric metric, struct arena *arena)
{
	struct residuals r;
	struct strata s;
	bool known;

	strata_fit(&s, d, eff, metric, false, arena);
	known = !s.why && (!s.within_why || !s.load_why);
	if (known) {
		fit_components(of, &s);
		find_residuals(&r, &s, d);
		fit_ar1(of, &r);
		fit_tail(of, &r);
		free(r.v);
	}
	strata_release(&s);
	return known;
}

int noise_fit(struct noise *n, struct dataset *d, struct err *e)
{
	struct alias_finding *aliases;
	struct dataset folded = *d;
	struct effective eff;
	struct fold own;
	size_t naliases;
	bool any = false;

	noise_assumed(n);
	n->origin = NOISE_RUN;
	snprintf(n->from, sizeof(n->from), "%s", d->dir[0] ? d->dir : d->name);
	effective_find(&eff, d, &d->arena, &aliases, &naliases);
	folded.fold = fold_of(d, &own);
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (noise_has((enum metric)m))
			any = fit_metric(&n->of[m], &folded, &eff, (enum metric)m, &d->arena) ||
				any;
	}
	fold_release(&own);
	if (any)
		return 0;
	err_set(e, ERR_DATA, "%s: nothing was repeated in it, so that it shows no noise", n->from);
	return err_hint(e, "a run of at least 2 passes tells the noise of loads");
}

static void scale(struct noise_part *p, double factor)
{
	p->value *= factor;
	p->low *= factor;
	p->high *= factor;
}

void noise_scale(struct noise *n, double factor)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		scale(&n->of[m].request, factor);
		scale(&n->of[m].load, factor);
		scale(&n->of[m].pass, factor);
	}
}

void noise_upper(struct noise *n)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		n->of[m].request.value = n->of[m].request.high;
		n->of[m].load.value = n->of[m].load.high;
		n->of[m].pass.value = n->of[m].pass.high;
	}
}

bool noise_is_assumed(const struct noise *n)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (noise_has((enum metric)m) &&
			(n->of[m].request.assumed || n->of[m].load.assumed))
			return true;
	}
	return false;
}
