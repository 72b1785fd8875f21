/* syncer.h - syncs a journal on the thread pool: at most once a second, one at a time, only when
 * something was written.  The loop never waits for the disk. */
#ifndef WORLD_SYNCER_H
#define WORLD_SYNCER_H

#include <stdbool.h>
#include <uv.h>

#include "err.h"
#include "journal.h"

typedef void syncer_failed_fn(void *arg, const struct err *e);

struct syncer {
	struct journal *journal; /* NULL: nothing is done */
	uv_timer_t timer;
	uv_work_t work;
	bool dirty, busy, closed;
	int rc; /* of the last sync, and its error */
	struct err err;
	syncer_failed_fn *failed;
	void *arg;
};

/* `failed` is called from the loop; the timer does not keep the loop alive. */
void syncer_start(
	struct syncer *s, uv_loop_t *loop, struct journal *j, syncer_failed_fn *failed, void *arg);
void syncer_wrote(struct syncer *s); /* something was appended */
/* No sync starts any more; one under way keeps the loop alive until it is done. */
void syncer_close(struct syncer *s);
/* The last sync, on this thread, when the loop has ended. */
int syncer_finish(struct syncer *s, struct err *e);

#endif
