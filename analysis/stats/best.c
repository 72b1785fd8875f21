/* best.c - the set that holds the best.
 *
 * Each setting is a candidate: it stays unless some other is better than it by more than chance
 * would make the truly best one look worse, by the distribution of its largest t against all
 * others.  That is simulated from the two-stratum covariance of the means, with the mean squares
 * drawn anew too (Hsu 1984; Edwards and Hsu 1983 for unequal variances of the differences). */
#include "best.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "rng.h"

#define SEED        20261124
#define MOST_DRAWS  2000
#define LEAST_DRAWS 1000
#define MOST_WORK   2e8 /* pairs times draws */
#define NEGLIGIBLE  1e-12

struct setting {
	uint32_t setting;
	uint32_t treatment;
	double mean;     /* adjusted for passes and prompts, turned so that more is better */
	double weight;   /* observations */
	double *share;   /* [all loads] part of its observations in each */
	double *in_pass; /* [npasses] and in each class of server and pass */
	uint32_t *loads; /* the loads it has observations in */
	size_t nloads;
};

struct contest {
	const struct strata *s;
	struct setting *v;
	size_t n;
	/* [n * n] coefficients of MS_load, MS_within and the variance of a server's shift from pass
	 * to pass in a difference; the last only between servers, since it is common to one. */
	double *load, *request, *host;
	bool needs_load, needs_request, needs_host;
};

/* ---- settings and their covariance ---- */

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
	v->in_pass[s->loads[g->load].pass] += g->weight;
}

static void gather(struct contest *c, const struct effective *eff)
{
	const struct strata *s = c->s;
	double better = s->spec->better;
	size_t *place = xcalloc(eff->nsettings, sizeof(*place)); /* in c->v, + 1 */

	c->v = xcalloc(eff->nsettings, sizeof(*c->v));
	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];
		uint32_t setting = eff->setting[g->cell];
		struct setting *v;

		if (s->overload[g->cell])
			continue; /* nobody can have what the server does not stand */
		if (!place[setting]) {
			place[setting] = ++c->n;
			v = &c->v[c->n - 1];
			v->setting = setting;
			v->treatment = eff->treatment[g->cell];
			v->share = xcalloc(s->nloads, sizeof(*v->share));
			v->in_pass = xcalloc(s->npasses, sizeof(*v->in_pass));
		}
		add_group(c, &c->v[place[setting] - 1], g, better);
	}
	free(place);
	for (size_t i = 0; i < c->n; i++) {
		struct setting *v = &c->v[i];

		v->mean /= v->weight;
		for (uint32_t p = 0; p < s->npasses; p++)
			v->in_pass[p] /= v->weight;
		v->loads = xcalloc(s->nloads, sizeof(*v->loads));
		for (uint32_t l = 0; l < s->nloads; l++) {
			v->share[l] /= v->weight;
			if (v->share[l] > 0)
				v->loads[v->nloads++] = l;
		}
	}
}

static double common(const struct contest *c, size_t i, size_t j)
{
	double sum = 0;

	if (c->v[i].treatment != c->v[j].treatment)
		return 0;
	for (size_t k = 0; k < c->v[i].nloads; k++)
		sum += c->v[i].share[c->v[i].loads[k]] * c->v[j].share[c->v[i].loads[k]];
	return sum;
}

/* How much of the shifts of servers from pass to pass is left in a difference. */
static double host_part(const struct contest *c, size_t i, size_t j)
{
	double sum = 0;

	for (uint32_t p = 0; c->s->host >= 0 && p < c->s->npasses; p++) {
		double part = c->v[i].in_pass[p] - c->v[j].in_pass[p];

		sum += part * part;
	}
	/* On one server the shifts are taken out by the adjustment for passes. */
	for (uint32_t p = 0; sum > 0 && p < c->s->npasses; p++) {
		if (c->v[i].in_pass[p] > 0 && c->v[j].in_pass[p] > 0)
			return 0;
	}
	return sum;
}

