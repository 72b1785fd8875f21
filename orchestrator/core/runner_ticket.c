/* runner_ticket.c - requests in flight: one slot each, used again when it has ended.
 *
 * Slots are allocated one by one and never moved, so that a ticket's address is good for as long as
 * the ticket; there are never more of them than requests were in flight at once. */
#include "runner_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

struct slot *runner_slot(const struct runner *r, uint32_t ticket)
{
	if (ticket >= r->slots.n || !r->slots.v[ticket]->t.used)
		BUG("no request has ticket %u", ticket);
	return r->slots.v[ticket];
}

const struct ticket *runner_ticket(const struct runner *r, uint32_t ticket)
{
	return &runner_slot(r, ticket)->t;
}

static struct slot *take_slot(struct runner *r, uint32_t *ticket)
{
	struct slot *slot;

	if (r->free_slots.n) {
		*ticket = r->free_slots.v[--r->free_slots.n];
		slot = r->slots.v[*ticket];
	} else {
		*ticket = (uint32_t)r->slots.n;
		slot = *VEC_PUSH(&r->slots) = xcalloc(1, sizeof(*slot));
	}
	memset(slot, 0, sizeof(*slot));
	slot->t.used = true;
	return slot;
}

void runner_slot_release(struct runner *r, uint32_t ticket)
{
	runner_slot(r, ticket)->t.used = false;
	*VEC_PUSH(&r->free_slots) = ticket;
}

/* Skipped rows have been written since the last step. */
void runner_forget_skipped(struct runner *r)
{
	while (r->skipped.n)
		runner_slot_release(r, r->skipped.v[--r->skipped.n]);
}

/* A server that has been slow so far is not cut off for it. */
static double limit_first(const struct lane *l, bool load_due)
{
	const struct sweep *s = l->r->plan->sweep;

	if (load_due)
		return s->limit_first_load_s;
	if (s->limit_first_s <= 0)
		return 0;
	return fmax(s->limit_first_s, 10 * (double)l->ttft_max / (double)NS_PER_S);
}

static void set_limits(struct ticket *t, const struct lane *l)
{
	const struct sweep *s = l->r->plan->sweep;

	t->limit_connect_s = s->limit_connect_s;
	t->limit_first_s = limit_first(l, t->load_due);
	t->limit_stall_s = s->limit_stall_s;
	t->limit_total_s = s->limit_total_s;
}

void lane_send(struct lane *l, const struct work *w, enum phase phase, bool load_due, ns due)
{
	struct runner *r = l->r;
	uint32_t ticket;
	struct slot *slot = take_slot(r, &ticket);

	slot->w = *w;
	slot->t.lane = (int)l->index;
	slot->t.item = w->item;
	slot->t.phase = phase;
	slot->t.load = l->load;
	slot->t.pass = l->visit->pass;
	slot->t.attempt = w->attempts + 1;
	slot->t.load_due = load_due;
	slot->t.due = due;
	set_limits(&slot->t, l);
	if (r->deadline == NS_NONE && r->budget != NS_NONE)
		r->deadline = r->now + r->budget;
	if (l->inflight == 0 && l->unit_ok == 0)
		l->unit_since = r->now;
	l->inflight++;
	r->inflight++;
	l->burst = w->item.burst;
	l->loaded = r->plan->blocks[l->visit->block].model;
	if (load_due)
		l->load_sent = r->now;
	r->progress.cell = w->item.cell;
	r->progress.block = l->visit->block;
	runner_emit(r, EFFECT_REQUEST, l)->ticket = ticket;
}

void runner_skip(struct runner *r, const struct visit *v, const struct work *w, const char *why)
{
	uint32_t ticket;
	struct slot *slot = take_slot(r, &ticket);
	struct effect *e;

	slot->w = *w;
	slot->t.lane = (int)v->server;
	slot->t.item = w->item;
	slot->t.phase = v->kind == VISIT_SENTINEL ? PHASE_SENTINEL : PHASE_MEASURE;
	slot->t.pass = v->pass;
	slot->t.attempt = w->attempts + 1;
	slot->t.due = r->now;
	slot->t.load = (struct load){.session = r->session,
		.block = v->block,
		.pass = v->pass,
		.phase = slot->t.phase,
		.server = v->server,
		.status = STATUS_SKIPPED,
		.load_ms_server = NS_NONE,
		.context_length = -1,
		.size = -1,
		.size_vram = -1,
		.started_wall = NS_NONE};
	if (v->kind == VISIT_BLOCK)
		r->progress.done++;
	r->progress.failed++;
	e = runner_emit(r, EFFECT_SKIP, &r->lanes[v->server]);
	e->ticket = ticket;
	snprintf(e->why, sizeof(e->why), "%s", why);
	*VEC_PUSH(&r->skipped) = ticket;
}

void runner_cancel_all(struct runner *r)
{
	if (!r->interrupted || r->cancelled)
		return;
	r->cancelled = true;
	for (size_t i = 0; i < r->slots.n; i++)
		if (r->slots.v[i]->t.used)
			runner_emit(r, EFFECT_CANCEL, &r->lanes[r->slots.v[i]->t.lane])->ticket =
				(uint32_t)i;
}
