/* loop_calls.c - requests that are no measurement: unloading, asking what is loaded, and opening
 * the connections that will be needed. */
#include <stdlib.h>

#include "bug.h"
#include "loop_internal.h"
#include "request.h"

#define WARM_LIMIT_S   5.0
#define PS_LIMIT_S     10.0
#define UNLOAD_LIMIT_S 30.0
#define OPEN_LOOP_WARM 32 /* connections opened beforehand where requests come at a rate */

static void post_ps(struct loop_lane *lane, const struct http_answer *a)
{
	struct ps_list ps = {0};

	if (a && a->status == 200 && facts_read_ps(&ps, a->body, a->len))
		ps.known = false;
	loop_post(lane->loop,
		(struct event){.kind = EVENT_PS,
			.lane = lane->number,
			.ps = &ps,
			.answered = a && a->status},
		NULL);
}

static void on_ps(void *arg, const struct http_answer *a)
{
	post_ps(arg, a);
}

static void on_unloaded(void *arg, const struct http_answer *a)
{
	struct loop_lane *lane = arg;

	(void)a; /* /api/ps will tell whether it is gone */
	loop_post(lane->loop, (struct event){.kind = EVENT_UNLOADED, .lane = lane->number}, NULL);
}

static int call(struct loop_lane *lane, const char *path, const char *body, double limit_s,
	http_call_fn *done)
{
	char *url = xasprintf("%s%s", lane->server->url, path);
	int rc = http_call(lane->loop->http, url, lane->server->proxy, body, limit_s, done, lane);

	free(url);
	return rc;
}

void loop_ps(struct loop_lane *lane)
{
	if (call(lane, "/api/ps", NULL, PS_LIMIT_S, on_ps))
		post_ps(lane, NULL);
}

void loop_unload(struct loop_lane *lane, const char *model)
{
	struct str body = STR_INIT(STR_MAX_LINE);

	request_unload(model, &body);
	if (call(lane, "/api/generate", body.s, UNLOAD_LIMIT_S, on_unloaded))
		on_unloaded(lane, NULL);
	str_release(&body);
}

/* ---- connections ---- */

static void on_warm(void *arg, const struct http_answer *a)
{
	struct loop_lane *lane = arg;
	struct loop *l = lane->loop;

	lane->warm_answered += a->status != 0;
	lane->warmed = lane->warm_answered == lane->warm_asked;
	if (--l->warming == 0 && !l->started)
		loop_start(l);
}

static uint32_t connections_for(const struct plan *p, uint32_t cell)
{
	uint32_t burst;

	if (plan_rate(p, cell) <= 0)
		return plan_concurrency(p, cell);
	burst = plan_burst_size(p, cell);
	return burst < OPEN_LOOP_WARM ? burst : OPEN_LOOP_WARM;
}

/* Opens as many connections to every server as will be in flight, by requests that are in flight
 * together: no measured request then pays for one, and one that is opened later is worth telling.
 * A server that does not answer is the session's business. */
void loop_warm(struct loop *l)
{
	uint32_t most = 1;

	for (uint32_t c = 0; c < l->session->plan->ncells; c++) {
		uint32_t n = connections_for(l->session->plan, c);

		most = n > most ? n : most;
	}
	for (size_t i = 0; i < l->nlanes; i++) {
		l->lanes[i].warm_asked = most;
		for (uint32_t k = 0; k < most; k++)
			l->warming +=
				!call(&l->lanes[i], "/api/version", NULL, WARM_LIMIT_S, on_warm);
	}
	if (l->warming == 0)
		loop_start(l);
}
