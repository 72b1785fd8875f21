/* best_contest.c - settings, their means, and the covariance of these.
 *
 * Only settings of one treatment have loads in common, so the covariance is kept by treatment, and
 * in it by pattern: where each load served all cells alike there is one pattern. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "best_parts.h"
#include "bug.h"

#define NEGLIGIBLE 1e-12

/* ---- settings ---- */

/* The settings that can be had, and room for their shares. */
static void list_settings(struct best_contest *c, const struct effective *eff, uint32_t *place)
{
	const struct strata *s = c->s;
	size_t *groups = xcalloc(eff->nsettings, sizeof(*groups)), first = 0;

	c->v = xcalloc(eff->nsettings, sizeof(*c->v));
	for (size_t i = 0; i < s->ngroups; i++) {
		uint32_t cell = s->groups[i].cell, setting = eff->setting[cell];

		if (s->overload[cell])
			continue; /* nobody can have what the server does not stand */
		if (!place[setting]) {
			c->v[c->n] = (struct best_setting){
				.setting = setting, .treatment = eff->treatment[cell]};
			place[setting] = (uint32_t)++c->n;
		}
		groups[place[setting] - 1]++;
	}
	for (size_t i = 0; i < c->n; i++) {
		c->v[i].first = first;
		first += groups[i];
	}
	c->shares = xcalloc(first, sizeof(*c->shares));
	free(groups);
}

/* Groups are in the order of their loads. */
static void add_group(struct best_contest *c, struct best_setting *v, const struct strata_group *g)
{
	const struct strata *s = c->s;
	double y = g->mean - s->pass_effect[s->loads[g->load].pass];
	struct best_share *last = c->shares + v->first + v->n;

	if (g->prompt != DATA_NONE && s->prompt_effect)
		y -= s->prompt_effect[g->prompt];
	v->mean += s->spec->better * g->weight * y;
	v->weight += g->weight;
	if (v->n == 0 || last[-1].load != g->load) {
		*last++ = (struct best_share){g->load, 0};
		v->n++;
	}
	last[-1].part += g->weight;
}

static void gather(struct best_contest *c, const struct effective *eff)
{
	const struct strata *s = c->s;
	uint32_t *place = xcalloc(eff->nsettings, sizeof(*place)); /* in c->v, + 1 */

	list_settings(c, eff, place);
	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];

		if (!s->overload[g->cell])
			add_group(c, &c->v[place[eff->setting[g->cell]] - 1], g);
	}
	for (size_t i = 0; i < c->n; i++) {
		struct best_setting *v = &c->v[i];

		v->mean /= v->weight;
		for (size_t k = v->first; k < v->first + v->n; k++) {
			c->shares[k].part /= v->weight;
			v->own += c->shares[k].part * c->shares[k].part;
		}
		v->excess = 1 / v->weight - v->own / s->per_load;
		c->least_own = i == 0 ? v->own : fmin(c->least_own, v->own);
		c->least_excess = i == 0 ? v->excess : fmin(c->least_excess, v->excess);
	}
	free(place);
}

/* ---- treatments ---- */

/* Numbers them from 0 and lists their settings. */
static void list_treatments(struct best_contest *c, uint32_t ntreatments)
{
	uint32_t *place = xcalloc(ntreatments, sizeof(*place)), *members;

	c->treatments = xcalloc(c->n, sizeof(*c->treatments));
	c->members = members = xcalloc(c->n, sizeof(*c->members));
	for (size_t i = 0; i < c->n; i++) {
		uint32_t *at = &place[c->v[i].treatment];

		if (!*at)
			*at = (uint32_t)++c->ntreatments;
		c->v[i].treatment = *at - 1;
		c->treatments[*at - 1].n++;
	}
	for (size_t t = 0; t < c->ntreatments; t++) {
		c->treatments[t].members = members;
		members += c->treatments[t].n;
		c->treatments[t].n = 0;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		struct best_treatment *t = &c->treatments[c->v[i].treatment];

		t->members[t->n++] = i;
	}
	free(place);
}

