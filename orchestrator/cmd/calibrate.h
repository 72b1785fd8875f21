/* calibrate.h - prompts made to a length: how many tokens a filler word, a prompt's own text and
 * what stands around it have, by the server's own count.
 *
 * For each model (and level of a factor system or template) the model is loaded and 4 to 23
 * requests of one token are sent: the first prompt with 64, 128 and 256 words, which gives the
 * tokens per word, once without the first word of cache "unique", and each other prompt with 64. Of
 * more than 20 prompts, 20 are sent; the others' tokens are told from their bytes. */
#ifndef CMD_CALIBRATE_H
#define CMD_CALIBRATE_H

#include "plan.h"
#include "sim.h"

struct calibrated {
	size_t requests;  /* sent; 0: nothing was to be done */
	size_t estimated; /* prompts whose tokens were told from their bytes */
};

/* Measures what is missing on servers[0] (or, with `sim`, on a machine of its making), fills in
 * sweep->calibrations, and builds the plan of the sweep anew.  Does nothing where no length is
 * asked for.  ERR_USAGE if a length is too short for its prompt. */
int calibrate(struct sweep *s, struct plan *p, const struct sim *sim, struct calibrated *ret,
	struct err *e);
/* To standard error, if it will take a while: before calibrate. */
void calibrate_announce(const struct plan *p);
/* What the plan says of lengths, on standard output; nothing where none is asked for. */
void calibrate_say(const struct plan *p, const struct calibrated *c);

#endif
