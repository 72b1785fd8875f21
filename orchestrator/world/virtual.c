/* virtual.c - effects carried out on the simulator's model; the clock jumps from event to event.
 *
 * A heap of (instant, number): what falls on the same instant happens in the order in which it was
 * put there, so that a run is a function of plan, machine and seed.  A request is asked of the
 * model when it is sent, which knows its whole future; the sample is made when it ends, since we
 * may have gone away by then. */
#include "virtual.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "request.h"
#include "vec.h"
#include "virtual_answer.h"

struct node {
	ns at;
	uint64_t number;
	enum event_kind kind;
	int lane;
	uint32_t ticket;
	struct ps_list *ps; /* owned; EVENT_PS */
	bool answered, enough;
};

/* A request under way, by its ticket. */
struct flight {
	bool used;
	int lane;
	uint64_t number; /* of the node that ends it; any other is stale */
	struct sim_answer answer;
	struct virtual_end end;
	ns due, sent;
	int64_t num_ctx;
	size_t prompt_bytes;
	int64_t prompt_tokens; /* that it was made to, 0 not */
};

struct world {
	struct session *session;
	struct sim **sims;
	const struct virtual_options *opt;
	struct {
		struct node *v;
		size_t n, cap;
	} heap;
	uint64_t last_number;
	uint64_t *timers; /* [lanes + 1] number of the node of the timer in force; -1 is at 0 */
	struct {
		struct flight *v;
		size_t n, cap;
	} flights;
	struct effects effects;
	ns now;
	bool stopped;
};

/* ---- the heap ---- */

static bool before(const struct node *a, const struct node *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static uint64_t put(struct world *w, struct node node)
{
	size_t i = w->heap.n;

	node.number = ++w->last_number;
	VEC_PUSH(&w->heap);
	while (i > 0 && before(&node, &w->heap.v[(i - 1) / 2])) {
		w->heap.v[i] = w->heap.v[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap.v[i] = node;
	return node.number;
}

static struct node take(struct world *w)
{
	struct node *v = w->heap.v, first = v[0], last = v[--w->heap.n];
	size_t i = 0, n = w->heap.n;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < n && before(&v[child + 1], &v[child]))
			child++;
		if (child >= n || !before(&v[child], &last))
			break;
		v[i] = v[child];
		i = child;
	}
	v[i] = last;
	return first;
}

/* ---- requests ---- */

static struct flight *flight_of(struct world *w, uint32_t ticket)
{
	while (w->flights.n <= ticket)
		*VEC_PUSH(&w->flights) = (struct flight){0};
	return &w->flights.v[ticket];
}

static void end_flight_at(
	struct world *w, struct flight *f, uint32_t ticket, struct virtual_end end)
{
	f->end = end;
	f->number = 0;
	if (end.at != NS_NONE)
		f->number = put(w,
			(struct node){.at = end.at,
				.kind = EVENT_RESPONSE,
				.lane = f->lane,
				.ticket = ticket});
}

static void send_request(struct world *w, const struct effect *ef)
{
	const struct ticket *t = runner_ticket(w->session->runner, ef->ticket);
	struct flight *f = flight_of(w, ef->ticket);
	struct str body = STR_INIT(REQUEST_MAX);

	if (f->used)
		BUG("ticket %u is in flight already", ef->ticket);
	*f = (struct flight){.used = true, .lane = ef->lane, .due = t->due, .sent = w->now};
	request_generate(w->session->plan, &t->item, w->session->number, t->attempt, &body,
		&f->prompt_bytes);
	f->num_ctx = request_num_ctx(w->session->plan, &t->item, &t->load);
	f->prompt_tokens = plan_prompt_tokens(w->session->plan, t->item.cell);
	sim_request(
		w->sims[ef->lane], "POST", "/api/generate", body.s, body.len, w->now, &f->answer);
	end_flight_at(w, f, ef->ticket, virtual_answer_end(&f->answer, t, f->sent));
	str_release(&body);
}

static void cancel(struct world *w, uint32_t ticket)
{
	struct flight *f = flight_of(w, ticket);

	if (f->used)
		end_flight_at(w, f, ticket, (struct virtual_end){w->now, REPLY_CANCEL});
}

/* ---- other effects ---- */

static void unload(struct world *w, const struct effect *ef)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	struct sim_answer a;

	request_unload(ef->model, &body);
	sim_request(w->sims[ef->lane], "POST", "/api/generate", body.s, body.len, w->now, &a);
	put(w, (struct node){.at = a.ready_at, .kind = EVENT_UNLOADED, .lane = ef->lane});
	sim_answer_release(&a);
	str_release(&body);
}

static void ask_ps(struct world *w, const struct effect *ef)
{
	struct ps_list *ps = xcalloc(1, sizeof(*ps));
	struct sim_answer a;

	sim_request(w->sims[ef->lane], "GET", "/api/ps", "", 0, w->now, &a);
	if (a.shape != SIM_WHOLE || a.http_status != 200 || facts_read_ps(ps, a.body.s, a.body.len))
		ps->known = false;
	put(w,
		(struct node){.at = a.ready_at,
			.kind = EVENT_PS,
			.lane = ef->lane,
			.ps = ps,
			.answered = a.shape != SIM_REFUSE});
	sim_answer_release(&a);
}

