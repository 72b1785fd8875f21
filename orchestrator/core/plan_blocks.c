/* plan_blocks.c - cells that share a load, and which cell is the sentinel. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "plan_internal.h"
#include "plan_set.h"

/* ---- blocks ---- */

struct runner_levels {
	const struct plan *p;
	const uint32_t *first_cell; /* of each block so far */
	bool of[SWEEP_MAX_FACTORS]; /* runner factors */
	uint32_t level[SWEEP_MAX_FACTORS];
};

static bool same_runner(const void *arg, uint32_t block)
{
	const struct runner_levels *x = arg;

	for (size_t f = 0; f < x->p->sweep->nfactors; f++) {
		if (x->of[f] && plan_level(x->p, x->first_cell[block], f) != x->level[f])
			return false;
	}
	return true;
}

/* Numbers the combinations of runner levels in the order of their first cells. */
static void number_blocks(struct plan *p)
{
	uint32_t *first_cell = xmalloc(p->ncells * sizeof(*first_cell));
	struct runner_levels x = {.p = p, .first_cell = first_cell};
	struct plan_set seen = {0};
	size_t n = p->sweep->nfactors;

	for (size_t f = 0; f < n; f++)
		x.of[f] = p->sweep->factors[f].stratum == STRATUM_RUNNER;
	p->block_of_cell = arena_alloc(&p->arena, p->ncells, sizeof(*p->block_of_cell));
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		uint32_t block;

		for (size_t f = 0; f < n; f++)
			x.level[f] = x.of[f] ? plan_level(p, cell, f) : 0;
		block = plan_set_put(
			&seen, plan_set_hash(x.level, x.of, n), p->nblocks, same_runner, &x);
		if (block == p->nblocks)
			first_cell[p->nblocks++] = cell;
		p->block_of_cell[cell] = block;
	}
	plan_set_release(&seen);
	free(first_cell);
}

/* Cells grouped by block, in order: a counting sort. */
static void group_cells(struct plan *p)
{
	uint32_t *filled = xcalloc(p->nblocks, sizeof(*filled));
	uint32_t at = 0;

	p->blocks = arena_alloc(&p->arena, p->nblocks, sizeof(*p->blocks));
	p->cell_of_block = arena_alloc(&p->arena, p->ncells, sizeof(*p->cell_of_block));
	for (uint32_t cell = 0; cell < p->ncells; cell++)
		p->blocks[p->block_of_cell[cell]].ncells++;
	for (uint32_t b = 0; b < p->nblocks; b++) {
		p->blocks[b].first_cell = at;
		at += p->blocks[b].ncells;
	}
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		uint32_t b = p->block_of_cell[cell];

		p->cell_of_block[p->blocks[b].first_cell + filled[b]++] = cell;
	}
	free(filled);
}

static const char *block_label(struct plan *p, uint32_t cell, struct str *text)
{
	str_reset(text);
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		const struct factor *factor = &p->sweep->factors[f];

		if (factor->stratum != STRATUM_RUNNER)
			continue;
		if (text->len)
			str_addc(text, ' ');
		str_add(text, factor->name);
		str_addc(text, '=');
		str_add(text, factor->levels[plan_level(p, cell, f)].text);
	}
	return arena_str(&p->arena, text->len ? text->s : plan_model(p, cell));
}

void plan_make_blocks(struct plan *p)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	number_blocks(p);
	group_cells(p);
	for (uint32_t b = 0; b < p->nblocks; b++) {
		uint32_t cell = p->cell_of_block[p->blocks[b].first_cell];

		p->blocks[b].label = block_label(p, cell, &text);
		p->blocks[b].model = plan_model(p, cell);
	}
	str_release(&text);
}

/* ---- the sentinel ---- */

static uint32_t lowest_level(const struct factor *f)
{
	uint32_t best = 0;

	for (uint32_t l = 1; l < f->nlevels; l++) {
		if (json_number_value(f->levels[l].value) <
			json_number_value(f->levels[best].value))
			best = l;
	}
	return best;
}

/* The level in the middle; of num_gpu not auto, if there is another; of concurrency and rate the
 * lowest, since the sentinel sends one request at a time. */
static uint32_t middle_level(const struct factor *f)
{
	uint32_t best = (uint32_t)(f->nlevels - 1) / 2;

	if (f->kind == FACTOR_CONCURRENCY || f->kind == FACTOR_RATE)
		return lowest_level(f);
	if (strcmp(f->name, "num_gpu") == 0 && json_is_string(f->levels[best].value))
		best = best + 1 < f->nlevels ? best + 1 : best ? best - 1 : 0;
	return best;
}

static uint64_t steps_between(const struct plan *p, uint32_t cell, const uint32_t *middle)
{
	uint64_t steps = 0;

	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		uint32_t level = plan_level(p, cell, f);

		steps += level > middle[f] ? level - middle[f] : middle[f] - level;
	}
	return steps;
}

/* The cell nearest to the middle, of equal ones the first; of those whose factor `server` has the
 * level of that server, if it is not negative.  UINT32_MAX if there is none. */
static uint32_t nearest(const struct plan *p, const uint32_t *middle, int64_t server)
{
	int f = p->of_kind[FACTOR_SERVER];
	uint64_t least = UINT64_MAX;
	uint32_t best = UINT32_MAX;

	for (uint32_t cell = 0; cell < p->ncells && least > 0; cell++) {
		uint64_t steps;

		if (server >= 0 && p->server_of_level[plan_level(p, cell, (size_t)f)] != server)
			continue;
		steps = steps_between(p, cell, middle);
		if (steps < least) {
			least = steps;
			best = cell;
		}
	}
	return best;
}

void plan_choose_sentinel(struct plan *p, const struct canon *c)
{
	int f = p->of_kind[FACTOR_SERVER];
	uint32_t middle[SWEEP_MAX_FACTORS] = {0};

	for (size_t i = 0; i < p->sweep->nfactors; i++)
		middle[i] = middle_level(&p->sweep->factors[i]);
	if (p->sweep->merge_aliases)
		canon_digits(c, p, middle);
	p->sentinel_cell = nearest(p, middle, -1);
	if (!p->server_of_level)
		return;
	p->sentinel_of_server = arena_alloc(&p->arena, p->nservers, sizeof(*p->sentinel_of_server));
	for (uint32_t i = 0; i < p->nservers; i++) {
		for (uint32_t l = 0; l < p->sweep->factors[f].nlevels; l++) {
			if (p->server_of_level[l] == i)
				middle[f] = l; /* else a server far down the list is far away */
		}
		p->sentinel_of_server[i] = nearest(p, middle, i);
	}
}
