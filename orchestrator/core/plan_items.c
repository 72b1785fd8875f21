/* plan_items.c - the requests of a visit, in the order drawn for it, with their names.
 *
 * What is permuted is a unit: one request, or a whole burst where a cell keeps several in flight.
 * The ordinal of a request counts within its cell, prompt and pass, and repeats are numbered
 * through the passes, so neither depends on how many passes there are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "plan_internal.h"
#include "rng.h"

#define DEFAULT_BURST           30
#define BURST_TIMES_CONCURRENCY 10

uint32_t plan_burst_size(const struct plan *p, uint32_t concurrency)
{
	uint64_t prompts = p->sweep->nprompts, n = (uint64_t)p->sweep->burst;

	if (concurrency <= 1)
		return 1;
	if (n == 0) {
		n = (uint64_t)BURST_TIMES_CONCURRENCY * concurrency;
		n = n > DEFAULT_BURST ? n : DEFAULT_BURST;
	}
	return (uint32_t)((n + prompts - 1) / prompts * prompts);
}

uint64_t plan_cell_units(const struct plan *p, uint32_t cell)
{
	uint64_t per_pass = (uint64_t)p->per_pass;

	return plan_concurrency(p, cell) > 1 ? per_pass : per_pass * p->sweep->nprompts;
}

uint64_t plan_cell_requests(const struct plan *p, uint32_t cell)
{
	return plan_cell_units(p, cell) * plan_burst_size(p, plan_concurrency(p, cell));
}

/* ---- names ---- */

static void name_item(
	const struct plan *p, const struct visit *v, const char *cell_id, struct item *it)
{
	char pass[16], ordinal[16], server[16];
	/* Only the sentinels before the first pass are the same on several servers. */
	bool replicated = it->sentinel && v->pass == 0 && v->server > 0;

	snprintf(pass, sizeof(pass), "%" PRIu32, v->pass);
	snprintf(ordinal, sizeof(ordinal), "%" PRIu32, it->ordinal);
	snprintf(server, sizeof(server), "%" PRIu32, v->server);
	hash_id(it->run_id, p->fingerprint, it->sentinel ? "sentinel" : "measure", cell_id,
		p->sweep->prompts[it->prompt].id, pass, ordinal, replicated ? server : NULL, NULL);
}

void plan_warmup_id(const struct plan *p, const struct visit *v, uint32_t w, char id[HASH_ID_TEXT])
{
	char cell_id[HASH_ID_TEXT], pass[16], number[16], server[16];
	uint32_t cell = v->kind == VISIT_SENTINEL
		? p->sentinel_cell
		: p->cell_of_block[p->blocks[v->block].first_cell];

	plan_cell_id(p, cell, cell_id);
	snprintf(pass, sizeof(pass), "%" PRIu32, v->pass);
	snprintf(number, sizeof(number), "%" PRIu32, w);
	snprintf(server, sizeof(server), "%" PRIu32, v->server);
	hash_id(id, p->fingerprint, "warmup", v->kind == VISIT_SENTINEL ? "sentinel" : "block",
		cell_id, pass, number, server, NULL);
}

/* ---- the sentinel ---- */

static void sentinel_items(
	const struct plan *p, const struct visit *v, struct item **ret, size_t *n)
{
	struct item *items = xcalloc(PLAN_SENTINEL_REQUESTS, sizeof(*items));
	char cell_id[HASH_ID_TEXT];

	plan_cell_id(p, p->sentinel_cell, cell_id);
	for (uint32_t i = 0; i < PLAN_SENTINEL_REQUESTS; i++) {
		uint32_t prompts = (uint32_t)p->sweep->nprompts;

		items[i] = (struct item){.cell = p->sentinel_cell,
			.prompt = i % prompts,
			.repeat = i / prompts,
			.ordinal = i / prompts,
			.burst = i,
			.concurrency = 1,
			.sentinel = true};
		name_item(p, v, cell_id, &items[i]);
	}
	*ret = items;
	*n = PLAN_SENTINEL_REQUESTS;
}

/* ---- a block ---- */