/* Var(mean i - mean j) = load * MS_load + request * MS_within + host * (a server's shift). */
static void find_variances(struct contest *c)
{
	double *own = xcalloc(c->n, sizeof(*own));

	c->load = xcalloc(c->n * c->n, sizeof(*c->load));
	c->request = xcalloc(c->n * c->n, sizeof(*c->request));
	c->host = xcalloc(c->n * c->n, sizeof(*c->host));
	for (size_t i = 0; i < c->n; i++)
		own[i] = common(c, i, i);
	for (size_t i = 0; i < c->n; i++) {
		for (size_t j = 0; j < i; j++) {
			double load = own[i] + own[j] - 2 * common(c, i, j);
			double request =
				1 / c->v[i].weight + 1 / c->v[j].weight - load / c->s->per_load;

			load = load > NEGLIGIBLE ? load : 0;
			request = request > NEGLIGIBLE ? request : 0;
			c->needs_load = c->needs_load || load > 0;
			c->needs_request = c->needs_request || request > 0;
			c->load[i * c->n + j] = c->load[j * c->n + i] = load;
			c->request[i * c->n + j] = c->request[j * c->n + i] = request;
			c->host[i * c->n + j] = c->host[j * c->n + i] = host_part(c, i, j);
			c->needs_host = c->needs_host || c->host[i * c->n + j] > 0;
		}
	}
	free(own);
}

/* ---- simulation ---- */

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

/* Variance of a server's shift from pass to pass, from what its loads of a pass have in common. */
static double host_variance(const struct strata *s, double ms_host, double ms_load)
{
	return fmax(0, ms_host - ms_load) * s->npasses / (double)s->nloads;
}

/* What chance draws: shifts of loads and of servers' passes. */
struct drawn {
	double *load, *pass, *mean; /* [nloads], [npasses], [n] */
};

/* Means as they might have been if all settings were equal. */
static void draw_means(const struct contest *c, struct rng *r, struct drawn *to)
{
	const struct strata *s = c->s;
	double host = c->needs_host ? sqrt(host_variance(s, s->ms_host, s->ms_load)) : 0;
	double request = c->needs_request || s->ms_within > 0 ? s->ms_within : 0;
	double sd = c->needs_load ? sqrt(fmax(0, s->ms_load - request / s->per_load)) : 0;

	for (size_t l = 0; l < s->nloads; l++)
		to->load[l] = c->needs_load ? sd * rng_normal(r) : 0;
	for (uint32_t p = 0; c->needs_host && p < s->npasses; p++)
		to->pass[p] = host * rng_normal(r);
	for (size_t i = 0; i < c->n; i++) {
		const struct setting *v = &c->v[i];

		to->mean[i] = sqrt(request / v->weight) * rng_normal(r);
		for (size_t k = 0; c->needs_load && k < v->nloads; k++)
			to->mean[i] += v->share[v->loads[k]] * to->load[v->loads[k]];
		for (uint32_t p = 0; c->needs_host && p < s->npasses; p++)
			to->mean[i] += v->in_pass[p] * to->pass[p];
	}
}

/* How far the candidate falls behind another at most.  Squares are compared, the root is drawn
 * once. */
static double largest_t(const struct contest *c, size_t candidate, const double *mean,
	double ms_load, double ms_request, double shift)
{
	const double *load = c->load + candidate * c->n, *request = c->request + candidate * c->n;
	const double *host = c->host + candidate * c->n;
	double most = 0;

	for (size_t j = 0; j < c->n; j++) {
		double ahead = mean[j] > mean[candidate] ? mean[j] - mean[candidate] : 0;
		double v = load[j] * ms_load + request[j] * ms_request + host[j] * shift;

		if (ahead * ahead > most * v)
			most = ahead * ahead / v;
	}
	return sqrt(most);
}

static double t_between(const struct contest *c, size_t better, size_t worse)
{
	size_t at = better * c->n + worse;
	double request = c->needs_request ? c->request[at] * c->s->ms_within : 0;
	double load = c->needs_load ? c->load[at] * c->s->ms_load : 0;
	double host =
		c->needs_host ? c->host[at] * host_variance(c->s, c->s->ms_host, c->s->ms_load) : 0;
	double difference = c->v[better].mean - c->v[worse].mean;

	if (difference <= 0)
		return 0;
	return load + request + host > 0 ? difference / sqrt(load + request + host) : INFINITY;
}

/* How far each setting was seen to fall behind, and how often chance alone reaches that. */
struct standing {
	double behind;       /* its largest t against another */
	double behind_top;   /* its t against the best estimate */
	size_t as_far;       /* draws in which the candidate fell as far behind, all being equal */
	size_t pairs_as_far; /* draws in which any pair was as far apart as this and the top */
};

