/* alarm.h - a timer on the loop that is right to some ten microseconds: libuv's own are right to
 * milliseconds, and what is due at a rate must not wait for that. */
#ifndef WORLD_ALARM_H
#define WORLD_ALARM_H

#include <uv.h>

#include "clock.h"
#include "err.h"

struct alarm {
	uv_poll_t poll;
	int fd; /* of the kernel's timer */
	void (*ring)(void *arg);
	void *arg;
};

/* On failure there is nothing to close. */
int alarm_open(struct alarm *a, uv_loop_t *loop, void (*ring)(void *arg), void *arg, struct err *e);
/* Rings once, at that monotonic instant or at once if it is past; replaces an earlier one.  Keeps
 * the loop alive until then. */
void alarm_set(struct alarm *a, ns at);
/* Closes the handle from the loop; it is the caller's memory until the loop has run. */
void alarm_close(struct alarm *a);

#endif
