/* permute.c - arrangements of labels among units that differ in nothing else. */
#include "permute.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rng.h"

#define SEED 20261125
/* Statistics that differ by less, of the sum of squares that is there to explain, are equal. */
#define ROUNDING 1e-10
/* An eigenvalue below this share of the largest is none: levels nothing compares. */
#define RANK_TOLERANCE 1e-9

bool permute_next(uint32_t *label, size_t n)
{
	size_t at, with, from, to;

	for (at = n; at > 1 && label[at - 2] >= label[at - 1];)
		at--;
	/* Behind at - 1 all is descending; the label before it is the one that grows. */
	for (with = n; at > 1 && label[with - 1] <= label[at - 2];)
		with--;
	if (at > 1) {
		uint32_t kept = label[at - 2];

		label[at - 2] = label[with - 1];
		label[with - 1] = kept;
	}
	for (from = at ? at - 1 : 0, to = n; from + 1 < to; from++, to--) {
		uint32_t kept = label[from];

		label[from] = label[to - 1];
		label[to - 1] = kept;
	}
	return at > 1;
}

/* ---- units that may change places ---- */

/* The units that have others of another level beside them, context after context. */
struct arrangement {
	size_t n, ncontexts;
	uint32_t k;
	size_t *end;     /* [ncontexts] */
	uint32_t *label; /* [n] */
	double *pull;    /* [n] weight x (value - its context's mean) */
	double total;    /* sum of squares about the contexts' means */
	double *root;    /* [k * k] the statistic is |root r|^2 */
	double *r;       /* [k] */
	double ln_count; /* logarithm of the number of arrangements */
	double *ln_one;  /* [k] of the probability that a level's units get one label, theirs */
};

static int compare_units(const void *a, const void *b)
{
	const struct permute_unit *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	if (x->prompt != y->prompt)
		return x->prompt < y->prompt ? -1 : 1;
	if (x->beside != y->beside)
		return x->beside < y->beside ? -1 : 1;
	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->y != y->y)
		return x->y < y->y ? -1 : 1;
	return (x->weight > y->weight) - (x->weight < y->weight);
}

static bool are_alike(const struct permute_unit *x, const struct permute_unit *y)
{
	return x->where == y->where && x->prompt == y->prompt && x->beside == y->beside;
}

/* Adds a context's share to the covariance of r: mean weight x (diag(n) - n n' / size). */
static void add_covariance(double *m, uint32_t k, const double *count, double size, double weight)
{
	for (uint32_t i = 0; i < k; i++) {
		if (count[i] == 0)
			continue;
		m[i * k + i] += weight * count[i];
		for (uint32_t j = 0; j < k; j++)
			m[i * k + j] -= weight * count[i] * count[j] / size;
	}
}

/* A context's units, if they have several levels; count is scratch [k]. */
static void add_context(
	struct arrangement *a, const struct permute_unit *u, size_t n, double *m, double *count)
{
	double mean = 0, weight = 0;

	if (u[0].level == u[n - 1].level)
		return;
	memset(count, 0, a->k * sizeof(*count));
	for (size_t i = 0; i < n; i++) {
		mean += u[i].weight * u[i].y;
		weight += u[i].weight;
		count[u[i].level]++;
	}
	mean /= weight;
	for (size_t i = 0; i < n; i++) {
		double off = u[i].y - mean;

		a->label[a->n] = u[i].level;
		a->pull[a->n++] = u[i].weight * off;
		a->total += u[i].weight * off * off;
	}
	a->end[a->ncontexts++] = a->n;
	a->ln_count += gsl_sf_lnfact((unsigned)n);
	for (uint32_t l = 0; l < a->k; l++) {
		a->ln_count -= gsl_sf_lnfact((unsigned)count[l]);
		a->ln_one[l] -= gsl_sf_lnchoose((unsigned)n, (unsigned)count[l]);
	}
	add_covariance(m, a->k, count, (double)n, weight / (double)n);
}

/* The root of the generalised inverse of m[k * k], which is overwritten. */
static void take_root(struct arrangement *a, double *m)
{
	gsl_matrix_view view = gsl_matrix_view_array(m, a->k, a->k);
	gsl_matrix *vectors = gsl_matrix_alloc(a->k, a->k);
	gsl_vector *values = gsl_vector_alloc(a->k);
	gsl_eigen_symmv_workspace *space = gsl_eigen_symmv_alloc(a->k);
	double largest;

	if (!vectors || !values || !space)
		BUG("no memory for %u levels", (unsigned)a->k);
	if (gsl_eigen_symmv(&view.matrix, values, vectors, space))
		BUG("no eigenvalues of a covariance");
	largest = gsl_vector_max(values);
	for (size_t i = 0; i < a->k; i++) {
		double value = gsl_vector_get(values, i);

		for (size_t j = 0; value > RANK_TOLERANCE * largest && j < a->k; j++)
			a->root[i * a->k + j] = gsl_matrix_get(vectors, j, i) / sqrt(value);
	}
	gsl_matrix_free(vectors);
	gsl_vector_free(values);
	gsl_eigen_symmv_free(space);
}

static void arrange(struct arrangement *a, struct permute_unit *units, size_t n, uint32_t nlevels)
{
	double *m = xcalloc((size_t)nlevels * nlevels, sizeof(*m));
	double *count = xcalloc(nlevels, sizeof(*count));

	*a = (struct arrangement){.k = nlevels,
		.end = xcalloc(n, sizeof(*a->end)),
		.label = xcalloc(n, sizeof(*a->label)),
		.pull = xcalloc(n, sizeof(*a->pull)),
		.root = xcalloc((size_t)nlevels * nlevels, sizeof(*a->root)),
		.ln_one = xcalloc(nlevels, sizeof(*a->ln_one)),
		.r = xcalloc(nlevels, sizeof(*a->r))};
	if (n > 1) /* no units need not be anywhere */
		qsort(units, n, sizeof(*units), compare_units);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && are_alike(&units[i], &units[end]); end++)
			;
		add_context(a, units + i, end - i, m, count);
	}
	if (a->n)
		take_root(a, m);
	free(m);
	free(count);
}

