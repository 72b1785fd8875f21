/* claims.c - figures and their errors; see claims.h. */
#include "claims.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>

#include "dist.h"
#include "vec.h"

static const char *const state_names[] = {[CLAIM_PASS] = "pass",
	[CLAIM_NEAR] = "near",
	[CLAIM_FAIL] = "FAIL",
	[CLAIM_OUT_OF_REACH] = "out of reach",
	[CLAIM_SHOWN] = "shown"};

static bool within(const struct claim *c, double low, double high)
{
	return !(c->least > high) && !(c->most < low);
}

enum claim_state claim_state(const struct claim *c)
{
	if (isnan(c->least) && isnan(c->most))
		return CLAIM_SHOWN;
	if (c->n > 0 && within(c, c->value, c->value))
		return CLAIM_PASS;
	if (c->why)
		return CLAIM_OUT_OF_REACH;
	return c->n > 0 && within(c, c->low, c->high) ? CLAIM_NEAR : CLAIM_FAIL;
}

/* ---- as text ---- */

static void bar_text(const struct claim *c, char dst[40])
{
	double by = c->share ? 100 : 1;
	const char *unit = c->share ? " %" : "";

	if (isnan(c->least) && isnan(c->most))
		snprintf(dst, 40, "-");
	else if (isnan(c->least))
		snprintf(dst, 40, "<= %.4g%s", by * c->most, unit);
	else if (isnan(c->most))
		snprintf(dst, 40, ">= %.4g%s", by * c->least, unit);
	else
		snprintf(dst, 40, "%.4g to %.4g%s", by * c->least, by * c->most, unit);
}

static void print_one(const struct claim *c, FILE *out)
{
	char value[40], error[40], limits[60], bar[40];
	double by = c->share ? 100 : 1;
	int digits = c->share ? 2 : 3;

	snprintf(value, sizeof(value), "%.*f%s", digits, by * c->value, c->share ? " %" : "");
	snprintf(error, sizeof(error), "%.*f", digits, by * c->error);
	snprintf(limits, sizeof(limits), "%.*f to %.*f", digits, by * c->low, digits, by * c->high);
	bar_text(c, bar);
	fprintf(out, "%-12s %-31s %-29s %6zu %9s %6s  %-16s %-12s %s\n", c->row, c->what,
		c->condition, c->n, value, error, limits, bar, state_names[claim_state(c)]);
	if (claim_state(c) == CLAIM_OUT_OF_REACH)
		fprintf(out, "%-12s %s\n", "", c->why);
	fflush(out);
}

void claims_head(FILE *out)
{
	fprintf(out, "%-12s %-31s %-29s %6s %9s %6s  %-16s %-12s %s\n", "claim", "of", "condition",
		"n", "result", "error", "95 %", "bar", "");
}

size_t claims_count(const struct claims *c, enum claim_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += claim_state(&c->v[i]) == state;
	return n;
}

void claims_sum(const struct claims *c, FILE *out)
{
	fprintf(out,
		"calibration: %zu pass, %zu near (cannot be told from the bar), %zu out of reach "
		"as known, %zu without a bar, %zu FAIL\n",
		claims_count(c, CLAIM_PASS), claims_count(c, CLAIM_NEAR),
		claims_count(c, CLAIM_OUT_OF_REACH), claims_count(c, CLAIM_SHOWN),
		claims_count(c, CLAIM_FAIL));
}

/* ---- adding ---- */

static void add(struct claims *c, struct claim *claim, const char *condition, struct bar bar)
{
	claim->condition = arena_str(&c->arena, condition);
	claim->least = bar.least;
	claim->most = bar.most;
	claim->why = bar.why;
	*VEC_PUSH(c) = *claim;
	if (c->live)
		print_one(claim, c->live);
}

