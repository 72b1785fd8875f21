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

/* By how much j is ahead of i in all axes; infinite where only known axes tell them apart, or where
 * it is not ahead. */
static double lead(const struct choice_stays *s, const struct choice_chance *h, const double *good,
	size_t i, size_t j)
{
	const struct choice *c = s->choice;
	const double *x = good + i * c->naxes, *y = good + j * c->naxes;
	double least = INFINITY;
	bool better = false;

	for (size_t a = 0; a < c->naxes; a++) {
		bool noisy = s->scale[a] > 0 && isfinite(x[a]) && isfinite(y[a]);

		if (y[a] < x[a])
			return -INFINITY;
		if (y[a] == x[a] && (!noisy || (a == h->score && choice_same_answers(h, i, j))))
			continue;
		better = true;
		if (noisy)
			least = fmin(least, (y[a] - x[a]) / s->scale[a]);
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
		.scale = xcalloc(c->naxes, sizeof(*s->scale)),
		.behind = xcalloc(c->n, sizeof(*s->behind)),
		.ahead = xcalloc(c->n, sizeof(*s->ahead)),
		.by = xcalloc(c->n, sizeof(*s->by))};
	for (size_t pilot = 0; pilot < PILOTS; pilot++) {
		choice_draw(h, noise);
		for (size_t i = 0; i < c->n; i++) {
			for (size_t a = 0; a < c->naxes; a++) {
				double x = fabs(noise[i * c->naxes + a]);

				s->scale[a] += isfinite(x) ? x : 0;
			}
		}
	}
	for (size_t a = 0; a < c->naxes; a++)
		s->scale[a] /= (double)(PILOTS * c->n);
	find_leads(s, h);
}

void choice_stays_draw(struct choice_stays *s, const double *noise)
{
	const struct choice *c = s->choice;

	for (size_t i = 0; i < c->n; i++)
		s->by[i] = 0;
	for (size_t a = 0; a < c->naxes; a++) {
		double most = -INFINITY;

		if (!(s->scale[a] > 0))
			continue;
		for (size_t i = 0; i < c->n; i++)
			most = fmax(most, c->axis[a].better * noise[i * c->naxes + a]);
		for (size_t i = 0; i < c->n; i++)
			s->by[i] = fmax(s->by[i],
				(most - c->axis[a].better * noise[i * c->naxes + a]) / s->scale[a]);
	}
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
	free(s->scale);
	free(s->behind);
	free(s->ahead);
	free(s->by);
}
