/* peek.c - see peek.h */
#include "peek.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#define TRIES   50 /* a millisecond apart: the kernel begins within a few */
#define WAIT_MS 20

int peek_want(int fd)
{
	int what = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof(what));
}

static ns time_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct scm_timestamping t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (ns)t.ts[0].tv_sec * NS_PER_S + t.ts[0].tv_nsec;
	}
	return NS_NONE;
}

/* How much of up to `len` bytes waits, and the kernel's time of the last of them (0: not dated).
 * With MSG_TRUNC nothing is copied. */
static ssize_t look(int fd, char *bytes, size_t len, int flags, ns *wall)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct scm_timestamping))];
	} control;
	struct iovec to = {.iov_base = bytes, .iov_len = len};
	struct msghdr m = {.msg_iov = &to,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room)};
	ssize_t got = recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT | flags);

	*wall = got > 0 ? time_of(&m) : NS_NONE;
	return got;
}

/* A datagram socket that sends to itself; -1 if it cannot be had. */
static int self_socket(void)
{
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(me);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || peek_want(fd) || bind(fd, (struct sockaddr *)&me, size) ||
		getsockname(fd, (struct sockaddr *)&me, &size) ||
		connect(fd, (struct sockaddr *)&me, size)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Sends itself a byte and sees whether it is dated. */
static bool is_dated(int fd)
{
	struct pollfd there = {.fd = fd, .events = POLLIN};
	char byte = 0;
	ns wall = NS_NONE;

	if (send(fd, &byte, 1, MSG_DONTWAIT) == 1 && poll(&there, 1, WAIT_MS) == 1) {
		look(fd, &byte, 1, 0, &wall);
		recv(fd, &byte, 1, MSG_DONTWAIT);
	}
	return wall != NS_NONE;
}

void peek_open(struct peek *p)
{
	static const struct timespec pause = {.tv_nsec = NS_PER_MS};

	p->clock = (struct kernelclock){0};
	p->keeper = self_socket();
	for (int i = 0; p->keeper >= 0 && !is_dated(p->keeper); i++) {
		if (i == TRIES) {
			close(p->keeper);
			p->keeper = -1;
		}
		nanosleep(&pause, NULL);
	}
}

#else

int peek_want(int fd)
{
	(void)fd;
	return -1;
}

void peek_open(struct peek *p)
{
	p->clock = (struct kernelclock){0};
	p->keeper = -1;
}

static ssize_t look(int fd, char *bytes, size_t len, int flags, ns *wall)
{
	(void)fd;
	(void)bytes;
	(void)len;
	(void)flags;
	*wall = NS_NONE;
	return -1;
}

#define MSG_TRUNC 0
#endif

void peek_close(struct peek *p)
{
	if (p->keeper >= 0)
		close(p->keeper);
	p->keeper = -1;
}

struct asking {
	struct peek *peek;
	int fd;
	ns earliest, now;
};

static ns ask(void *arg, size_t len)
{
	struct asking *q = arg;
	ns wall;

	if (look(q->fd, q->peek->bytes, len, MSG_TRUNC, &wall) < (ssize_t)len || wall == NS_NONE)
		return NS_NONE;
	return kernelclock_map(&q->peek->clock, wall, q->earliest, q->now);
}

bool peek_look(struct peek *p, int fd, ns earliest, struct arrivals *a, int *broke)
{
	struct asking q = {.peek = p, .fd = fd, .earliest = earliest};
	ns asked = clock_mono(), wall, last;
	ssize_t got;

	*broke = 0;
	if (p->keeper < 0)
		return false;
	got = look(fd, p->bytes, sizeof(p->bytes), 0, &wall);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		*broke = errno;
	if (got <= 0 || wall == NS_NONE)
		return false;
	q.now = clock_mono();
	kernelclock_look(&p->clock, q.now);
	last = kernelclock_map(&p->clock, wall, earliest, q.now);
	if (last == NS_NONE)
		return false;
	if ((size_t)got == sizeof(p->bytes)) /* what is left was there, too */
		asked = earliest;
	arrivals_find(a, p->bytes, (size_t)got, last, asked, ask, &q);
	return true;
}
