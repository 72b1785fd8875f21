/* rehearse_stage.h - the schedule of a plan, played on a simulated machine under the virtual clock,
 * its rows in memory.  (The runner and the analysis each have a `struct effect`: what needs both
 * meets here in bytes.) */
#ifndef CMD_REHEARSE_STAGE_H
#define CMD_REHEARSE_STAGE_H

#include "noise.h"
#include "plan.h"
#include "rehearse_plant.h"
#include "sim.h"
#include "str.h"

/* What rehearsals are played on.  Borrowed throughout, and shared by threads. */
struct rehearse_stage {
	const struct plan *plan;
	const json_t *sweep; /* as RUN/sweep.json has it */
	struct sim_config machine;
	const struct rehearse_plant *plants;
	size_t nplants;
	const struct noise *noise; /* NULL: none, not even of the machine's keys */
	bool own_effects;          /* the machine has effects that are not planted */
	bool all_passes;           /* looks never stop it */
};

/* What a rehearsal wrote.  rehearse_rows_release. */
struct rehearse_rows {
	struct str runs, loads; /* as runs.csv and loads.csv */
	double seconds;         /* of virtual time */
	uint32_t nloads, requests, passes;
	bool enough; /* stopped by its own looks */
};

/* Asked after the passes at which the plan looks: are the ratios known as well as asked? */
typedef bool rehearse_look_fn(const struct rehearse_stage *stage, const struct rehearse_rows *rows);

/* A function of the stage and the seed.  0, or -1 where the schedule cannot be played. */
int rehearse_perform(struct rehearse_rows *rows, const struct rehearse_stage *stage, uint64_t seed,
	rehearse_look_fn *look, struct err *e);
void rehearse_rows_release(struct rehearse_rows *rows);

#endif
