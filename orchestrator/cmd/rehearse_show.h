/* rehearse_show.h - a rehearsal's findings, and how they are shown. */
#ifndef CMD_REHEARSE_SHOW_H
#define CMD_REHEARSE_SHOW_H

#include "power_plan.h"
#include "rehearse_tally.h"

enum { SCENE_HALF, SCENE_AS_IS, SCENE_DOUBLE, SCENES };

/* At one strength of the noise: with the plants (if there are any) and without. */
struct rehearse_scene {
	double strength;
	struct rehearse_tally with, without;
};

struct rehearsal {
	const struct plan *plan;
	const struct rehearse_plant *plants;
	size_t nplants;
	struct power_plan power; /* with the noise that was rehearsed */
	double target;           /* share of times in which plants are to be found */
	struct rehearse_truth with, without;
	struct rehearse_scene scenes[SCENES];
	bool machine_of_run; /* its times are those of the run the noise is from */
	bool own_effects;    /* --sim gave the machine effects of its own */
	struct power_need cheapest, cheapest_upper; /* by formula, for the plants or the margins */
	struct rehearse_tally checked; /* the cheapest, rehearsed with the plants; asked 0: not */
};

void rehearse_print(const struct rehearsal *r);
/* New reference. */
json_t *rehearse_json(const struct rehearsal *r);

#endif
