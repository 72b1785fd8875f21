/* lincross.c - two crossed classifications, the larger of them absorbed (Frisch, Waugh, Lovell).
 *
 * What the normal equations leave of the smaller one is the Laplacian of a graph: its classes are
 * the nodes, joined by sum over absorbed classes of w_j w_k / w.  Nodes are eliminated without one
 * subtraction (Grassmann, Taksar and Heyman 1985), so that every element is right to a few units
 * in its last place whatever the weights (O'Cinneide 1993), and a node that nothing joins any more
 * is one more part of the graph: the rank is counted, not estimated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "linmodel.h"

/* One classification of the observations, classes numbered from 0 as met. */
struct side {
	uint32_t *of; /* [observations] */
	size_t n;
	double *weight, *effect; /* [n] */
	uint32_t *part;          /* [n] of the graph */
};

struct crossing {
	const struct lin_cross *obs;
	size_t n;
	struct side a, b, *absorbed, *solved;
	uint32_t *place; /* [nb] class of b + 1; 0 not met */
	size_t *first;   /* [absorbed->n + 1] in `order` */
	uint32_t *order; /* observations by absorbed class */
	double centre;
	bool balanced;  /* one observation in each pair of classes, all of one weight */
	double *join;   /* [solved->n ^ 2] lower triangle, as it was when its row was eliminated */
	double *joined; /* [solved->n] sum of the row then; 0: the last node of its part */
	size_t parts;
};

/* ---- classes ---- */

static int compare_numbers(const void *x, const void *y)
{
	uint64_t p = *(const uint64_t *)x, q = *(const uint64_t *)y;

	return (p > q) - (p < q);
}

/* Numbers too far apart for a table are sorted. */
static void number_sparse(struct crossing *c)
{
	uint64_t *met = xcalloc(c->n, sizeof(*met)), *at;

	for (size_t i = 0; i < c->n; i++)
		met[i] = c->obs[i].a;
	qsort(met, c->n, sizeof(*met), compare_numbers);
	for (size_t i = 0; i < c->n; i++) {
		if (c->a.n == 0 || met[i] != met[c->a.n - 1])
			met[c->a.n++] = met[i];
	}
	for (size_t i = 0; i < c->n; i++) {
		at = bsearch(&c->obs[i].a, met, c->a.n, sizeof(*met), compare_numbers);
		c->a.of[i] = (uint32_t)(at - met);
	}
	free(met);
}

static uint32_t number(uint32_t *place, size_t *n)
{
	if (*place == 0)
		*place = (uint32_t)++ * n;
	return *place - 1;
}

static void number_a(struct crossing *c)
{
	uint64_t most = 0;
	uint32_t *place;

	for (size_t i = 0; i < c->n; i++)
		most = c->obs[i].a > most ? c->obs[i].a : most;
	if (most > 4 * c->n + 1024) {
		number_sparse(c);
		return;
	}
	place = xcalloc(most + 1, sizeof(*place));
	for (size_t i = 0; i < c->n; i++)
		c->a.of[i] = number(&place[c->obs[i].a], &c->a.n);
	free(place);
}

static void side_fill(struct side *s, const struct crossing *c)
{
	s->weight = xcalloc(s->n, sizeof(*s->weight));
	s->effect = xcalloc(s->n, sizeof(*s->effect));
	s->part = xcalloc(s->n, sizeof(*s->part));
	for (size_t i = 0; i < c->n; i++)
		s->weight[s->of[i]] += c->obs[i].weight;
}

static void side_release(struct side *s)
{
	free(s->of);
	free(s->weight);
	free(s->effect);
	free(s->part);
}

static void sort_by_absorbed(struct crossing *c)
{
	size_t *next;

	c->first = xcalloc(c->absorbed->n + 1, sizeof(*c->first));
	c->order = xcalloc(c->n, sizeof(*c->order));
	for (size_t i = 0; i < c->n; i++)
		c->first[c->absorbed->of[i] + 1]++;
	for (size_t k = 0; k < c->absorbed->n; k++)
		c->first[k + 1] += c->first[k];
	next = xcalloc(c->absorbed->n, sizeof(*next));
	memcpy(next, c->first, c->absorbed->n * sizeof(*next));
	for (uint32_t i = 0; i < c->n; i++)
		c->order[next[c->absorbed->of[i]]++] = i;
	free(next);
}

