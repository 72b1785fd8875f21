/* simthread.c - the simulated server in a thread with a loop of its own.
 *
 * Everything but the thread's own run of the loop happens in the caller's thread, before it starts
 * or after it ends.  Signals stay with the caller's threads, SIGPIPE of our sockets included. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "simserver.h"

struct simthread {
	uv_loop_t loop;
	uv_async_t stop;
	struct simserver *server;
	pthread_t thread;
};

static void on_stop(uv_async_t *handle)
{
	struct simthread *t = handle->data;

	simserver_close(t->server);
	uv_close((uv_handle_t *)&t->stop, NULL);
}

static void *run(void *arg)
{
	struct simthread *t = arg;

	uv_run(&t->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* The loop has run empty. */
static int release(struct simthread *t, struct err *e)
{
	int rc = simserver_free(t->server, e);

	if (uv_loop_close(&t->loop))
		BUG("the simulated server left a handle open");
	free(t);
	return rc;
}

static int start_thread(struct simthread *t, struct err *e)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc ? err_sys(e, ERR_ENV, rc, "no thread for the simulated server") : 0;
}

struct simthread *simthread_start_with(const struct simserver_options *o, struct err *e)
{
	struct simthread *t = xcalloc(1, sizeof(*t));
	int rc = uv_loop_init(&t->loop);

	if (rc) {
		free(t);
		err_set(e, ERR_ENV, "no event loop for the simulated server: %s", uv_strerror(rc));
		return NULL;
	}
	t->server = simserver_start(&t->loop, o, e);
	if (!t->server) {
		run(t);
		release(t, NULL);
		return NULL;
	}
	if (uv_async_init(&t->loop, &t->stop, on_stop))
		BUG("uv_async_init");
	t->stop.data = t;
	if (start_thread(t, e)) {
		on_stop(&t->stop);
		run(t);
		release(t, NULL);
		return NULL;
	}
	return t;
}

struct simthread *simthread_start(const struct sim_config *config, uint64_t seed, struct err *e)
{
	return simthread_start_with(&(struct simserver_options){.config = config, .seed = seed}, e);
}

int simthread_port(const struct simthread *t)
{
	return simserver_port(t->server);
}

int simthread_end(struct simthread *t, struct err *e)
{
	if (!t)
		return 0;
	uv_async_send(&t->stop);
	pthread_join(t->thread, NULL);
	return release(t, e);
}

void simthread_stop(struct simthread *t)
{
	simthread_end(t, NULL);
}