static void draw(const struct contest *c, struct standing *at, size_t draws)
{
	const struct strata *s = c->s;
	struct drawn to = {xcalloc(s->nloads, sizeof(*to.load)),
		xcalloc(s->npasses, sizeof(*to.pass)), xcalloc(c->n, sizeof(*to.mean))};
	struct rng r;

	rng_init(&r, SEED, s->spec->column);
	for (size_t k = 0; k < draws; k++) {
		double ms_load = c->needs_load ? s->ms_load * mean_square(&r, s->df_load) : 0;
		double ms_request =
			c->needs_request ? s->ms_within * mean_square(&r, s->df_within) : 0;
		double ms_host = c->needs_host ? s->ms_host * mean_square(&r, s->df_host) : 0;
		double most = 0;

		draw_means(c, &r, &to);
		for (size_t i = 0; i < c->n; i++) {
			double t = largest_t(c, i, to.mean, ms_load, ms_request,
				host_variance(s, ms_host, ms_load));

			at[i].as_far += t >= at[i].behind;
			most = fmax(most, t);
		}
		for (size_t i = 0; i < c->n; i++)
			at[i].pairs_as_far += most >= at[i].behind_top;
	}
	free(to.load);
	free(to.pass);
	free(to.mean);
}

/* stays[i]: candidate i is not excluded.  Counts those that are shown to be worse. */
static void judge(const struct contest *c, bool *stays, size_t *worse)
{
	double pairs = (double)c->n * (double)c->n, alpha = 1 - c->s->confidence;
	size_t draws = (size_t)fmax(LEAST_DRAWS, fmin(MOST_DRAWS, MOST_WORK / pairs)), top = 0;
	struct standing *at = xcalloc(c->n, sizeof(*at));

	for (size_t i = 0; i < c->n; i++)
		top = c->v[i].mean > c->v[top].mean ? i : top;
	for (size_t i = 0; i < c->n; i++) {
		for (size_t j = 0; j < c->n; j++)
			at[i].behind = fmax(at[i].behind, t_between(c, j, i));
		at[i].behind_top = t_between(c, top, i);
	}
	draw(c, at, draws);
	for (size_t i = 0; i < c->n; i++) {
		stays[i] = (double)at[i].as_far > alpha * (double)draws;
		*worse += !((double)at[i].pairs_as_far > alpha * (double)draws);
	}
	free(at);
}

/* ---- the answer ---- */

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
				ranked[n++] = (struct ranked){c->v[i].mean, c->v[i].setting, cell};
		}
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	best->cells = arena_alloc(arena, n, sizeof(*best->cells));
	for (size_t i = 0; i < n; i++)
		best->cells[i] = ranked[i].cell;
	best->ncells = n;
	free(ranked);
}

static const char *why_not(const struct contest *c)
{
	if (c->n > 1 && c->needs_load && c->s->load_why)
		return c->s->load_why;
	if (c->n > 1 && c->needs_request && c->s->within_why)
		return c->s->within_why;
	if (c->n > 1 && c->needs_host && c->s->host_why)
		return c->s->host_why;
	return NULL;
}

static void contest_release(struct contest *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].share);
		free(c->v[i].in_pass);
		free(c->v[i].loads);
	}
	free(c->v);
	free(c->load);
	free(c->request);
	free(c->host);
}

void best_find(struct best_set *best, const struct strata *s, const struct dataset *d,
	const struct effective *eff, struct arena *arena)
{
	struct contest c = {.s = s};
	bool *stays;

	*best = (struct best_set){.metric = s->metric, .why = s->why};
	if (s->why)
		return;
	if (eff->nsettings > BEST_MAX_SETTINGS) {
		best->of = eff->nsettings;
		best->why = arena_fmt(
			arena, "%u settings are more than are compared at once", eff->nsettings);
		return;
	}
	gather(&c, eff);
	best->of = c.n;
	if (c.n == 0)
		best->why = "more was sent than the server takes";
	find_variances(&c);
	best->why = best->why ? best->why : why_not(&c);
	if (!best->why) {
		stays = xcalloc(c.n, sizeof(*stays));
		if (c.n == 1)
			stays[0] = true;
		else
			judge(&c, stays, &best->worse);
		list_cells(best, &c, stays, d, eff, arena);
		free(stays);
		if (best->ncells == 0)
			best->why = "its settings could not be compared";
	}
	contest_release(&c);
}

/* ---- Pareto ---- */

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
