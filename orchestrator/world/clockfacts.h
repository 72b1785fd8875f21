/* clockfacts.h - what this machine's times and processors are, as far as it tells: what a time
 * measured on it rests on. */
#ifndef WORLD_CLOCKFACTS_H
#define WORLD_CLOCKFACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"

#define CLOCKFACTS_WORD 64

struct clockfacts {
	/* "" where it is not told. */
	char source[CLOCKFACTS_WORD];   /* what the kernel tells time by: "tsc" */
	char governor[CLOCKFACTS_WORD]; /* of frequency: "performance"; "a, b" where they differ */
	char kernel[3 * CLOCKFACTS_WORD]; /* "Linux 6.1.0 x86_64" */
	ns reading;                       /* what one look at the clock takes */
	bool dated;                       /* the kernel dates what is received, see below */
	char undated_why[2 * CLOCKFACTS_WORD];
	ns dated_late; /* the most that a received byte was dated after its sending began */
	int cores;     /* 0 unknown */
	double load;   /* runnable tasks, mean of the last minute; NaN unknown */
};

/* Asks and tries, in some 50 ms.  Whether receive times work is tried on a pair of sockets on
 * loopback: 32 sends a millisecond apart, of which the last 16 must be dated between send and
 * reading (the kernel begins some time after it is asked to).  `root` stands before /proc and /sys:
 * "" but in tests.  Cannot fail. */
void clockfacts_find(struct clockfacts *f, const char *root);

/* The governors under /sys, each once; in `dst` of that size. */
void clockfacts_governor(char *dst, size_t size, const char *root);

#endif