static bool same_shares(
	const struct best_contest *c, const struct best_setting *a, const struct best_setting *b)
{
	for (size_t k = 0; k < a->n && a->n == b->n; k++) {
		const struct best_share *x = &c->shares[a->first + k];
		const struct best_share *y = &c->shares[b->first + k];

		if (x->load != y->load || x->part != y->part)
			return false;
	}
	return a->n == b->n;
}

static double product(
	const struct best_contest *c, const struct best_setting *a, const struct best_setting *b)
{
	const struct best_share *x = c->shares + a->first, *y = c->shares + b->first;
	const struct best_share *xend = x + a->n, *yend = y + b->n;
	double sum = 0;

	while (x < xend && y < yend) {
		if (x->load == y->load)
			sum += x++->part * y++->part;
		else if (x->load < y->load)
			x++;
		else
			y++;
	}
	return sum;
}

static double *common_of(const struct best_treatment *t, size_t p, size_t q)
{
	return t->common + (p > q ? p * (p + 1) / 2 + q : q * (q + 1) / 2 + p);
}

/* first[npatterns]: the first setting of each. */
static void find_patterns(struct best_contest *c, struct best_treatment *t, uint32_t *first)
{
	for (size_t i = 0; i < t->n; i++) {
		struct best_setting *v = &c->v[t->members[i]];
		size_t p = 0;

		while (p < t->npatterns && !same_shares(c, v, &c->v[first[p]]))
			p++;
		v->pattern = (uint32_t)p;
		if (p == t->npatterns)
			first[t->npatterns++] = t->members[i];
	}
	t->common = xcalloc(t->npatterns * (t->npatterns + 1) / 2, sizeof(*t->common));
	for (size_t p = 0; p < t->npatterns; p++) {
		for (size_t q = 0; q <= p; q++)
			*common_of(t, p, q) = product(c, &c->v[first[p]], &c->v[first[q]]);
	}
}

/* Cholesky's factor; a pattern that others determine adds nothing of its own. */
static void factor_common(struct best_treatment *t)
{
	size_t n = t->nfactors = t->npatterns;

	t->factor = xcalloc(n * n, sizeof(*t->factor));
	for (size_t i = 0; i < n; i++) {
		double *row = t->factor + i * n;

		for (size_t j = 0; j <= i; j++) {
			const double *other = t->factor + j * n;
			double sum = *common_of(t, i, j);

			for (size_t k = 0; k < j; k++)
				sum -= row[k] * other[k];
			if (i == j)
				row[j] = sum > NEGLIGIBLE * *common_of(t, i, i) ? sqrt(sum) : 0;
			else
				row[j] = other[j] > 0 ? sum / other[j] : 0;
		}
	}
}

/* With fewer loads than patterns the shares themselves are the factor. */
static void factor_treatment(struct best_contest *c, struct best_treatment *t,
	const uint32_t *first, uint32_t *place, uint32_t *met)
{
	size_t n = 0;

	for (size_t p = 0; p < t->npatterns; p++) {
		const struct best_setting *v = &c->v[first[p]];

		for (size_t k = v->first; k < v->first + v->n; k++) {
			uint32_t load = c->shares[k].load;

			if (!place[load])
				met[n] = load;
			place[load] = place[load] ? place[load] : (uint32_t)++n;
		}
	}
	if (n >= t->npatterns) {
		factor_common(t);
	} else {
		t->nfactors = n;
		t->factor = xcalloc(t->npatterns * n, sizeof(*t->factor));
		for (size_t p = 0; p < t->npatterns; p++) {
			const struct best_setting *v = &c->v[first[p]];

			for (size_t k = v->first; k < v->first + v->n; k++)
				t->factor[p * n + place[c->shares[k].load] - 1] = c->shares[k].part;
		}
	}
	while (n > 0)
		place[met[--n]] = 0;
}

static void find_treatments(struct best_contest *c, const struct effective *eff)
{
	uint32_t *place = xcalloc(c->s->nloads, sizeof(*place));
	uint32_t *met = xcalloc(c->s->nloads, sizeof(*met));
	uint32_t *first = xcalloc(c->n, sizeof(*first));

	list_treatments(c, eff->nsettings);
	for (size_t t = 0; t < c->ntreatments; t++) {
		find_patterns(c, &c->treatments[t], first);
		factor_treatment(c, &c->treatments[t], first, place, met);
	}
	free(place);
	free(met);
	free(first);
}

