/* hostwatch.h - what this machine did while a request ran: pages swapped in, time stalled for want
 * of memory, thermal throttling, sleep.  The first three tell something of the server only where it
 * runs on this machine, as far as a loopback address tells.
 *
 * Running totals of the kernel, looked at when a request begins and when it ends: nothing is done
 * per token.  A look reads /proc at most ten times a second and throttle counts once; in between it
 * answers with what was read last.  What a kernel does not count is unknown (-1, NS_NONE). */
#ifndef WORLD_HOSTWATCH_H
#define WORLD_HOSTWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "sample.h"

#define HOSTWATCH_CPUS 32 /* whose throttle counts are read; of more every k-th */

/* Totals since the machine started. */
struct host_counts {
	ns asleep;          /* how much longer it has been up than awake */
	int64_t swapped_in; /* pages */
	ns memory_stall;    /* while at least one task waited for memory */
	int64_t throttled;  /* times a processor was slowed to cool, over those watched */
};

struct hostwatch {
	int vmstat, pressure; /* descriptors, -1 none */
	int throttle[HOSTWATCH_CPUS];
	size_t nthrottle;
	struct host_counts last;
	ns read_at, throttle_read_at;
};

/* `root` stands before /proc and /sys: "" but in tests.  Cannot fail: what is not there is unknown.
 */
void hostwatch_open(struct hostwatch *w, const char *root);
void hostwatch_close(struct hostwatch *w);
/* The totals as of `now`.  `w` may be NULL: then only sleep is known. */
struct host_counts hostwatch_look(struct hostwatch *w, ns now);
/* What passed between two looks, into the sample's slept, swapped_in, memory_stall, throttled. */
void hostwatch_note(
	struct sample *s, const struct host_counts *before, const struct host_counts *after);

/* Readers of the kernel's texts; -1 or NS_NONE if it is not there or no number. */
int64_t hostwatch_read_swap(const char *vmstat, size_t len);
ns hostwatch_read_stall(const char *pressure, size_t len);
int64_t hostwatch_read_count(const char *text, size_t len);

#endif
