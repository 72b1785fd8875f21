/* simtruth.h - the truth log: when the server had a request whole, and when it handed each piece of
 * the answer to the kernel.  A client's own times can be held against it, request by request.
 *
 * A CSV file like those of a run directory (base/columns.h, TRUTH_COLUMNS), one row per stream that
 * was answered to a request with an id.  Rows are made piece by piece as a stream goes on, so that
 * its end costs little; they are written when some have come together, and when no stream is under
 * way. */
#ifndef SIMSERVER_SIMTRUTH_H
#define SIMSERVER_SIMTRUTH_H

#include <stdbool.h>

#include "err.h"
#include "simstamp.h"
#include "str.h"

struct simtruth; /* the file; opaque */

/* Makes the file, which must not be there: ERR_USAGE if it is, ERR_ENV if it cannot be made. */
struct simtruth *simtruth_open(const char *path, struct err *e) NODISCARD;
/* Writes what is left and frees it; -1 with ERR_ENV if anything could not be written since it was
 * opened.  Fine with NULL. */
int simtruth_close(struct simtruth *t, struct err *e);

/* One stream.  SIMTRUTH_STREAM_INIT allocates nothing. */
struct simtruth_stream {
	struct str id; /* empty: no row is made */
	struct simstamp received;
	ns first, last; /* content handed over; NS_NONE: none yet */
	struct str gaps, late;
	size_t queued;
};
#define SIMTRUTH_STREAM_INIT                                                                       \
	{                                                                                          \
		.id = STR_INIT(STR_MAX_LINE), .gaps = STR_INIT(STR_MAX_FILE),                      \
		.late = STR_INIT(STR_MAX_FILE)                                                     \
	}

void simtruth_begin(struct simtruth *t, struct simtruth_stream *s, const char *id,
	const struct simstamp *received);
/* The next piece of content, handed to the kernel at `handed`, due at `due`. */
void simtruth_content(struct simtruth_stream *s, ns handed, ns due, bool queued);
/* However it ended.  Does nothing where none was begun. */
void simtruth_end(struct simtruth *t, struct simtruth_stream *s);
void simtruth_stream_release(struct simtruth_stream *s);

#endif
