/* counting.h - prompts whose tokens the server is asked to count, one after the other: before a
 * run, blocking (cmd/calibrate.h).  The model is loaded, and unloaded at the end. */
#ifndef WORLD_COUNTING_H
#define WORLD_COUNTING_H

#include "facts.h"
#include "sim.h"

struct counting {
	const char *body; /* of /api/generate, answered in one object (core/request.h) */
	size_t prompt_bytes;
	int64_t num_ctx;
	int64_t tokens; /* out: what the server counted */
};

/* ERR_ENV naming server and reason if one of them is not counted, or was cut to fit. */
int counting_real(const struct server_facts *server, const char *model, struct counting *c,
	size_t n, double limit_s, struct err *e);
/* The same on a machine of the same making; the one that is to be measured does not notice. */
int counting_virtual(const struct server_facts *server, const struct sim *sim, struct counting *c,
	size_t n, struct err *e);

#endif
