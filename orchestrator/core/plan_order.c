/* plan_order.c - the visits: passes outermost, in each the blocks in an order drawn anew, a
 * sentinel on each server before its first pass and after each of its passes. */
#include <stdlib.h>

#include "bug.h"
#include "plan_internal.h"
#include "rng.h"

static void add_sentinel(struct plan *p, uint32_t pass, uint32_t server)
{
	struct visit v = {.kind = VISIT_SENTINEL, .pass = pass, .server = server};

	if (!p->sweep->sentinel)
		return;
	v.block = p->block_of_cell[plan_visit_cell(p, &v)];
	p->visits[p->nvisits++] = v;
}

/* Blocks with a server of their own are made there only. */
static uint32_t server_of_block(const struct plan *p, uint32_t block)
{
	uint32_t cell = p->cell_of_block[p->blocks[block].first_cell];

	return p->server_of_level[plan_level(p, cell, (size_t)p->of_kind[FACTOR_SERVER])];
}

/* Where each server makes the pass, each has an order of its own. */
static void add_pass(struct plan *p, uint32_t pass, uint32_t server, uint32_t *order)
{
	struct str stream = STR_INIT(STR_MAX_LINE);
	struct rng r;

	str_addf(&stream, "blocks/%u", pass);
	if (p->nservers && !plan_shares(p))
		str_addf(&stream, "/%s", p->servers[server].name);
	rng_init(&r, (uint64_t)p->sweep->order_seed, stream.s);
	str_release(&stream);
	rng_permute(&r, order, p->nblocks);
	for (uint32_t i = 0; i < p->nblocks; i++) {
		if (p->server_of_level && server_of_block(p, order[i]) != server)
			continue;
		p->visits[p->nvisits++] = (struct visit){
			.kind = VISIT_BLOCK, .block = order[i], .pass = pass, .server = server};
	}
}

/* A pass on one server, with its sentinel. */
static void add_round(struct plan *p, uint32_t pass, uint32_t server, bool first, uint32_t *order)
{
	if (p->sentinel_of_server && p->sentinel_of_server[server] == UINT32_MAX)
		return; /* it has no cells */
	if (first)
		add_sentinel(p, 0, server);
	add_pass(p, pass, server, order);
	add_sentinel(p, pass, server);
}

void plan_order_visits(struct plan *p)
{
	uint32_t *order = xmalloc(p->nblocks * sizeof(*order));
	uint32_t servers = p->nservers ? (uint32_t)p->nservers : 1, own = 0;
	uint32_t shard = p->sweep->shards ? p->sweep->shard : 1;
	uint32_t shards = p->sweep->shards ? p->sweep->shards : 1;

	p->visits = arena_alloc(&p->arena, p->block_loads + p->sentinel_loads, sizeof(*p->visits));
	for (uint32_t pass = shard; pass <= p->passes; pass += shards, own++) {
		if (plan_shares(p)) {
			add_round(p, pass, own % servers, own < servers, order);
			continue;
		}
		for (uint32_t server = 0; server < servers; server++)
			add_round(p, pass, server, own == 0, order);
	}
	free(order);
}
