/* syncer.c - see syncer.h */
#include "syncer.h"

#include "compiler.h"

#define PERIOD_MS 1000

/* On a thread of the pool. */
static void on_work(uv_work_t *work)
{
	struct syncer *s = CONTAINER_OF(work, struct syncer, work);

	s->rc = journal_sync(s->journal, &s->err);
}

static void on_worked(uv_work_t *work, int status)
{
	struct syncer *s = CONTAINER_OF(work, struct syncer, work);

	(void)status; /* never cancelled */
	s->busy = false;
	if (s->rc && !s->closed)
		s->failed(s->arg, &s->err);
}

static void on_timer(uv_timer_t *timer)
{
	struct syncer *s = CONTAINER_OF(timer, struct syncer, timer);

	if (!s->dirty || s->busy || s->rc)
		return;
	s->dirty = false;
	s->busy = true;
	uv_queue_work(timer->loop, &s->work, on_work, on_worked);
}

void syncer_start(
	struct syncer *s, uv_loop_t *loop, struct journal *j, syncer_failed_fn *failed, void *arg)
{
	*s = (struct syncer){.journal = j, .failed = failed, .arg = arg};
	uv_timer_init(loop, &s->timer);
	uv_unref((uv_handle_t *)&s->timer);
	if (j)
		uv_timer_start(&s->timer, on_timer, PERIOD_MS, PERIOD_MS);
}

void syncer_wrote(struct syncer *s)
{
	s->dirty = true;
}

void syncer_close(struct syncer *s)
{
	s->closed = true;
	uv_close((uv_handle_t *)&s->timer, NULL);
}

int syncer_finish(struct syncer *s, struct err *e)
{
	if (s->rc) { /* a failed sync is final */
		if (e)
			*e = s->err;
		return -1;
	}
	return s->journal ? journal_sync(s->journal, e) : 0;
}
