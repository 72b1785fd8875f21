/* clockfacts_dated.c - bytes over loopback, each held against the wall clock before and after.
 *
 * The question is put to the kernel as a measurement does, by looking at what waits before it is
 * read, but not by the same code: this is a check of it as well. */
#include "clockfacts_dated.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef __linux__

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compiler.h"

#define SENDS      32
#define MUST       16 /* the last so many must be dated */
#define PAUSE      NS_PER_MS
#define ARRIVES_MS 1000

struct pair {
	int from, to;
};

static int listen_on_loopback(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd >= 0 &&
		(bind(fd, (struct sockaddr *)at, len) || listen(fd, 1) ||
			getsockname(fd, (struct sockaddr *)at, &len))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Two ends of a connection on loopback; false with errno. */
static bool pair_open(struct pair *p)
{
	struct sockaddr_in at;
	int listener = listen_on_loopback(&at);

	*p = (struct pair){-1, -1};
	if (listener < 0)
		return false;
	p->from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->from >= 0 && connect(p->from, (struct sockaddr *)&at, sizeof(at)) == 0)
		p->to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return p->to >= 0;
}

static void pair_close(const struct pair *p)
{
	if (p->from >= 0)
		close(p->from);
	if (p->to >= 0)
		close(p->to);
}

/* When the waiting byte came, by the kernel; NS_NONE if it does not say. */
static ns date_of_waiting(int fd)
{
	struct timespec stamps[3];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(stamps))];
	} control;
	char byte;
	struct iovec to = {&byte, 1};
	struct msghdr m = {.msg_iov = &to,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room)};

	if (recvmsg(fd, &m, MSG_PEEK) != 1)
		return NS_NONE;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(stamps, CMSG_DATA(c), sizeof(stamps));
		if (stamps[0].tv_sec > 0)
			return (ns)stamps[0].tv_sec * NS_PER_S + stamps[0].tv_nsec;
	}
	return NS_NONE;
}

enum outcome { FITS, UNDATED, MISDATED, LOST };

static enum outcome send_one(const struct pair *p, ns *late)
{
	struct pollfd waiting = {.fd = p->to, .events = POLLIN};
	ns before = clock_wall(), after, date;
	char byte = 'x';

	if (send(p->from, &byte, 1, MSG_NOSIGNAL) != 1 || poll(&waiting, 1, ARRIVES_MS) != 1)
		return LOST;
	date = date_of_waiting(p->to);
	after = clock_wall();
	if (recv(p->to, &byte, 1, 0) != 1)
		return LOST;
	if (date == NS_NONE)
		return UNDATED;
	*late = date - before;
	return date < before || date > after ? MISDATED : FITS;
}

static bool try_pair(const struct pair *p, char *why, size_t size, ns *late)
{
	const struct timespec pause = {.tv_nsec = PAUSE};
	int undated = 0, misdated = 0;

	*late = 0;
	for (int i = 0; i < SENDS; i++) {
		ns by = 0;
		enum outcome o = send_one(p, &by);

		if (o == LOST) {
			snprintf(why, size, "bytes over loopback do not arrive");
			return false;
		}
		if (i >= SENDS - MUST) {
			undated += o == UNDATED;
			misdated += o == MISDATED;
			*late = o == FITS && by > *late ? by : *late;
		}
		nanosleep(&pause, NULL);
	}
	if (undated)
		snprintf(why, size, "%d of %d bytes had no time", undated, MUST);
	else if (misdated)
		snprintf(why, size, "%d of %d bytes had a time at which they were not received",
			misdated, MUST);
	return !undated && !misdated;
}

bool clockfacts_dated(char *why, size_t size, ns *late)
{
	const int wanted = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	struct pair p;
	bool ok = false;

	*late = NS_NONE;
	why[0] = '\0';
	if (!pair_open(&p))
		snprintf(why, size, "no connection over loopback: %s", strerror(errno));
	else if (setsockopt(p.to, SOL_SOCKET, SO_TIMESTAMPING, &wanted, sizeof(wanted)))
		snprintf(why, size, "the kernel refuses it: %s", strerror(errno));
	else
		ok = try_pair(&p, why, size, late);
	pair_close(&p);
	if (!ok)
		*late = NS_NONE;
	return ok;
}

#else

bool clockfacts_dated(char *why, size_t size, ns *late)
{
	snprintf(why, size, "this system does not date what is received");
	*late = NS_NONE;
	return false;
}

#endif
