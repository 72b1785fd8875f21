/* scan_words.c - texts and their numbers. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "scan_internal.h"

#define FIRST_SLOTS 16

static void grow_slots(struct scan_words *w)
{
	free(w->slot);
	w->nslots = w->nslots ? w->nslots * 2 : FIRST_SLOTS;
	w->slot = xcalloc(w->nslots, sizeof(*w->slot));
	for (size_t i = 0; i < w->n; i++) {
		size_t at = w->hash[i] & (w->nslots - 1);

		while (w->slot[at])
			at = (at + 1) & (w->nslots - 1);
		w->slot[at] = (uint32_t)i + 1;
	}
}

static void grow_texts(struct scan_words *w)
{
	w->room = w->room ? w->room * 2 : FIRST_SLOTS;
	w->text = xrealloc(w->text, w->room, sizeof(*w->text));
	w->len = xrealloc(w->len, w->room, sizeof(*w->len));
	w->hash = xrealloc(w->hash, w->room, sizeof(*w->hash));
}

uint32_t scan_word(struct scan_words *w, const char *s, size_t len, struct arena *copies)
{
	uint32_t hash = (uint32_t)scan_text_hash(s, len);
	size_t at;

	if (w->n * 2 >= w->nslots)
		grow_slots(w);
	for (at = hash & (w->nslots - 1); w->slot[at]; at = (at + 1) & (w->nslots - 1)) {
		uint32_t i = w->slot[at] - 1;

		if (w->hash[i] == hash && w->len[i] == len && memcmp(w->text[i], s, len) == 0)
			return i;
	}
	if (w->n >= SCAN_MISSING - 1 || len > UINT32_MAX)
		BUG("more than 2^32 different texts in a column");
	if (w->n == w->room)
		grow_texts(w);
	w->text[w->n] = copies ? arena_strn(copies, s, len) : s;
	w->len[w->n] = (uint32_t)len;
	w->hash[w->n] = hash;
	w->slot[at] = (uint32_t)w->n + 1;
	return (uint32_t)w->n++;
}

void scan_words_reset(struct scan_words *w)
{
	w->n = 0;
	if (w->slot)
		memset(w->slot, 0, w->nslots * sizeof(*w->slot));
}

void scan_words_release(struct scan_words *w)
{
	free(w->text);
	free(w->len);
	free(w->hash);
	free(w->slot);
	*w = (struct scan_words){0};
}
