/* whole.c - see whole.h */
#include "whole.h"

#include <string.h>

#include "bug.h"
#include "hash.h"
#include "unit.h"

#define MAX_EVENTS 400000

/* What a server set aside had to do is done by another. */
static bool is_of_visit(const struct whole *w, const struct row_keys *k, const struct visit *v)
{
	return (v->server == k->server || (w->moved && v->pass > 0)) && v->pass == k->pass &&
		v->block == k->load->block && (v->kind == VISIT_SENTINEL) == k->item->sentinel;
}

/* One visit per load, and one load per visit as long as no other is begun by a warm-up. */
static void check_load(struct whole *w, const struct row_keys *k)
{
	const struct plan *p = &w->plan.plan;

	assert_in_range(p->nvisits, 1, WHOLE_VISITS);
	for (uint32_t v = 0; v < p->nvisits; v++) {
		char *load = w->load_of_visit[v];
		bool is_its_row = is_of_visit(w, k, &p->visits[v]);

		if (is_its_row && !load[0])
			w->order[w->nbegun++] = v;
		if (is_its_row && (!load[0] || (k->phase == PHASE_WARMUP && k->paid_load)))
			snprintf(load, sizeof(w->load_of_visit[v]), "%s", k->load->id);
		if (is_its_row != (strcmp(load, k->load->id) == 0))
			fail_msg("%s: visit %u has load \"%s\", a row of %s visit has \"%s\"",
				w->what, v, load, is_its_row ? "this" : "another", k->load->id);
	}
}

/* How many of the recent ones were under way at an instant. */
static uint32_t under_way(const struct whole *w, uint32_t lane, ns at)
{
	uint32_t n = 0;

	for (size_t i = 0; i < w->nseen && i < COUNTOF(w->recent); i++)
		n += w->recent[i].lane == lane && w->recent[i].sent <= at && at < w->recent[i].done;
	return n;
}

/* Requests of two cells, or of two servers of a host, were never under way at the same time. */
static void check_overlap(struct whole *w, const struct row_keys *k, const struct sample *s)
{
	struct whole_seen mine = {s->sent, s->done == NS_NONE ? s->sent : s->done, k->item->cell,
		k->item->burst, k->server, k->phase == PHASE_WARMUP};

	w->recent[w->nseen++ % COUNTOF(w->recent)] = mine;
	for (size_t i = 0; i < w->nseen - 1 && i < COUNTOF(w->recent); i++) {
		const struct whole_seen *other = &w->recent[i];

		if (other->done <= mine.sent || mine.done <= other->sent ||
			strcmp(w->plan.servers[other->lane].host,
				w->plan.servers[mine.lane].host) != 0)
			continue;
		if (i == (w->nseen - 1) % COUNTOF(w->recent))
			continue; /* itself */
		if (other->lane != mine.lane || other->cell != mine.cell ||
			other->burst != mine.burst || other->warmup || mine.warmup)
			fail_msg("%s: cells %u and %u at once", w->what, mine.cell, other->cell);
		if (k->item->rate <= 0 &&
			under_way(w, mine.lane, other->sent) > k->item->concurrency)
			fail_msg("%s: more than %u at once", w->what, k->item->concurrency);
	}
	if (k->item->rate > 0)
		return;
	w->most_together = under_way(w, mine.lane, mine.sent) > w->most_together
		? under_way(w, mine.lane, mine.sent)
		: w->most_together;
}

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct whole *w = arg;
	struct str line = STR_INIT(STR_MAX_LINE);

	if (!fake_ledger_add(&w->ledger, k->item, k->phase, k->attempt, s->status, k->validity))
		fail_msg("%s: %s is done, or not at attempt %u", w->what, k->item->run_id,
			k->attempt);
	w->measured += k->phase == PHASE_MEASURE;
	if (s->status != STATUS_SKIPPED) {
		if (w->first_sent == NS_NONE)
			w->first_sent = s->sent;
		if (k->item->rate > 0 && s->sent != s->due)
			fail_msg("%s: sent %lld ns after it was due", w->what,
				(long long)(s->sent - s->due));
		check_load(w, k);
		check_overlap(w, k, s);
	}
	row_encode(&w->schema, k, s, &line);
	w->digest = crc32c(w->digest, line.s, line.len);
	str_release(&line);
}

static void on_progress(void *arg, const struct session *s, ns now)
{
	struct whole *w = arg;

	if (w->progress)
		w->progress(w, s, now);
	if (++w->events > MAX_EVENTS)
		fail_msg("%s: no end after %d events", w->what, MAX_EVENTS);
}

void whole_begin(struct whole *w, uint64_t seed, const char *what, const struct sim_config *c)
{
	assert_in_range(w->plan.nservers, 1, WHOLE_SERVERS);
	assert_in_range(w->plan.plan.nvisits, 1, WHOLE_VISITS);
	w->what = what;
	w->now = NS_PER_S;
	w->budget = NS_NONE;
	fake_ledger_init(&w->ledger, &w->plan.plan);
	row_schema_init(&w->schema, &w->plan.sweep);
	for (size_t i = 0; i < w->plan.nservers; i++)
		w->sims[i] = sim_new(c, seed + i);
}

void whole_release(struct whole *w)
{
	for (size_t i = 0; i < w->plan.nservers; i++)
		sim_free(w->sims[i]);
	fake_ledger_release(&w->ledger);
	fake_plan_release(&w->plan);
}

bool whole_run(struct whole *w, uint32_t session, ns interrupt_at, uint64_t die,
	struct runner_progress *progress)
{
	struct virtual_options opt = {.start = w->now,
		.interrupt_at = interrupt_at,
		.die_after_rows = die,
		.progress = on_progress,
		.progress_arg = w};
	struct runner_past past = fake_ledger_past(&w->ledger);
	struct session s;
	struct err e = ERR_INIT;
	bool complete;

	assert_int_equal(session_init(&s, &w->plan.plan, NULL, session, NS_PER_S, &e), 0);
	runner_free(s.runner);
	s.runner = runner_new(&w->plan.plan, session, 1, session > 1 ? &past : NULL);
	s.on_row = on_row;
	s.on_row_arg = w;
	s.look = w->look;
	s.look_arg = w->look_arg;
	runner_set_budget(s.runner, w->budget, 0);
	w->first_sent = NS_NONE;
	w->nbegun = 0;
	memset(w->load_of_visit, 0, sizeof(w->load_of_visit));
	w->nseen = 0;
	if (virtual_run(&s, w->sims, &opt, &w->now, &e))
		fail_msg("%s: %s", w->what, e.msg);
	complete = s.has_stopped && s.stopped == STOP_COMPLETE;
	w->has_stopped = s.has_stopped;
	w->stopped = s.stopped;
	snprintf(w->why, sizeof(w->why), "%s", s.why);
	runner_progress(s.runner, progress);
	session_release(&s);
	return complete;
}
