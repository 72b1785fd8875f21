/* sobol.c - see sobol.h. */
#include "sobol.h"

#include "bug.h"

/* Degree and inner coefficients of the primitive polynomial, and the first odd numbers m, of each
 * dimension but the first. */
static const struct {
	uint8_t degree, polynomial, m[7];
} joe_kuo[SOBOL_MAX_DIMS - 1] = {
	{1, 0, {1}},
	{2, 1, {1, 3}},
	{3, 1, {1, 3, 1}},
	{3, 2, {1, 1, 1}},
	{4, 1, {1, 1, 3, 3}},
	{4, 4, {1, 3, 5, 13}},
	{5, 2, {1, 1, 5, 5, 17}},
	{5, 4, {1, 1, 5, 5, 5}},
	{5, 7, {1, 1, 7, 11, 19}},
	{5, 11, {1, 1, 5, 1, 1}},
	{5, 13, {1, 1, 1, 3, 11}},
	{5, 14, {1, 3, 5, 5, 31}},
	{6, 1, {1, 3, 3, 9, 7, 49}},
	{6, 13, {1, 1, 1, 15, 21, 21}},
	{6, 16, {1, 3, 1, 13, 27, 49}},
	{6, 19, {1, 1, 1, 15, 7, 5}},
	{6, 22, {1, 3, 1, 15, 13, 25}},
	{6, 25, {1, 1, 5, 5, 19, 61}},
	{7, 1, {1, 3, 7, 11, 23, 15, 103}},
	{7, 4, {1, 3, 7, 13, 13, 15, 69}},
	{7, 7, {1, 1, 3, 13, 7, 35, 63}},
	{7, 8, {1, 3, 5, 9, 1, 25, 53}},
	{7, 14, {1, 3, 1, 13, 9, 35, 107}},
};

/* The recurrence of Bratley and Fox over the polynomial, on numbers already shifted to the top. */
static void set_directions(uint32_t v[SOBOL_BITS], size_t dim)
{
	unsigned degree = dim ? joe_kuo[dim - 1].degree : SOBOL_BITS;

	for (unsigned i = 0; i < SOBOL_BITS; i++) {
		if (i < degree) {
			v[i] = (uint32_t)(dim ? joe_kuo[dim - 1].m[i] : 1) << (31 - i);
			continue;
		}
		v[i] = v[i - degree] ^ v[i - degree] >> degree;
		for (unsigned k = 1; k < degree; k++) {
			if (joe_kuo[dim - 1].polynomial >> (degree - 1 - k) & 1)
				v[i] ^= v[i - k];
		}
	}
}

void sobol_init(struct sobol *s, size_t dims, struct rng *shift)
{
	if (dims > SOBOL_MAX_DIMS)
		BUG("%zu dimensions", dims);
	*s = (struct sobol){.dims = dims};
	for (size_t d = 0; d < dims; d++) {
		set_directions(s->direction[d], d);
		s->x[d] = shift ? (uint32_t)(rng_next(shift) >> 32) : 0;
	}
}

bool sobol_next(struct sobol *s, uint32_t point[])
{
	unsigned bit = 0;

	if (s->index >> SOBOL_BITS)
		return false;
	for (size_t d = 0; d < s->dims; d++)
		point[d] = s->x[d];
	/* The Gray code of the next index differs in the lowest bit that is 0 in this one. */
	while (s->index >> bit & 1)
		bit++;
	s->index++;
	for (size_t d = 0; d < s->dims && bit < SOBOL_BITS; d++)
		s->x[d] ^= s->direction[d][bit];
	return true;
}
