/* segments.c - see segments.h */
#include "segments.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bug.h"
#include "peek.h"
#include "vec.h"

#define MOST     ((size_t)1 << 20) /* of a request, or of a segment */
#define LOOK_US  200
#define PATIENCE (30 * NS_PER_S)

enum what { REQUEST, SEND, PAUSE, READ, GATE, DATED, CLOSE, RESET };

struct step {
	enum what what;
	int n;
	char *bytes;
	size_t len;
};

struct segments {
	struct {
		struct step *v;
		size_t n, cap;
	} steps;
	struct {
		struct segment_sent *v;
		size_t n, cap;
	} sent;
	atomic_bool waits, over;
	int listener, fd; /* fd: the connection at hand, -1 none */
	size_t total;     /* sent on it */
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t opened;
	unsigned gates;
};

/* ---- the client's side of a connection ---- */

static int port_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);

	if (name(fd, (struct sockaddr *)&a, &len) || a.sin_family != AF_INET)
		return -1;
	return ntohs(a.sin_port);
}

/* The socket of this process at the other end; -1 there is none. */
static int other_end(int fd)
{
	int ours = port_of(fd, getsockname), theirs = port_of(fd, getpeername), found = -1;
	DIR *all = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!all)
		BUG("/proc: %s", strerror(errno));
	while (found < 0 && theirs > 0 && (entry = readdir(all))) {
		int other = atoi(entry->d_name);

		if (port_of(other, getsockname) == theirs && port_of(other, getpeername) == ours)
			found = other;
	}
	closedir(all);
	return found;
}

void segments_await(int fd, size_t total)
{
	for (ns start = clock_mono(); clock_mono() < start + PATIENCE; usleep(LOOK_US)) {
		struct tcp_info info = {0};
		socklen_t len = sizeof(info);
		int other = other_end(fd), waits = 0;

		if (other < 0 || getsockopt(other, IPPROTO_TCP, TCP_INFO, &info, &len) ||
			ioctl(other, FIONREAD, &waits))
			return;
		if (info.tcpi_bytes_received >= total && waits == 0)
			return;
	}
	BUG("the client does not read");
}

static void date_client(int fd, bool on)
{
	int other = other_end(fd), none = 0;

	if (other < 0)
		BUG("no client");
	if (on ? peek_want(other)
	       : setsockopt(other, SOL_SOCKET, SO_TIMESTAMPING, &none, sizeof(none)))
		BUG("SO_TIMESTAMPING: %s", strerror(errno));
}

/* ---- sockets ---- */

int segments_listen(int *port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 64))
		BUG("no server: %s", strerror(errno));
	*port = port_of(fd, getsockname);
	return fd;
}

