/* simserver.h - HTTP around the simulator's model, on a libuv loop.  The loop is the caller's
 * (`chimera simulate`), or a thread of its own (`chimera run --simulate`, tests).  Port 0 takes a
 * free one.  Listens on 127.0.0.1 only, unless told otherwise. */
#ifndef SIMSERVER_SIMSERVER_H
#define SIMSERVER_SIMSERVER_H

#include <uv.h>

#include "err.h"
#include "sim.h"

struct simserver; /* opaque */

/* NULL after an error; the loop then has to run once more before it can be closed. */
struct simserver *simserver_start(uv_loop_t *loop, const char *address, int port,
	const struct sim_config *config, uint64_t seed, struct err *e);
int simserver_port(const struct simserver *s);
/* Closes every handle; after the loop has run empty call simserver_free. */
void simserver_close(struct simserver *s);
void simserver_free(struct simserver *s);

/* The same in a thread with a loop of its own. */
struct simthread; /* opaque */
struct simthread *simthread_start(const struct sim_config *config, uint64_t seed, struct err *e);
int simthread_port(const struct simthread *t);
void simthread_stop(struct simthread *t); /* joins and frees; accepts NULL */

#endif