void claims_share(struct claims *c, const char *row, const char *what, const char *condition,
	size_t hits, size_t n, struct bar bar)
{
	double p = n ? (double)hits / (double)n : NAN;
	struct claim claim = {.row = row,
		.what = what,
		.share = true,
		.hits = hits,
		.n = n,
		.value = p,
		.error = sqrt(p * (1 - p) / (double)n),
		.low = dist_share_lower(hits, n, 0.95),
		.high = dist_share_upper(hits, n, 0.95)};

	add(c, &claim, condition, bar);
}

void claims_mean(struct claims *c, const char *row, const char *what, const char *condition,
	const double *values, size_t n, bool share, struct bar bar)
{
	struct claim claim = {.row = row, .what = what, .share = share, .n = n};
	double ss = 0;

	for (size_t i = 0; i < n; i++)
		claim.value += values[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		ss += (values[i] - claim.value) * (values[i] - claim.value);
	claim.error = n > 1 ? sqrt(ss / ((double)n - 1) / (double)n) : NAN;
	claim.low = claim.value - 1.96 * claim.error;
	claim.high = claim.value + 1.96 * claim.error;
	if (share) {
		claim.low = fmax(0, claim.low);
		claim.high = fmin(1, claim.high);
	}
	add(c, &claim, condition, bar);
}

/* The value of rank x of n, counting from 1. */
static double ranked(const double *sorted, size_t n, double x)
{
	x = fmax(1, fmin((double)n, x));
	return sorted[(size_t)x - 1];
}

/* Ranks as of a binomial with p = 1/2, normal approximation. */
void claims_median(struct claims *c, const char *row, const char *what, const char *condition,
	double *values, size_t n, double by, struct bar bar)
{
	struct claim claim = {.row = row, .what = what, .n = n};
	double half = 1.96 * sqrt((double)n) / 2, middle = ((double)n + 1) / 2;

	claim.value = claim.low = claim.high = claim.error = NAN;
	if (n > 0) {
		gsl_sort(values, 1, n);
		claim.value = (ranked(values, n, floor(middle)) + ranked(values, n, ceil(middle))) /
			(2 * by);
		claim.low = ranked(values, n, floor(middle - half)) / by;
		claim.high = ranked(values, n, ceil(middle + half)) / by;
		claim.error = (claim.high - claim.low) / (2 * 1.96);
	}
	add(c, &claim, condition, bar);
}

void claims_release(struct claims *c)
{
	arena_release(&c->arena);
	VEC_RELEASE(c);
}

/* ---- as data ---- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

json_t *claims_json(const struct claims *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct claim *k = &c->v[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, "
				  "s:s?}",
				"claim", k->row, "of", k->what, "condition", k->condition, "n",
				(json_int_t)k->n, "hits",
				k->hits ? json_integer((json_int_t)k->hits) : json_null(), "value",
				number(k->value), "error", number(k->error), "low", number(k->low),
				"high", number(k->high), "least", number(k->least), "most",
				number(k->most), "state", state_names[claim_state(k)], "why",
				k->why));
	}
	return json_pack(
		"{s:o, s:I}", "claims", list, "failed", (json_int_t)claims_count(c, CLAIM_FAIL));
}

static void csv_number(FILE *out, double x)
{
	if (isfinite(x))
		fprintf(out, ",%.9g", x);
	else
		fputc(',', out);
}

/* No word of it has a comma or a quote. */
void claims_csv(const struct claims *c, FILE *out)
{
	fprintf(out, "claim,of,condition,n,value,error,low,high,least,most,state\n");
	for (size_t i = 0; i < c->n; i++) {
		const struct claim *k = &c->v[i];

		fprintf(out, "\"%s\",\"%s\",\"%s\",%zu", k->row, k->what, k->condition, k->n);
		csv_number(out, k->value);
		csv_number(out, k->error);
		csv_number(out, k->low);
		csv_number(out, k->high);
		csv_number(out, k->least);
		csv_number(out, k->most);
		fprintf(out, ",%s\n", state_names[claim_state(k)]);
	}
}
