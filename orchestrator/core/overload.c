/* overload.c - a queue that grows through both halves of its history. */
#include "overload.h"

#include "vec.h"

void overload_clear(struct overload *o)
{
	o->waiting.n = 0;
}

void overload_release(struct overload *o)
{
	VEC_RELEASE(&o->waiting);
}

/* Whether at least one in OVERLOAD_SHARE of the sends between two came on top. */
static bool grew(const struct overload *o, size_t from, size_t to)
{
	const uint32_t *v = o->waiting.v;

	return v[to] > v[from] && (uint64_t)(v[to] - v[from]) * OVERLOAD_SHARE >= to - from;
}

bool overload_sees(struct overload *o, uint32_t waiting)
{
	size_t last = o->waiting.n;

	*VEC_PUSH(&o->waiting) = waiting;
	if (waiting < OVERLOAD_EXCESS || waiting - OVERLOAD_EXCESS < o->waiting.v[0])
		return false;
	return grew(o, 0, last / 2) && grew(o, last / 2, last);
}
