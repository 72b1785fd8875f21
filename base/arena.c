/* arena.c - a list of blocks, each filled from the front.
 *
 * The newest block is the head and the only one that is filled; what does not fit into a common
 * block gets one of its own behind the head, so that the head's rest is not lost. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define COMMON_BLOCK ((size_t)64 << 10)
#define ALIGNMENT    _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		size = SIZE_MAX - sizeof(*b); /* which xcalloc reports as not to be had */
	b = xcalloc(1, sizeof(*b) + size);
	b->size = size;
	return b;
}

/* `size` zeroed bytes at a multiple of `alignment`. */
static void *take(struct arena *a, size_t size, size_t alignment)
{
	struct arena_block *b = a->head;
	size_t start = b ? (b->used + alignment - 1) / alignment * alignment : 0;

	if (b && start <= b->size && size <= b->size - start) {
		b->used = start + size;
		return (char *)b->data + start;
	}
	if (b && size > COMMON_BLOCK / 4) {
		struct arena_block *own = block_new(size);

		own->used = size;
		own->next = b->next;
		b->next = own;
		return own->data;
	}
	b = block_new(size > COMMON_BLOCK ? size : COMMON_BLOCK);
	b->used = size;
	b->next = a->head;
	a->head = b;
	return b->data;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return take(a, bytes, ALIGNMENT);
}

char *arena_str(struct arena *a, const char *s)
{
	return arena_strn(a, s, strlen(s));
}

/* Texts need no alignment, and a dataset has millions of them. */
char *arena_strn(struct arena *a, const char *s, size_t len)
{
	char *copy = take(a, len + 1, 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int len;
	char *text;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		BUG("bad format \"%s\"", fmt);
	text = take(a, (size_t)len + 1, 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void arena_adopt(struct arena *a, struct arena *from)
{
	struct arena_block **behind = a->head ? &a->head->next : &a->head, *rest = *behind;

	*behind = from->head;
	while (*behind)
		behind = &(*behind)->next;
	*behind = rest;
	from->head = NULL;
}

void arena_release(struct arena *a)
{
	while (a->head) {
		struct arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
}
