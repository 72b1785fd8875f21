/* sobol.h - the Sobol sequence in up to 24 dimensions, as 32-bit fractions, with a digital shift.
 *
 * Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better
 * two-dimensional projections", SIAM J. Sci. Comput. 30 (2008) 2635-2654, their table
 * new-joe-kuo-6.  The points are taken in the order of Gray codes (Antonov and Saleev). */
#ifndef CORE_SOBOL_H
#define CORE_SOBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rng.h"

#define SOBOL_MAX_DIMS 24
#define SOBOL_BITS     32

struct sobol {
	size_t dims;
	uint64_t index;
	uint32_t x[SOBOL_MAX_DIMS], direction[SOBOL_MAX_DIMS][SOBOL_BITS];
};

/* `shift` gives every dimension a number that is added to its points without carry: the points stay
 * as even as they were, and another seed gives others.  NULL: unshifted, from 0. */
void sobol_init(struct sobol *s, size_t dims, struct rng *shift);
/* The next point, numerators of fractions of 2^32; false when all 2^32 are used up. */
bool sobol_next(struct sobol *s, uint32_t point[]);

#endif
