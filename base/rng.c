/* rng.c - xoshiro256** 1.0 and splitmix64, after the public domain code of Blackman and Vigna. */
#include "rng.h"

#include <math.h>

#include "bug.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* FNV-1a, 64 bits. */
static uint64_t name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return h;
}

void rng_init(struct rng *r, uint64_t seed, const char *stream)
{
	/* The seed is scattered before the name is mixed in, so that close seeds and names that
	 * differ in a bit do not meet. */
	uint64_t state = splitmix(&seed) ^ name_hash(stream);

	for (size_t i = 0; i < 4; i++)
		r->s[i] = splitmix(&state);
}

static uint64_t rotate_left(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	uint64_t x, uneven;

	if (n == 0)
		BUG("rng_below(0)");
	/* 2^64 mod n values at the bottom would make the others less likely: drawn again. */
	uneven = -n % n;
	do
		x = rng_next(r);
	while (x < uneven);
	return x % n;
}

/* 52 bits and a half: never 0, never rounded up to 1. */
double rng_uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 12) + 0.5) * 0x1p-52;
}

/* Box-Muller; its second number is thrown away so that a stream stays one value. */
double rng_normal(struct rng *r)
{
	double u = rng_uniform(r), v = rng_uniform(r);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

void rng_permute(struct rng *r, uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = (size_t)rng_below(r, i + 1);

		if (j != i) /* order[i] is not written yet */
			order[i] = order[j];
		order[j] = (uint32_t)i;
	}
}
