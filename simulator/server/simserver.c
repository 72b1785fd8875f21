/* simserver.c - the listening socket, and the clock that wakes it.
 *
 * One timerfd stands for all that is due: libuv's own timers tick in whole milliseconds, and tokens
 * must leave within a fraction of one.  With many streams something is due every few microseconds;
 * to wake up for each would cost as much as to send it, so that after each turn there is a rest. */
#include "simserver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bug.h"
#include "simconn.h"
#include "vec.h"

#define BACKLOG      1024
#define REST         (100 * NS_PER_US) /* between two turns of sending */
#define LONGEST_TURN NS_PER_MS         /* of sending, before others are heard */

struct simserver {
	struct simshare share;
	uv_tcp_t listener;
	uv_poll_t timer;
	uv_prepare_t prepare;
	int timer_fd;
	ns armed; /* NS_NONE: not */
	bool went_off;
	ns rested; /* no turn before that */
	int port;
	int open;    /* handles not yet closed, connections apart */
	bool orphan; /* failed to start: the last close callback frees it */
	bool closing;
};

/* --- the timer --- */

/* Setting it also forgets that it went off. */
static void set_timer(struct simserver *s, ns due)
{
	struct itimerspec at = {0};

	if (due != NS_NONE) {
		due = due > 0 ? due : 1; /* zero would stop it */
		at.it_value.tv_sec = (time_t)(due / NS_PER_S);
		at.it_value.tv_nsec = (long)(due % NS_PER_S);
	}
	if (timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &at, NULL))
		BUG("timerfd_settime: error %d", errno);
}

static void arm(struct simserver *s)
{
	const struct simqueue_entry *first = simqueue_first(&s->share.queue);
	ns due = first ? first->due : NS_NONE;

	if (first && due < s->rested)
		due = s->rested;
	if ((due == s->armed && !s->went_off) || s->closing)
		return;
	s->armed = due;
	s->went_off = false;
	set_timer(s, due);
}

static void on_timer(uv_poll_t *handle, int status, int events)
{
	struct simserver *s = handle->data;
	struct simqueue_entry *e;
	ns now = clock_mono(), end = now + LONGEST_TURN;

	(void)events;
	if (status < 0)
		BUG("timerfd: %s", uv_strerror(status));
	s->went_off = true;
	s->share.wall_offset = clock_wall() - now;
	while ((e = simqueue_first(&s->share.queue)) && e->due <= now && now < end) {
		simconn_due(e, now);
		now = clock_mono();
	}
	s->rested = e && e->due <= now ? now : now + REST;
}

/* Once a turn, after everything that may have changed what is due. */
static void on_prepare(uv_prepare_t *handle)
{
	arm(handle->data);
}

/* --- start and end --- */

static void on_connection(uv_stream_t *listener, int status)
{
	struct simserver *s = listener->data;

	if (status == 0 && !s->closing)
		simconn_accept(&s->share, listener);
}

static int release(struct simserver *s, struct err *e)
{
	int rc = simtruth_close(s->share.truth, e);

	if (s->open > 0 || s->share.first)
		BUG("simserver freed with open handles");
	simqueue_release(&s->share.queue);
	str_release(&s->share.line);
	VEC_RELEASE(&s->share.ends);
	sim_free(s->share.sim);
	free(s);
	return rc;
}

static void on_closed(uv_handle_t *handle)
{
	struct simserver *s = handle->data;

	if (handle == (uv_handle_t *)&s->timer)
		close(s->timer_fd);
	if (--s->open == 0 && s->orphan)
		release(s, NULL);
}

void simserver_close(struct simserver *s)
{
	if (s->closing)
		return;
	s->closing = true;
	for (struct simconn *c = s->share.first; c; c = simconn_older(c))
		simconn_close(c);
	uv_close((uv_handle_t *)&s->listener, on_closed);
	uv_close((uv_handle_t *)&s->timer, on_closed);
	uv_close((uv_handle_t *)&s->prepare, on_closed);
}

int simserver_free(struct simserver *s, struct err *e)
{
	return s ? release(s, e) : 0;
}

int simserver_port(const struct simserver *s)
{
	return s->port;
}

static int bind_address(struct simserver *s, const char *address, int port)
{
	struct sockaddr_storage bound;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	int size = sizeof(bound), rc;

	if (uv_ip4_addr(address, port, &v4) == 0)
		rc = uv_tcp_bind(&s->listener, (const struct sockaddr *)&v4, 0);
	else if ((rc = uv_ip6_addr(address, port, &v6)) == 0)
		rc = uv_tcp_bind(&s->listener, (const struct sockaddr *)&v6, 0);
	if (!rc)
		rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
	if (!rc)
		rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&bound, &size);
	if (!rc)
		s->port = ntohs(bound.ss_family == AF_INET6
				? ((struct sockaddr_in6 *)&bound)->sin6_port
				: ((struct sockaddr_in *)&bound)->sin_port);
	return rc;
}

/* None of these can fail on a descriptor that is one. */
static void open_handles(struct simserver *s)
{
	uv_loop_t *loop = s->share.loop;

	if (uv_tcp_init(loop, &s->listener) || uv_poll_init(loop, &s->timer, s->timer_fd) ||
		uv_prepare_init(loop, &s->prepare) || uv_prepare_start(&s->prepare, on_prepare) ||
		uv_poll_start(&s->timer, UV_READABLE, on_timer))
		BUG("libuv refuses a handle");
	s->listener.data = s->timer.data = s->prepare.data = s;
	s->open = 3;
}

static int listen_on(struct simserver *s, const struct simserver_options *o, struct err *e)
{
	const char *address = o->address ? o->address : "127.0.0.1";
	int rc = bind_address(s, address, o->port);

	if (!rc)
		return 0;
	err_set(e, rc == UV_EINVAL ? ERR_USAGE : ERR_ENV, "cannot listen on %s port %d: %s",
		address, o->port, uv_strerror(rc));
	return err_hint(e,
		rc == UV_EINVAL ? "give a numeric address such as 127.0.0.1"
				: "another program may have the port; 0 takes a free one");
}

/* The listening socket is the one that keeps the kernel dating what it receives. */
static int open_truth(struct simserver *s, const char *path, struct err *e)
{
	uv_os_fd_t fd;

	if (!path)
		return 0;
	s->share.truth = simtruth_open(path, e);
	if (!s->share.truth)
		return -1;
	if (!uv_fileno((uv_handle_t *)&s->listener, &fd))
		simstamp_want(fd);
	return 0;
}

struct simserver *simserver_start(uv_loop_t *loop, const struct simserver_options *o, struct err *e)
{
	struct simserver *s;
	int fd;

	if (o->port < 0 || o->port > 65535) {
		err_set(e, ERR_USAGE, "port %d is not one", o->port);
		err_hint(e, "0 to 65535; 0 takes a free one");
		return NULL;
	}
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0) {
		err_sys(e, ERR_ENV, errno, "no timer for the simulated server");
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->timer_fd = fd;
	s->armed = NS_NONE;
	s->share.loop = loop;
	s->share.line = (struct str)STR_INIT(STR_MAX_LINE);
	s->share.sim = sim_new(o->config, o->seed);
	open_handles(s);
	if (listen_on(s, o, e) || open_truth(s, o->truth, e)) {
		s->orphan = true;
		simserver_close(s);
		return NULL;
	}
	return s;
}
