/* keymap.c - open addressing with linear probes; at most half of the slots are taken. */
#include "keymap.h"

#include <stdlib.h>

#include "bug.h"

#define FIRST_SLOTS 64

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014) over both halves. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u ^ b;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void grow(struct keymap *m)
{
	free(m->slot);
	m->nslots = m->nslots ? 2 * m->nslots : FIRST_SLOTS;
	m->slot = xcalloc(m->nslots, sizeof(*m->slot));
	for (size_t i = 0; i < m->n; i++) {
		size_t at = mix(m->key[i].a, m->key[i].b) & (m->nslots - 1);

		while (m->slot[at])
			at = (at + 1) & (m->nslots - 1);
		m->slot[at] = (uint32_t)i + 1;
	}
}

/* The slot of a key, or the free one where it would be. */
static size_t slot_of(const struct keymap *m, uint64_t a, uint64_t b)
{
	size_t at = mix(a, b) & (m->nslots - 1);

	for (; m->slot[at]; at = (at + 1) & (m->nslots - 1)) {
		const struct keymap_key *k = &m->key[m->slot[at] - 1];

		if (k->a == a && k->b == b)
			break;
	}
	return at;
}

uint32_t keymap_find(const struct keymap *m, uint64_t a, uint64_t b)
{
	return m->n ? m->slot[slot_of(m, a, b)] - 1 : UINT32_MAX;
}

uint32_t keymap_number(struct keymap *m, uint64_t a, uint64_t b)
{
	size_t at;

	if (2 * (m->n + 1) > m->nslots)
		grow(m);
	at = slot_of(m, a, b);
	if (m->slot[at])
		return m->slot[at] - 1;
	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : FIRST_SLOTS;
		m->key = xrealloc(m->key, m->room, sizeof(*m->key));
	}
	m->key[m->n] = (struct keymap_key){a, b};
	m->slot[at] = (uint32_t)++m->n;
	return (uint32_t)m->n - 1;
}

void keymap_release(struct keymap *m)
{
	free(m->key);
	free(m->slot);
	*m = (struct keymap){0};
}
