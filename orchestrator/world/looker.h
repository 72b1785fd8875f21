/* looker.h - asks session.look on the thread pool, so that the loop goes on meanwhile: progress is
 * shown, an interrupt is heard.  One look at a time; nothing is in flight and no row is written
 * while it runs, but that an interrupted session may end before it does. */
#ifndef WORLD_LOOKER_H
#define WORLD_LOOKER_H

#include <stdbool.h>
#include <uv.h>

#include "session.h"

typedef void looker_done_fn(void *arg, bool enough);

struct looker {
	uv_loop_t *loop;
	uv_work_t work;
	const struct session *session;
	uint32_t pass;
	bool busy, closed, enough;
	looker_done_fn *done;
	void *arg;
};

/* `done` is called from the loop, once for each look that ends before the looker is closed. */
void looker_start(struct looker *l, uv_loop_t *loop, const struct session *s, looker_done_fn *done,
	void *arg);
void looker_look(struct looker *l, uint32_t pass);
/* A look under way keeps the loop alive until it is over; nobody is told of it any more. */
void looker_close(struct looker *l);

#endif
