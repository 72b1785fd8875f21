/* figures.h - numbers and words of reports: no more digits than an interval supports.
 *
 * Strings live in the arena that is given. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

#define NOT_GIVEN "\xe2\x80\x93" /* an en dash, in tables */

/* "1 request", "216 requests". */
const char *figures_count(struct arena *a, uint64_t n, const char *singular);
/* "one", "two", ... "ten", "11"; "no" for 0. */
const char *figures_number(struct arena *a, uint64_t n);
/* Decimals for a figure with this interval; never more than five digits altogether. */
int figures_decimals(double x, double low, double high);
/* There is an interval, and it has a width. */
bool figures_has_range(double low, double high);
/* So many decimals, rounded; thousands set apart by commas. */
const char *figures_fixed(struct arena *a, double x, int decimals);
/* An estimate with the digits its interval supports, three without: "87.3"; NOT_GIVEN for NaN. */
const char *figures_value(struct arena *a, double x, double low, double high);
/* "86.2 to 88.0"; NOT_GIVEN without. */
const char *figures_range(struct arena *a, double low, double high);
/* "87.3 (86.2 to 88.0)"; no brackets without an interval.  With a unit, "" none: "87.3 ms (86.2 to
 * 88.0)". */
const char *figures_estimate(struct arena *a, double x, double low, double high, const char *unit);
/* A figure without an interval: three digits; a bound or a rough one: two. */
const char *figures_plain(struct arena *a, double x);
const char *figures_rough(struct arena *a, double x);
/* A ratio as a change, and its interval beside it: "3.1 % less" without the word, "14.3 times";
 * "1.9 to 4.3", or "" without one.  Where it is not logarithmic the difference as it is, in the
 * unit: "0.05". */
struct change {
	const char *text, *range;
	bool is_more, is_times;
};
struct change figures_change(
	struct arena *a, bool log, const char *unit, double ratio, double low, double high);
/* "0.004", "< 0.001"; NOT_GIVEN for NaN. */
const char *figures_p(struct arena *a, double p);
/* The first letter made a capital, where the text begins with a word and not with a name. */
const char *figures_capital(struct arena *a, const char *text);
/* A word for the shell: quoted where needed. */
const char *figures_shell(struct arena *a, const char *word);

#endif
