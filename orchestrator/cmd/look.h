/* look.h - asks, between passes, whether the ratios between levels are known as well as the sweep
 * wants (`until`).  Reads the run directory as the analysis does; nothing is in flight meanwhile.
 * Widths decide, never p or an estimate (stats/precision.h). */
#ifndef CMD_LOOK_H
#define CMD_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct look {
	const char *dir;                           /* run directory */
	double until;                              /* asked, as a fraction */
	bool made;                                 /* a look was taken */
	uint32_t pass;                             /* after which */
	double widest;                             /* half-width found, NaN unknown */
	char text[300];                            /* what was found, for a person */
	void (*tell)(void *arg, const char *line); /* told of it; may be NULL */
	void *tell_arg;
};

/* For session.look and session.looked; `arg` is a struct look. */
bool look_enough(void *arg, uint32_t pass);
void look_tell(void *arg);

#endif