/* Looking takes no time: nothing is in flight. */
static void look(struct world *w, const struct effect *ef)
{
	const struct session *s = w->session;
	bool enough = s->look && s->look(s->look_arg, ef->pass);

	if (s->look && s->looked)
		s->looked(s->look_arg);
	put(w, (struct node){.at = w->now, .kind = EVENT_LOOKED, .lane = -1, .enough = enough});
}

static void carry_out(struct world *w, const struct effect *ef)
{
	ns at;

	switch (ef->kind) {
	case EFFECT_REQUEST:
		send_request(w, ef);
		break;
	case EFFECT_UNLOAD:
		unload(w, ef);
		break;
	case EFFECT_PS:
		ask_ps(w, ef);
		break;
	case EFFECT_TIMER:
		at = ef->at > w->now ? ef->at : w->now;
		w->timers[ef->lane + 1] =
			put(w, (struct node){.at = at, .kind = EVENT_TIMER, .lane = ef->lane});
		break;
	case EFFECT_CANCEL:
		cancel(w, ef->ticket);
		break;
	case EFFECT_STOP:
		w->stopped = true;
		break;
	case EFFECT_LOOK:
		look(w, ef);
		break;
	case EFFECT_LOAD_ROW:
	case EFFECT_SKIP:
	case EFFECT_NOTE:
		BUG("the session keeps effect %d for itself", (int)ef->kind);
	}
}

/* ---- events ---- */

static int tell(struct world *w, struct event *ev, struct err *e)
{
	w->effects.n = 0;
	if (session_event(w->session, ev, w->now, &w->effects, e))
		return -1;
	for (size_t i = 0; i < w->effects.n; i++)
		carry_out(w, &w->effects.v[i]);
	if (w->opt->progress)
		w->opt->progress(w->opt->progress_arg, w->session, w->now);
	return 0;
}

static int deliver_response(struct world *w, const struct node *node, struct err *e)
{
	struct flight *f = flight_of(w, node->ticket), mine;
	struct event ev = {.kind = EVENT_RESPONSE, .lane = node->lane, .ticket = node->ticket};
	struct reply r;
	int rc;

	if (!f->used || f->number != node->number)
		return 0;
	mine = *f; /* the step may send others, and they move */
	*f = (struct flight){0};
	if (virtual_was_cut(mine.end) && mine.answer.handle)
		sim_cancel(w->sims[mine.lane], mine.answer.handle, w->now);
	reply_init(&r, REPLY_OLLAMA, mine.num_ctx, mine.prompt_bytes);
	r.made_to = mine.prompt_tokens;
	r.sample.due = mine.due;
	r.sample.sent = mine.sent;
	r.sample.sent_wall = mine.sent + w->session->wall_minus_mono;
	virtual_answer_read(&mine.answer, mine.end, &r);
	ev.sample = &r.sample;
	rc = tell(w, &ev, e);
	reply_release(&r);
	sim_answer_release(&mine.answer);
	return rc;
}

static int deliver(struct world *w, const struct node *node, struct err *e)
{
	struct event ev = {.kind = node->kind,
		.lane = node->lane,
		.ps = node->ps,
		.answered = node->answered,
		.enough = node->enough};
	int rc = 0;

	w->now = node->at;
	if (node->kind == EVENT_RESPONSE)
		rc = deliver_response(w, node, e);
	else if (node->kind != EVENT_TIMER || w->timers[node->lane + 1] == node->number)
		rc = tell(w, &ev, e);
	free(node->ps); /* NOLINT(clang-analyzer-unix.Malloc): a node is popped once */
	return rc;
}

static bool is_dead(const struct world *w, uint64_t rows_before)
{
	return w->opt->die_after_rows && w->session->order - rows_before >= w->opt->die_after_rows;
}

static int run(struct world *w, struct err *e)
{
	uint64_t rows_before = w->session->order;

	put(w, (struct node){.at = w->now, .kind = EVENT_START, .lane = -1});
	if (w->opt->interrupt_at != NS_NONE)
		put(w,
			(struct node){
				.at = w->opt->interrupt_at > w->now ? w->opt->interrupt_at : w->now,
				.kind = EVENT_INTERRUPT,
				.lane = -1});
	while (!w->stopped && !is_dead(w, rows_before)) {
		struct node node;

		if (w->heap.n == 0)
			return err_set(e, ERR_ENV,
				"the simulated server never answers, and no limit ends the wait");
		node = take(w);
		if (deliver(w, &node, e))
			return -1;
	}
	return 0;
}

static void release(struct world *w)
{
	for (size_t i = 0; i < w->heap.n; i++)
		free(w->heap.v[i].ps);
	for (size_t i = 0; i < w->flights.n; i++)
		if (w->flights.v[i].used)
			sim_answer_release(&w->flights.v[i].answer);
	VEC_RELEASE(&w->heap);
	VEC_RELEASE(&w->flights);
	VEC_RELEASE(&w->effects);
	free(w->timers);
}

int virtual_run(struct session *s, struct sim **sims, const struct virtual_options *opt, ns *ended,
	struct err *e)
{
	struct world w = {.session = s, .sims = sims, .opt = opt, .now = opt->start};
	int rc;

	w.timers = xcalloc(s->plan->nservers + 1, sizeof(*w.timers));
	for (size_t i = 0; i < s->plan->nservers; i++)
		sim_set_wall(sims[i], s->wall_minus_mono);
	rc = run(&w, e);
	*ended = w.now;
	release(&w);
	return rc;
}
