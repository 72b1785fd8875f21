/* wording.h - numbers and lists in sentences: no more digits than the interval supports. */
#ifndef STATS_WORDING_H
#define STATS_WORDING_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define WORDING_TEXT 64

/* Decimals that a figure may have whose interval is `half` to either side: the half-width keeps two
 * digits if it begins with 1 to 3, else one (-1 and less: none before the point either). */
int wording_decimals(double half);
/* x with so many decimals, rounded half away from zero; negative decimals round before the point.
 * dst holds WORDING_TEXT bytes.  Returns dst. */
char *wording_fixed(char *dst, double x, int decimals);
/* A number as a person set it: 2, 2.5, 0.05. */
char *wording_plain(char *dst, double x);
/* "1 request", "2 requests", "1,024 requests"; "-" for no noun's plural needs none. */
const char *wording_count(struct arena *a, uint64_t n, const char *singular, const char *plural);
/* "a", "a and b", "a, b and c". */
const char *wording_list(
	struct arena *a, const char *const *items, size_t n, const char *conjunction);
/* "was" or "were", "is" or "are". */
const char *wording_verb(uint64_t n, const char *one, const char *many);

#endif
