/* plan_set.h - a hash set of small numbers that stand for something larger: cells for their
 * settings, blocks for their runner options.  Equality is the caller's, so nothing rests on hashes
 * being different. */
#ifndef CORE_PLAN_SET_H
#define CORE_PLAN_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_set {
	uint64_t *slot; /* hash and number + 1; 0 is free */
	size_t n, cap;
};

/* Whether `number`, found under the same hash, is what is looked for. */
typedef bool plan_set_same(const void *arg, uint32_t number);

/* The number already there that is the same, else adds this one and returns it. */
uint32_t plan_set_put(
	struct plan_set *s, uint32_t hash, uint32_t number, plan_set_same *same, const void *arg);
void plan_set_release(struct plan_set *s);
/* Of the places chosen by `of` in an array of levels (NULL: all n of them). */
uint32_t plan_set_hash(const uint32_t *level, const bool *of, size_t n);

#endif
