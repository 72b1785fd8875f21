/* simqueue.h - what is due next: a binary heap of instants.  Equal ones keep their order of entry.
 * Entries are embedded in their owners, and know where they stand so that they can leave early. */
#ifndef SIMSERVER_SIMQUEUE_H
#define SIMSERVER_SIMQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

struct simqueue_entry {
	ns due;
	uint64_t seq;
	size_t at; /* index + 1; 0: not queued */
};

struct simqueue {
	struct simqueue_entry **v;
	size_t n, cap;
	uint64_t seq;
};

void simqueue_add(struct simqueue *q, struct simqueue_entry *e, ns due); /* e is not queued */
void simqueue_remove(struct simqueue *q, struct simqueue_entry *e);      /* fine if not queued */
/* The earliest, or NULL. */
struct simqueue_entry *simqueue_first(const struct simqueue *q);
void simqueue_release(struct simqueue *q);

#endif
