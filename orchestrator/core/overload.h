/* overload.h - whether a server falls behind for good: a pure function of counts.
 *
 * Told at every send of an open-loop burst how many requests wait: sent, and neither answered nor
 * refused for another reason than want of room.  From the burst's first answer on (before it the
 * queue only fills the slots) the server is overloaded when
 *   - 64 more wait than did then, and
 *   - over each half of what was sent since then, at least one in twelve came on top.
 * In a stable queue the excess over what is in service falls geometrically: at 80 % load 64 have a
 * chance below 1 in 10^6 for exponential service times, and below 1 in 10^11 for equal ones, while
 * at 120 % one in six comes on top. */
#ifndef CORE_OVERLOAD_H
#define CORE_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OVERLOAD_EXCESS 64
#define OVERLOAD_SHARE  12

struct overload {
	struct {
		uint32_t *v; /* waiting at each send since the first answer */
		size_t n, cap;
	} waiting;
};

/* Forgets what it was told. */
void overload_clear(struct overload *o);
void overload_release(struct overload *o);
/* One is about to be sent while `waiting` others wait, after the burst's first answer.  True: the
 * server falls behind. */
bool overload_sees(struct overload *o, uint32_t waiting);

#endif
