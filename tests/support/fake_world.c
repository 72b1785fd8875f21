/* fake_world.c - carries the runner's effects out in no time, and watches it. */
#include "fake_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "unit.h"
#include "vec.h"

#define MAX_EVENTS   1000000
#define CALL_TAKES   NS_PER_MS
#define UNLOAD_TAKES (45 * NS_PER_MS)

#define RULE(w, holds, ...)                                                                        \
	do {                                                                                       \
		if (!(holds))                                                                      \
			broken(w, __VA_ARGS__);                                                    \
	} while (0)

static void broken(struct fake_world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void broken(struct fake_world *w, const char *fmt, ...)
{
	struct str text = STR_INIT(4096);
	size_t from = w->trace.len > 400 ? w->trace.len - 400 : 0;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	fail_msg("%s: %s\n...%s", w->what, text.s, w->trace.s + from);
}

/* ---- trace ---- */

static void note(struct fake_world *w, int lane, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void note(struct fake_world *w, int lane, const char *fmt, ...)
{
	va_list ap;

	if (w->trace.len)
		str_addc(&w->trace, ' ');
	if (w->plan->nservers > 1 && lane >= 0)
		str_addf(&w->trace, "%d:", lane);
	va_start(ap, fmt);
	str_vaddf(&w->trace, fmt, ap);
	va_end(ap);
}

/* ---- pending events ---- */

static struct fake_pending *later(struct fake_world *w, ns at, enum event_kind kind, int lane)
{
	struct fake_pending *p = VEC_PUSH(&w->pending);

	*p = (struct fake_pending){
		.at = at, .kind = kind, .lane = lane, .number = ++w->last_number};
	return p;
}

static struct fake_pending take_first(struct fake_world *w)
{
	struct fake_pending first;
	size_t best = 0;

	RULE(w, w->pending.n > 0, "the runner waits for nothing");
	for (size_t i = 1; i < w->pending.n; i++) {
		const struct fake_pending *a = &w->pending.v[i], *b = &w->pending.v[best];

		if (a->at < b->at || (a->at == b->at && a->number < b->number))
			best = i;
	}
	first = w->pending.v[best];
	w->pending.v[best] = w->pending.v[--w->pending.n];
	return first;
}

/* ---- the servers ---- */

static const char *resident(struct fake_world *w, int lane)
{
	struct fake_server *s = &w->servers[lane];

	if (s->resident && s->gone_at != NS_NONE && w->now >= s->gone_at) {
		s->resident = NULL;
		s->gone_at = NS_NONE;
	}
	return s->resident;
}

static bool is_dead(const struct fake_world *w, int lane)
{
	const struct fake_server *s = &w->servers[lane];

	return s->dead_from != NS_NONE && w->now >= s->dead_from && w->now < s->dead_until;
}

static void unload(struct fake_world *w, int lane, const char *model)
{
	struct fake_server *s = &w->servers[lane];

	RULE(w, s->inflight == 0, "an unload while %u are in flight", s->inflight);
	note(w, lane, "unload");
	if (resident(w, lane) && !s->stuck && strcmp(s->resident, model) == 0)
		s->gone_at = w->now + UNLOAD_TAKES;
	if (!s->deaf)
		later(w, w->now + CALL_TAKES, EVENT_UNLOADED, lane);
}

static void add_entry(struct ps_list *ps, const char *name)
{
	struct ps_entry *e = &ps->entry[ps->n++];

	snprintf(e->name, sizeof(e->name), "%s", name);
	e->size = 500000000;
	e->size_vram = 400000000;
	e->context_length = 4096;
}

static void tell_ps(struct fake_world *w, int lane, struct ps_list *ps)
{
	const char *model = resident(w, lane);

	ps->known = !w->servers[lane].ps_fails && !is_dead(w, lane);
	if (ps->known && model)
		add_entry(ps, model);
	if (ps->known && w->servers[lane].other)
		add_entry(ps, w->servers[lane].other);
}

/* ---- requests ---- */

static int first_of_host(const struct fake_world *w, int lane)
{
	for (int i = 0; i < lane; i++)
		if (strcmp(w->plan->servers[i].host, w->plan->servers[lane].host) == 0)
			return i;
	return lane;
}

/* A new load: after an unload or a crash, begun by a warm-up that pays. */
static void check_new_load(struct fake_world *w, const struct ticket *t)
{
	struct fake_server *s = &w->servers[t->lane];

	RULE(w, t->load_due && t->phase == PHASE_WARMUP, "load %s is not begun by a warm-up",
		t->load.id);
	if (!s->ps_fails && !s->stuck)
		RULE(w, resident(w, t->lane) == NULL, "load %s while %s is in memory", t->load.id,
			s->resident);
	snprintf(s->load_id, sizeof(s->load_id), "%s", t->load.id);
	s->block = t->load.block;
}

static void check_request(struct fake_world *w, const struct ticket *t)
{
	struct fake_server *s = &w->servers[t->lane];
	int host = first_of_host(w, t->lane);
	bool is_new = strcmp(s->load_id, t->load.id) != 0;

	RULE(w, !w->interrupted, "a request after the interrupt");
	RULE(w, t->due == w->now || (t->item.rate > 0 && t->due < w->now && s->inflight > 0),
		"due at another time than now");
	RULE(w, t->load.server == (uint32_t)t->lane, "a load of another server");
	RULE(w, !w->looking, "a request during a look");
	w->last_late = w->now - t->due;
	for (size_t i = 0; i < w->plan->nservers; i++)
		RULE(w,
			(int)i == t->lane || first_of_host(w, (int)i) != host ||
				w->servers[i].inflight == 0,
			"two servers of a host at once");
	RULE(w, is_new || w->last_sender[host] == t->lane, "the turn changed within a visit");
	w->last_sender[host] = t->lane;
	if (is_new)
		check_new_load(w, t);
	RULE(w, t->load.block == s->block, "two runner configurations under load %s", t->load.id);
	if (s->inflight > 0)
		RULE(w,
			t->phase != PHASE_WARMUP && s->burst == t->item.burst &&
				s->cell == t->item.cell &&
				(t->item.rate > 0 || s->inflight < t->item.concurrency),
			"cell %u burst %u joins cell %u burst %u (%u in flight)", t->item.cell,
			t->item.burst, s->cell, s->burst, s->inflight);
	if (t->phase == PHASE_WARMUP)
		return;
	RULE(w, w->plan->block_of_cell[t->item.cell] == s->block, "a cell of another block");
	RULE(w, s->inflight > 0 || (!t->load_due && resident(w, t->lane)), "an item pays a load");
}

static void send_request(struct fake_world *w, const struct effect *ef)
{
	const struct ticket *t = runner_ticket(w->runner, ef->ticket);
	struct fake_server *s = &w->servers[ef->lane];
	struct fake_answer a = {.status = STATUS_OK,
		.http_status = 200,
		.takes = 100 * NS_PER_MS,
		.ttft = 20 * NS_PER_MS,
		.load = (t->load_due ? 500 : 10) * NS_PER_MS,
		.total = (t->load_due ? 590 : 100) * NS_PER_MS,
		.error = ""};
	struct fake_pending *p;

	RULE(w, t->lane == ef->lane, "effect for lane %d, ticket for %d", ef->lane, t->lane);
	check_request(w, t);
	note(w, ef->lane, "%s",
		t->phase == PHASE_SENTINEL          ? "s"
			: t->phase == PHASE_MEASURE ? "m"
			: t->load_due               ? "W"
						    : "w");
	if (w->answer)
		w->answer(w, t, &a);
	if (is_dead(w, ef->lane))
		a = (struct fake_answer){.status = STATUS_CONNECT_ERROR,
			.takes = NS_PER_MS,
			.ttft = NS_NONE,
			.load = NS_NONE,
			.total = NS_NONE,
			.error = "connection refused"};
	s->inflight++;
	s->cell = t->item.cell;
	s->burst = t->item.burst;
	w->requests++;
	if (a.status == STATUS_OK || a.status == STATUS_TRUNCATED ||
		a.status == STATUS_PROMPT_TRUNCATED) {
		s->resident = w->plan->blocks[t->load.block].model;
		s->gone_at = NS_NONE;
	}
	p = later(w, w->now + a.takes, EVENT_RESPONSE, ef->lane);
	p->ticket = ef->ticket;
	p->answer = a;
	p->sent = w->now;
	p->due = t->due;
}

static void cancel(struct fake_world *w, uint32_t ticket)
{
	for (size_t i = 0; i < w->pending.n; i++) {
		struct fake_pending *p = &w->pending.v[i];

		if (p->kind != EVENT_RESPONSE || p->ticket != ticket)
			continue;
		note(w, p->lane, "cancel");
		p->at = w->now;
		p->answer.status = STATUS_CANCELLED;
		return;
	}
	broken(w, "ticket %u is cancelled and not in flight", ticket);
}

/* ---- effects ---- */

static void arm(struct fake_world *w, const struct effect *ef)
{
	if (ef->lane == -1)
		note(w, -1, "grace");
	else
		note(w, ef->lane, "wait:%lld", (long long)((ef->at - w->now) / NS_PER_MS));
	w->timer_number[ef->lane + 1] = later(w, ef->at, EVENT_TIMER, ef->lane)->number;
}

static void write_load(struct fake_world *w, const struct effect *ef)
{
	note(w, ef->lane, "load:%s:%u", status_name(ef->load.status), ef->load.warmups);
	w->last_load = ef->load;
	w->load_rows++;
	fake_ledger_add_load(w->ledger, &ef->load);
}

static void write_skip(struct fake_world *w, const struct effect *ef)
{
	const struct ticket *t = runner_ticket(w->runner, ef->ticket);

	note(w, ef->lane, "skip");
	RULE(w, ef->why[0], "skipped without a reason");
	RULE(w, fake_ledger_add(w->ledger, &t->item, t->phase, t->attempt, STATUS_SKIPPED, VALID),
		"%s is skipped, and done or not at attempt %u", t->item.run_id, t->attempt);
	snprintf(w->last_skip, sizeof(w->last_skip), "%s", ef->why);
	w->skips++;
	w->rows++;
}

static void stop(struct fake_world *w, const struct effect *ef)
{
	static const char *const reasons[] = {
		"complete", "interrupted", "gone", "enough", "budget"};

	note(w, -1, "stop:%s", reasons[ef->reason]);
	w->stopped = true;
	w->reason = ef->reason;
	snprintf(w->why, sizeof(w->why), "%s", ef->why);
}

static void look(struct fake_world *w, uint32_t pass)
{
	for (size_t i = 0; i < w->plan->nservers; i++)
		RULE(w, w->servers[i].inflight == 0, "a look while something is in flight");
	note(w, -1, "look:%u", pass);
	w->looks++;
	w->looking = true;
	if (w->interrupt_look) {
		w->interrupt_at = w->now + w->interrupt_look;
		later(w, w->interrupt_at, EVENT_INTERRUPT, -1);
	}
	later(w, w->now + w->look_takes, EVENT_LOOKED, -1)->enough = w->look && w->look(w, pass);
}

static void carry_out(struct fake_world *w, const struct effect *ef)
{
	RULE(w, !w->stopped, "effect %d after the stop", (int)ef->kind);
	switch (ef->kind) {
	case EFFECT_REQUEST:
		send_request(w, ef);
		break;
	case EFFECT_UNLOAD:
		unload(w, ef->lane, ef->model);
		break;
	case EFFECT_PS:
		note(w, ef->lane, "ps");
		later(w, w->now + CALL_TAKES, EVENT_PS, ef->lane);
		break;
	case EFFECT_TIMER:
		arm(w, ef);
		break;
	case EFFECT_LOAD_ROW:
		write_load(w, ef);
		break;
	case EFFECT_SKIP:
		write_skip(w, ef);
		break;
	case EFFECT_CANCEL:
		cancel(w, ef->ticket);
		break;
	case EFFECT_LOOK:
		look(w, ef->pass);
		break;
	case EFFECT_NOTE:
		note(w, ef->lane, "note");
		w->notes++;
		snprintf(w->last_note, sizeof(w->last_note), "%s", ef->why);
		break;
	case EFFECT_STOP:
		stop(w, ef);
		break;
	}
}

/* ---- events ---- */

static void step(struct fake_world *w, const struct event *ev)
{
	w->effects.n = 0;
	RULE(w, ++w->events < MAX_EVENTS, "no end after %d events", MAX_EVENTS);
	runner_step(w->runner, ev, w->now, &w->effects);
	for (size_t i = 0; i < w->effects.n; i++)
		carry_out(w, &w->effects.v[i]);
}

static void make_sample(const struct fake_pending *p, ns now, struct sample *s)
{
	const struct fake_answer *a = &p->answer;

	sample_init(s);
	s->status = a->status;
	s->http_status = a->http_status;
	s->broken = a->broken;
	snprintf(s->error, sizeof(s->error), "%s", a->error);
	s->due = p->due;
	s->sent = p->sent;
	s->done = now;
	s->chunks = 0;
	if (a->ttft != NS_NONE) {
		sample_add_chunk(s, "a", 1, p->sent + a->ttft);
		sample_add_chunk(s, "b", 1, now);
	}
	if (a->status == STATUS_OK) {
		s->load = a->load;
		s->total = a->total;
	}
}

static bool is_crash(const struct fake_answer *a)
{
	switch (a->status) {
	case STATUS_CONNECT_ERROR:
	case STATUS_SERVER_ERROR:
	case STATUS_OUT_OF_MEMORY:
		return true;
	case STATUS_HTTP_ERROR:
		return a->http_status >= 500;
	default:
		return a->broken;
	}
}

static void respond(struct fake_world *w, const struct fake_pending *p)
{
	const struct ticket *t = runner_ticket(w->runner, p->ticket);
	enum validity validity = p->answer.status == STATUS_OK ? p->answer.validity : VALID;
	struct sample s;
	struct event ev = {.kind = EVENT_RESPONSE,
		.lane = p->lane,
		.ticket = p->ticket,
		.sample = &s,
		.validity = validity};

	RULE(w,
		fake_ledger_add(
			w->ledger, &t->item, t->phase, t->attempt, p->answer.status, validity),
		"%s is done, or not at attempt %u", t->item.run_id, t->attempt);
	w->servers[p->lane].inflight--;
	w->rows++;
	w->measured += t->phase == PHASE_MEASURE;
	if (is_crash(&p->answer))
		w->servers[p->lane].resident = NULL;
	make_sample(p, w->now, &s);
	step(w, &ev);
	sample_release(&s);
}

static void deliver(struct fake_world *w, const struct fake_pending *p)
{
	struct ps_list ps = {0};
	struct event ev = {.kind = p->kind, .lane = p->lane, .ps = &ps, .enough = p->enough};

	RULE(w, p->at >= w->now, "time goes backwards");
	w->now = p->at;
	if (p->kind == EVENT_RESPONSE) {
		respond(w, p);
		return;
	}
	if (p->kind == EVENT_TIMER && w->timer_number[p->lane + 1] != p->number)
		return;
	if (p->kind == EVENT_PS) {
		tell_ps(w, p->lane, &ps);
		ev.answered = !is_dead(w, p->lane);
	}
	w->looking &= p->kind != EVENT_LOOKED;
	w->interrupted |= p->kind == EVENT_INTERRUPT;
	step(w, &ev);
}

void fake_world_init(struct fake_world *w, const struct plan *p, struct fake_ledger *ledger)
{
	memset(w, 0, sizeof(*w));
	assert_in_range(p->nservers, 1, FAKE_LANES);
	w->plan = p;
	w->ledger = ledger;
	w->what = "fake world";
	w->now = NS_PER_S;
	w->interrupt_at = w->budget = NS_NONE;
	w->trace = (struct str)STR_INIT((size_t)64 << 20);
	for (size_t i = 0; i < FAKE_LANES; i++) {
		w->servers[i].gone_at = w->servers[i].dead_from = NS_NONE;
		w->last_sender[i] = -1;
	}
}

void fake_world_run(struct fake_world *w, uint32_t session, const struct runner_past *past)
{
	w->runner = runner_new(w->plan, session, w->ledger->loads + 1, past);
	runner_set_budget(w->runner, w->budget, 0);
	if (w->room)
		runner_set_room(w->runner, w->room);
	later(w, w->now, EVENT_START, -1);
	if (w->interrupt_at != NS_NONE)
		later(w, w->interrupt_at, EVENT_INTERRUPT, -1);
	while (!w->stopped && !(w->die_after_rows && w->rows >= w->die_after_rows)) {
		struct fake_pending p = take_first(w);

		deliver(w, &p);
	}
	runner_progress(w->runner, &w->progress);
}

void fake_world_release(struct fake_world *w)
{
	runner_free(w->runner);
	VEC_RELEASE(&w->pending);
	VEC_RELEASE(&w->effects);
	str_release(&w->trace);
}
