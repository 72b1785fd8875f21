/* wired.h - one exchange with a server of scripted segments, over a connection that is kept: the
 * times of its content chunks beside the server's own clock.
 *
 *	wired_begin(&w);
 *	segments_...(w.server, ...);        after a request that is read already
 *	wired_run(&w);
 *	wired_came_with(&w, 0, 1);          the first chunk came with the reply's second send
 *	wired_end(&w);
 *
 * A request before it opens the connection: of a new one libcurl's own timers would look at the
 * socket, and what they find was not asked about. */
#ifndef TESTS_WIRED_H
#define TESTS_WIRED_H

#include "exchanger.h"
#include "segments.h"

struct wired {
	struct exchanger f;
	struct segments *server;
	int ended, wanted;               /* the loop stops when so many have ended */
	struct sample sample;            /* with its times, without its text */
	size_t answers;                  /* length of the text */
	const struct segment_sent *sent; /* of the reply: after the run */
	size_t nsent;
	uv_timer_t hog; /* at work if `hogs` */
	bool hogs, hogged;
};

void wired_begin(struct wired *w);
void wired_run(struct wired *w);
/* The same, but the client's loop stands still from the server's first gate to its second one, or
 * to the end of the script. */
void wired_run_late(struct wired *w);
void wired_end(struct wired *w);

/* Content chunk `i` is dated by that send of the reply (from 0), exactly... */
void wired_came_with(const struct wired *w, size_t i, size_t send);
/* ... or not before it, and with the bound taken off not after. */
void wired_came_before(const struct wired *w, size_t i, size_t send);
/* So many chunks, in order, all or but so many dated by the kernel; gaps that are none are told. */
void wired_counts(const struct wired *w, int64_t chunks, int64_t unresolved, int64_t by_user);

#endif
