/* exchange.h - one HTTP exchange on the loop, from due to done.
 *
 *   CONNECTING --first byte--> STREAMING --end--> ENDED --timer closed--> done()
 *       |                          |
 *       +---- limit, reset, cancel-+--> ENDED
 *
 * The curl-uv bridge lives in http.c.  exchange_start() either returns -1 and done is never called,
 * or returns 0 and done is called exactly once, later, from the loop.
 *
 * What arrives is dated by the kernel, segment by segment, where it can be (http.h); other times
 * are taken on the first line of the callback that brings them.  Sent is when the last piece of the
 * request begins to be handed to the kernel; how long that took is in sample.sending. */
#ifndef WORLD_EXCHANGE_H
#define WORLD_EXCHANGE_H

#include "err.h"
#include "hostwatch.h"
#include "http.h"
#include "reply.h"

struct exchange_limits {
	/* 0: none; measured from the send (connect, and all while it is not yet sent: from the
	 * start). */
	ns connect, first, stall, total;
	size_t answer; /* bytes of text after which it is dropped (truncated, with that reason) */
};

/* What to send; all is copied. */
struct exchange_spec {
	const char *url;
	const char *proxy; /* NULL: none */
	const char *body;  /* POSTed; not empty */
	size_t body_len;
	const char *request_id; /* becomes X-Request-Id */
	int64_t num_ctx;        /* as reply_init */
	size_t prompt_bytes;
	int64_t prompt_tokens; /* that it was made to, 0 not */
	ns due;
	bool warmed; /* connections are open: one that must be opened for it is worth telling */
	struct exchange_limits limits;
	struct hostwatch *watch; /* of the machine the server runs on, if it is this one, else NULL;
				    borrowed until done() */
};

struct exchange; /* opaque; freed by itself after done() */

typedef void exchange_done_fn(
	void *arg, struct reply *reply); /* reply->sample is complete; borrowed */

int exchange_start(struct http *http, const struct exchange_spec *spec, exchange_done_fn *done,
	void *arg, struct exchange **ret, struct err *e);
/* done() follows with status cancelled, as for any end; an exchange that is ending already keeps
 * its own.  Not after done(). */
void exchange_cancel(struct exchange *x);

#endif
