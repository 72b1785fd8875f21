/* corpus_names.c - texts by number. */
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "hash.h"

uint32_t names_number(struct names *n, struct arena *a, const char *s, size_t len, size_t most)
{
	size_t before = n->map.n;
	/* From two starts: 128 bits tell texts apart. */
	uint64_t one = hash64_add(HASH64, s, len), two = hash64_mix(hash64_add(len + 1, s, len));
	uint32_t number;

	if (before >= most)
		return keymap_find(&n->map, one, two);
	number = keymap_number(&n->map, one, two);
	if (n->map.n > before)
		*VEC_PUSH(&n->list) = arena_strn(a, s, len);
	return number;
}

void names_release(struct names *n)
{
	keymap_release(&n->map);
	VEC_RELEASE(&n->list);
}
