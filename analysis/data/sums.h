/* sums.h - mean and sum of squares of values as they come, without a division for each.
 *
 * Sums of what is left beside a place near the mean (shifted data: Chan, Golub and LeVeque 1983),
 * which is moved to the mean so far whenever their number is a power of two: a first value that is
 * far off does not cost digits, and values that are all equal have a sum of squares of exactly 0.
 */
#ifndef DATA_SUMS_H
#define DATA_SUMS_H

#include <stdint.h>

/* All zero is empty. */
struct sums {
	double at;          /* the place */
	double sum, square; /* of the values less it */
	uint64_t n;
};

static inline void sums_move(struct sums *s)
{
	double before = s->at, by;

	s->at += s->sum / (double)s->n;
	by = s->at - before;
	s->square -= by * (2 * s->sum - (double)s->n * by);
	s->sum -= (double)s->n * by;
}

static inline void sums_add(struct sums *s, double x)
{
	double away;

	if (s->n == 0)
		s->at = x;
	away = x - s->at;
	s->sum += away;
	s->square += away * away;
	if ((s->n & (s->n + 1)) == 0) {
		s->n++;
		sums_move(s);
	} else {
		s->n++;
	}
}

/* Of at least one value. */
static inline double sums_mean(const struct sums *s)
{
	return s->at + s->sum / (double)s->n;
}

/* Of squares about the mean. */
static inline double sums_squares(const struct sums *s)
{
	double x = s->square - s->sum * s->sum / (double)s->n;

	return x > 0 ? x : 0;
}

/* Adds all of `from` (Chan, Golub and LeVeque 1979). */
static inline void sums_merge(struct sums *s, const struct sums *from)
{
	double n, away, squares;

	if (from->n == 0)
		return;
	if (s->n == 0) {
		*s = *from;
		return;
	}
	n = (double)(s->n + from->n);
	away = sums_mean(from) - sums_mean(s);
	squares = sums_squares(s) + sums_squares(from) +
		away * away * ((double)s->n * ((double)from->n / n));
	*s = (struct sums){.at = sums_mean(s) + away * ((double)from->n / n),
		.square = squares,
		.n = s->n + from->n};
}

#endif
