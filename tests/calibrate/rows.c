/* rows.c - what the rows have in common. */
#include "rows.h"

#include <math.h>

#include "rng.h"

#define SD 0.01 /* of requests */

/* STATISTICS: ideal; loads as noisy as requests; autocorrelated; t with 3 degrees of freedom; 5 %
 * of requests three times slower; a drift of 10 request sds over the sweep. */
const struct condition conditions[CONDITIONS] = {
	{"ideal", {.request = SD, .load = 0.007, .pass = 0.005}, true},
	{"load noise = request noise", {.request = SD, .load = SD, .pass = 0.005}, true},
	{"AR(1) 0.7", {.request = SD, .load = 0.007, .pass = 0.005, .ar1 = 0.7}, true},
	{"t with 3 df", {.request = SD, .load = 0.007, .pass = 0.005, .tail = 1}, true},
	{"5 % outliers", {.request = SD, .load = 0.007, .pass = 0.005, .outlier = 0.05}, true},
	{"drift of 10 request sds", {.request = SD, .load = 0.007, .pass = 0.005, .drift = 10 * SD},
		false},
};

struct chain_spec calibration_grid(void)
{
	return (struct chain_spec){.contexts = 4,
		.temperatures = 3,
		.passes = 3,
		.per_pass = 2,
		.sentinel = true,
		.noise = conditions[0].noise};
}

uint64_t calibration_seed(const struct calibration_of *a, const char *name)
{
	struct rng r;

	rng_init(&r, a->seed, name);
	/* Room for the numbers of sweeps; the uppermost byte tells servers apart. */
	return (rng_next(&r) >> 8) & ~(uint64_t)0xffffffff;
}

static int see_one(const void *arg, size_t number, void *out, struct err *e)
{
	const struct see_arg *a = arg;

	return seen_play(out, a->chain, a->seed, number, e);
}

struct seen *calibration_see(const struct calibration_of *a, const struct chain_spec *spec,
	const char *name, size_t n, struct err *e)
{
	struct chain c;
	struct see_arg arg = {&c, calibration_seed(a, name)};
	struct seen *seen = NULL;

	if (!chain_open(&c, spec, e))
		seen = many_run(see_one, &arg, n, sizeof(*seen), a->threads, e);
	chain_release(&c);
	return seen;
}
