/* arena.h - many small things with one lifetime: a plan, a dataset, a document.
 * Nothing is freed alone; arena_release frees everything.  Memory comes zeroed. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "compiler.h"

struct arena {
	struct arena_block *head;
};

void *arena_alloc(struct arena *a, size_t count, size_t size) NODISCARD;
char *arena_str(struct arena *a, const char *s) NODISCARD;
char *arena_strn(struct arena *a, const char *s, size_t len) NODISCARD;
char *arena_fmt(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) NODISCARD;
/* All that is in `from` is in `a` from now on; `from` is empty. */
void arena_adopt(struct arena *a, struct arena *from);
void arena_release(struct arena *a);

#endif
