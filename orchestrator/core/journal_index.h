/* journal_index.h - which requests have rows: run_id -> what is known of its attempts.
 * 16 bytes per run_id in a table with open addressing: ten million fit in 200 MB. */
#ifndef CORE_JOURNAL_INDEX_H
#define CORE_JOURNAL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_entry {
	uint64_t id;
	uint32_t seen;         /* bit a - 1: attempt a has a row, for the first 32 attempts */
	uint32_t highest : 24; /* attempt; 0 marks an empty slot */
	uint32_t invalid : 6;  /* rows that are ok but invalid */
	uint32_t is_ok : 1;    /* a row is ok and not invalid */
	uint32_t is_final : 1; /* a row failed for good, or is invalid and of a burst */
};

struct journal_index {
	struct journal_entry *slots;
	size_t cap, n;
};

/* The number that stands for a run_id. */
uint64_t journal_id(const char *run_id, size_t len);

/* Room for n entries without growing. */
void journal_index_reserve(struct journal_index *x, size_t n);
/* NULL if it has none. */
const struct journal_entry *journal_index_find(const struct journal_index *x, uint64_t id);
/* Notes attempt `attempt` (from 1) of a run_id.  The entry may be changed until the next add. */
struct journal_entry *journal_index_add(struct journal_index *x, uint64_t id, uint32_t attempt);
bool journal_index_has(const struct journal_index *x, uint64_t id, uint32_t attempt);
/* Takes over all entries of `from`.  False, with the id and nothing taken over, if `to` has one of
 * them already. */
bool journal_index_absorb(
	struct journal_index *to, const struct journal_index *from, uint64_t *clash);
void journal_index_release(struct journal_index *x);

#endif
