/* setup.h - from options to a plan: sweep, servers (or simulators), their facts, the plan. */
#ifndef CMD_SETUP_H
#define CMD_SETUP_H

#include "plan.h"
#include "sim.h"
#include "simserver.h"
#include "sweep_args.h"

struct setup {
	struct sweep sweep;
	struct server_facts *servers;
	size_t nservers;
	struct plan plan;
	bool simulated, is_virtual;
	struct simthread *thread; /* the simulator inside this process, or NULL */
	struct sim *sim;          /* the model under the virtual clock, or NULL */
	uint64_t sim_seed;        /* of the simulated machine, and its settings: for the manifest */
	json_t *sim_set;
};

/* What is asked for as one sweep object, with a model and a name; *source names the file or
 * "command line".  New reference, NULL on error. */
json_t *setup_object(const struct sweep_args *a, const char **source, struct err *e);
/* Everything up to the plan; nothing is sent that changes a server.  On failure nothing is left. */
int setup_open(struct setup *s, const struct sweep_args *a, struct err *e);
/* The same for a run directory: its sweep.json and, unless options name others, its servers.
 * `passes` above 0 extends the run;
 * `budget` ("8h", or NULL) is another one for all of its sessions together. */
int setup_resume(struct setup *s, const char *dir, const json_t *manifest,
	const struct sweep_args *a, int64_t passes, const char *budget, struct err *e);
/* The warnings gathered on the way, to standard error. */
void setup_warn(const struct setup *s);
void setup_release(struct setup *s);

#endif
