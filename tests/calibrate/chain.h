/* chain.h - one sweep of known truth through the whole chain: the plan's own schedule on the
 * simulated machine under the virtual clock, its rows encoded and decoded in memory, dataset,
 * summary.
 *
 * A sweep is a function of the chain and its seed; a chain is shared by threads and changed by
 * none. */
#ifndef CALIBRATE_CHAIN_H
#define CALIBRATE_CHAIN_H

#include "rehearse.h"
#include "setup.h"
#include "summary.h"

#define CHAIN_PLANTS  12
#define CHAIN_MACHINE 4

/* Of throughput and TTFT alike, each with draws of its own; sds of logarithms. */
struct chain_noise {
	double request, load, pass;
	double ar1, tail;
	double outlier; /* share of requests three times slower */
	double drift;   /* slowdown from the first request to the last, as a logarithm */
};

struct chain_spec {
	uint32_t contexts, temperatures; /* levels; 1: it is no factor */
	const char *gpus;                /* levels of num_gpu as JSON: "[0, 9]"; NULL: no factor */
	uint32_t passes, per_pass;
	bool sentinel;
	struct chain_noise noise;
	const char *machine[CHAIN_MACHINE]; /* "vram_mib=0"; up to the first NULL */
	const char *plants[CHAIN_PLANTS];   /* "num_ctx=4096: throughput -2%"; likewise */
	bool own_effects; /* the machine's own effects, of num_ctx and offloading, stay */
};

struct chain {
	struct setup setup;
	struct rehearse_plants plants;
	struct noise noise;
	json_t *sweep;
	struct rehearse_stage stage;
	struct rehearse_truth truth;
	/* Expected logarithm in a cell without a plant; of machines without effects of their own.
	 */
	double base[METRIC_COUNT];
};

/* chain_release, also after a failure. */
int chain_open(struct chain *c, const struct chain_spec *spec, struct err *e);
void chain_release(struct chain *c);

/* What is planted on that level, as a logarithm. */
double chain_planted(const struct chain *c, const char *factor, const char *level, enum metric m);
/* The same of all levels of a cell, and the base. */
double chain_cell(const struct chain *c, const struct dataset *d, uint32_t cell, enum metric m);

/* One sweep.  chain_run_release. */
struct chain_run {
	struct dataset data;
	struct summary summary;
};
int chain_play(struct chain_run *run, const struct chain *c, uint64_t seed, struct err *e);
void chain_run_release(struct chain_run *run);
/* The effect of that name in that metric, or NULL. */
const struct effect *chain_effect(const struct chain_run *run, const char *name, enum metric m);

#endif
