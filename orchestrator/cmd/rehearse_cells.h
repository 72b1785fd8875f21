/* rehearse_cells.h - what is true by the cells of a run without noise: plain arithmetic over cells
 * that have the same levels of all other factors, without any code of the analysis. */
#ifndef CMD_REHEARSE_CELLS_H
#define CMD_REHEARSE_CELLS_H

#include "rehearse.h"

/* Differences below it are rounding of times to the microsecond. */
#define REHEARSE_NOTHING 1e-4

/* Mean logarithm of a metric in each cell, NaN where there is none; the caller frees. */
double *rehearse_cell_means(const struct dataset *d, enum metric metric);
/* diff[i * nlevels + j]: level i less level j of factor f, over the cells that both have in common;
 * NaN where there are none. */
void rehearse_cell_levels(
	const struct rehearse_run *run, const double *means, int f, uint32_t nlevels, double *diff);
/* Whether any two differences between two levels of a differ between two levels of b; *known false
 * where no four cells tell. */
bool rehearse_cell_interact(
	const struct rehearse_run *run, const double *means, int a, int b, bool *known);

#endif
