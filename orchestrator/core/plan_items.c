/* plan_items.c - the requests of a visit, in the order drawn for it, with their names.
 *
 * What is permuted is a unit: one request, or a whole burst where a cell keeps several in flight or
 * sends at a rate.
 * The ordinal of a request counts within its cell, prompt and pass, and repeats are numbered
 * through the passes, so neither depends on how many passes there are. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "plan_internal.h"
#include "rng.h"

#define DEFAULT_BURST           30
#define BURST_TIMES_CONCURRENCY 10

/* Requests due in `seconds` at a rate: the one at 0 is the first. */
static uint64_t due_in(double rate, double seconds)
{
	double n = floor(rate * seconds + 1e-9); /* 0.1 a second for 30 s are 3 */

	return n < 1 ? 1 : n > MAX_BURST ? MAX_BURST + 1 : (uint64_t)n;
}

uint64_t plan_cell_burst(const struct plan *p, uint32_t cell)
{
	uint64_t concurrency = plan_concurrency(p, cell), n = (uint64_t)p->sweep->burst, prompts;
	double rate = plan_rate(p, cell);
	size_t first;

	if (!plan_is_burst(p, cell))
		return 1;
	prompts = plan_prompts(p, cell, &first);
	if (rate > 0 && p->sweep->burst_s > 0) {
		n = due_in(rate, p->sweep->burst_s);
	} else if (n == 0) {
		n = BURST_TIMES_CONCURRENCY * (rate > 0 ? 1 : concurrency);
		n = n > DEFAULT_BURST ? n : DEFAULT_BURST;
	}
	return (n + prompts - 1) / prompts * prompts;
}

uint32_t plan_burst_size(const struct plan *p, uint32_t cell)
{
	return (uint32_t)plan_cell_burst(p, cell);
}

uint64_t plan_cell_units(const struct plan *p, uint32_t cell)
{
	uint64_t per_pass = (uint64_t)p->per_pass;
	size_t first;

	return plan_is_burst(p, cell) ? per_pass : per_pass * plan_prompts(p, cell, &first);
}

uint64_t plan_cell_requests(const struct plan *p, uint32_t cell)
{
	return plan_cell_units(p, cell) * plan_cell_burst(p, cell);
}

/* ---- names ---- */

/* What beside cell, prompt, pass and ordinal tells two requests apart, as text; "" for nothing: the
 * server (by name, since the order of servers is nobody's business) where each makes the same
 * passes, and before the first pass the server and the shard. */
static void name_place(const struct plan *p, const struct visit *v, struct str *to)
{
	bool replicated = plan_replicates(p), before = v->pass == 0;
	bool pinned = p->of_kind[FACTOR_SERVER] >= 0; /* then the cell names the server */

	if (p->nservers && !pinned && (replicated || (before && p->nservers > 1)))
		str_addf(to, "server %s", p->servers[v->server].name);
	if (before && p->sweep->shard > 1)
		str_addf(to, "%sshard %" PRIu32, to->len ? " " : "", p->sweep->shard);
}

static void name_item(const struct plan *p, const struct visit *v, const char *cell_id,
	const char *place, struct item *it)
{
	char pass[16], ordinal[16];

	snprintf(pass, sizeof(pass), "%" PRIu32, v->pass);
	snprintf(ordinal, sizeof(ordinal), "%" PRIu32, it->ordinal);
	hash_id(it->run_id, p->fingerprint, it->sentinel ? "sentinel" : "measure", cell_id,
		p->sweep->prompts[it->prompt].id, pass, ordinal, *place ? place : NULL, NULL);
}

void plan_warmup_id(const struct plan *p, const struct visit *v, uint32_t w, char id[HASH_ID_TEXT])
{
	struct str place = STR_INIT(STR_MAX_LINE);
	char cell_id[HASH_ID_TEXT], pass[16], number[16];

	plan_cell_id(p, plan_visit_cell(p, v), cell_id);
	snprintf(pass, sizeof(pass), "%" PRIu32, v->pass);
	snprintf(number, sizeof(number), "%" PRIu32, w);
	name_place(p, v, &place);
	hash_id(id, p->fingerprint, "warmup", v->kind == VISIT_SENTINEL ? "sentinel" : "block",
		cell_id, pass, number, place.len ? place.s : "0", NULL);
	str_release(&place);
}

/* ---- the sentinel ---- */

