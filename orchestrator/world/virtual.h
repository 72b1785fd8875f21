/* virtual.h - the other world: carries the same effects out on the simulator's model under a
 * virtual clock.  Ten hours take milliseconds, and the same seed gives the same rows. */
#ifndef WORLD_VIRTUAL_H
#define WORLD_VIRTUAL_H

#include "facts.h"
#include "session.h"
#include "sim.h"

/* Runs to EFFECT_STOP from instant `start` on; sims[i] is the machine behind server i.  *ended is
 * the virtual instant of the end.  `interrupt_at` (or NS_NONE) sends EVENT_INTERRUPT then;
 * `die_after_rows` (or 0) returns after that many rows as if the process had been killed. */
struct virtual_options {
	ns start, interrupt_at;
	uint64_t die_after_rows;
	void (*progress)(void *arg, const struct session *s, ns now);
	void *progress_arg;
};
int virtual_run(struct session *s, struct sim **sims, const struct virtual_options *opt, ns *ended,
	struct err *e);

/* As probe_server, from the model. */
int virtual_probe(struct server_facts *f, struct sim *sim, struct err *e);

#endif
