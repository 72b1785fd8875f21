/* interrupt.h - SIGINT, SIGTERM and SIGHUP on a loop: the first tells, a second one ends the
 * process at once with status 130, be the loop stuck or not.  A SIGHUP that was ignored when we
 * came (nohup) stays ignored. */
#ifndef WORLD_INTERRUPT_H
#define WORLD_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>
#include <uv.h>

typedef void interrupt_fn(void *arg);

struct interrupt {
	struct interrupt_signal {
		struct interrupt *owner;
		uv_signal_t handle;
		int number;
		bool watched;
		struct sigaction before;
	} sig[3];
	interrupt_fn *fn;
	void *arg;
};

/* The handles do not keep the loop alive. */
void interrupt_start(struct interrupt *i, uv_loop_t *loop, interrupt_fn *fn, void *arg);
void interrupt_close(struct interrupt *i); /* closes the handles; the loop must run once more */
/* Puts the dispositions back that were found; after interrupt_close. */
void interrupt_restore(struct interrupt *i);

#endif
