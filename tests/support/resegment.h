/* resegment.h - a proxy of the test's own before a server on 127.0.0.1, which puts the bytes of
 * replies into other TCP segments than the server did.
 *
 * It knows just enough of HTTP to do so: a reply in chunks is held until it may be sent on, any
 * other goes through.  The client must be of this process (segments.h). */
#ifndef TESTS_RESEGMENT_H
#define TESTS_RESEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "segments.h"

struct resegment_how {
	unsigned
		lines; /* so many lines are put together before they are sent on; 0: as they come */
	bool torn;     /* then cut anywhere, but not between a line and the end of its chunk */
	unsigned pauses; /* ms at most between pieces; drawn, like the cuts */
	bool read;       /* the client has read a piece before the next goes out */
	uint64_t seed;
};

struct resegment; /* opaque */

struct resegment *resegment_start(int server_port, const struct resegment_how *how);
const char *resegment_url(const struct resegment *p); /* "http://127.0.0.1:PORT" */
/* Ends its connections and waits for its threads. */
void resegment_stop(struct resegment *p);
void resegment_free(struct resegment *p);

/* After the stop: what went over the n-th connection (from 0), byte for byte, and the sends with
 * which replies went out.  false: there was none.  Borrowed. */
struct resegmented {
	const char *requests; /* ends with a NUL, as do the replies */
	const char *replies;
	const struct segment_sent *sent;
	size_t nsent;
};
bool resegment_connection(const struct resegment *p, size_t n, struct resegmented *ret);

#endif
