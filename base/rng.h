/* rng.h - seeded random numbers (xoshiro256**, seeded by splitmix64; Blackman and Vigna 2018).
 *
 * A stream is a value: copy it to replay it.  Independent streams come from one seed and different
 * names, so that adding a consumer does not disturb the others. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, const char *stream);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform in 0..n-1, n > 0, unbiased */
double rng_uniform(struct rng *r);             /* in (0, 1) */
double rng_normal(struct rng *r);              /* mean 0, sd 1 */
/* Fisher-Yates over n indices: fills order[0..n-1] with a permutation of 0..n-1. */
void rng_permute(struct rng *r, uint32_t *order, size_t n);

#endif
