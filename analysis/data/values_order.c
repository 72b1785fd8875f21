/* values_order.c - plain arrays of numbers in order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "values.h"

#define RUN 16 /* values that insertion sorts */

static void insertion_sort(double *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		double x = v[i];
		size_t j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

/* Two sorted runs, from[0..middle) and from[middle..n), into `to`. */
static void merge_runs(const double *from, size_t middle, size_t n, double *to)
{
	size_t a = 0, b = middle, i = 0;

	while (a < middle && b < n) {
		double x = from[a], y = from[b];
		bool first = x <= y; /* no branch: which it is cannot be foreseen */

		to[i++] = first ? x : y;
		a += first;
		b += !first;
	}
	if (a < middle)
		memcpy(to + i, from + a, (middle - a) * sizeof(*to));
	else
		memcpy(to + i, from + b, (n - b) * sizeof(*to));
}

static bool is_sorted(const double *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (v[i] < v[i - 1])
			return false;
	}
	return true;
}

void values_sort(double *v, size_t n)
{
	double *room, *from = v, *to;

	if (is_sorted(v, n))
		return;
	for (size_t i = 0; i < n; i += RUN)
		insertion_sort(v + i, n - i < RUN ? n - i : RUN);
	if (n <= RUN)
		return;
	room = xmalloc(n * sizeof(*room));
	to = room;
	for (size_t width = RUN; width < n; width *= 2) {
		double *next = from;

		for (size_t i = 0; i < n; i += 2 * width) {
			size_t here = n - i < 2 * width ? n - i : 2 * width;

			merge_runs(from + i, width < here ? width : here, here, to + i);
		}
		from = to;
		to = next;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
	free(room);
}

/* Hoare (1961): stops at values equal to the pivot, so that many of them do no harm. */
static size_t divide(double *v, size_t low, size_t high)
{
	double first = v[low], middle = v[low + (high - low) / 2], last = v[high - 1];
	double pivot = fmax(fmin(first, middle), fmin(fmax(first, middle), last));
	size_t i = low, j = high - 1;

	for (;; i++, j--) {
		double x;

		while (v[i] < pivot)
			i++;
		while (v[j] > pivot)
			j--;
		if (i >= j)
			return j + 1; /* at least one value is on either side */
		x = v[i];
		v[i] = v[j];
		v[j] = x;
	}
}

void values_select(double *v, size_t n, size_t k)
{
	size_t low = 0, high = n;

	while (high - low > RUN) {
		size_t at = divide(v, low, high);

		if (k < at)
			high = at;
		else
			low = at;
	}
	insertion_sort(v + low, high - low);
}

double values_median(double *v, size_t n)
{
	double below = -INFINITY;

	if (n == 0)
		return NAN;
	values_select(v, n, n / 2);
	if (n % 2)
		return v[n / 2];
	for (size_t i = 0; i < n / 2; i++)
		below = fmax(below, v[i]);
	return below + 0.5 * (v[n / 2] - below);
}
