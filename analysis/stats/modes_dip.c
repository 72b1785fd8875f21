/* modes_dip.c - the dip of a sample, by the algorithm of Hartigan and Hartigan (1985, section 4).
 *
 * Heights are counts.  At each different value the distribution function jumps from `below` to
 * `upto`.  A window of values shrinks towards the mode; in it the greatest convex minorant passes
 * under the feet of the jumps, the least concave majorant over their heads.  Where these two are
 * furthest apart the next window ends; what lies left of it must be convex, what lies right of it
 * concave, and how far the jumps stick out of the two is the dip so far, doubled. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "modes.h"

struct jump {
	double x;
	double below, upto;
};

struct hull {
	size_t *at; /* indices of jumps, ascending */
	size_t n;
};

static double height(const struct jump *j, bool head)
{
	return head ? j->upto : j->below;
}

/* The convex minorant of the feet (or the concave majorant of the heads) of jumps a..b. */
static void find_hull(const struct jump *j, size_t a, size_t b, bool head, struct hull *h)
{
	double side = head ? -1 : 1;

	h->n = 0;
	for (size_t i = a; i <= b; i++) {
		while (h->n >= 2) {
			const struct jump *p = &j[h->at[h->n - 2]], *q = &j[h->at[h->n - 1]];
			double turn = (q->x - p->x) * (height(&j[i], head) - height(p, head)) -
				(j[i].x - p->x) * (height(q, head) - height(p, head));

			if (side * turn > 0)
				break;
			h->n--;
		}
		h->at[h->n++] = i;
	}
}

/* The hull at a jump's place, which lies between its vertices `left` and `left + 1`. */
static double hull_at(const struct jump *j, const struct hull *h, size_t left, bool head, double x)
{
	const struct jump *p = &j[h->at[left]], *q;
	double y = height(p, head);

	if (left + 1 >= h->n || x <= p->x)
		return y;
	q = &j[h->at[left + 1]];
	return y + (height(q, head) - y) * ((x - p->x) / (q->x - p->x));
}

struct gap {
	double most;
	size_t from, to; /* the next window */
};

/* The largest distance between the hulls.  At a vertex of the minorant the window goes on to the
 * next vertex of the majorant; at one of the majorant, from the last of the minorant. */
static struct gap find_gap(const struct jump *j, const struct hull *feet, const struct hull *heads)
{
	struct gap g = {.most = -1};
	size_t at = 0;

	for (size_t i = 0; i < feet->n; i++) {
		const struct jump *p = &j[feet->at[i]];
		double d;

		while (at + 1 < heads->n && heads->at[at + 1] <= feet->at[i])
			at++;
		d = hull_at(j, heads, at, true, p->x) - p->below;
		if (d > g.most)
			g = (struct gap){d, feet->at[i],
				heads->at[heads->at[at] < feet->at[i] ? at + 1 : at]};
	}
	at = 0;
	for (size_t i = 0; i < heads->n; i++) {
		const struct jump *p = &j[heads->at[i]];
		double d;

		while (at + 1 < feet->n && feet->at[at + 1] <= heads->at[i])
			at++;
		d = p->upto - hull_at(j, feet, at, false, p->x);
		if (d >= g.most)
			g = (struct gap){d, feet->at[at], heads->at[i]};
	}
	return g;
}

/* How far heads stick out over the minorant from a to before b, or feet under the majorant. */
static double sticks_out(
	const struct jump *j, const struct hull *h, size_t a, size_t b, bool majorant)
{
	double most = 0;
	size_t at = 0;

	for (size_t i = a; i < b; i++) {
		double y;

		while (at + 1 < h->n && h->at[at + 1] <= i)
			at++;
		y = hull_at(j, h, at, majorant, j[i].x);
		most = fmax(most, majorant ? y - j[i].below : j[i].upto - y);
	}
	return most;
}

static size_t find_jumps(const double *sorted, size_t n, struct jump *j)
{
	size_t count = 0;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && sorted[end] == sorted[i]; end++)
			;
		j[count++] = (struct jump){sorted[i], (double)i, (double)end};
	}
	return count;
}

double modes_dip(const double *sorted, size_t n)
{
	struct jump *j = xcalloc(n, sizeof(*j));
	struct hull feet = {xcalloc(n, sizeof(size_t)), 0}, heads = {xcalloc(n, sizeof(size_t)), 0};
	size_t from = 0, to = find_jumps(sorted, n, j) - 1;
	double twice = 1;

	while (n > 0) {
		struct gap g;

		find_hull(j, from, to, false, &feet);
		find_hull(j, from, to, true, &heads);
		g = find_gap(j, &feet, &heads);
		if (g.most <= twice)
			break;
		/* The jumps at the new ends may be the mode's. */
		twice = fmax(twice, sticks_out(j, &feet, from, g.from, false));
		twice = fmax(twice, sticks_out(j, &heads, g.to + 1, to + 1, true));
		if (g.from == g.to || (g.from == from && g.to == to))
			break;
		from = g.from;
		to = g.to;
	}
	free(j);
	free(feet.at);
	free(heads.at);
	return n ? twice / (2 * (double)n) : (double)NAN;
}