/* One request at a time, whatever load the cell itself is measured under. */
static void sentinel_items(
	const struct plan *p, const struct visit *v, struct item **ret, size_t *n)
{
	struct item *items = xcalloc(PLAN_SENTINEL_REQUESTS, sizeof(*items));
	struct str place = STR_INIT(STR_MAX_LINE);
	uint32_t cell = plan_visit_cell(p, v);
	char cell_id[HASH_ID_TEXT];
	size_t first, prompts = plan_prompts(p, cell, &first);

	plan_cell_id(p, cell, cell_id);
	name_place(p, v, &place);
	for (uint32_t i = 0; i < PLAN_SENTINEL_REQUESTS; i++) {
		items[i] = (struct item){.cell = cell,
			.prompt = (uint32_t)(first + i % prompts),
			.repeat = i / (uint32_t)prompts,
			.ordinal = i / (uint32_t)prompts,
			.burst = i,
			.concurrency = 1,
			.sentinel = true};
		name_item(p, v, cell_id, place.s, &items[i]);
	}
	str_release(&place);
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
	size_t first, prompts = plan_prompts(p, u.cell, &first);
	bool is_burst = plan_is_burst(p, u.cell);
	uint32_t size = plan_burst_size(p, u.cell), concurrency = plan_concurrency(p, u.cell);
	uint32_t share = is_burst ? size / (uint32_t)prompts : 1;
	uint32_t in_pass = (uint32_t)p->per_pass * share; /* of one cell and prompt */
	double rate = plan_rate(p, u.cell);

	for (uint32_t i = 0; i < size; i++) {
		uint32_t k = is_burst ? i : u.number; /* prompts in turn */
		uint32_t before = is_burst ? u.number * share : 0;

		to[i] = (struct item){.cell = u.cell,
			.prompt = (uint32_t)(first + k % prompts),
			.ordinal = before + k / (uint32_t)prompts,
			.burst = burst,
			.cell_burst = is_burst ? u.number + 1 : 0,
			.concurrency = concurrency,
			.rate = rate};
		to[i].repeat = (v->pass - 1) * in_pass + to[i].ordinal;
	}
	return size;
}

/* When the requests of a burst are due, the first at once: equal gaps, or gaps drawn from a stream
 * of the burst's own. */
static void draw_due(const struct plan *p, const struct visit *v, const char *cell_id,
	const char *place, struct item *burst, size_t n)
{
	struct str stream = STR_INIT(STR_MAX_LINE);
	struct rng r;
	double at = 0;

	str_addf(&stream, "due/%" PRIu32 "/%" PRIu32 "/%s/%s", v->pass, burst->cell_burst, cell_id,
		place);
	rng_init(&r, (uint64_t)p->sweep->order_seed, stream.s);
	for (size_t i = 0; i < n; i++) {
		burst[i].due = (ns)(at * (double)NS_PER_S + 0.5);
		if (p->sweep->poisson)
			at += -log(rng_uniform(&r)) / burst->rate;
		else
			at = (double)(i + 1) / burst->rate;
	}
	str_release(&stream);
}

/* Where a cell stands in its block; a block's cells rise. */
static uint32_t place_in_block(const uint32_t *cells, uint32_t n, uint32_t cell)
{
	uint32_t low = 0, high = n - 1;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (cells[mid] < cell)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* cell_id is hashed once per cell: they are looked up by place, not by number. */
static void name_items(const struct plan *p, const struct visit *v, struct item *items, size_t n)
{
	const struct block *b = &p->blocks[v->block];
	char(*ids)[HASH_ID_TEXT] = xmalloc(b->ncells * sizeof(*ids));
	const uint32_t *cells = p->cell_of_block + b->first_cell;
	struct str place = STR_INIT(STR_MAX_LINE);

	name_place(p, v, &place);
	for (uint32_t i = 0; i < b->ncells; i++)
		plan_cell_id(p, cells[i], ids[i]);
	for (size_t i = 0; i < n; i++) {
		const char *id = ids[place_in_block(cells, b->ncells, items[i].cell)];

		name_item(p, v, id, place.s, &items[i]);
		if (items[i].rate > 0 && (i == 0 || items[i].burst != items[i - 1].burst))
			draw_due(p, v, id, place.s, &items[i], plan_burst_size(p, items[i].cell));
	}
	str_release(&place);
	free(ids);
}

static void block_items(const struct plan *p, const struct visit *v, struct item **ret, size_t *n)
{
	const struct block *b = &p->blocks[v->block];
	struct unit *units;
	uint32_t nunits, *order;
	uint64_t requests = 0;
	struct rng r;
	struct str stream = STR_INIT(STR_MAX_LINE);

	units = make_units(p, b, &nunits);
	order = xmalloc(nunits * sizeof(*order));
	str_addf(&stream, "items/%" PRIu32 "/%" PRIu32, v->pass, v->block);
	if (plan_replicates(p))
		str_addf(&stream, "/%s", p->servers[v->server].name);
	rng_init(&r, (uint64_t)p->sweep->order_seed, stream.s);
	rng_permute(&r, order, nunits);
	str_release(&stream);
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
