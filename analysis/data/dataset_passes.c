/* dataset_passes.c - which passes of a run are complete. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_build.h"

#define MAX_COUNTS ((size_t)100000000) /* cells times passes */

/* Requests that were tried and never counted, each once: where its first try was. */
static void count_tried(const struct build *b, uint32_t *count, uint32_t npasses)
{
	uint64_t *wanted = xcalloc(b->tried.n, sizeof(*wanted));
	bool *found = xcalloc(b->tried.n, sizeof(*found));
	struct ids_list none;
	struct keymap met = {0};

	for (size_t i = 0; i < b->tried.n; i++)
		wanted[i] = b->tried.v[i].id;
	ids_check(&b->counted, wanted, b->tried.n, found, &none);
	for (size_t i = 0; i < b->tried.n; i++) {
		const struct tried *t = &b->tried.v[i];

		if (!found[i] && keymap_number(&met, t->id, 0) + 1 == met.n)
			count[t->cell * npasses + t->pass - 1]++;
	}
	keymap_release(&met);
	free(none.v);
	free(found);
	free(wanted);
}

/* Different requests of each cell in each pass, [cell * npasses + pass - 1]. */
static uint32_t *count_requests(const struct build *b, uint32_t npasses)
{
	const struct dataset *d = b->d;
	uint32_t *count = xcalloc(d->ncells * npasses, sizeof(*count));

	for (size_t i = 0; !b->fold && i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (r->counts && r->pass > 0)
			count[r->cell * npasses + r->pass - 1]++;
	}
	for (size_t i = 0; b->fold && i < b->fold->ngroups; i++) {
		const struct fold_group *g = &b->fold->groups[i];

		if (g->pass > 0)
			count[g->cell * npasses + g->pass - 1] += g->rows;
	}
	if (b->tried.n)
		count_tried(b, count, npasses);
	return count;
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t count_blocks(const struct dataset *d)
{
	uint32_t *blocks = xcalloc(d->ncells, sizeof(*blocks)), n = 0;

	for (size_t c = 0; c < d->ncells; c++)
		blocks[c] = d->cells[c].block;
	qsort(blocks, d->ncells, sizeof(*blocks), compare_indices);
	for (size_t c = 0; c < d->ncells; c++)
		n += c == 0 || blocks[c] != blocks[c - 1];
	free(blocks);
	return n;
}

/* Passes in which every cell has as many requests as it has in any. */
static uint32_t count_complete(const struct build *b, uint32_t npasses)
{
	const struct dataset *d = b->d;
	uint32_t *count = count_requests(b, npasses), complete = 0;
	bool *lacks = xcalloc(npasses, sizeof(*lacks));

	for (size_t c = 0; c < d->ncells; c++) {
		const uint32_t *of = count + c * npasses;
		uint32_t most = 0;

		for (uint32_t p = 0; p < npasses; p++)
			most = of[p] > most ? of[p] : most;
		for (uint32_t p = 0; p < npasses; p++)
			lacks[p] = lacks[p] || of[p] < most;
	}
	for (uint32_t p = 0; p < npasses; p++)
		complete += !lacks[p];
	free(lacks);
	free(count);
	return complete;
}

void build_passes(struct build *b)
{
	struct dataset *d = b->d;

	/* A pass that is complete has a row of every cell: more than rows is no plan of ours. */
	if (d->ncells > 0 && d->ncells * b->most_pass <= MAX_COUNTS)
		d->passes_complete = count_complete(b, b->most_pass);
	d->nblocks = count_blocks(d);
}
