/* exact.h - the widths that intervals of a balanced design have when all is normal, from the sds
 * that were put in: no number of the analysis is in them. */
#ifndef CALIBRATE_EXACT_H
#define CALIBRATE_EXACT_H

#include "chain.h"

/* Medians of the length of the 95 % t interval, on the logarithm. */
/* Two levels of num_ctx: differences of load means, (B - 1)(P - 1) degrees of freedom. */
double exact_runner_width(const struct chain_spec *s);
/* Two levels of temperature: differences of requests, beside load and cell. */
double exact_request_width(const struct chain_spec *s);
/* A cell's expectation over loads: t of its P load means, P - 1 degrees of freedom. */
double exact_cell_width(const struct chain_spec *s);

#endif
