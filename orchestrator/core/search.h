/* search.h - which level of a load to try next, and what is known from those tried: the largest
 * concurrency, rate, num_ctx or num_gpu that still keeps what was asked.  Pure.
 *
 *	search_init -> [search_next -> try it by SEARCH_BURSTS bursts -> search_told]* ->
 *search_result
 *
 * Levels are doubled from `from` until one is refused or `to` is reached; then the gaps around what
 * is undecided are bisected down to the resolution.  A level is confirmed when every burst of it
 * kept the limits, refused when none did; all else is undecided and stays so.  What comes next is a
 * function of the levels told alone, in whatever order, so a search is continued from its record.
 */
#ifndef CORE_SEARCH_H
#define CORE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define SEARCH_BURSTS     3 /* tries of a level: all kept, or all not, decide */
#define SEARCH_MAX_LEVELS 128

enum search_verdict { SEARCH_UNDECIDED, SEARCH_CONFIRMED, SEARCH_REFUSED };
const char *search_verdict_name(enum search_verdict v);
enum search_verdict search_verdict(uint32_t confirmed, uint32_t refused);

struct search_level {
	double level;
	uint32_t confirmed, refused; /* bursts; the rest could not be judged */
};

struct search {
	double from, to;
	double step;       /* levels are from + k * step; 0: any real number, bisected as ratios */
	double resolution; /* a gap of that part of its lower end, or of one step, is left */
	struct search_level tried[SEARCH_MAX_LEVELS]; /* rising */
	size_t n;
};

/* ERR_USAGE without a name in front: from and to not above 0 and rising, a resolution out of range,
 * or one that takes more than SEARCH_MAX_LEVELS. */
int search_init(struct search *s, double from, double to, double step, double resolution,
	struct err *e) NODISCARD;
/* At most so many levels will be asked for. */
size_t search_bound(const struct search *s);
/* False when there is nothing more to learn. */
bool search_next(const struct search *s, double *level);
/* A level told twice counts as told last. */
void search_told(struct search *s, double level, uint32_t confirmed, uint32_t refused);

struct search_result {
	double confirmed;  /* the largest confirmed below `refused`; NaN: none */
	double refused;    /* the smallest refused; NaN: none up to the largest tried */
	size_t nundecided; /* tried levels in between, ... */
	const struct search_level *undecided; /* ... in one row */
	/* A level was confirmed above a refused one: the load is no simple threshold. */
	bool disorder;
	double confirmed_above; /* the largest of them; NaN without disorder */
};
/* Of the levels told so far; borrows from them. */
void search_result(const struct search *s, struct search_result *ret);

#endif
