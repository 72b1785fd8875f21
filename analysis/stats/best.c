/* best.c - the set that holds the best.
 *
 * Each setting is a candidate: it stays unless some other is better than it by more than chance would
 * make the truly best one look worse, by the distribution of its largest t against all others.  That is
 * simulated from the two-stratum covariance of the means, with the mean squares drawn anew too (Hsu
 * 1984; Edwards and Hsu 1983 for unequal variances of the differences). */
#include "best.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "quantile.h"
#include "rng.h"

#define LEVEL	    0.95
#define SEED	    20261124
#define MOST_DRAWS  4000
#define LEAST_DRAWS 1000
#define MOST_WORK   2e8 /* pairs times draws */
#define NEGLIGIBLE  1e-12

struct setting {
	uint32_t setting;
	uint32_t treatment;
	double mean;   /* adjusted for passes and prompts, turned so that more is better */
	double weight; /* observations */
	double *share; /* [nloads] part of its observations in each load */
};

struct contest {
	const struct strata *s;
	struct setting *v;
	size_t n;
	double *load, *request; /* [n * n] coefficients of MS_load and MS_within in a difference */
	bool needs_load, needs_request;
};

/* ---- settings and their covariance -------------------------------------------------------------
 */

static void add_group(
	struct contest *c, struct setting *v, const struct strata_group *g, double better)
{
	const struct strata *s = c->s;
	double y = g->mean - s->pass_effect[s->loads[g->load].pass];

	if (g->prompt != DATA_NONE && s->prompt_effect)
		y -= s->prompt_effect[g->prompt];
	v->mean += better * g->weight * y;
	v->weight += g->weight;
	v->share[g->load] += g->weight;
}

static void gather(struct contest *c, const struct effective *eff)
{
	const struct strata *s = c->s;
	double better = metric_specs[s->metric].better;
	size_t *place = xcalloc(eff->nsettings, sizeof(*place)); /* in c->v, + 1 */

	c->v = xcalloc(eff->nsettings, sizeof(*c->v));
	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];
		uint32_t setting = eff->setting[g->cell];
		struct setting *v;

		if (!place[setting]) {
			place[setting] = ++c->n;
			v = &c->v[c->n - 1];
			v->setting = setting;
			v->treatment = eff->treatment[g->cell];
			v->share = xcalloc(s->nloads, sizeof(*v->share));
		}
		add_group(c, &c->v[place[setting] - 1], g, better);
	}
	free(place);
	for (size_t i = 0; i < c->n; i++) {
		c->v[i].mean /= c->v[i].weight;
		for (size_t l = 0; l < s->nloads; l++)
			c->v[i].share[l] /= c->v[i].weight;
	}
}

static double common(const struct contest *c, size_t i, size_t j)
{
	double sum = 0;

	if (c->v[i].treatment != c->v[j].treatment)
		return 0;
	for (size_t l = 0; l < c->s->nloads; l++)
		sum += c->v[i].share[l] * c->v[j].share[l];
	return sum;
}

/* Var(mean i - mean j) = load * MS_load + request * MS_within. */
static void find_variances(struct contest *c)
{
	double *own = xcalloc(c->n, sizeof(*own));

	c->load = xcalloc(c->n * c->n, sizeof(*c->load));
	c->request = xcalloc(c->n * c->n, sizeof(*c->request));
	for (size_t i = 0; i < c->n; i++)
		own[i] = common(c, i, i);
	for (size_t i = 0; i < c->n; i++) {
		for (size_t j = 0; j < i; j++) {
			double load = own[i] + own[j] - 2 * common(c, i, j);
			double request = 1 / c->v[i].weight + 1 / c->v[j].weight -
				load / c->s->per_load;

			load = load > NEGLIGIBLE ? load : 0;
			request = request > NEGLIGIBLE ? request : 0;
			c->needs_load = c->needs_load || load > 0;
			c->needs_request = c->needs_request || request > 0;
			c->load[i * c->n + j] = c->load[j * c->n + i] = load;
			c->request[i * c->n + j] = c->request[j * c->n + i] = request;
		}
	}
	free(own);
}

/* ---- simulation --------------------------------------------------------------------------------
 */

/* A chi-squared number over its degrees of freedom (Marsaglia and Tsang 2000). */
static double mean_square(struct rng *r, double df)
{
	double shape = df / 2, boost = 1, d, c;

	if (shape < 1) {
		boost = pow(rng_uniform(r), 1 / shape);
		shape++;
	}
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		double x = rng_normal(r), v = 1 + c * x;

		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(rng_uniform(r)) < x * x / 2 + d - d * v + d * log(v))
			return boost * d * v * 2 / df;
	}
}

