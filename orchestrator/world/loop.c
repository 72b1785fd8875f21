/* loop.c - the real world: effects become requests, timers and signals; what comes of them becomes
 * events.  Nothing is decided here. */
#include <stdlib.h>

#include "bug.h"
#include "files.h"
#include "loop_internal.h"
#include "request.h"
#include "vec.h"

#define PROGRESS_MS 100
#define FILES_KEPT  128 /* for everything but requests in flight */

/* What the end of a request needs to know. */
struct flight {
	struct loop_lane *lane;
	uint32_t ticket;
};

static void carry_out(struct loop *l, const struct effect *f);

/* ---- the end ---- */

/* Closes everything; what is under way ends as cancelled and is not told. */
static void stop(struct loop *l)
{
	if (l->stopping)
		return;
	l->stopping = true;
	for (size_t i = 0; i <= l->nlanes; i++)
		alarm_close(&l->lanes[i].alarm);
	uv_close((uv_handle_t *)&l->progress, NULL);
	if (l->opt->signals)
		interrupt_close(&l->interrupt);
	syncer_close(&l->syncer);
	looker_close(&l->looker);
	http_close(l->http);
}

static void on_sync_failed(void *arg, const struct err *e)
{
	struct loop *l = arg;

	if (l->err)
		*l->err = *e;
	l->rc = -1;
	stop(l);
}

/* ---- events in ---- */

static void step(struct loop *l, struct event *ev)
{
	l->effects.n = 0;
	if (session_event(l->session, ev, clock_mono(), &l->effects, l->err)) {
		l->rc = -1;
		stop(l);
		return;
	}
	syncer_wrote(&l->syncer);
	for (size_t i = 0; i < l->effects.n && !l->stopping; i++)
		carry_out(l, &l->effects.v[i]);
}

void loop_post(struct loop *l, struct event ev, struct sample *owned)
{
	*VEC_PUSH(&l->queue) = (struct loop_posted){.event = ev, .owned = owned};
	if (l->stepping)
		return;
	l->stepping = true;
	for (size_t i = 0; i < l->queue.n; i++) {
		struct loop_posted p = l->queue.v[i];

		if (!l->stopping)
			step(l, &p.event);
		if (p.owned) {
			sample_release(p.owned);
			free(p.owned);
		}
	}
	l->queue.n = 0;
	l->stepping = false;
}

void loop_start(struct loop *l)
{
	l->started = true;
	loop_post(l, (struct event){.kind = EVENT_START, .lane = -1}, NULL);
}

static void on_interrupt(void *arg)
{
	struct loop *l = arg;

	if (!l->started) /* still warming up: what comes of that no longer matters */
		loop_start(l);
	loop_post(l, (struct event){.kind = EVENT_INTERRUPT, .lane = -1}, NULL);
}

static void on_looked(void *arg, bool enough)
{
	loop_post(arg, (struct event){.kind = EVENT_LOOKED, .lane = -1, .enough = enough}, NULL);
}

/* ---- timers ---- */

static void on_alarm(void *arg)
{
	struct loop_lane *lane = arg;

	http_woke(lane->loop->http);
	loop_post(lane->loop, (struct event){.kind = EVENT_TIMER, .lane = lane->number}, NULL);
}

static struct loop_lane *lane_of(struct loop *l, int number)
{
	if (number < -1 || number >= (int)l->nlanes)
		BUG("effect for lane %d of %zu", number, l->nlanes);
	return &l->lanes[number < 0 ? l->nlanes : (size_t)number];
}

/* ---- requests ---- */

static ns seconds(double s)
{
	return s <= 0 ? 0 : s < 1e9 ? (ns)(s * (double)NS_PER_S) : (ns)1000000000 * NS_PER_S;
}

static struct exchange **flight_of(struct loop *l, uint32_t ticket)
{
	while (l->flights.n <= ticket)
		*VEC_PUSH(&l->flights) = NULL;
	return &l->flights.v[ticket];
}

