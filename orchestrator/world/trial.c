/* trial.c - bursts of requests on a loop of their own. */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "cost.h"
#include "exchange.h"
#include "jsonx.h"

#define WARM_LIMIT_S    10.0
#define CONNECT_LIMIT   (10 * NS_PER_S)
#define PROMPT          "Tell me what time it is."
#define KEEP_ALIVE_S    600
#define CONTEXT         4096
#define CONTEXT_RESERVE 256 /* tokens beside the answer's */

/* What has been used up at an instant. */
struct reading {
	ns at, user, system, server;
};

struct slot {
	struct trying *owner;
	struct trial_request *request;
};

struct trying {
	uv_loop_t uv;
	struct http *http;
	const struct trial_spec *spec;
	struct trial *out;
	struct slot *slots; /* [streams] of the burst under way */
	char *url;
	uint32_t open, answered; /* calls under way; connections opened */
	char why[HTTP_WHY_TEXT];
	/* The burst under way. */
	struct str body;
	size_t begin;     /* its first request */
	uint32_t running; /* its requests that have not ended */
	uv_timer_t settle;
	struct reading settled, first_end; /* at: NS_NONE not yet */
};

/* ---- what it costs ---- */

static struct reading take_reading(const struct trying *t)
{
	struct reading r = {.server = cost_cpu_of(t->spec->server)};

	cost_cpu(&r.user, &r.system);
	r.at = clock_mono();
	return r;
}

static void on_settled(uv_timer_t *timer)
{
	struct trying *t = timer->data;

	t->settled = take_reading(t);
}

static uint64_t chunks_between(const struct trying *t, ns from, ns to)
{
	uint64_t n = 0;

	for (size_t i = t->begin; i < t->out->n; i++) {
		const struct sample *s = &t->out->v[i].sample;

		for (size_t k = 0; k < s->times.n; k++)
			n += s->times.v[k] > from && s->times.v[k] <= to;
	}
	return n;
}

static void add_cost(struct trying *t)
{
	const struct reading *a = &t->settled, *b = &t->first_end;
	struct trial_cost *c = &t->out->cost;

	if (a->at == NS_NONE || b->at <= a->at)
		return;
	c->wall += b->at - a->at;
	c->user += b->user - a->user;
	c->system += b->system - a->system;
	if (a->server == NS_NONE || b->server == NS_NONE || c->server == NS_NONE)
		c->server = NS_NONE;
	else
		c->server += b->server - a->server;
	c->tokens += chunks_between(t, a->at, b->at);
}

/* ---- connections ---- */

static void on_warm(void *arg, const struct http_answer *a)
{
	struct trying *t = arg;

	if (--t->open == 0)
		uv_stop(&t->uv); /* what ends by a timer would leave it waiting for nothing */
	if (a->status == 200)
		t->answered++;
	else
		snprintf(t->why, sizeof(t->why), "%s", a->why[0] ? a->why : "it is no Ollama");
}

static int open_connections(struct trying *t, struct err *e)
{
	char *url = xasprintf("%s/api/version", t->spec->url);

	for (uint32_t i = 0; i < t->spec->streams; i++)
		t->open += !http_call(t->http, url, NULL, NULL, WARM_LIMIT_S, on_warm, t);
	free(url);
	while (t->open > 0)
		uv_run(&t->uv, UV_RUN_ONCE);
	if (t->answered == t->spec->streams)
		return 0;
	return err_set(e, ERR_ENV, "%s: of %u connections %u were opened (%s)", t->spec->url,
		t->spec->streams, t->answered, t->why[0] ? t->why : "no call can be started");
}

/* ---- requests ---- */

static void write_body(struct trying *t, uint32_t tokens)
{
	json_t *body = json_object(), *options = json_object();
	uint32_t need = tokens + CONTEXT_RESERVE;

	jsonx_put(options, "num_predict", json_integer(tokens));
	jsonx_put(options, "num_ctx", json_integer(need > CONTEXT ? need : CONTEXT));
	jsonx_put(options, "seed", json_integer(1));
	jsonx_put(body, "model", json_string(t->spec->model));
	jsonx_put(body, "prompt", json_string(PROMPT));
	jsonx_put(body, "stream", json_true());
	jsonx_put(body, "keep_alive", json_integer(KEEP_ALIVE_S));
	jsonx_put(body, "options", options);
	str_reset(&t->body);
	jsonx_dump(&t->body, body, 0, false);
	json_decref(body);
}

static void end_request(struct slot *slot)
{
	struct trying *t = slot->owner;

	if (t->first_end.at == NS_NONE)
		t->first_end = take_reading(t);
	if (--t->running == 0)
		uv_stop(&t->uv);
}

static void on_done(void *arg, struct reply *reply)
{
	struct slot *slot = arg;
	struct sample *s = &slot->request->sample;

	*s = reply->sample; /* its arrays are ours now */
	sample_init(&reply->sample);
	str_release(&s->text);
	end_request(slot);
}

