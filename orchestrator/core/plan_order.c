/* plan_order.c - the visits: passes outermost, in each the blocks in an order drawn anew, a
 * sentinel on each server before its first pass and after each of its passes. */
#include <stdio.h>
#include <stdlib.h>

#include "bug.h"
#include "plan_internal.h"
#include "rng.h"

static void add_sentinel(struct plan *p, uint32_t pass, uint32_t server)
{
	if (p->sweep->sentinel)
		p->visits[p->nvisits++] = (struct visit){.kind = VISIT_SENTINEL,
			.block = p->block_of_cell[p->sentinel_cell],
			.pass = pass,
			.server = server};
}

static void add_pass(struct plan *p, uint32_t pass, uint32_t server, uint32_t *order)
{
	struct rng r;
	char stream[32];

	snprintf(stream, sizeof(stream), "blocks/%u", pass);
	rng_init(&r, (uint64_t)p->sweep->order_seed, stream);
	rng_permute(&r, order, p->nblocks);
	for (uint32_t i = 0; i < p->nblocks; i++)
		p->visits[p->nvisits++] = (struct visit){
			.kind = VISIT_BLOCK, .block = order[i], .pass = pass, .server = server};
}

void plan_order_visits(struct plan *p)
{
	uint32_t *order = xmalloc(p->nblocks * sizeof(*order));
	uint32_t servers = p->nservers ? (uint32_t)p->nservers : 1;

	p->visits = arena_alloc(&p->arena, p->block_loads + p->sentinel_loads, sizeof(*p->visits));
	for (uint32_t pass = 1; pass <= p->passes; pass++) {
		uint32_t server = (pass - 1) % servers;

		if (pass <= servers)
			add_sentinel(p, 0, server);
		add_pass(p, pass, server, order);
		add_sentinel(p, pass, server);
	}
	free(order);
}