/* ---- servers ---- */

/* How much of the shifts of servers from pass to pass is left in a difference.  On one server the
 * shifts are taken out by the adjustment for passes. */
static double shift_between(const double *a, const double *b, size_t npasses)
{
	double sum = 0;

	for (size_t p = 0; p < npasses; p++) {
		double part = a[p] - b[p];

		if (a[p] > 0 && b[p] > 0)
			return 0;
		sum += part * part;
	}
	return sum;
}

static void find_days(struct best_contest *c)
{
	const struct strata *s = c->s;
	size_t np = s->npasses, d;

	if (s->host < 0)
		return;
	c->in_pass = xcalloc((c->n + 1) * np, sizeof(*c->in_pass));
	for (size_t i = 0; i < c->n; i++) {
		struct best_setting *v = &c->v[i];
		double *own = c->in_pass + c->ndays * np;

		memset(own, 0, np * sizeof(*own));
		for (size_t k = v->first; k < v->first + v->n; k++)
			own[s->loads[c->shares[k].load].pass] += c->shares[k].part;
		for (d = 0; memcmp(own, c->in_pass + d * np, np * sizeof(*own)) != 0; d++)
			;
		v->days = (uint32_t)d;
		c->ndays += d == c->ndays;
	}
	c->days = xcalloc(c->ndays * c->ndays, sizeof(*c->days));
	for (size_t i = 0; i < c->ndays; i++) {
		for (d = 0; d < c->ndays; d++) {
			c->days[i * c->ndays + d] =
				shift_between(c->in_pass + i * np, c->in_pass + d * np, np);
			c->needs_host = c->needs_host || c->days[i * c->ndays + d] > 0;
		}
	}
}

/* ---- variances ---- */

struct best_variance best_variance(const struct best_contest *c, size_t i, size_t j)
{
	const struct best_setting *a = &c->v[i], *b = &c->v[j];
	double load = a->own + b->own, request;

	if (a->treatment == b->treatment)
		load -= 2 * *common_of(&c->treatments[a->treatment], a->pattern, b->pattern);
	request = 1 / a->weight + 1 / b->weight - load / c->s->per_load;
	return (struct best_variance){.load = load > NEGLIGIBLE ? load : 0,
		.request = request > NEGLIGIBLE ? request : 0,
		.host = c->days ? c->days[a->days * c->ndays + b->days] : 0};
}

static void find_least(struct best_contest *c, struct best_treatment *t)
{
	t->least_load = t->least_request = INFINITY;
	for (size_t i = 0; i < t->n; i++) {
		for (size_t j = 0; j < i; j++) {
			struct best_variance v = best_variance(c, t->members[i], t->members[j]);

			t->least_load = fmin(t->least_load, v.load);
			t->least_request = fmin(t->least_request, v.request);
			c->needs_load = c->needs_load || v.load > 0;
			c->needs_request = c->needs_request || v.request > 0;
		}
	}
}

/* Between treatments the variance of requests is a sum over both. */
static void find_needs(struct best_contest *c)
{
	double most = -INFINITY, second = -INFINITY; /* of two treatments */

	for (size_t k = 0; k < c->ntreatments; k++) {
		double own = -INFINITY;

		find_least(c, &c->treatments[k]);
		for (size_t i = 0; i < c->treatments[k].n; i++)
			own = fmax(own, c->v[c->treatments[k].members[i]].excess);
		second = fmax(second, fmin(own, most));
		most = fmax(most, own);
	}
	c->needs_load = c->needs_load || c->ntreatments > 1;
	c->needs_request = c->needs_request || most + second > NEGLIGIBLE;
}

void best_contest_init(struct best_contest *c, const struct strata *s, const struct effective *eff)
{
	*c = (struct best_contest){.s = s};
	gather(c, eff);
	find_treatments(c, eff);
	find_days(c);
	find_needs(c);
}

void best_contest_release(struct best_contest *c)
{
	for (size_t t = 0; t < c->ntreatments; t++) {
		free(c->treatments[t].common);
		free(c->treatments[t].factor);
	}
	free(c->v);
	free(c->shares);
	free(c->treatments);
	free(c->members);
	free(c->in_pass);
	free(c->days);
}