static void on_response(void *arg, struct reply *reply)
{
	struct flight *f = arg;
	struct loop_lane *lane = f->lane;
	struct loop *l = lane->loop;
	struct event ev = {.kind = EVENT_RESPONSE,
		.lane = lane->number,
		.ticket = f->ticket,
		.sample = &reply->sample};

	*flight_of(l, f->ticket) = NULL;
	free(f);
	if (!l->stopping)
		loop_post(l, ev, NULL);
}

/* A request that could not even be started is a row like any other. */
static void never_started(
	struct loop *l, struct loop_lane *lane, uint32_t ticket, ns due, const struct err *why)
{
	struct sample *s = xmalloc(sizeof(*s));

	sample_init(s);
	s->due = due;
	s->done = clock_mono();
	s->status = STATUS_CONNECT_ERROR;
	err_quote(s->error, sizeof(s->error), why->msg);
	sample_finish(s);
	loop_post(l,
		(struct event){.kind = EVENT_RESPONSE,
			.lane = lane->number,
			.ticket = ticket,
			.sample = s},
		s);
}

static int start_exchange(struct loop *l, struct flight *f, const struct ticket *t,
	const struct str *body, size_t prompt_bytes, struct exchange **ret, struct err *why)
{
	char *url = xasprintf("%s/api/generate", f->lane->server->url);
	char *id = xasprintf("%s-%u", t->item.run_id, t->attempt);
	struct exchange_spec spec = {
		.url = url,
		.proxy = f->lane->server->proxy,
		.body = body->s,
		.body_len = body->len,
		.request_id = id,
		.num_ctx = request_num_ctx(l->session->plan, &t->item, &t->load),
		.prompt_bytes = prompt_bytes,
		.prompt_tokens = plan_prompt_tokens(l->session->plan, t->item.cell),
		.due = t->due,
		/* How many an open loop needs at once nobody knows. */
		.warmed = f->lane->warmed && t->item.rate <= 0,
		.watch = f->lane->watch,
		.limits = {.connect = seconds(t->limit_connect_s),
			.first = seconds(t->limit_first_s),
			.stall = seconds(t->limit_stall_s),
			.total = seconds(t->limit_total_s)},
	};
	int rc = body->overflowed ? err_set(why, ERR_ENV, "the request is larger than 64 MiB")
				  : exchange_start(l->http, &spec, on_response, f, ret, why);

	free(url);
	free(id);
	return rc;
}

static void send_request(struct loop *l, struct loop_lane *lane, uint32_t ticket)
{
	const struct ticket *t = runner_ticket(l->session->runner, ticket);
	struct flight *f = xcalloc(1, sizeof(*f));
	struct str body = STR_INIT(REQUEST_MAX);
	struct exchange *x = NULL;
	struct err why = ERR_INIT;
	size_t prompt_bytes = 0;

	*f = (struct flight){.lane = lane, .ticket = ticket};
	request_generate(
		l->session->plan, &t->item, l->session->number, t->attempt, &body, &prompt_bytes);
	if (start_exchange(l, f, t, &body, prompt_bytes, &x, &why)) {
		free(f);
		never_started(l, lane, ticket, t->due, &why);
	} else {
		*flight_of(l, ticket) = x;
	}
	str_release(&body);
}

static void cancel(struct loop *l, uint32_t ticket)
{
	struct exchange *x = *flight_of(l, ticket);

	if (x)
		exchange_cancel(x);
}

/* ---- effects out ---- */

static void carry_out(struct loop *l, const struct effect *f)
{
	switch (f->kind) {
	case EFFECT_REQUEST:
		send_request(l, lane_of(l, f->lane), f->ticket);
		break;
	case EFFECT_UNLOAD:
		loop_unload(lane_of(l, f->lane), f->model);
		break;
	case EFFECT_PS:
		loop_ps(lane_of(l, f->lane));
		break;
	case EFFECT_TIMER:
		alarm_set(&lane_of(l, f->lane)->alarm, f->at);
		break;
	case EFFECT_CANCEL:
		cancel(l, f->ticket);
		break;
	case EFFECT_STOP:
		stop(l);
		break;
	case EFFECT_LOOK:
		looker_look(&l->looker, f->pass);
		break;
	case EFFECT_LOAD_ROW:
	case EFFECT_SKIP:
	case EFFECT_NOTE:
		BUG("a row is the session's to write");
	}
}

