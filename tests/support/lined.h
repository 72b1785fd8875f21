/* lined.h - a run of a known truth with the lines through its levels and the shapes of its effects.
 */
#ifndef TESTS_LINED_H
#define TESTS_LINED_H

#include "contrasts.h"
#include "splitplot.h"
#include "trend_line.h"

struct lined {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct alias_finding *aliases;
	size_t naliases;
	struct strata strata[METRIC_COUNT];
	struct effects effects;
	struct trend_line *lines;
	struct contrasts *shapes;
	size_t nlines, nshapes;
};

/* 4 num_ctx x 4 temperatures, 4 passes, no effect, little noise. */
struct splitplot lined_plan(void);
/* The data, num_ctx doubling from 1024 on; the test may change them before it analyses them. */
void lined_make(struct lined *f, const struct splitplot *c, struct rng *r);
void lined_run(struct lined *f);
void lined_release(struct lined *f);

/* Of throughput.  A missing line fails the test; missing shapes are NULL. */
struct trend_line *lined_line(const struct lined *f, const char *factor);
const struct contrasts *lined_shapes(const struct lined *f, const char *factor);

void lined_close(double got, double want, double relative);

#endif