bool segments_send(int fd, const char *bytes, size_t len, struct segment_sent *at)
{
	size_t done = 0;

	*at = (struct segment_sent){.before = clock_mono(), .len = len};
	while (done < len) {
		ssize_t n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	at->after = clock_mono();
	return true;
}

static void hang_up(struct segments *s, bool reset)
{
	struct linger at_once = {.l_onoff = 1};

	if (s->fd < 0)
		return;
	if (reset)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(s->fd);
	s->fd = -1;
}

static void take_connection(struct segments *s)
{
	int one = 1;

	hang_up(s, false);
	s->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (s->fd < 0)
		BUG("accept: %s", strerror(errno));
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->total = 0;
}

/* ---- requests ---- */

static bool is_whole(const struct str *in)
{
	const char *end = in->len ? strstr(in->s, "\r\n\r\n") : NULL;
	const char *length = end ? strcasestr(in->s, "\r\nContent-Length:") : NULL;
	size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;

	return end && in->len >= (size_t)(end + 4 - in->s) + body;
}

static void take_request(struct segments *s)
{
	struct str in = STR_INIT(MOST);

	while (!is_whole(&in)) {
		struct pollfd p[] = {
			{.fd = s->listener, .events = POLLIN}, {.fd = s->fd, .events = POLLIN}};
		char bytes[4096];
		ssize_t n;

		if (poll(p, 2, (int)(PATIENCE / NS_PER_MS)) < 1)
			BUG("no request");
		if (!p[1].revents) {
			str_reset(&in);
			take_connection(s);
			continue;
		}
		n = recv(s->fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			str_addn(&in, bytes, (size_t)n);
		else
			hang_up(s, false);
	}
	str_release(&in);
}

/* ---- the script ---- */

static struct step *add(struct segments *s, enum what what)
{
	struct step *step = VEC_PUSH(&s->steps);

	*step = (struct step){.what = what};
	return step;
}

static void add_send(struct segments *s, const char *bytes, size_t len)
{
	struct step *step = add(s, SEND);

	step->bytes = xmalloc(len);
	memcpy(step->bytes, bytes, len);
	step->len = len;
}

void segments_request(struct segments *s)
{
	add(s, REQUEST);
}

void segments_text(struct segments *s, const char *text)
{
	add_send(s, text, strlen(text));
}

void segments_bytes(struct segments *s, const struct str *bytes)
{
	add_send(s, bytes->s, bytes->len);
}

void segments_chunk(struct str *to, const char *line)
{
	str_addf(to, "%zx\r\n%s\n\r\n", strlen(line) + 1, line);
}

void segments_line(struct segments *s, const char *line)
{
	struct str chunk = STR_INIT(MOST);

	segments_chunk(&chunk, line);
	segments_bytes(s, &chunk);
	str_release(&chunk);
}

void segments_pause(struct segments *s, int ms)
{
	add(s, PAUSE)->n = ms;
}

void segments_read(struct segments *s)
{
	add(s, READ);
}

void segments_gate(struct segments *s)
{
	add(s, GATE);
}

void segments_dated(struct segments *s, bool on)
{
	add(s, DATED)->n = on;
}

void segments_close(struct segments *s)
{
	add(s, CLOSE);
}

void segments_reset(struct segments *s)
{
	add(s, RESET);
}

/* ---- running it ---- */

static void send_step(struct segments *s, const struct step *step)
{
	struct segment_sent at;

	if (s->fd < 0 || !segments_send(s->fd, step->bytes, step->len, &at))
		BUG("the client has left before the script's end");
	*VEC_PUSH(&s->sent) = at;
	s->total += at.len;
}

static void wait_gate(struct segments *s)
{
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->waits, true);
	while (s->gates == 0)
		pthread_cond_wait(&s->opened, &s->lock);
	s->gates--;
	atomic_store(&s->waits, false);
	pthread_mutex_unlock(&s->lock);
}

static void run_step(struct segments *s, const struct step *step)
{
	switch (step->what) {
	case REQUEST:
		take_request(s);
		break;
	case SEND:
		send_step(s, step);
		break;
	case PAUSE:
		usleep((useconds_t)step->n * 1000);
		break;
	case READ:
		segments_await(s->fd, s->total);
		break;
	case GATE:
		wait_gate(s);
		break;
	case DATED:
		date_client(s->fd, step->n);
		break;
	case CLOSE:
	case RESET:
		hang_up(s, step->what == RESET);
		break;
	}
}

static void *run(void *arg)
{
	struct segments *s = arg;

	for (size_t i = 0; i < s->steps.n; i++)
		run_step(s, &s->steps.v[i]);
	atomic_store(&s->over, true);
	return NULL;
}

struct segments *segments_new(void)
{
	struct segments *s = xcalloc(1, sizeof(*s));
	int port;

	s->fd = -1;
	s->listener = segments_listen(&port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/api/generate", port);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->opened, NULL);
	return s;
}

void segments_free(struct segments *s)
{
	for (size_t i = 0; i < s->steps.n; i++)
		free(s->steps.v[i].bytes);
	VEC_RELEASE(&s->steps);
	VEC_RELEASE(&s->sent);
	hang_up(s, false);
	close(s->listener);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->opened);
	free(s);
}

void segments_start(struct segments *s)
{
	if (pthread_create(&s->thread, NULL, run, s))
		BUG("no thread");
}

const char *segments_url(const struct segments *s)
{
	return s->url;
}

void segments_open(struct segments *s)
{
	pthread_mutex_lock(&s->lock);
	s->gates++;
	atomic_store(&s->waits, false);
	pthread_cond_signal(&s->opened);
	pthread_mutex_unlock(&s->lock);
}

bool segments_waits(const struct segments *s)
{
	return atomic_load(&s->waits);
}

bool segments_over(const struct segments *s)
{
	return atomic_load(&s->over);
}

void segments_join(struct segments *s)
{
	pthread_join(s->thread, NULL);
}

const struct segment_sent *segments_sent(const struct segments *s, size_t *n)
{
	*n = s->sent.n;
	return s->sent.v;
}
