/* keymap.h - numbers things 0, 1, 2, ... in the order in which their keys are met. */
#ifndef DATA_KEYMAP_H
#define DATA_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct keymap_key {
	uint64_t a, b;
};

/* All zero is empty. */
struct keymap {
	struct keymap_key *key; /* [n] */
	size_t n, room;
	uint32_t *slot; /* [nslots] a number and one, 0: free */
	size_t nslots;  /* a power of two */
};

/* The number of a key; a new one has the number that `n` was. */
uint32_t keymap_number(struct keymap *m, uint64_t a, uint64_t b);
/* The number of a key that is there; else UINT32_MAX. */
uint32_t keymap_find(const struct keymap *m, uint64_t a, uint64_t b);
void keymap_release(struct keymap *m);

#endif
