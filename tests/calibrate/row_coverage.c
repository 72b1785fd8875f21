/* row_coverage.c - sweeps with effects: how often do 95 % intervals hold the truth, and are they
 * as short as they can be? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "rows.h"

#define ROW "coverage"

static const char *const holds_names[SEEN_INTERVALS] = {
	"ratio of num_ctx levels", "ratio of temperatures", "cell"};
static const char *const width_names[SEEN_INTERVALS] = {
	"width: num_ctx / exact t", "width: temperature / exact t", "width: cell / exact t"};

static void plant(struct chain_spec *s)
{
	static const char *const plants[] = {"num_ctx=3072: throughput -3%, ttft +3%",
		"temperature=0.4: throughput +1%, ttft -1%"};

	memcpy(s->plants, plants, sizeof(plants));
	/* Shifts common to a pass are no part of a cell's interval. */
	s->noise.pass = 0;
}

static void claim_holds(struct claims *to, const struct seen *s, size_t n, int kind,
	const char *condition, struct bar bar)
{
	size_t holds = 0;

	for (size_t i = 0; i < n; i++)
		holds += s[i].interval[kind].given && s[i].interval[kind].holds;
	claims_share(to, ROW, holds_names[kind], condition, holds, n, bar);
}

static void claim_width(struct claims *to, const struct seen *s, size_t n, int kind,
	const char *condition, double exact)
{
	double *widths = malloc(n * sizeof(*widths));
	size_t given = 0;

	for (size_t i = 0; widths && i < n; i++) {
		if (s[i].interval[kind].given)
			widths[given++] = s[i].interval[kind].width;
	}
	claims_median(to, ROW, width_names[kind], condition, widths, given, exact, BAR_MOST(1.1));
	free(widths);
}

/* A cell's interval may be too wide where few loads tell (docs/statistics.md), but not much. */
static int design(struct calibration_of *a, uint32_t blocks, uint32_t passes, struct err *e)
{
	struct chain_spec spec = calibration_grid();
	double exact[SEEN_INTERVALS];
	struct seen *s;
	char name[60];

	spec.contexts = blocks;
	spec.passes = passes;
	plant(&spec);
	snprintf(name, sizeof(name), "%u blocks, %u passes", blocks, passes);
	s = calibration_see(a, &spec, name, a->sweeps, e);
	if (!s)
		return -1;
	exact[SEEN_RUNNER] = exact_runner_width(&spec);
	exact[SEEN_REQUEST] = exact_request_width(&spec);
	exact[SEEN_CELL] = exact_cell_width(&spec);
	for (int k = 0; k < SEEN_INTERVALS; k++) {
		claim_holds(a->claims, s, a->sweeps, k, name,
			k == SEEN_CELL ? BAR_LEAST(0.94) : BAR_FROM(0.94, 0.96));
		claim_width(a->claims, s, a->sweeps, k, name, exact[k]);
	}
	free(s);
	return 0;
}

static int cells_under(struct calibration_of *a, const struct condition *c, struct err *e)
{
	struct chain_spec spec = calibration_grid();
	struct seen *s;
	char name[80];

	spec.noise = c->noise;
	plant(&spec);
	snprintf(name, sizeof(name), "cells: %s", c->name);
	s = calibration_see(a, &spec, name, a->sweeps, e);
	if (!s)
		return -1;
	claim_holds(a->claims, s, a->sweeps, SEEN_CELL, c->name, BAR_LEAST(0.92));
	free(s);
	return 0;
}

int row_coverage(struct calibration_of *a, struct err *e)
{
	static const uint32_t passes[] = {2, 3, 5}, blocks[] = {2, 4, 8};

	for (size_t p = 0; p < 3; p++) {
		for (size_t b = 0; b < 3; b++) {
			if (design(a, blocks[b], passes[p], e))
				return -1;
		}
	}
	/* The first is in the designs. */
	for (size_t i = 1; i < CONDITIONS; i++) {
		if (conditions[i].stationary && cells_under(a, &conditions[i], e))
			return -1;
	}
	return 0;
}