static void arrangement_release(struct arrangement *a)
{
	free(a->end);
	free(a->label);
	free(a->pull);
	free(a->root);
	free(a->ln_one);
	free(a->r);
}

/* ---- arrangements ---- */

static double statistic(const struct arrangement *a)
{
	double sum = 0;

	memset(a->r, 0, a->k * sizeof(*a->r));
	for (size_t i = 0; i < a->n; i++)
		a->r[a->label[i]] += a->pull[i];
	for (uint32_t i = 0; i < a->k; i++) {
		double x = 0;

		for (uint32_t j = 0; j < a->k; j++)
			x += a->root[i * a->k + j] * a->r[j];
		sum += x * x;
	}
	return sum;
}

/* The units are sorted by level within each context, so that the first arrangement is the first in
 * order; contexts turn like the wheels of a counter. */
static bool next_arrangement(struct arrangement *a)
{
	size_t first = 0;

	for (size_t c = 0; c < a->ncontexts; c++) {
		if (permute_next(a->label + first, a->end[c] - first))
			return true;
		first = a->end[c];
	}
	return false;
}

static void go_through(struct arrangement *a, double seen, struct permutation *ret)
{
	double far = 0, top = 0, most = 0, same = ROUNDING * a->total;

	do {
		double x = statistic(a);

		ret->draws++;
		far += x >= seen - same;
		if (x > most + same) {
			most = x;
			top = 0;
		}
		top += x >= most - same;
	} while (next_arrangement(a));
	ret->exact = true;
	ret->p = far / (double)ret->draws;
	ret->least = top / (double)ret->draws;
}

/* Uniform below n without a division in most cases (Lemire 2019). */
static uint32_t below(struct rng *r, uint32_t n)
{
	uint64_t x = (rng_next(r) >> 32) * n;

	if ((uint32_t)x < n) {
		uint32_t uneven = (uint32_t)(-n) % n;

		while ((uint32_t)x < uneven)
			x = (rng_next(r) >> 32) * n;
	}
	return (uint32_t)(x >> 32);
}

static void shuffle(struct arrangement *a, struct rng *r)
{
	size_t first = 0;

	for (size_t c = 0; c < a->ncontexts; c++) {
		uint32_t *label = a->label + first;

		for (uint32_t i = (uint32_t)(a->end[c] - first); i > 1; i--) {
			uint32_t j = below(r, i), kept = label[i - 1];

			label[i - 1] = label[j];
			label[j] = kept;
		}
		first = a->end[c];
	}
}

static void draw(struct arrangement *a, double seen, struct permutation *ret)
{
	double far = 1, same = ROUNDING * a->total; /* the one that was run is one of them */
	struct rng r;

	rng_init(&r, SEED, "permute");
	ret->draws = a->n <= PERMUTE_MANY ? PERMUTE_DRAWS : PERMUTE_FEWER;
	for (uint64_t i = 0; i < ret->draws; i++) {
		shuffle(a, &r);
		far += statistic(a) >= seen - same;
	}
	ret->p = far / ((double)ret->draws + 1);
	/* Levels may swap names throughout without changing the statistic. */
	ret->least = fmax(1 / ((double)ret->draws + 1), exp(gsl_sf_lnfact(a->k) - a->ln_count));
}

/* The probability that the units of one level all get one label: of the level for which it is
 * largest.  Labels that are as many in each context are as good as the level's own. */
static double one_level(const struct arrangement *a)
{
	double most = 0;

	for (uint32_t l = 0; l < a->k; l++) {
		double same = 0;

		for (uint32_t i = 0; i < a->k; i++)
			same += fabs(a->ln_one[i] - a->ln_one[l]) < 1e-9;
		if (a->ln_one[l] < 0) /* it has units */
			most = fmax(most, same * exp(a->ln_one[l]));
	}
	return fmin(1, most);
}

static const char *why_not(const struct permute_unit *units, size_t n, uint32_t nlevels)
{
	if (n > PERMUTE_MOST)
		return "checked up to 20,000 units";
	if (nlevels > PERMUTE_LEVELS)
		return "checked up to 100 levels";
	for (size_t i = 0; i < n; i++) {
		if (units[i].level >= nlevels || !(units[i].weight > 0) || !isfinite(units[i].y))
			BUG("unit %zu: level %u, weight %g, value %g", i, (unsigned)units[i].level,
				units[i].weight, units[i].y);
	}
	return NULL;
}

void permute_units(struct permute_unit *units, size_t n, uint32_t nlevels, struct permutation *ret)
{
	struct arrangement a;
	double seen;

	*ret = (struct permutation){.p = NAN, .least = NAN, .one_level = NAN, .unit = "units"};
	ret->why = why_not(units, n, nlevels);
	if (ret->why)
		return;
	arrange(&a, units, n, nlevels);
	seen = statistic(&a);
	ret->one_level = one_level(&a);
	if (a.n == 0)
		ret->why = "no two of its levels stand beside each other with all else alike";
	else if (!(a.total > 0))
		ret->why = "all values are the same";
	else if (a.ln_count <= log(PERMUTE_ALL) + ROUNDING)
		go_through(&a, seen, ret);
	else
		draw(&a, seen, ret);
	if (ret->why)
		ret->one_level = NAN;
	arrangement_release(&a);
}
