/* ids.h - 64-bit ids of the rows of a run, ten million of them in eight bytes each, and which of
 * them came more than once.
 *
 * They are put into 256 parts by their bits while rows are read, so that afterwards each part can
 * be gone through in the processor's cache: exact, and in time that grows with their number alone.
 */
#ifndef DATA_IDS_H
#define DATA_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDS_PARTS 256

struct ids_chunk;

/* All zero is empty. */
struct ids {
	struct ids_chunk *part[IDS_PARTS];
	size_t count[IDS_PARTS];
};

void ids_add(struct ids *v, uint64_t id);
void ids_release(struct ids *v);

/* Sorted ids, each once. */
struct ids_list {
	uint64_t *v;
	size_t n;
};

/* Those that were added more than once, in *repeated (freed by the caller: repeated->v).  Also
 * found[i] for each of the `wanted` ones: whether it was added at all. */
void ids_check(const struct ids *v, const uint64_t *wanted, size_t nwanted, bool *found,
	struct ids_list *repeated);
/* The place of an id in a list, or -1. */
ptrdiff_t ids_find(const struct ids_list *l, uint64_t id);

#endif
