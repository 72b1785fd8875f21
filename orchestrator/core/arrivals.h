/* arrivals.h - when the bytes of one read arrived.
 *
 * The kernel dates segments, not bytes: asking for the first n waiting bytes tells when the segment
 * that holds byte n came, and of segments that it has merged meanwhile only the last one's time. So
 * a read is a row of pieces, each with one time, which is
 *	sharp	for the line that ends the piece,
 *	a bound	for every line before it in the piece: it came no later than that.
 * A segment that ends between a line and the two bytes that end its HTTP chunk does not occur but
 *by chance; the line then has the time of those two. Bytes that came between the question and the
 *read, and all bytes where the kernel says nothing, have the time at which they were read.  Pure:
 *the kernel is asked through a function. */
#ifndef CORE_ARRIVALS_H
#define CORE_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"

/* Behind the end of a line stand at most the two bytes that end its HTTP chunk. */
#define ARRIVALS_FRAMING 2
#define ARRIVALS_PIECES  64

struct arrivals {
	struct arrival {
		size_t upto; /* the piece ends before this byte of the read */
		ns at;
		bool sharp;
	} piece[ARRIVALS_PIECES];
	size_t n;
	size_t taken;      /* bytes of the read that have been looked at */
	size_t first_line; /* of the read: where it ends */
	ns asked;          /* when the kernel was asked; NS_NONE: it was not */
	ns before;         /* when it was asked for the read before this one; NS_NONE: never */
	ns read_at;        /* when the bytes were read */
	ns busy;           /* how long they may have waited unseen: what the loop did meanwhile */
};

/* When something arrived. */
struct moment {
	ns at;
	ns late;     /* at most so much later than it really was; 0: exact as far as is known */
	bool kernel; /* the kernel's time, not the reader's */
};

/* A read of which the kernel says nothing. */
void arrivals_unknown(struct arrivals *a, ns read_at, ns busy);

/* When the segment that holds byte `len` (from 1) of the waiting ones came; NS_NONE if not told. */
typedef ns arrivals_ask_fn(void *arg, size_t len);
/* Cuts the `len` waiting bytes into pieces at the ends of lines.  `last` is what the kernel said of
 * byte `len`, not NS_NONE.  Asks nothing for a read of one line, and at most 128 times. */
void arrivals_find(struct arrivals *a, const char *bytes, size_t len, ns last, ns asked,
	arrivals_ask_fn *ask, void *arg);

/* A header line of `len` bytes has been looked at: of the first one of a read a part may have come
 * with the read before. */
void arrivals_take_header(struct arrivals *a, size_t len);
/* The moment of a line whose newline is the byte before `end`, counted from a->taken.  Nothing can
 * have come before `earliest`. */
struct moment arrivals_of(const struct arrivals *a, size_t end, ns earliest);

#endif
