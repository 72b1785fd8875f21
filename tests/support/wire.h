/* wire.h - recorded exchanges with real servers (tests/data/wire): what was sent, what came, when.
 * NAME.request and NAME.response are the raw bytes, NAME.times has one line a read: microseconds
 * since the request was wholly sent, bytes received so far.  Anything unexpected fails the test. */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"
#include "str.h"

struct wire_read {
	ns at;       /* since the request was sent */
	size_t body; /* bytes of the decoded body received so far */
};

struct wire {
	char method[8], path[64];
	struct str request; /* the body that was sent */
	int http_status;
	char content_type[64];
	struct str body; /* chunked framing undone */
	struct wire_read *reads;
	size_t nreads;
};

/* `server` is a folder of tests/data/wire. */
void wire_load(struct wire *w, const char *server, const char *name);
void wire_release(struct wire *w);
/* When the last of the first `len` bytes of the body came. */
ns wire_arrival(const struct wire *w, size_t len);
/* A file of tests/data; appended to `out`. */
void wire_data(struct str *out, const char *name);

/* Calls fn for each name of the server's INDEX.csv with the status recorded there; returns how
 * many. */
size_t wire_each(
	const char *server, void (*fn)(const char *server, const char *name, int http_status));

#endif
