/* ids.c - see ids.h. */
#include "ids.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

#define CHUNK 1020 /* ids; with its head about 8 KiB */

struct ids_chunk {
	struct ids_chunk *next;
	size_t n;
	uint64_t id[CHUNK];
};

/* One to one, so that ids that are numbers in a row spread over all parts too (2^64 / golden ratio:
 * Knuth 1973).  0 stays 0, and is the free slot of a table. */
static uint64_t spread(uint64_t id)
{
	return id * 0x9e3779b97f4a7c15u;
}

static size_t part_of(uint64_t spread_id)
{
	return spread_id >> 56;
}

void ids_add(struct ids *v, uint64_t id)
{
	uint64_t x = spread(id);
	size_t part = part_of(x);
	struct ids_chunk *c = v->part[part];

	if (!c || c->n == CHUNK) {
		c = xmalloc(sizeof(*c));
		c->next = v->part[part];
		c->n = 0;
		v->part[part] = c;
	}
	c->id[c->n++] = x;
	v->count[part]++;
}

void ids_release(struct ids *v)
{
	for (size_t p = 0; p < IDS_PARTS; p++) {
		for (struct ids_chunk *c = v->part[p], *next; c; c = next) {
			next = c->next;
			free(c);
		}
	}
	*v = (struct ids){0};
}

/* ---- one part ---- */

/* A set with open addressing. */
struct set {
	uint64_t *slot;
	size_t nslots; /* a power of two, at least twice the ids */
	bool has_zero;
};

/* Whether it was there already. */
static bool set_add(struct set *s, uint64_t x)
{
	/* The bits below those of the part. */
	size_t at = (size_t)(x >> 24) & (s->nslots - 1);
	bool had = s->has_zero;

	if (x == 0) {
		s->has_zero = true;
		return had;
	}
	for (; s->slot[at]; at = (at + 1) & (s->nslots - 1)) {
		if (s->slot[at] == x)
			return true;
	}
	s->slot[at] = x;
	return false;
}

static bool set_has(const struct set *s, uint64_t x)
{
	size_t at = (size_t)(x >> 24) & (s->nslots - 1);

	if (x == 0)
		return s->has_zero;
	for (; s->slot[at]; at = (at + 1) & (s->nslots - 1)) {
		if (s->slot[at] == x)
			return true;
	}
	return false;
}

struct id_vec {
	uint64_t *v;
	size_t n, cap;
};

static void fill_set(
	struct set *s, const struct ids_chunk *chunks, size_t n, struct id_vec *repeated)
{
	while (s->nslots < 2 * n + 2) {
		s->nslots = s->nslots ? 2 * s->nslots : 1024;
		free(s->slot);
		s->slot = NULL;
	}
	if (!s->slot)
		s->slot = xmalloc(s->nslots * sizeof(*s->slot));
	memset(s->slot, 0, s->nslots * sizeof(*s->slot));
	s->has_zero = false;
	for (const struct ids_chunk *c = chunks; c; c = c->next) {
		for (size_t i = 0; i < c->n; i++) {
			if (set_add(s, c->id[i]))
				*VEC_PUSH(repeated) = c->id[i];
		}
	}
}

/* ---- all parts ---- */

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Each once, sorted; as they were given: the inverse of the multiplication, found by Newton's steps
 * modulo 2^64 (each doubles the bits that are right, 3 at the start). */
static struct ids_list make_list(struct id_vec *from)
{
	uint64_t inverse = spread(1);
	struct ids_list l = {.v = from->v};

	for (int i = 0; i < 5; i++)
		inverse *= 2 - spread(inverse);
	for (size_t i = 0; i < from->n; i++)
		from->v[i] *= inverse;
	if (from->n)
		qsort(from->v, from->n, sizeof(*from->v), compare_ids);
	for (size_t i = 0; i < from->n; i++) {
		if (l.n == 0 || l.v[l.n - 1] != from->v[i])
			l.v[l.n++] = from->v[i];
	}
	return l;
}

/* The indices of `wanted` by part: those of part p are order[first[p]] to order[first[p + 1]]. */
static size_t *sort_wanted(const uint64_t *wanted, size_t n, size_t first[IDS_PARTS + 1])
{
	size_t *order = xcalloc(n, sizeof(*order)), next[IDS_PARTS];

	memset(first, 0, (IDS_PARTS + 1) * sizeof(*first));
	for (size_t i = 0; i < n; i++)
		first[part_of(spread(wanted[i])) + 1]++;
	for (size_t p = 0; p < IDS_PARTS; p++) {
		first[p + 1] += first[p];
		next[p] = first[p];
	}
	for (size_t i = 0; i < n; i++)
		order[next[part_of(spread(wanted[i]))]++] = i;
	return order;
}

void ids_check(const struct ids *v, const uint64_t *wanted, size_t nwanted, bool *found,
	struct ids_list *repeated)
{
	size_t first[IDS_PARTS + 1], *order = sort_wanted(wanted, nwanted, first);
	struct id_vec twice = {0};
	struct set set = {0};

	for (size_t p = 0; p < IDS_PARTS; p++) {
		fill_set(&set, v->part[p], v->count[p], &twice);
		for (size_t i = first[p]; i < first[p + 1]; i++)
			found[order[i]] = set_has(&set, spread(wanted[order[i]]));
	}
	free(set.slot);
	free(order);
	*repeated = make_list(&twice);
}

ptrdiff_t ids_find(const struct ids_list *l, uint64_t id)
{
	const uint64_t *at = l->n ? bsearch(&id, l->v, l->n, sizeof(*l->v), compare_ids) : NULL;

	return at ? at - l->v : -1;
}
