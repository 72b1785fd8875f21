/* foreign_table.c - columns found by name, cells, and handing tables over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_parts.h"
#include "vec.h"
#include "word.h"

/* ---- columns ---- */

static uint32_t hash_of(const char *s, size_t len)
{
	uint64_t h = len * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

void foreign_columns_reset(struct foreign_columns *c)
{
	c->n = 0;
	c->next = 0;
	c->full = false;
	if (c->slot)
		memset(c->slot, 0, c->nslots * sizeof(*c->slot));
}

void foreign_columns_release(struct foreign_columns *c)
{
	VEC_RELEASE(c);
	free(c->slot);
	*c = (struct foreign_columns){0};
}

/* Room for all there may be: it is the same for every file. */
static void make_slots(struct foreign_columns *c)
{
	c->nslots = 4096;
	c->slot = xcalloc(c->nslots, sizeof(*c->slot));
}

uint32_t foreign_column(struct foreign_columns *c, const char *key, size_t len, struct arena *a)
{
	uint32_t h = hash_of(key, len);
	size_t i;

	if (!c->slot)
		make_slots(c);
	for (i = h & (c->nslots - 1); c->slot[i]; i = (i + 1) & (c->nslots - 1)) {
		const struct foreign_column *one = &c->v[c->slot[i] - 1];

		if (one->hash == h && one->len == len && memcmp(one->key, key, len) == 0)
			return c->slot[i] - 1;
	}
	if (!a)
		return FOREIGN_NONE;
	if (c->n >= FOREIGN_MOST_COLUMNS) {
		c->full = true;
		return FOREIGN_NONE;
	}
	*VEC_PUSH(c) = (struct foreign_column){
		.key = arena_strn(a, key, len), .len = (uint32_t)len, .hash = h};
	c->slot[i] = (uint32_t)c->n;
	return (uint32_t)c->n - 1;
}

/* ---- cells ---- */

struct grid_cell *foreign_cells(struct foreign_own *o, size_t n)
{
	if (n > o->cell_room) {
		o->cell_room = n + n / 2;
		o->cell = xrealloc(o->cell, o->cell_room, sizeof(*o->cell));
	}
	return o->cell;
}

uint32_t *foreign_lines(struct foreign_own *o, size_t n)
{
	if (n > o->line_room) {
		o->line_room = n + n / 2 + 64;
		o->line = xrealloc(o->line, o->line_room, sizeof(*o->line));
	}
	return o->line;
}

const struct grid_cell *foreign_names(struct foreign_own *o)
{
	const struct foreign_columns *c = &o->columns;

	if (c->n > o->name_room) {
		o->name_room = c->n + 16;
		o->name = xrealloc(o->name, o->name_room, sizeof(*o->name));
	}
	for (size_t i = 0; i < c->n; i++) {
		o->name[i] = foreign_text(c->v[i].key, c->v[i].key + c->v[i].len);
		o->name[i].kind = GRID_TEXT;
		if (!o->name[i].s)
			o->name[i].s = "";
	}
	return o->name;
}

/* ---- out ---- */

int foreign_hand_over(struct foreign_reader *r, const struct grid *g)
{
	r->facts->tables += g->piece == 0;
	return r->sink->grid(r->sink->arg, g, r->e);
}

static PRINTF_LIKE(3, 0) void note(
	struct foreign_reader *r, uint64_t line, const char *fmt, va_list ap)
{
	char why[400];

	vsnprintf(why, sizeof(why), fmt, ap);
	r->sink->note(r->sink->arg, line, why);
}

void foreign_note(struct foreign_reader *r, uint64_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(r, line, fmt, ap);
	va_end(ap);
}

void foreign_reject(struct foreign_reader *r, uint64_t line, const char *fmt, ...)
{
	va_list ap;

	r->facts->rejected++;
	va_start(ap, fmt);
	note(r, line, fmt, ap);
	va_end(ap);
}
