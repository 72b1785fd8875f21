/* virtual_answer.h - what a request to the simulator's model comes to: when it ends, and the
 * sample.
 *
 * The times are the model's own instants and the figures its own numbers; the judgement (which
 * status, was the prompt cut) is the protocol's, core/reply.h, as in the real world.  Pure. */
#ifndef WORLD_VIRTUAL_ANSWER_H
#define WORLD_VIRTUAL_ANSWER_H

#include "reply.h"
#include "runner.h"
#include "sim.h"

/* When a request ends, and by what. */
struct virtual_end {
	ns at; /* NS_NONE: never */
	enum reply_end how;
};

/* As the limits of the ticket have it; `sent` is when it was sent. */
struct virtual_end virtual_answer_end(const struct sim_answer *a, const struct ticket *t, ns sent);
/* Whether we went away before the server was done with it. */
bool virtual_was_cut(struct virtual_end end);
/* The sample of what had arrived by the end.  `r` was initialised; due and sent are the caller's.
 */
void virtual_answer_read(const struct sim_answer *a, struct virtual_end end, struct reply *r);

#endif