struct unit {
	uint32_t cell;
	uint32_t number; /* among the cell's units of this pass */
};

static struct unit *make_units(const struct plan *p, const struct block *b, uint32_t *n)
{
	uint64_t count = 0;
	struct unit *units;

	for (uint32_t i = 0; i < b->ncells; i++)
		count += plan_cell_units(p, p->cell_of_block[b->first_cell + i]);
	units = xmalloc(count * sizeof(*units));
	*n = 0;
	for (uint32_t i = 0; i < b->ncells; i++) {
		uint32_t cell = p->cell_of_block[b->first_cell + i];
		uint32_t of_cell = (uint32_t)plan_cell_units(p, cell);

		for (uint32_t k = 0; k < of_cell; k++)
			units[(*n)++] = (struct unit){cell, k};
	}
	return units;
}

/* The requests of one unit.  A burst has `share` requests of each prompt; a single request is a
 * burst of one prompt. */
static size_t unit_items(
	const struct plan *p, const struct visit *v, struct unit u, uint32_t burst, struct item *to)
{
	uint32_t prompts = (uint32_t)p->sweep->nprompts, concurrency = plan_concurrency(p, u.cell);
	uint32_t size = plan_burst_size(p, concurrency);
	uint32_t share = concurrency > 1 ? size / prompts : 1;
	uint32_t in_pass = (uint32_t)p->per_pass * share; /* of one cell and prompt */

	for (uint32_t i = 0; i < size; i++) {
		uint32_t k = concurrency > 1 ? i : u.number; /* prompts in turn */
		uint32_t before = concurrency > 1 ? u.number * share : 0;

		to[i] = (struct item){.cell = u.cell,
			.prompt = k % prompts,
			.ordinal = before + k / prompts,
			.burst = burst,
			.concurrency = concurrency};
		to[i].repeat = (v->pass - 1) * in_pass + to[i].ordinal;
	}
	return size;
}

/* cell_id is hashed once per cell: they are looked up by place, not by number. */
static void name_items(const struct plan *p, const struct visit *v, struct item *items, size_t n)
{
	const struct block *b = &p->blocks[v->block];
	char(*ids)[HASH_ID_TEXT] = xmalloc(b->ncells * sizeof(*ids));
	const uint32_t *cells = p->cell_of_block + b->first_cell;

	for (uint32_t i = 0; i < b->ncells; i++)
		plan_cell_id(p, cells[i], ids[i]);
	for (size_t i = 0; i < n; i++) {
		uint32_t low = 0, high = b->ncells - 1;

		while (low < high) { /* a block's cells rise */
			uint32_t mid = low + (high - low) / 2;

			if (cells[mid] < items[i].cell)
				low = mid + 1;
			else
				high = mid;
		}
		name_item(p, v, ids[low], &items[i]);
	}
	free(ids);
}

static void block_items(const struct plan *p, const struct visit *v, struct item **ret, size_t *n)
{
	const struct block *b = &p->blocks[v->block];
	struct unit *units;
	uint32_t nunits, *order;
	uint64_t requests = 0;
	struct rng r;
	char stream[48];

	units = make_units(p, b, &nunits);
	order = xmalloc(nunits * sizeof(*order));
	snprintf(stream, sizeof(stream), "items/%" PRIu32 "/%" PRIu32, v->pass, v->block);
	rng_init(&r, (uint64_t)p->sweep->order_seed, stream);
	rng_permute(&r, order, nunits);
	for (uint32_t i = 0; i < b->ncells; i++)
		requests += plan_cell_requests(p, p->cell_of_block[b->first_cell + i]);
	*ret = xmalloc(requests * sizeof(**ret));
	*n = 0;
	for (uint32_t i = 0; i < nunits; i++)
		*n += unit_items(p, v, units[order[i]], i, *ret + *n);
	name_items(p, v, *ret, *n);
	free(order);
	free(units);
}

void plan_items(const struct plan *p, const struct visit *v, struct item **ret, size_t *n)
{
	if (v->kind == VISIT_SENTINEL)
		sentinel_items(p, v, ret, n);
	else
		block_items(p, v, ret, n);
}