/* Means as they might have been if all settings were equal. */
static void draw_means(const struct contest *c, struct rng *r, double *load, double *mean)
{
	const struct strata *s = c->s;
	double request = c->needs_request || s->ms_within > 0 ? s->ms_within : 0;
	double sd = c->needs_load ? sqrt(fmax(0, s->ms_load - request / s->per_load)) : 0;

	for (size_t l = 0; l < s->nloads; l++)
		load[l] = c->needs_load ? sd * rng_normal(r) : 0;
	for (size_t i = 0; i < c->n; i++) {
		mean[i] = sqrt(request / c->v[i].weight) * rng_normal(r);
		for (size_t l = 0; c->needs_load && l < s->nloads; l++)
			mean[i] += c->v[i].share[l] * load[l];
	}
}

/* How far the candidate falls behind another at most.  Squares are compared, the root is drawn once. */
static double largest_t(const struct contest *c, size_t candidate, const double *mean,
	double ms_load, double ms_request)
{
	const double *load = c->load + candidate * c->n, *request = c->request + candidate * c->n;
	double most = 0;

	for (size_t j = 0; j < c->n; j++) {
		double ahead = mean[j] - mean[candidate];
		double v = load[j] * ms_load + request[j] * ms_request;

		if (ahead > 0 && v > 0 && ahead * ahead > most * v)
			most = ahead * ahead / v;
	}
	return sqrt(most);
}

/* The largest t of each candidate against the others, largest[i * draws + draw], and over all pairs. */
static void draw(const struct contest *c, struct rng *r, size_t draws, double *largest, double *all)
{
	const struct strata *s = c->s;
	double *load = xcalloc(s->nloads, sizeof(*load)), *mean = xcalloc(c->n, sizeof(*mean));

	for (size_t k = 0; k < draws; k++) {
		double ms_load = c->needs_load ? s->ms_load * mean_square(r, s->df_load) : 0;
		double ms_request =
			c->needs_request ? s->ms_within * mean_square(r, s->df_within) : 0;

		draw_means(c, r, load, mean);
		all[k] = 0;
		for (size_t i = 0; i < c->n; i++) {
			double most = largest_t(c, i, mean, ms_load, ms_request);

			largest[i * draws + k] = most;
			all[k] = fmax(all[k], most);
		}
	}
	free(load);
	free(mean);
}

static double t_between(const struct contest *c, size_t better, size_t worse)
{
	size_t at = better * c->n + worse;
	double request = c->needs_request ? c->request[at] * c->s->ms_within : 0;
	double load = c->needs_load ? c->load[at] * c->s->ms_load : 0;
	double difference = c->v[better].mean - c->v[worse].mean;

	if (difference <= 0)
		return 0;
	return load + request > 0 ? difference / sqrt(load + request) : INFINITY;
}

/* stays[i]: candidate i is not excluded.  Counts those that are shown to be worse. */
static void judge(const struct contest *c, bool *stays, size_t *worse)
{
	double pairs = (double)c->n * (double)c->n;
	size_t draws = (size_t)fmax(LEAST_DRAWS, fmin(MOST_DRAWS, MOST_WORK / pairs)), top = 0;
	double *largest = xcalloc(c->n * draws, sizeof(*largest)), limit;
	double *all = xcalloc(draws, sizeof(*all));
	struct rng r;

	rng_init(&r, SEED, metric_specs[c->s->metric].column);
	draw(c, &r, draws, largest, all);
	for (size_t i = 0; i < c->n; i++) {
		quantile_sort(largest + i * draws, draws);
		limit = quantile(largest + i * draws, draws, LEVEL);
		stays[i] = true;
		for (size_t j = 0; j < c->n; j++)
			stays[i] = stays[i] && t_between(c, j, i) <= limit;
		top = c->v[i].mean > c->v[top].mean ? i : top;
	}
	quantile_sort(all, draws);
	limit = quantile(all, draws, LEVEL);
	for (size_t i = 0; i < c->n; i++)
		*worse += t_between(c, top, i) > limit;
	free(largest);
	free(all);
}

/* ---- the answer --------------------------------------------------------------------------------
 */

