/* rowset.c - open addressing in shards that grow one by one, so that growing never takes twice the
 * memory. */
#include "rowset.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define TABLE_BITS 24
#define TABLE_MASK ((UINT64_C(1) << TABLE_BITS) - 1)
#define FIRST_ROOM 64

static struct rowset_shard *shard_of(const struct rowset *s, uint64_t identity)
{
	/* The lowest bit may say that there is one at all. */
	return (struct rowset_shard *)&s->shard[(identity >> 1) % ROWSET_SHARDS];
}

/* Where that tag is, or the free place where it would be. */
static uint64_t *place_of(const struct rowset_shard *shard, uint64_t tag)
{
	size_t at = (tag >> TABLE_BITS) & (shard->room - 1);

	while (shard->slot[at] && (shard->slot[at] & ~TABLE_MASK) != tag)
		at = (at + 1) & (shard->room - 1);
	return &shard->slot[at];
}

uint32_t rowset_find(const struct rowset *s, uint64_t identity)
{
	const struct rowset_shard *shard = shard_of(s, identity);
	uint64_t slot;

	if (shard->n == 0)
		return ROWSET_NONE;
	slot = *place_of(shard, identity & ~TABLE_MASK);
	return slot ? (uint32_t)(slot & TABLE_MASK) - 1 : ROWSET_NONE;
}

static void grow(struct rowset_shard *shard)
{
	struct rowset_shard larger = {
		.n = shard->n, .room = shard->room ? shard->room * 2 : FIRST_ROOM};

	larger.slot = xcalloc(larger.room, sizeof(*larger.slot));
	for (size_t i = 0; i < shard->room; i++) {
		if (shard->slot[i])
			*place_of(&larger, shard->slot[i] & ~TABLE_MASK) = shard->slot[i];
	}
	free(shard->slot);
	*shard = larger;
}

uint32_t rowset_add(struct rowset *s, uint64_t identity, uint32_t table)
{
	struct rowset_shard *shard = shard_of(s, identity);
	uint64_t *place;

	if (s->n >= s->most || table > ROWSET_MOST_TABLE) {
		s->full = true;
		return ROWSET_NONE;
	}
	if (shard->n * 5 >= shard->room * 4)
		grow(shard);
	place = place_of(shard, identity & ~TABLE_MASK);
	if (*place)
		return (uint32_t)(*place & TABLE_MASK) - 1;
	*place = (identity & ~TABLE_MASK) | (table + 1);
	shard->n++;
	s->n++;
	return ROWSET_NONE;
}

void rowset_release(struct rowset *s)
{
	for (size_t i = 0; i < ROWSET_SHARDS; i++)
		free(s->shard[i].slot);
	*s = (struct rowset){.most = s->most, .full = s->full};
}
