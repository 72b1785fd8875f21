/* truth.h - what a simulated server knows of its own sending, held against what a client measured.
 *
 *	truth_read(&log, "truth.csv")                   the server's side
 *	truth_errors_init(&errors)
 *	truth_pair(&errors, &log, &client)              for each request, or
 *	truth_pair_sample(...), truth_pair_run(...)     the same from a sample, or a run directory
 *	truth_figures(&errors.ttft)                     p50, p99, max, bias
 *
 * The key is the request's X-Request-Id, which a run makes of RUN_ID-ATTEMPT.  Errors are signed,
 * client minus truth, so that a client that is late is above 0.  Pure but for the reading of files.
 */
#ifndef CORE_TRUTH_H
#define CORE_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "clock.h"
#include "err.h"
#include "sample.h"

/* ---- the server's side ---- */

/* One stream, as the server sent it. */
struct truth_row {
	const char *request_id;
	ns received_wall; /* when the request was complete, UTC */
	bool by_kernel;   /* that is the kernel's time and not the server's own */
	ns first;       /* first content handed to the kernel minus received; NS_NONE: no content */
	const ns *gaps; /* between content chunks handed over */
	size_t ngaps;
	const ns *late; /* of each chunk, handed over minus due */
	size_t nlate;
	int64_t queued; /* chunks that the socket did not take at once */
	bool twice;     /* its id stands more than once: which row is a client's cannot be told */
};

struct truth {
	struct {
		struct truth_row *v; /* sorted by request_id */
		size_t n, cap;
	} rows;
	size_t rejected; /* lines that do not count by the journal's rule (table.h) */
	struct arena arena;
};

/* Reads a truth log.  ERR_ENV if it cannot be read, ERR_JOURNAL if its header is not that of one.
 * Rows are judged one by one; those that do not count are counted.  Caller: truth_release, also
 * after an error. */
int truth_read(struct truth *t, const char *path, struct err *e) NODISCARD;
void truth_release(struct truth *t);
/* NULL if there is none. */
const struct truth_row *truth_find(const struct truth *t, const char *request_id);

/* ---- the client's side, and pairing ---- */

/* What a client measured of one request; borrowed for the call. */
struct truth_client {
	const char *request_id;
	ns sent_wall; /* NS_NONE: not known */
	ns first;     /* first content minus sent; NS_NONE: none came */
	const ns
		*gaps; /* NS_NONE: cannot be told, its time is inside the last gap told before it */
	size_t ngaps;
};

/* Signed nanoseconds, in the order in which they came. */
struct truth_series {
	ns *v;
	size_t n, cap;
};

struct truth_errors {
	struct truth_series ttft; /* client minus truth, one per request */
	struct truth_series itl;  /* client minus truth, one per gap that the client can tell */
	struct truth_series
		sent; /* the client's send time minus the server's receive time, by wall */
	struct truth_series late; /* the server's own lateness, one per content chunk */
	/* Requests.  All that are paired are in one of the first three. */
	size_t paired;        /* found in the log */
	size_t missing;       /* not found */
	size_t twice;         /* found more than once, and not compared */
	size_t differing;     /* of those paired: another number of chunks, gaps not compared */
	size_t unmeasured;    /* of those paired: no content on one of the two sides */
	size_t user_received; /* of those paired: received by the server's time, not the kernel's */
	/* Chunks of those paired. */
	size_t unresolved; /* gaps that the client cannot tell */
	size_t queued;     /* that the server's socket did not take at once */
};

void truth_errors_init(struct truth_errors *x);
void truth_errors_release(struct truth_errors *x);

/* Holds one request against the log.  A gap told that has others inside it is held against the sum
 * of the server's; those before the first gap told are inside `first`, as an error of it. */
void truth_pair(struct truth_errors *x, const struct truth *t, const struct truth_client *c);
void truth_pair_sample(struct truth_errors *x, const struct truth *t, const char *request_id,
	const struct sample *s);
/* All requests of a run directory: DIR/chunks.csv, and DIR/runs.csv for when they were sent.  Rows
 * that do not count are passed over.  ERR_ENV or ERR_JOURNAL as truth_read. */
int truth_pair_run(
	struct truth_errors *x, const struct truth *t, const char *dir, struct err *e) NODISCARD;

/* ---- figures ---- */

struct truth_figures {
	size_t n;
	ns p50, p99, max; /* of the absolute values, type 7; all NS_NONE where n is 0.  Below 100
			   * values p99 lies between the largest two */
	ns bias;          /* the median of the values as they are */
};
struct truth_figures truth_figures(const struct truth_series *s);

#endif
