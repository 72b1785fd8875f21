/* splitplot.h - runs of a known truth, made in memory: loads of runner settings, requests of
 * sampling settings inside them, noise of each stratum.  For the tests of the analysis. */
#ifndef TESTS_SPLITPLOT_H
#define TESTS_SPLITPLOT_H

#include "dataset.h"
#include "rng.h"

/* Levels of num_ctx (a runner factor) and temperature (a sampling factor); `gpus` levels of num_gpu
 * beside them that are one setting by read-back if `no_gpu`. */
struct splitplot {
	uint32_t contexts, gpus, temperatures, prompts;
	uint32_t passes, per_pass; /* requests of each cell and prompt in each pass */
	bool no_gpu;
	double sd_request, sd_load, sd_pass; /* of logarithms */
	/* Logarithms of the true ratios to level 0, NULL for none. */
	const double *context_effect, *temperature_effect;
	double interaction; /* last context with last temperature, beside the main effects */
	double base;        /* true value of the first cell; 0: 100 */
};

/* Both primary metrics get noise of their own and the same truth (on throughput; TTFT gets the
 * inverse).  dataset_release() ends it. */
void splitplot_make(struct dataset *d, const struct splitplot *c, struct rng *r);

/* Index of a cell. */
uint32_t splitplot_cell(
	const struct splitplot *c, uint32_t context, uint32_t gpu, uint32_t temperature);

#endif
