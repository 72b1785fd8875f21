/* simserver.h - HTTP around the simulator's model, on a libuv loop.  The loop is the caller's
 * (`chimera simulate`), or a thread of its own (`chimera run --simulate`, tests).  Listens on
 * 127.0.0.1 only, unless told otherwise. */
#ifndef SIMSERVER_SIMSERVER_H
#define SIMSERVER_SIMSERVER_H

#include <uv.h>

#include "err.h"
#include "sim.h"

struct simserver; /* opaque */

/* Borrowed for the call. */
struct simserver_options {
	const struct sim_config *config;
	uint64_t seed;
	const char *address; /* numeric; NULL: 127.0.0.1 */
	int port;            /* 0 takes a free one */
	const char *truth;   /* the truth log (simtruth.h), not there yet; NULL: none is kept */
};

/* NULL after an error; the loop then has to run once more before it can be closed. */
struct simserver *simserver_start(
	uv_loop_t *loop, const struct simserver_options *o, struct err *e);
int simserver_port(const struct simserver *s);
/* Closes every handle; after the loop has run empty call simserver_free. */
void simserver_close(struct simserver *s);
/* -1 if the truth log could not be written whole.  Accepts NULL. */
int simserver_free(struct simserver *s, struct err *e);

/* The same in a thread with a loop of its own: on a free port of 127.0.0.1, without a truth log, or
 * with all options. */
struct simthread; /* opaque */
struct simthread *simthread_start(const struct sim_config *config, uint64_t seed, struct err *e);
struct simthread *simthread_start_with(const struct simserver_options *o, struct err *e);
int simthread_port(const struct simthread *t);
/* Joins and frees; accepts NULL. */
void simthread_stop(struct simthread *t);
/* The same; -1 if the truth log could not be written whole. */
int simthread_end(struct simthread *t, struct err *e);

#endif
