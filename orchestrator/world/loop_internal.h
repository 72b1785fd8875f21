/* loop_internal.h - what the files of the loop share; nobody else includes it.
 *
 *	loop.c        events in, effects out, requests, the start and the end
 *	loop_calls.c  requests that are no measurement: unloads, /api/ps, opening connections
 *	looker.c      a look, on the thread pool */
#ifndef WORLD_LOOP_INTERNAL_H
#define WORLD_LOOP_INTERNAL_H

#include "alarm.h"
#include "exchange.h"
#include "hostwatch.h"
#include "interrupt.h"
#include "looker.h"
#include "loop.h"
#include "syncer.h"

struct loop_lane {
	struct loop *loop;
	int number; /* -1: not a server; its timer is the interrupt's */
	const struct server_facts *server;
	struct alarm alarm;
	uint32_t warm_asked, warm_answered;
	bool warmed;             /* every connection it may need is open */
	struct hostwatch *watch; /* the server runs on this machine; else NULL */
};

/* An event on its way to the session. */
struct loop_posted {
	struct event event;
	struct sample *owned; /* event.sample, when it is the queue's own */
};

struct loop {
	uv_loop_t uv;
	struct http *http;
	struct session *session;
	const struct loop_options *opt;
	struct loop_lane *lanes; /* [nlanes + 1]; the last is the interrupt's */
	size_t nlanes;
	uint32_t warming; /* answers still to come before the start */
	uv_timer_t progress;
	struct interrupt interrupt;
	struct syncer syncer;
	struct looker looker;
	struct hostwatch watch;
	struct {
		struct exchange **v; /* by ticket, NULL: not under way */
		size_t n, cap;
	} flights;
	struct {
		struct loop_posted *v;
		size_t n, cap;
	} queue;
	struct effects effects;
	bool started, stepping, stopping;
	int rc;
	struct err *err;
};

/* loop.c */
/* Events that effects raise at once wait until the step that raised them is over. */
void loop_post(struct loop *l, struct event ev, struct sample *owned);
/* Every connection that will be is open, or is not to be waited for. */
void loop_start(struct loop *l);

/* loop_calls.c */
void loop_ps(struct loop_lane *lane);
void loop_unload(struct loop_lane *lane, const char *model);
void loop_warm(struct loop *l);

#endif
