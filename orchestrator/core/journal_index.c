/* journal_index.c - a hash table whose keys are hashes already. */
#include "journal_index.h"

#include <stdlib.h>

#include "bug.h"

#define FIRST_CAP   1024
#define SEEN_BITS   32
#define HIGHEST_MAX ((1u << 24) - 1)

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A run_id is 16 hex digits, so the number says it all; any other text is hashed (FNV-1a). */
uint64_t journal_id(const char *run_id, size_t len)
{
	uint64_t number = 0, hash = 0xcbf29ce484222325u;
	bool is_hex = len == 16;

	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(run_id[i]);

		is_hex = is_hex && digit >= 0;
		number = number << 4 | (uint64_t)(digit & 15);
		hash = (hash ^ (unsigned char)run_id[i]) * 0x100000001b3u;
	}
	return is_hex ? number : hash;
}

/* Spreads numbers that are not hashes after all over the table (the finish of splitmix64). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The slot of `id`, or the empty one where it belongs.  Any capacity will do. */
static struct journal_entry *slot_of(struct journal_entry *slots, size_t cap, uint64_t id)
{
	size_t i = mix(id) % cap;

	while (slots[i].highest && slots[i].id != id)
		i = i + 1 == cap ? 0 : i + 1;
	return &slots[i];
}

static void grow(struct journal_index *x, size_t cap)
{
	struct journal_entry *slots = xcalloc(cap, sizeof(*slots));

	for (size_t i = 0; i < x->cap; i++) {
		if (x->slots[i].highest)
			*slot_of(slots, cap, x->slots[i].id) = x->slots[i];
	}
	free(x->slots);
	x->slots = slots;
	x->cap = cap;
}

void journal_index_reserve(struct journal_index *x, size_t n)
{
	size_t cap = n + n / 4 + FIRST_CAP;

	if (cap > x->cap)
		grow(x, cap);
}

const struct journal_entry *journal_index_find(const struct journal_index *x, uint64_t id)
{
	const struct journal_entry *entry;

	if (x->cap == 0)
		return NULL;
	entry = slot_of(x->slots, x->cap, id);
	return entry->highest ? entry : NULL;
}

static uint32_t seen_bit(uint32_t attempt)
{
	return attempt <= SEEN_BITS ? 1u << (attempt - 1) : 0;
}

struct journal_entry *journal_index_add(struct journal_index *x, uint64_t id, uint32_t attempt)
{
	struct journal_entry *entry;

	if (attempt == 0)
		BUG("attempts count from 1");
	/* At most four fifths full. */
	if (x->n + 1 > x->cap / 5 * 4)
		grow(x, x->cap + x->cap / 2 + FIRST_CAP);
	entry = slot_of(x->slots, x->cap, id);
	if (!entry->highest) {
		*entry = (struct journal_entry){.id = id};
		x->n++;
	}
	entry->seen |= seen_bit(attempt);
	if (attempt > entry->highest)
		entry->highest = attempt < HIGHEST_MAX ? attempt : HIGHEST_MAX;
	return entry;
}

bool journal_index_has(const struct journal_index *x, uint64_t id, uint32_t attempt)
{
	const struct journal_entry *entry = journal_index_find(x, id);

	if (!entry || attempt == 0)
		return false;
	if (attempt <= SEEN_BITS)
		return entry->seen & seen_bit(attempt);
	return attempt <= entry->highest;
}

bool journal_index_absorb(
	struct journal_index *to, const struct journal_index *from, uint64_t *clash)
{
	for (size_t i = 0; i < from->cap; i++) {
		if (from->slots[i].highest && journal_index_find(to, from->slots[i].id)) {
			*clash = from->slots[i].id;
			return false;
		}
	}
	journal_index_reserve(to, to->n + from->n);
	for (size_t i = 0; i < from->cap; i++) {
		if (from->slots[i].highest)
			*slot_of(to->slots, to->cap, from->slots[i].id) = from->slots[i];
	}
	to->n += from->n;
	return true;
}

void journal_index_release(struct journal_index *x)
{
	free(x->slots);
	*x = (struct journal_index){0};
}
