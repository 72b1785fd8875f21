/* rank_checks.c - order statistics of cells, rank tests of tables without blocks. */
#include "rank_checks.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "fold.h"
#include "jsonx.h"
#include "values.h"

static const double percentile[RANK_PERCENTILES] = {0.5, 0.95, 0.99};
static const char *const name[RANK_PERCENTILES] = {"p50", "p95", "p99"};

/* ---- percentiles ---- */

static double value_at(const void *of, size_t rank)
{
	const struct values *v = of;

	return v->histogram ? values_quantile(v, 0, ((double)rank - 1) / ((double)v->n - 1))
			    : v->v[rank - 1];
}

static void set_limits(struct rank_limits *r, const struct values *v, double level)
{
	for (int k = 0; k < RANK_PERCENTILES; k++) {
		orderstat_interval(v->n, percentile[k], level, &r->at[k]);
		orderstat_limits(&r->at[k], value_at, v, &r->low[k], &r->high[k]);
	}
}

static void find_limits(struct summary *s)
{
	const struct dataset *d = s->data;

	for (size_t c = 0; c < s->ncells; c++) {
		for (size_t m = 0; m < d->nmetrics; m++) {
			struct metric_summary *of = &s->cells[c].metric[m];
			const struct values *v = s->fold->cells[c].value[m];

			if (!v || v->n < 2 || (!d->independent && of->nloads != 1))
				continue;
			of->ranks = arena_alloc(&s->arena, 1, sizeof(*of->ranks));
			set_limits(of->ranks, v, dataset_confidence(d));
		}
	}
}

/* ---- tests ---- */

static void test_metric(struct rank_test *t, const struct dataset *d)
{
	const struct data_factor *f = &d->factors[0];
	double *v = xcalloc(d->nrows, sizeof(*v));
	uint32_t *group = xcalloc(d->nrows, sizeof(*group));
	size_t n = 0, first = 0;

	t->two = f->nlevels == 2;
	/* The rows of the first level, then of the second, ... */
	for (uint32_t l = 0; l < f->nlevels; l++) {
		for (size_t i = 0; i < d->nrows; i++) {
			const struct data_row *r = &d->rows[i];

			if (!r->counts || !isfinite(r->metric[t->metric]) ||
				d->cells[r->cell].level[0] != l)
				continue;
			group[n] = l;
			v[n++] = r->metric[t->metric];
		}
		first = l == 0 ? n : first;
	}
	if (t->two) {
		ranks_mann_whitney(v + first, n - first, v, first, &t->test);
		ranks_hodges_lehmann(
			v, first, v + first, n - first, dataset_confidence(d), &t->shift);
	} else {
		ranks_kruskal_wallis(v, group, n, f->nlevels, &t->test);
	}
	free(v);
	free(group);
}

void rank_checks_make(struct summary *s)
{
	const struct dataset *d = s->data;

	find_limits(s);
	if (!d->independent || d->nfactors != 1 || d->factors[0].nlevels < 2)
		return;
	s->nrank_tests = d->nmetrics;
	s->rank_tests = arena_alloc(&s->arena, d->nmetrics, sizeof(*s->rank_tests));
	for (size_t m = 0; m < d->nmetrics; m++) {
		s->rank_tests[m].metric = (enum metric)m;
		test_metric(&s->rank_tests[m], d);
	}
}

/* ---- JSON ---- */

json_t *rank_limits_json(const struct rank_limits *r)
{
	json_t *o = json_object();

	for (int k = 0; k < RANK_PERCENTILES; k++)
		jsonx_put(o, name[k], orderstat_json(&r->at[k], r->low[k], r->high[k]));
	return o;
}

json_t *rank_tests_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nrank_tests; i++) {
		const struct rank_test *t = &s->rank_tests[i];
		json_t *o = json_object();

		jsonx_put(o, "factor", json_string(s->data->factors[0].name));
		jsonx_put(o, "metric", json_string(s->data->metrics[t->metric].column));
		jsonx_put(o, "test", json_string(t->two ? "Mann-Whitney" : "Kruskal-Wallis"));
		jsonx_put(o, "result", ranks_test_json(&t->test));
		if (t->two)
			jsonx_put(o, "shift", ranks_shift_json(&t->shift));
		json_array_append_new(list, o);
	}
	return list;
}
