/* firehose.h - a server that answers every request with the same long stream, as fast as the client
 * takes it: what a client can take at most is then the client's.
 *
 * The answer is made once and lies in a file in memory, from which the kernel sends without
 * copying, so that the server costs little beside any client; whoever measures checks that
 * (child_cost). */
#ifndef TESTS_FIREHOSE_H
#define TESTS_FIREHOSE_H

#include <stdbool.h>
#include <stddef.h>

struct firehose {
	int port; /* of 127.0.0.1 */
	int listener, canned;
	size_t len; /* of the answer, its head included */
};

/* An answer of /api/generate with so many tokens, each a line in an HTTP chunk of its own.  False,
 * with errno, if there is no socket or no memory. */
bool firehose_open(struct firehose *f, unsigned tokens);
void firehose_close(struct firehose *f);
/* Serves until the process is ended: for a process of its own.  `firehose` is a struct firehose. */
void firehose_serve(void *firehose);

#endif