struct ranked {
	double mean;
	uint32_t setting, cell;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean > y->mean ? -1 : 1;
	if (x->setting != y->setting)
		return x->setting < y->setting ? -1 : 1;
	return (x->cell > y->cell) - (x->cell < y->cell);
}

/* All requested cells of the settings that stay, the best setting first. */
static void list_cells(struct best_set *best, const struct contest *c, const bool *stays,
	const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	struct ranked *ranked = xcalloc(d->ncells, sizeof(*ranked));
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (!stays[i])
			continue;
		best->different++;
		for (uint32_t cell = 0; cell < d->ncells; cell++) {
			if (eff->setting[cell] == c->v[i].setting)
				ranked[n++] = (struct ranked){
					c->v[i].mean, c->v[i].setting, cell};
		}
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	best->cells = arena_alloc(arena, n, sizeof(*best->cells));
	for (size_t i = 0; i < n; i++)
		best->cells[i] = ranked[i].cell;
	best->ncells = n;
	free(ranked);
}

static const char *why_not(const struct contest *c, struct arena *arena)
{
	if (c->n > BEST_MAX_SETTINGS)
		return arena_fmt(arena, "%zu settings are more than are compared at once", c->n);
	if (c->n > 1 && c->needs_load && c->s->load_why)
		return c->s->load_why;
	if (c->n > 1 && c->needs_request && c->s->within_why)
		return c->s->within_why;
	return NULL;
}

static void contest_release(struct contest *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].share);
	free(c->v);
	free(c->load);
	free(c->request);
}

void best_find(struct best_set *best, const struct strata *s, const struct dataset *d,
	const struct effective *eff, struct arena *arena)
{
	struct contest c = {.s = s};
	bool *stays;

	*best = (struct best_set){.metric = s->metric, .why = s->why};
	if (s->why)
		return;
	gather(&c, eff);
	best->of = c.n;
	if (c.n <= BEST_MAX_SETTINGS)
		find_variances(&c);
	best->why = why_not(&c, arena);
	if (!best->why) {
		stays = xcalloc(c.n, sizeof(*stays));
		if (c.n == 1)
			stays[0] = true;
		else
			judge(&c, stays, &best->worse);
		list_cells(best, &c, stays, d, eff, arena);
		free(stays);
	}
	contest_release(&c);
}

/* ---- Pareto ------------------------------------------------------------------------------------
 */

/* The setting's mean over its cells' requests; NaN if none has the metric. */
static double setting_mean(const struct strata *s, const struct dataset *d,
	const struct effective *eff, uint32_t setting)
{
	double sum = 0, weight = 0;

	for (size_t c = 0; !s->why && c < d->ncells; c++) {
		if (eff->setting[c] != setting || !(s->cells[c].weight > 0))
			continue;
		sum += s->cells[c].weight * s->cells[c].mean;
		weight += s->cells[c].weight;
	}
	return weight > 0 ? sum / weight : (double)NAN;
}

static bool is_beaten(const double *rate, const double *wait, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++) {
		if (rate[j] >= rate[i] && wait[j] <= wait[i] &&
			(rate[j] > rate[i] || wait[j] < wait[i]))
			return true;
	}
	return false;
}

void best_pareto(struct summary *s, const struct strata *throughput, const struct strata *ttft,
	const struct effective *eff)
{
	const struct dataset *d = s->data;
	size_t n = eff->nsettings, found = 0;
	double *rate, *wait;
	struct ranked *ranked;

	if (n > BEST_MAX_SETTINGS)
		return;
	rate = xcalloc(n, sizeof(*rate));
	wait = xcalloc(n, sizeof(*wait));
	ranked = xcalloc(d->ncells, sizeof(*ranked));
	for (uint32_t i = 0; i < n; i++) {
		rate[i] = setting_mean(throughput, d, eff, i);
		wait[i] = setting_mean(ttft, d, eff, i);
	}
	for (uint32_t c = 0; c < d->ncells; c++) {
		uint32_t i = eff->setting[c];

		if (isfinite(rate[i]) && isfinite(wait[i]) && !is_beaten(rate, wait, n, i))
			ranked[found++] = (struct ranked){rate[i], i, c};
	}
	qsort(ranked, found, sizeof(*ranked), compare_ranked);
	s->pareto = arena_alloc(&s->arena, found, sizeof(*s->pareto));
	for (size_t i = 0; i < found; i++)
		s->pareto[i] = ranked[i].cell;
	s->npareto = found;
	free(rate);
	free(wait);
	free(ranked);
}