/* ---- the start ---- */

static void on_progress(uv_timer_t *timer)
{
	struct loop *l = CONTAINER_OF(timer, struct loop, progress);

	l->opt->progress(l->opt->progress_arg, l->session, clock_mono());
}

static void make_room(struct runner *runner)
{
	uint32_t files = files_raise_limit();

	if (files < RUNNER_MAX_INFLIGHT + FILES_KEPT)
		runner_set_room(runner, files > FILES_KEPT ? files - FILES_KEPT : 1);
}

static int open_lanes(struct loop *l, struct err *e)
{
	size_t n = l->session->plan->nservers;

	l->lanes = xcalloc(n + 1, sizeof(*l->lanes));
	for (size_t i = 0; i <= n; i++) {
		struct loop_lane *lane = &l->lanes[i];

		lane->loop = l;
		lane->number = i < n ? (int)i : -1;
		lane->server = i < n ? &l->session->plan->servers[i] : NULL;
		if (lane->server && lane->server->host &&
			server_host_is_loopback(lane->server->host))
			lane->watch = &l->watch;
		if (alarm_open(&lane->alarm, &l->uv, on_alarm, lane, e)) {
			while (i-- > 0)
				alarm_close(&l->lanes[i].alarm);
			return -1;
		}
	}
	l->nlanes = n;
	return 0;
}

static void open_handles(struct loop *l)
{
	hostwatch_open(&l->watch, "");
	uv_timer_init(&l->uv, &l->progress);
	uv_unref((uv_handle_t *)&l->progress);
	if (l->opt->progress)
		uv_timer_start(&l->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	if (l->opt->signals)
		interrupt_start(&l->interrupt, &l->uv, on_interrupt, l);
	syncer_start(&l->syncer, &l->uv, l->session->journal, on_sync_failed, l);
	looker_start(&l->looker, &l->uv, l->session, on_looked, l);
}

static int finish(struct loop *l, struct err *e)
{
	int rc = uv_loop_close(&l->uv);

	if (rc)
		BUG("uv_loop_close: %s", uv_strerror(rc));
	http_free(l->http);
	hostwatch_close(&l->watch);
	if (syncer_finish(&l->syncer, l->rc ? NULL : e))
		l->rc = -1;
	if (l->opt->progress)
		l->opt->progress(l->opt->progress_arg, l->session, clock_mono());
	if (l->opt->signals)
		interrupt_restore(&l->interrupt);
	VEC_RELEASE(&l->flights);
	VEC_RELEASE(&l->queue);
	VEC_RELEASE(&l->effects);
	free(l->lanes);
	return l->rc;
}

int loop_run(struct session *s, const struct loop_options *opt, struct err *e)
{
	struct loop l = {.session = s, .opt = opt, .err = e};
	int rc = uv_loop_init(&l.uv);

	if (rc)
		return err_set(e, ERR_ENV, "the event loop: %s", uv_strerror(rc));
	make_room(s->runner);
	l.http = http_new(&l.uv, e);
	if (!l.http) {
		uv_loop_close(&l.uv);
		return -1;
	}
	if (open_lanes(&l, e)) {
		http_close(l.http);
		uv_run(&l.uv, UV_RUN_DEFAULT);
		uv_loop_close(&l.uv);
		http_free(l.http);
		free(l.lanes);
		return -1;
	}
	open_handles(&l);
	loop_warm(&l);
	uv_run(&l.uv, UV_RUN_DEFAULT);
	if (!l.stopping)
		BUG("the session waits for nothing");
	return finish(&l, e);
}
