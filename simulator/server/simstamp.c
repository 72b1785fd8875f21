/* simstamp.c - a look into a socket's queue. */
#include "simstamp.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* wants a timespec */
#include <linux/net_tstamp.h>

#define TRIES    3               /* at reading two clocks together */
#define FORGIVEN (2 * NS_PER_US) /* what two readings of the offset may differ by */

void simstamp_want(int fd)
{
	int what = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof(what));
}

/* --- clocks --- */

/* The reading that took least: it was not interrupted. */
ns simstamp_offset(void)
{
	ns least = INT64_MAX, offset = 0;

	for (int i = 0; i < TRIES; i++) {
		ns before = clock_mono(), wall = clock_wall(), took = clock_mono() - before;

		if (took < least) {
			least = took;
			offset = wall - before - took / 2;
		}
	}
	return offset;
}

/* --- the queue --- */

static ns time_of(struct msghdr *m)
{
	struct scm_timestamping t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		if (t.ts[0].tv_sec || t.ts[0].tv_nsec)
			return (ns)t.ts[0].tv_sec * NS_PER_S + t.ts[0].tv_nsec;
	}
	return NS_NONE;
}

/* How many of the first `len` waiting bytes there are, and the time of the last of them.  With
 * MSG_TRUNC nothing is copied. */
static size_t look(int fd, char *scratch, size_t len, ns *wall)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct scm_timestamping))];
	} control;
	struct iovec to = {.iov_base = scratch, .iov_len = len};
	struct msghdr m = {.msg_iov = &to, .msg_iovlen = 1, .msg_control = control.room};
	ssize_t n;

	do {
		m.msg_controllen = sizeof(control.room);
		n = recvmsg(fd, &m, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	*wall = n > 0 ? time_of(&m) : NS_NONE;
	return n > 0 ? (size_t)n : 0;
}

/* Of `all` waiting bytes, the last of which came at *wall, those that came with the first. */
static size_t first_segment(int fd, char *scratch, size_t all, ns *wall)
{
	size_t same = 1, other = all;
	ns first, at;

	if (look(fd, scratch, 1, &first) != 1 || first == *wall)
		return all;
	while (other - same > 1) {
		size_t middle = same + (other - same) / 2;

		if (look(fd, scratch, middle, &at) == middle && at == first)
			same = middle;
		else
			other = middle;
	}
	*wall = first;
	return same;
}

size_t simstamp_look(int fd, char *scratch, size_t max, ns earliest, struct simstamp *s)
{
	ns wall, now, offset, at;
	size_t n = look(fd, scratch, max, &wall);

	if (n > 1 && wall != NS_NONE)
		n = first_segment(fd, scratch, n, &wall);
	offset = simstamp_offset();
	now = clock_mono();
	*s = (struct simstamp){.at = now, .wall = now + offset};
	if (wall == NS_NONE)
		return n;
	at = wall - offset;
	if (at > now + FORGIVEN || (earliest != NS_NONE && at < earliest - FORGIVEN))
		return n;
	if (at > now)
		at = now;
	*s = (struct simstamp){.at = at, .wall = wall, .kernel = true};
	return n;
}
