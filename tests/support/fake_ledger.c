/* fake_ledger.c - rows by run_id, in a hash table with open addressing. */
#include "fake_ledger.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "hash.h"
#include "vec.h"

void fake_ledger_init(struct fake_ledger *l, const struct plan *p)
{
	memset(l, 0, sizeof(*l));
	l->plan = p;
	l->oom_loads = xcalloc(p->nservers * p->nblocks, sizeof(*l->oom_loads));
}

void fake_ledger_copy(struct fake_ledger *to, const struct fake_ledger *from)
{
	size_t noom = from->plan->nservers * from->plan->nblocks;

	*to = *from;
	to->rows.cap = from->rows.n + 1;
	to->rows.v = xcalloc(to->rows.cap, sizeof(*to->rows.v));
	if (from->rows.n)
		memcpy(to->rows.v, from->rows.v, from->rows.n * sizeof(*to->rows.v));
	to->places = xcalloc(from->nplaces + 1, sizeof(*to->places));
	if (from->nplaces)
		memcpy(to->places, from->places, from->nplaces * sizeof(*to->places));
	to->oom_loads = xcalloc(noom, sizeof(*to->oom_loads));
	memcpy(to->oom_loads, from->oom_loads, noom * sizeof(*to->oom_loads));
}

void fake_ledger_release(struct fake_ledger *l)
{
	VEC_RELEASE(&l->rows);
	free(l->places);
	free(l->oom_loads);
}

/* Where the run_id is, or would be. */
static uint32_t *place_of(const struct fake_ledger *l, const char *run_id)
{
	size_t at = crc32c(0, run_id, strlen(run_id)) & (l->nplaces - 1);

	while (l->places[at] && strcmp(l->rows.v[l->places[at] - 1].run_id, run_id) != 0)
		at = (at + 1) & (l->nplaces - 1);
	return &l->places[at];
}

static void make_room(struct fake_ledger *l)
{
	if (2 * (l->rows.n + 1) <= l->nplaces)
		return;
	l->nplaces = l->nplaces ? 2 * l->nplaces : 256;
	free(l->places);
	l->places = xcalloc(l->nplaces, sizeof(*l->places));
	for (size_t i = 0; i < l->rows.n; i++)
		*place_of(l, l->rows.v[i].run_id) = (uint32_t)i + 1;
}

static struct fake_row *find(const struct fake_ledger *l, const char *run_id)
{
	uint32_t row = l->nplaces ? *place_of(l, run_id) : 0;

	return row ? &l->rows.v[row - 1] : NULL;
}

const struct fake_row *fake_ledger_find(const struct fake_ledger *l, const char *run_id)
{
	return find(l, run_id);
}

bool fake_ledger_add(struct fake_ledger *l, const struct item *it, enum phase phase,
	uint32_t attempt, enum status status, enum validity validity)
{
	struct fake_row *row = find(l, it->run_id);

	if (!row) {
		make_room(l);
		*place_of(l, it->run_id) = (uint32_t)l->rows.n + 1;
		row = VEC_PUSH(&l->rows);
		memset(row, 0, sizeof(*row));
		memcpy(row->run_id, it->run_id, sizeof(row->run_id));
		row->warmup = phase == PHASE_WARMUP;
		row->burst = it->cell_burst > 0;
	}
	if (attempt != row->attempts + 1 || (!row->warmup && (row->good || row->final)))
		return false;
	row->attempts++;
	if (status == STATUS_OK && validity != INVALID)
		row->good++;
	else if (status == STATUS_OK)
		row->invalid++;
	else if (status_is_final(status))
		row->final++;
	else
		row->failed++;
	return true;
}

void fake_ledger_add_load(struct fake_ledger *l, const struct load *load)
{
	l->loads++;
	if (load->status == STATUS_OUT_OF_MEMORY)
		l->oom_loads[load->server * l->plan->nblocks + load->block]++;
}

/* ---- as the runner's past ---- */

static bool past_done(void *arg, const char *run_id)
{
	const struct fake_row *row = find(arg, run_id);

	return row && (row->good || row->final);
}

static uint32_t past_attempts(void *arg, const char *run_id)
{
	const struct fake_row *row = find(arg, run_id);

	return row ? row->attempts : 0;
}

static uint32_t past_invalid(void *arg, const char *run_id)
{
	const struct fake_row *row = find(arg, run_id);

	return row ? row->invalid : 0;
}

static uint32_t past_oom_loads(void *arg, uint32_t block, const char *server)
{
	const struct fake_ledger *l = arg;

	for (size_t s = 0; s < l->plan->nservers; s++)
		if (strcmp(l->plan->servers[s].name, server) == 0)
			return l->oom_loads[s * l->plan->nblocks + block];
	BUG("no server %s", server);
}

struct runner_past fake_ledger_past(struct fake_ledger *l)
{
	return (struct runner_past){.arg = l,
		.done = past_done,
		.attempts = past_attempts,
		.invalid = past_invalid,
		.oom_loads = past_oom_loads};
}

/* ---- against the plan ---- */

struct fake_count fake_ledger_count(const struct fake_ledger *l, const struct plan *p)
{
	struct fake_count c = {0};

	for (uint32_t v = 0; v < p->nvisits; v++) {
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[v], &items, &n);
		c.planned += n;
		for (size_t i = 0; i < n; i++) {
			const struct fake_row *row = find(l, items[i].run_id);

			if (!row)
				c.untried++;
			else if (row->good || row->final)
				c.done++;
			else
				c.only_failed++;
		}
		free(items);
	}
	return c;
}
