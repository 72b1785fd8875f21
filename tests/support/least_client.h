/* least_client.h - the least that a client of many streams can do: one thread, epoll, a recv each
 * time a socket has something, lines counted and not parsed.  It is the yardstick for the cost of a
 * client that measures.
 *
 * All connections are opened and warmed by a GET before the load begins; all requests of a round go
 * out at once, and a stream that ends is followed by the next of its round on its connection. */
#ifndef TESTS_LEAST_CLIENT_H
#define TESTS_LEAST_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "err.h"

struct least_load {
	int port;         /* of 127.0.0.1 */
	unsigned streams; /* in flight together, each on a connection of its own */
	unsigned rounds;  /* requests on each connection */
	const char *body; /* JSON, POSTed to /api/generate */
};

/* A request; times are of the user's side: read after the send, and after epoll_wait returned. */
struct least_answer {
	ns sent, first; /* first: when the first line of content was there; NS_NONE: it never was */
	uint64_t lines; /* of its body: one for each token, and the final one */
};

struct least_result {
	struct least_answer *answers; /* [streams * rounds]; the caller's, zeroed or not */
	ns took;                      /* from the first send to the last end */
	uint64_t bytes, reads, wakeups;
};

#define LEAST_ID 40 /* room for the name of a request */

/* The X-Request-Id of answer i.  Returns dst. */
const char *least_id(char dst[LEAST_ID], size_t i);
/* Runs the load to its end.  ERR_ENV if a connection breaks, an answer is no stream of lines in
 * HTTP chunks, or nothing comes for 30 s. */
int least_run(const struct least_load *load, struct least_result *r, struct err *e);

#endif
