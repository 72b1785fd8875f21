/* peek.h - what waits in a TCP socket and when it came, asked before it is read.
 *
 * Linux dates received segments (SO_TIMESTAMPING, software).  It begins to do so some time after
 * the * first socket of the machine wants it and ends with the last, so one socket is kept open for
 * as long as times are wanted, and that it dates is tried at the start (some milliseconds).  On
 * other systems nothing is dated: every function then says so. */
#ifndef WORLD_PEEK_H
#define WORLD_PEEK_H

#include "arrivals.h"
#include "kernelclock.h"

#define PEEK_MAX ((size_t)256 << 10) /* bytes looked at: more than is read before the next look */

struct peek {
	int keeper; /* the socket kept open; -1: the system dates nothing */
	struct kernelclock clock;
	char bytes[PEEK_MAX];
};

void peek_open(struct peek *p);
void peek_close(struct peek *p);
/* Wants times of this socket's segments; 0, or -1 where they are not to be had. */
int peek_want(int fd);
/* Looks at what waits in fd and fills *a; false where nothing waits or nothing is dated.
 * `earliest`: when the socket was last looked at, NS_NONE never.  A broken connection tells its
 * error once, and then it is told here: *broke is its errno, else 0. */
bool peek_look(struct peek *p, int fd, ns earliest, struct arrivals *a, int *broke);

#endif