static bool is_balanced(const struct crossing *c)
{
	size_t *last = xcalloc(c->solved->n, sizeof(*last)); /* absorbed class met last, + 1 */
	bool balanced = c->n == c->a.n * c->b.n;

	for (size_t i = 0; balanced && i < c->n; i++) {
		uint32_t obs = c->order[i];
		size_t class = c->absorbed->of[obs] + (size_t)1;

		balanced =
			c->obs[obs].weight == c->obs[0].weight && last[c->solved->of[obs]] != class;
		last[c->solved->of[obs]] = class;
	}
	free(last);
	return balanced;
}

static void crossing_init(struct crossing *c, const struct lin_cross *obs, size_t n, uint32_t nb)
{
	double weight = 0;

	*c = (struct crossing){.obs = obs, .n = n, .place = xcalloc(nb, sizeof(*c->place))};
	c->a.of = xcalloc(n, sizeof(*c->a.of));
	c->b.of = xcalloc(n, sizeof(*c->b.of));
	for (size_t i = 0; i < n; i++) {
		if (obs[i].b >= nb || !(obs[i].weight > 0))
			BUG("observation %zu is in no class", i);
		c->b.of[i] = number(&c->place[obs[i].b], &c->b.n);
		weight += obs[i].weight;
		c->centre += obs[i].weight * (obs[i].y - c->centre) / weight;
	}
	number_a(c);
	side_fill(&c->a, c);
	side_fill(&c->b, c);
	c->solved = c->a.n < c->b.n ? &c->a : &c->b;
	c->absorbed = c->solved == &c->a ? &c->b : &c->a;
	sort_by_absorbed(c);
	c->balanced = is_balanced(c);
	c->join = xcalloc(c->balanced ? 0 : c->solved->n * c->solved->n, sizeof(*c->join));
	c->joined = xcalloc(c->solved->n, sizeof(*c->joined));
}

static void crossing_release(struct crossing *c)
{
	side_release(&c->a);
	side_release(&c->b);
	free(c->place);
	free(c->first);
	free(c->order);
	free(c->join);
	free(c->joined);
}

/* ---- the graph ---- */

/* Nodes that an absorbed class has in common; weight[solved] is 0 before and after. */
static void join_class(struct crossing *c, size_t class, double *weight, uint32_t *met)
{
	size_t n = 0;

	for (size_t i = c->first[class]; i < c->first[class + 1]; i++) {
		uint32_t node = c->solved->of[c->order[i]];

		if (weight[node] == 0)
			met[n++] = node;
		weight[node] += c->obs[c->order[i]].weight;
	}
	for (size_t i = 0; i < n; i++) {
		double part = weight[met[i]] / c->absorbed->weight[class];

		for (size_t j = 0; j < i; j++) {
			size_t high = met[i] > met[j] ? met[i] : met[j];
			size_t low = met[i] > met[j] ? met[j] : met[i];

			c->join[high * c->solved->n + low] += part * weight[met[j]];
		}
	}
	for (size_t i = 0; i < n; i++)
		weight[met[i]] = 0;
}

/* Nodes from the last to the first: what joined two others through it joins them from now on. */
static void eliminate(struct crossing *c)
{
	size_t n = c->solved->n;

	for (size_t i = n; i-- > 0;) {
		const double *row = c->join + i * n;

		for (size_t j = 0; j < i; j++)
			c->joined[i] += row[j];
		for (size_t j = 0; j < i; j++) {
			double part = row[j] > 0 ? row[j] / c->joined[i] : 0;

			for (size_t k = 0; part > 0 && k < j; k++)
				c->join[j * n + k] += part * row[k];
		}
	}
}

static void make_graph(struct crossing *c)
{
	double *weight = xcalloc(c->solved->n, sizeof(*weight));
	uint32_t *met = xcalloc(c->solved->n, sizeof(*met));

	for (size_t k = 0; k < c->absorbed->n; k++)
		join_class(c, k, weight, met);
	eliminate(c);
	free(weight);
	free(met);
}

/* The parts into which the classes fall that no class of the other side joins. */
static void find_parts(struct crossing *c)
{
	size_t n = c->solved->n;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		if (c->balanced && i > 0)
			continue;
		if (c->balanced || !(c->joined[i] > 0)) {
			c->solved->part[i] = (uint32_t)c->parts++;
			continue;
		}
		while (!(c->join[i * n + j] > 0))
			j++;
		c->solved->part[i] = c->solved->part[j];
	}
	for (size_t i = 0; i < c->n; i++)
		c->absorbed->part[c->absorbed->of[i]] = c->solved->part[c->solved->of[i]];
}

/* ---- effects ---- */

