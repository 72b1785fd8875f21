/* alarm.c - a timer file descriptor of the kernel, watched by libuv while it is set. */
#include "alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bug.h"

static void on_ring(uv_poll_t *poll, int status, int events)
{
	struct alarm *a = CONTAINER_OF(poll, struct alarm, poll);
	uint64_t times;

	(void)status;
	(void)events;
	/* Set anew since it rang: then it is not yet time. */
	if (read(a->fd, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return;
	uv_poll_stop(&a->poll);
	a->ring(a->arg);
}

int alarm_open(struct alarm *a, uv_loop_t *loop, void (*ring)(void *arg), void *arg, struct err *e)
{
	int rc;

	*a = (struct alarm){.ring = ring, .arg = arg};
	a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (a->fd < 0)
		return err_sys(e, ERR_ENV, errno, "a timer cannot be made");
	rc = uv_poll_init(loop, &a->poll, a->fd);
	if (rc) {
		close(a->fd);
		return err_set(e, ERR_ENV, "a timer cannot be watched: %s", uv_strerror(rc));
	}
	return 0;
}

void alarm_set(struct alarm *a, ns at)
{
	struct itimerspec when = {0};
	int rc;

	at = at > 0 ? at : 1; /* 0 would switch it off */
	when.it_value.tv_sec = (time_t)(at / NS_PER_S);
	when.it_value.tv_nsec = (long)(at % NS_PER_S);
	if (timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &when, NULL))
		BUG("timerfd_settime: %d", errno);
	rc = uv_poll_start(&a->poll, UV_READABLE, on_ring);
	if (rc)
		BUG("uv_poll_start: %s", uv_strerror(rc));
}

void alarm_close(struct alarm *a)
{
	uv_poll_stop(&a->poll);
	uv_close((uv_handle_t *)&a->poll, NULL);
	close(a->fd);
}
