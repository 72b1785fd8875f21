/* rowset.h - remembers rows by an identity of 64 bits, and in which table each was first met.
 *
 * 8 bytes a row and some air: of the identity 46 bits are kept, so that of ten million rows one in
 * ten million new ones is taken for an old one. */
#ifndef DATA_ROWSET_H
#define DATA_ROWSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWSET_SHARDS     64
#define ROWSET_MOST_TABLE ((1u << 24) - 2)
#define ROWSET_NONE       UINT32_MAX

/* All zero is empty, with `most` to be set. */
struct rowset {
	struct rowset_shard {
		uint64_t *slot; /* a table and one, and the upper bits of an identity; 0 free */
		size_t n, room; /* room: a power of two, or 0 */
	} shard[ROWSET_SHARDS];
	size_t n;
	size_t most; /* beyond it nothing more is remembered, and `full` is set */
	bool full;
};

/* The table it was met in first, or ROWSET_NONE. */
uint32_t rowset_find(const struct rowset *s, uint64_t identity);
/* The table it was met in before, which stays, or ROWSET_NONE. */
uint32_t rowset_add(struct rowset *s, uint64_t identity, uint32_t table);
void rowset_release(struct rowset *s);

#endif
