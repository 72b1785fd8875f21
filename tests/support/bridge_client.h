/* bridge_client.h - the load of a least_client, carried out by the client's own path: exchanges on
 * an http loop, each answer read into a sample and its times written as a row of chunks.csv. */
#ifndef TESTS_BRIDGE_CLIENT_H
#define TESTS_BRIDGE_CLIENT_H

#include "least_client.h"

struct bridge_result {
	ns took;         /* from the first start to the last end */
	uint64_t tokens; /* chunks of content */
};

/* Runs the load to its end, on connections warmed before.  ERR_ENV if a request is not ok or the
 * world cannot be made. */
int bridge_run(const struct least_load *load, struct bridge_result *r, struct err *e);

#endif
