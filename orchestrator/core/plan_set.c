/* plan_set.c - open addressing, at most half full. */
#include "plan_set.h"

#include <stdlib.h>

#include "bug.h"

#define LEAST_SLOTS 64

/* The last step of MurmurHash3 spreads what FNV-like mixing leaves in the low bits. */
static uint64_t scatter(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

uint32_t plan_set_hash(const uint32_t *level, const bool *of, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++) {
		if (!of || of[i])
			h = scatter(h ^ level[i]) + i;
	}
	return (uint32_t)(h >> 32);
}

static void grow(struct plan_set *s)
{
	size_t cap = s->cap ? 2 * s->cap : LEAST_SLOTS;
	uint64_t *slot = xcalloc(cap, sizeof(*slot));

	for (size_t i = 0; i < s->cap; i++) {
		size_t at = (s->slot[i] >> 32) & (cap - 1);

		if (!s->slot[i])
			continue;
		while (slot[at])
			at = (at + 1) & (cap - 1);
		slot[at] = s->slot[i];
	}
	free(s->slot);
	s->slot = slot;
	s->cap = cap;
}

uint32_t plan_set_put(
	struct plan_set *s, uint32_t hash, uint32_t number, plan_set_same *same, const void *arg)
{
	size_t at;

	if (2 * s->n >= s->cap)
		grow(s);
	for (at = hash & (s->cap - 1); s->slot[at]; at = (at + 1) & (s->cap - 1)) {
		uint32_t there = (uint32_t)s->slot[at] - 1;

		if (s->slot[at] >> 32 == hash && same(arg, there))
			return there;
	}
	s->slot[at] = (uint64_t)hash << 32 | (number + 1);
	s->n++;
	return number;
}

void plan_set_release(struct plan_set *s)
{
	free(s->slot);
	*s = (struct plan_set){0};
}
