/* simconn.h - one connection of the simulated server: requests in, answers out at their times.
 *
 *	READING --a whole request--> ANSWERING --all sent--> READING
 *	   |                             |                      '--or, if asked to close--.
 *	   '--bad request--> LINGERING <-'------------------------------------------------'
 *	any --client gone, server closed--> CLOSED
 *
 * LINGERING: the reply is out, our side is shut; what still comes is dropped, so that the client
 * can read the reply before the connection is reset.
 *
 * A socket that is full stops its connection alone: nothing more is made for it until the kernel
 * has taken what there is. */
#ifndef SIMSERVER_SIMCONN_H
#define SIMSERVER_SIMCONN_H

#include <uv.h>

#include "sim.h"
#include "simhttp.h"
#include "simqueue.h"
#include "simtruth.h"

struct simconn;

/* What connections share; owned by the server. */
struct simshare {
	uv_loop_t *loop;
	struct sim *sim;
	struct simqueue queue;
	struct simtruth *truth; /* NULL: none is kept, and nothing is dated */
	struct simconn *first;  /* all open ones */
	ns wall_offset;         /* wall time minus monotonic time, of this turn */
	char input[64 << 10];   /* bytes are used up before the next read */
	struct simstamp stamp;  /* when the bytes came that are read next */
	struct str line;        /* the one being written */
	struct {
		size_t *v, n, cap;
	} ends; /* of the content in the bytes being sent */
};

/* Takes the connection waiting at `listener`. */
void simconn_accept(struct simshare *share, uv_stream_t *listener);
/* Sends what is due at `now`, for the owner of the entry. */
void simconn_due(struct simqueue_entry *e, ns now);
/* Tells the model, drops everything; the memory goes in the close callback. */
void simconn_close(struct simconn *c);
/* The next of the open ones. */
struct simconn *simconn_older(const struct simconn *c);

#endif
