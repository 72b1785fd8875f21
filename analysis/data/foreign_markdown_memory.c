/* foreign_markdown_memory.c - memory for cmark: half of its time is taking and giving back a node
 * at a time, so it gets blocks that are given back all at once, when a part is read. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_markdown_parts.h"

#define BLOCK     ((size_t)1 << 20)
#define MOST_KEPT ((size_t)8 << 20)
#define ALIGNMENT 16

/* Before each piece of memory: its size. */
struct head {
	size_t size;
	size_t unused; /* for the alignment */
};

struct foreign_block {
	struct foreign_block *next;
	size_t size, used;
	char *bytes;
};

/* cmark's functions have no argument to find it by. */
static _Thread_local struct foreign_blocks *current;

static struct foreign_block *add_block(struct foreign_blocks *b, size_t size)
{
	struct foreign_block *block = xcalloc(1, sizeof(*block));

	block->size = size > BLOCK ? size : BLOCK;
	block->bytes = xmalloc(block->size);
	if (b->last)
		b->last->next = block;
	else
		b->first = block;
	b->last = block;
	return block;
}

static void *take(size_t size)
{
	struct foreign_blocks *b = current;
	struct head *head;
	size_t all;

	if (!b)
		BUG("cmark takes memory outside of a part");
	if (size > SIZE_MAX / 2)
		BUG("cmark wants %zu bytes", size);
	all = sizeof(*head) + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	while (b->at && b->at->size - b->at->used < all)
		b->at = b->at->next;
	if (!b->at)
		b->at = add_block(b, all);
	head = (void *)(b->at->bytes + b->at->used);
	head->size = size;
	b->at->used += all;
	return head + 1;
}

static void *take_zeros(size_t count, size_t size)
{
	size_t all;
	void *ret;

	if (__builtin_mul_overflow(count, size, &all))
		BUG("cmark wants %zu times %zu bytes", count, size);
	ret = take(all);
	memset(ret, 0, all);
	return ret;
}

static void *take_more(void *old, size_t size)
{
	size_t before = old ? ((struct head *)old - 1)->size : 0;
	void *ret;

	if (old && size <= before)
		return old;
	ret = take(size);
	if (before > 0)
		memcpy(ret, old, before);
	return ret;
}

static void give_back(void *memory)
{
	(void)memory;
}

cmark_mem *foreign_blocks_use(struct foreign_blocks *b)
{
	static cmark_mem memory = {take_zeros, take_more, give_back};

	current = b;
	return &memory;
}

static void free_from(struct foreign_block *block)
{
	while (block) {
		struct foreign_block *next = block->next;

		free(block->bytes);
		free(block);
		block = next;
	}
}

void foreign_blocks_reset(struct foreign_blocks *b)
{
	size_t kept = 0;

	current = NULL;
	b->last = NULL;
	for (struct foreign_block *at = b->first; at; at = at->next) {
		kept += at->size;
		if (kept > MOST_KEPT)
			break;
		at->used = 0;
		b->last = at;
	}
	free_from(b->last ? b->last->next : b->first);
	if (b->last)
		b->last->next = NULL;
	else
		b->first = NULL;
	b->at = b->first;
}

void foreign_blocks_release(struct foreign_blocks *b)
{
	free_from(b->first);
	*b = (struct foreign_blocks){0};
}
