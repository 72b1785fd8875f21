/* chart_axes.h - how the factors of a grid hang together, by its cells: what varies in step, what
 * can be compared by plain means, and which axes make a picture. */
#ifndef PLOTS_CHART_AXES_H
#define PLOTS_CHART_AXES_H

#include "chart_data.h"

/* A factor, or several whose combinations are few enough to be levels of one axis (zip, cells). */
struct chart_axis {
	struct chart_factor factor; /* "num_ctx, num_batch" with the levels "1024, 128" */
	uint32_t *level;            /* [ncells] */
	double spread; /* of the level means, as a ratio's logarithm; the larger the more it does */
};

struct chart_axes {
	struct arena arena;
	struct chart_axis *v; /* those that do most come first */
	uint32_t n;
};

void chart_axes_make(struct chart_axes *ret, const struct chart_data *d, enum chart_metric m);
void chart_axes_release(struct chart_axes *a);

/* Whether the levels of g follow those of f one by one. */
bool chart_in_step(const struct chart_data *d, uint32_t f, uint32_t g);
/* use[ncells]: cells whose levels of all other factors were met with every level of f that has a
 * value of the metric anywhere, so that plain means of them compare like with like.  False if there
 * are none. */
bool chart_common(const struct chart_data *d, uint32_t f, enum chart_metric m, bool *use);

#endif
