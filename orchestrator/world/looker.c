/* looker.c - see looker.h */
#include "looker.h"

#include "bug.h"
#include "compiler.h"

/* On a thread of the pool. */
static void on_work(uv_work_t *work)
{
	struct looker *l = CONTAINER_OF(work, struct looker, work);

	l->enough = l->session->look(l->session->look_arg, l->pass);
}

static void on_worked(uv_work_t *work, int status)
{
	struct looker *l = CONTAINER_OF(work, struct looker, work);

	l->busy = false;
	if (l->closed)
		return;
	if (status == 0 && l->session->looked)
		l->session->looked(l->session->look_arg);
	l->done(l->arg, status == 0 && l->enough);
}

void looker_start(
	struct looker *l, uv_loop_t *loop, const struct session *s, looker_done_fn *done, void *arg)
{
	*l = (struct looker){.loop = loop, .session = s, .done = done, .arg = arg};
}

void looker_look(struct looker *l, uint32_t pass)
{
	if (l->busy)
		BUG("a look at pass %u while another is under way", pass);
	if (!l->session->look) {
		l->done(l->arg, false);
		return;
	}
	l->busy = true;
	l->pass = pass;
	uv_queue_work(l->loop, &l->work, on_work, on_worked);
}

void looker_close(struct looker *l)
{
	l->closed = true;
	if (l->busy)
		uv_cancel((uv_req_t *)&l->work); /* if it has not begun */
}
