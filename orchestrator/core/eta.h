/* eta.h - how long what is open will take, from what was seen.  Pure.
 *
 * What a visit takes is what its load costs and what its units (single requests, or whole bursts)
 * take.  Each is a product: a common factor and one for every level of every factor and every
 * prompt, learned from what was seen and shrunk to 1, so that a cell not seen yet is guessed from
 * its levels.  Where levels are linked or costs do not multiply this is a guess like any other; it
 * follows the rows. */
#ifndef CORE_ETA_H
#define CORE_ETA_H

#include "plan.h"

struct eta; /* opaque */

struct eta *eta_new(const struct plan *p);
void eta_free(struct eta *e);
/* A unit of a cell took so long: a request with this prompt, or a burst of `size` (then the prompt
 * is not asked for). */
void eta_saw_unit(struct eta *e, uint32_t cell, uint32_t prompt, uint32_t size, ns took);
/* A visit took so long beside its units: unload, load, warm-ups, read-back. */
void eta_saw_load(struct eta *e, const struct visit *v, ns took);
/* Whether there is enough to tell; asked again after more was seen. */
bool eta_knows(const struct eta *e);
/* How much was seen: a guess made of it may be kept while this hardly grows. */
uint64_t eta_seen(const struct eta *e);
/* Seconds for the rest of a burst, or of a single request. */
double eta_unit_s(struct eta *e, uint32_t cell, uint32_t prompt, uint32_t size);
double eta_load_s(struct eta *e, const struct visit *v);
/* Seconds for a whole visit. */
double eta_visit_s(struct eta *e, const struct visit *v);

#endif
