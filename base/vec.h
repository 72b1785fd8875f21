/* vec.h - a typed growable array.
 *
 *	struct ints { int *v; size_t n, cap; } a = {0};
 *	*VEC_PUSH(&a) = 7;      one new element, not initialised
 *	VEC_RELEASE(&a);        frees and empties
 *
 * Any struct with the members v, n and cap will do; element addresses move when it grows. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdlib.h>

#include "bug.h"

#define VEC_PUSH(a)                                                                                \
	((a)->n == (a)->cap ? ((a)->cap = (a)->cap ? (a)->cap * 2 : 8,                             \
				      (a)->v = xrealloc((a)->v, (a)->cap, sizeof(*(a)->v)))        \
			    : (a)->v,                                                              \
		&(a)->v[(a)->n++])

#define VEC_RELEASE(a) (free((a)->v), (a)->v = NULL, (a)->n = 0, (a)->cap = 0)

#endif
