/* trial.h - so many requests at once to one server, and again: the client tried out as a run uses
 * it, with nothing planned and nothing written.
 *
 * Connections are opened first, by requests that are in flight together, and one request that is
 * thrown away pays for the load of the model.  Then each burst starts all its requests at once and
 * is over when all have ended. */
#ifndef WORLD_TRIAL_H
#define WORLD_TRIAL_H

#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "err.h"
#include "sample.h"

#define TRIAL_ID 64

struct trial_spec {
	const char *url; /* "http://127.0.0.1:11435" */
	const char *model;
	const char *label; /* X-Request-Id is LABEL-STREAMS-BURST-I, burst and I from 1 */
	uint32_t streams;
	uint32_t short_bursts; /* first so many of one token each: times to first content, soon */
	uint32_t bursts;       /* then so many of `tokens` each */
	uint32_t tokens;
	ns settle;    /* what a burst costs is taken from so long after its start */
	ns limit;     /* of a request; 0: none */
	pid_t server; /* whose processor time is taken as well; 0: nobody's */
};

struct trial_request {
	char id[TRIAL_ID];
	struct sample sample; /* without the answer's text */
};

/* What it took while tokens streamed: of every burst that is not short, from `settle` after its
 * start to its first end.  All 0 if no burst lasted that long. */
struct trial_cost {
	ns wall;
	ns user, system; /* processor time of this process */
	ns server;       /* of the server's; NS_NONE unknown */
	uint64_t tokens; /* content chunks that arrived */
};

struct trial {
	struct trial_request *v; /* burst by burst, in the order in which they were started */
	size_t n;
	struct trial_cost cost;
	int64_t memory; /* bytes, the most that this process had; -1 unknown */
};

/* Runs it to its end.  ERR_ENV if the connections cannot be opened or the first request fails; a
 * request that fails later is a sample that is not ok.  Caller: trial_release, also after an error.
 */
int trial_run(struct trial *t, const struct trial_spec *spec, struct err *e) NODISCARD;
void trial_release(struct trial *t);

#endif