static void start_request(struct trying *t, struct slot *slot, ns due)
{
	const struct exchange_spec spec = {.url = t->url,
		.body = t->body.s,
		.body_len = t->body.len,
		.request_id = slot->request->id,
		.num_ctx = -1,
		.prompt_bytes = sizeof(PROMPT) - 1,
		.due = due,
		.warmed = true,
		.limits = {.connect = CONNECT_LIMIT, .total = t->spec->limit}};
	struct exchange *x;

	t->running++;
	if (exchange_start(t->http, &spec, on_done, slot, &x, NULL))
		end_request(slot);
}

/* Starts n requests at once and waits for the end of all. */
static void run_burst(struct trying *t, uint32_t burst, uint32_t n, uint32_t tokens)
{
	ns due;

	write_body(t, tokens);
	t->begin = t->out->n;
	t->settled.at = t->first_end.at = NS_NONE;
	for (uint32_t i = 0; i < n; i++) {
		struct trial_request *r = &t->out->v[t->out->n++];

		sample_init(&r->sample);
		snprintf(r->id, sizeof(r->id), "%s-%u-%u-%u", t->spec->label, t->spec->streams,
			burst, burst ? i + 1 : 0);
		t->slots[i] = (struct slot){t, r};
	}
	due = clock_mono();
	for (uint32_t i = 0; i < n; i++)
		start_request(t, &t->slots[i], due);
	uv_update_time(&t->uv);
	uv_timer_start(&t->settle, on_settled, (uint64_t)(t->spec->settle / NS_PER_MS), 0);
	while (t->running > 0)
		uv_run(&t->uv, UV_RUN_ONCE);
	uv_timer_stop(&t->settle);
}

/* The request that pays for the load. */
static int load_model(struct trying *t, struct err *e)
{
	struct sample *s = &t->out->v[0].sample;
	enum status status;

	run_burst(t, 0, 1, 1);
	status = s->status;
	if (status != STATUS_OK)
		err_set(e, ERR_ENV, "%s: the first request ended as %s%s%s", t->spec->url,
			status_name(status), s->error[0] ? ": " : "", s->error);
	sample_release(s);
	t->out->n = 0;
	return status == STATUS_OK ? 0 : -1;
}

static int run_all(struct trying *t, struct err *e)
{
	const struct trial_spec *spec = t->spec;
	uint32_t burst = 0;

	if (open_connections(t, e) || load_model(t, e))
		return -1;
	for (uint32_t i = 0; i < spec->short_bursts; i++)
		run_burst(t, ++burst, spec->streams, 1);
	for (uint32_t i = 0; i < spec->bursts; i++) {
		run_burst(t, ++burst, spec->streams, spec->tokens);
		add_cost(t);
	}
	t->out->memory = cost_memory();
	return 0;
}

/* ---- the loop ---- */

static int open_loop(struct trying *t, struct err *e)
{
	int rc = uv_loop_init(&t->uv);

	if (rc)
		return err_set(e, ERR_ENV, "the event loop: %s", uv_strerror(rc));
	uv_timer_init(&t->uv, &t->settle);
	t->settle.data = t;
	t->http = http_new(&t->uv, e);
	return t->http ? 0 : -1;
}

static void close_loop(struct trying *t)
{
	uv_close((uv_handle_t *)&t->settle, NULL);
	if (t->http)
		http_close(t->http);
	uv_run(&t->uv, UV_RUN_DEFAULT);
	if (t->http)
		http_free(t->http);
	if (uv_loop_close(&t->uv))
		BUG("a handle was left open");
}

int trial_run(struct trial *out, const struct trial_spec *spec, struct err *e)
{
	struct trying t = {.spec = spec, .out = out, .body = STR_INIT(STR_MAX_LINE)};
	size_t requests = (size_t)spec->streams * ((size_t)spec->short_bursts + spec->bursts);
	int rc;

	cost_memory_reset();
	*out = (struct trial){.memory = -1};
	if (spec->streams == 0)
		BUG("a trial of no stream");
	rc = open_loop(&t, e);
	if (rc && !t.settle.data) /* there is no loop */
		return -1;
	out->v = xcalloc(requests ? requests : 1, sizeof(*out->v));
	t.slots = xcalloc(spec->streams, sizeof(*t.slots));
	t.url = xasprintf("%s/api/generate", spec->url);
	rc = rc ? rc : run_all(&t, e);
	close_loop(&t);
	free(t.slots);
	free(t.url);
	str_release(&t.body);
	return rc;
}

void trial_release(struct trial *t)
{
	for (size_t i = 0; i < t->n; i++)
		sample_release(&t->v[i].sample);
	free(t->v);
	*t = (struct trial){0};
}
