/* many.h - the same for many sweeps, on threads.
 *
 * Each sweep has a number and writes an outcome of its own; sums are made afterwards, in order, so
 * that no result depends on the number of threads. */
#ifndef CALIBRATE_MANY_H
#define CALIBRATE_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Fills out[number]; 0 or -1. */
typedef int many_fn(const void *arg, size_t number, void *out, struct err *e);

/* out[n] of `size` bytes each, zeroed; freed by the caller.  NULL, with the error of the first
 * number that failed, when one did. */
void *many_run(many_fn *fn, const void *arg, size_t n, size_t size, size_t threads, struct err *e);

#endif
