/* rehearse_make.h - all rehearsals that `chimera rehearse` shows. */
#ifndef CMD_REHEARSE_MAKE_H
#define CMD_REHEARSE_MAKE_H

#include "rehearse_show.h"
#include "setup.h"

struct rehearse_wish {
	const struct sweep_args *sweep;
	const char *const *plants;
	size_t nplants;
	const char *noise_from, *noise; /* NULL: not given */
	size_t times, without;          /* with plants, and without */
	double target;
	size_t jobs;
};

/* `setup` is the sweep on the simulated machine.  rehearse_free. */
int rehearse_make(struct rehearsal *r, struct rehearse_plants *plants, const struct setup *setup,
	const struct rehearse_wish *w, struct err *e);
void rehearse_free(struct rehearsal *r);

#endif