static double value(const struct crossing *c, size_t i)
{
	return c->obs[i].y - c->centre;
}

/* The absorbed classes' means of what the solved ones leave. */
static void absorb(struct crossing *c)
{
	memset(c->absorbed->effect, 0, c->absorbed->n * sizeof(*c->absorbed->effect));
	for (size_t i = 0; i < c->n; i++)
		c->absorbed->effect[c->absorbed->of[i]] +=
			c->obs[i].weight * (value(c, i) - c->solved->effect[c->solved->of[i]]);
	for (size_t k = 0; k < c->absorbed->n; k++)
		c->absorbed->effect[k] /= c->absorbed->weight[k];
}

static double left_over(const struct crossing *c, size_t i)
{
	return value(c, i) - c->a.effect[c->a.of[i]] - c->b.effect[c->b.of[i]];
}

/* Adds to the solved effects what the residuals still show; sum[solved] is scratch. */
static void solve(struct crossing *c, double *sum, double *step)
{
	size_t n = c->solved->n;

	absorb(c);
	memset(sum, 0, n * sizeof(*sum));
	for (size_t i = 0; i < c->n; i++)
		sum[c->solved->of[i]] += c->obs[i].weight * left_over(c, i);
	for (size_t i = n; !c->balanced && i-- > 0;) {
		for (size_t j = 0; c->joined[i] > 0 && j < i; j++)
			sum[j] += c->join[i * n + j] / c->joined[i] * sum[i];
	}
	for (size_t i = 0; i < n; i++) {
		step[i] = 0;
		if (c->balanced)
			step[i] = sum[i] / c->solved->weight[i];
		if (c->balanced || !(c->joined[i] > 0))
			continue;
		for (size_t j = 0; j < i; j++)
			sum[i] += c->join[i * n + j] * step[j];
		step[i] = sum[i] / c->joined[i];
	}
	for (size_t i = 0; i < n; i++)
		c->solved->effect[i] += step[i];
}

/* Effects and, once more, what rounding left of them. */
static void find_effects(struct crossing *c)
{
	double *sum = xcalloc(c->solved->n, sizeof(*sum));
	double *step = xcalloc(c->solved->n, sizeof(*step));

	solve(c, sum, step);
	solve(c, sum, step);
	absorb(c);
	free(sum);
	free(step);
}

static double rss_of_a(const struct crossing *c)
{
	double *mean = xcalloc(c->a.n, sizeof(*mean)), rss = 0;

	for (size_t i = 0; i < c->n; i++)
		mean[c->a.of[i]] += c->obs[i].weight / c->a.weight[c->a.of[i]] * value(c, i);
	for (size_t i = 0; i < c->n; i++) {
		double left = value(c, i) - mean[c->a.of[i]];

		rss += c->obs[i].weight * left * left;
	}
	free(mean);
	return rss;
}

/* Effects of b, with mean 0 over the classes of each part. */
static void centre_effects(const struct crossing *c, uint32_t nb, double *effect)
{
	double *mean = xcalloc(c->parts, sizeof(*mean)), *n = xcalloc(c->parts, sizeof(*n));

	for (size_t k = 0; k < c->b.n; k++) {
		mean[c->b.part[k]] += c->b.effect[k];
		n[c->b.part[k]]++;
	}
	for (uint32_t j = 0; j < nb; j++) {
		uint32_t k = c->place[j] - 1;

		effect[j] = c->place[j] ? c->b.effect[k] - mean[c->b.part[k]] / n[c->b.part[k]]
					: (double)NAN;
	}
	free(mean);
	free(n);
}

void lin_cross(const struct lin_cross *obs, size_t n, uint32_t nb, struct lin_cross_fit *fit)
{
	struct crossing c;

	crossing_init(&c, obs, n, nb);
	if (!c.balanced)
		make_graph(&c);
	find_parts(&c);
	find_effects(&c);
	*fit = (struct lin_cross_fit){.rss_a = rss_of_a(&c),
		.na = c.a.n,
		.rank_b = c.b.n - c.parts,
		.effect_b = xcalloc(nb, sizeof(*fit->effect_b))};
	for (size_t i = 0; i < n; i++)
		fit->rss += obs[i].weight * left_over(&c, i) * left_over(&c, i);
	centre_effects(&c, nb, fit->effect_b);
	crossing_release(&c);
}

void lin_cross_release(struct lin_cross_fit *fit)
{
	free(fit->effect_b);
	*fit = (struct lin_cross_fit){0};
}
