/* rehearse_plant.h - effects to be planted: "num_ctx=8192: ttft +3%". */
#ifndef CMD_REHEARSE_PLANT_H
#define CMD_REHEARSE_PLANT_H

#include "dataset.h"
#include "plan.h"
#include "sim.h"

struct rehearse_plant {
	struct sim_plant sim; /* its name is the factor's, its value a reference of its own */
	char *level;          /* as in the plan: "8192" */
	char *text;           /* "num_ctx=8192: ttft +3%" */
	enum metric metric;   /* in which it is to be found */
	double size;          /* 0.03 */
};

struct rehearse_plants {
	struct rehearse_plant *v;
	size_t n, cap;
};

/* Adds what `text` says, of a level of the plan's grid; several measures are separated by commas.
 * ERR_USAGE for an unknown factor or level, an alias, and what the simulator cannot plant. */
int rehearse_plants_add(
	struct rehearse_plants *plants, const struct plan *p, const char *text, struct err *e);
void rehearse_plants_release(struct rehearse_plants *plants);

#endif
