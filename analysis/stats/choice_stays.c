/* choice_stays.c - the settings that may be on the front, with 95 %.
 *
 * A setting i is off the front if some other is better in all axes.  For one that is truly on it,
 * every other j has an axis a(j) in which it is not better, so the least of the differences that
 * are seen between j and i is at most what chance adds in that axis, and the largest of these over
 * all j at most the largest that chance puts anybody ahead of i in any axis.  i is left out only if
 * the former is beyond the 95th percentile of the latter: the union-intersection principle (Roy
 * 1953), with axes in units of what their noise is.  Axes without noise are known: who is not as
 * good in them does not beat i.
 *
 * (The share of draws in which a setting is on the front is no such statement: draws are about the
 * estimates, which are off already, and of 12 settings that are all alike every sixth that is truly
 * on the front has a share below 5 %.) */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"

#define PILOTS 50

/* ---- units ---- */

/* The next setting after i, around the end, that has its loads in common with it, or has not. */
static size_t partner(const struct choice_stays *s, size_t i, bool common)
{
	size_t n = s->choice->n;

	for (size_t k = 1; k < n; k++) {
		size_t j = (i + k) % n;

		if ((s->treatment[i] == s->treatment[j]) == common)
			return j;
	}
	return i;
}

static void add_differences(
	const struct choice *c, const double *noise, const size_t *partner_of, double *scale)
{
	for (size_t i = 0; i < c->n; i++) {
		for (size_t a = 0; a < c->naxes; a++) {
			double x =
				fabs(noise[i * c->naxes + a] - noise[partner_of[i] * c->naxes + a]);

			scale[a] += isfinite(x) ? x / (double)(PILOTS * c->n) : 0;
		}
	}
}

static void find_scales(struct choice_stays *s, struct choice_chance *h, double *noise)
{
	const struct choice *c = s->choice;
	size_t *near = xcalloc(2 * c->n, sizeof(*near)), *far = near + c->n;

	for (size_t i = 0; i < c->n; i++) {
		near[i] = partner(s, i, true);
		far[i] = partner(s, i, false);
	}
	for (size_t pilot = 0; pilot < PILOTS; pilot++) {
		choice_draw(h, noise);
		add_differences(c, noise, near, s->near);
		add_differences(c, noise, far, s->far);
	}
	free(near);
}

/* ---- what is seen ---- */

/* By how much j is ahead of i in all axes; infinite where only known axes tell them apart, or where
 * it is not ahead. */
static double lead(const struct choice_stays *s, const struct choice_chance *h, const double *good,
	size_t i, size_t j)
{
	const struct choice *c = s->choice;
	const double *x = good + i * c->naxes, *y = good + j * c->naxes;
	const double *scale = s->treatment[i] == s->treatment[j] ? s->near : s->far;
	double least = INFINITY;
	bool better = false;

	for (size_t a = 0; a < c->naxes; a++) {
		bool noisy = scale[a] > 0 && isfinite(x[a]) && isfinite(y[a]);

		if (y[a] < x[a])
			return -INFINITY;
		if (y[a] == x[a] && (!noisy || (a == h->score && choice_same_answers(h, i, j))))
			continue;
		better = true;
		if (noisy)
			least = fmin(least, (y[a] - x[a]) / scale[a]);
	}
	return better ? least : (double)-INFINITY;
}

static void find_leads(struct choice_stays *s, const struct choice_chance *h)
{
	const struct choice *c = s->choice;
	double *good = xcalloc(c->n * c->naxes, sizeof(*good));

	for (size_t i = 0; i < c->n; i++) {
		for (size_t a = 0; a < c->naxes; a++) {
			double x = choice_good(c, i, a, NULL);

			good[i * c->naxes + a] = isfinite(x) ? x : (double)-INFINITY;
		}
	}
	for (size_t i = 0; i < c->n; i++) {
		s->behind[i] = -INFINITY;
		for (size_t j = 0; j < c->n; j++) {
			if (j != i)
				s->behind[i] = fmax(s->behind[i], lead(s, h, good, i, j));
		}
	}
	free(good);
}

void choice_stays_init(struct choice_stays *s, struct choice_chance *h, double *noise)
{
	const struct choice *c = h->choice;

	*s = (struct choice_stays){.choice = c,
		.treatment = h->treatment,
		.ntreatments = h->ntreatments,
		.near = xcalloc(c->naxes, sizeof(*s->near)),
		.far = xcalloc(c->naxes, sizeof(*s->far)),
		.most = xcalloc(h->ntreatments, sizeof(*s->most)),
		.behind = xcalloc(c->n, sizeof(*s->behind)),
		.ahead = xcalloc(c->n, sizeof(*s->ahead)),
		.by = xcalloc(c->n, sizeof(*s->by))};
	find_scales(s, h, noise);
	find_leads(s, h);
}

/* ---- what chance does ---- */

/* How far chance puts somebody ahead of each in an axis: anybody, and of its treatment.  (Of the
 * former some have their loads in common with it; that makes it larger at most.) */
static void add_axis(struct choice_stays *s, size_t axis, const double *noise)
{
	const struct choice *c = s->choice;
	double all = -INFINITY;

	for (size_t t = 0; t < s->ntreatments; t++)
		s->most[t] = -INFINITY;
	for (size_t i = 0; i < c->n; i++) {
		double x = c->axis[axis].better * noise[i * c->naxes + axis];

		s->most[s->treatment[i]] = fmax(s->most[s->treatment[i]], x);
		all = fmax(all, x);
	}
	for (size_t i = 0; i < c->n; i++) {
		double x = c->axis[axis].better * noise[i * c->naxes + axis];

		if (s->far[axis] > 0)
			s->by[i] = fmax(s->by[i], (all - x) / s->far[axis]);
		if (s->near[axis] > 0)
			s->by[i] = fmax(s->by[i], (s->most[s->treatment[i]] - x) / s->near[axis]);
	}
}

void choice_stays_draw(struct choice_stays *s, const double *noise)
{
	const struct choice *c = s->choice;

	for (size_t i = 0; i < c->n; i++)
		s->by[i] = 0;
	for (size_t a = 0; a < c->naxes; a++)
		add_axis(s, a, noise);
	for (size_t i = 0; i < c->n; i++)
		s->ahead[i] += s->by[i] >= s->behind[i];
}

void choice_stays_judge(const struct choice_stays *s, struct choice *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->settings[i].may_be_front = s->ahead[i] >= CHOICE_ALPHA * (double)c->draws;
}

void choice_stays_release(struct choice_stays *s)
{
	free(s->near);
	free(s->far);
	free(s->most);
	free(s->behind);
	free(s->ahead);
	free(s->by);
}
