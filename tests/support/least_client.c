/* least_client.c - epoll, recv, memchr. */
#include "least_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bug.h"
#include "str.h"

#define EVENTS     1024
#define BUFFER     ((size_t)256 << 10)
#define SILENCE_MS 30000
/* The chunk that ends a body, behind the end of the chunk before it. */
#define END     "\r\n0\r\n\r\n"
#define END_LEN (sizeof(END) - 1)
/* A line is a chunk: its size, itself and what closes it are a newline each; the end is two. */
#define NEWLINES_A_LINE 3
#define NEWLINES_AT_END 2

struct connection {
	int fd;
	unsigned round;
	bool in_body;
	size_t head_end;    /* how much of the blank line that ends the head has come */
	uint64_t newlines;  /* of the body */
	char tail[END_LEN]; /* the last bytes that came */
	struct least_answer *answer;
};

struct least {
	const struct least_load *load;
	struct least_result *result;
	struct connection *connections;
	size_t left; /* requests not yet answered */
	int epoll;
	struct str request; /* but for its name: head, id_at bytes into it, body */
	size_t id_at;
	char buffer[BUFFER];
};

const char *least_id(char dst[LEAST_ID], size_t i)
{
	snprintf(dst, LEAST_ID, "least%011zu-1", i);
	return dst;
}

/* ---- requests ---- */

/* All names are of one length, so that a request is this text with a name put into it. */
static void write_request(struct least *l)
{
	char id[LEAST_ID];

	str_addf(&l->request,
		"POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\nX-Request-Id: ",
		l->load->port, strlen(l->load->body));
	l->id_at = l->request.len;
	str_addf(&l->request, "%s\r\n\r\n%s", least_id(id, 0), l->load->body);
}

static int send_request(struct least *l, struct connection *c, struct err *e)
{
	size_t i = (size_t)(c - l->connections) + (size_t)c->round * l->load->streams;
	char id[LEAST_ID];
	ssize_t sent;

	least_id(id, i);
	memcpy(l->request.s + l->id_at, id, strlen(id));
	c->answer = &l->result->answers[i];
	*c->answer = (struct least_answer){.first = NS_NONE};
	c->in_body = false;
	c->head_end = 0;
	c->newlines = 0;
	memset(c->tail, 0, sizeof(c->tail));
	sent = send(c->fd, l->request.s, l->request.len, MSG_NOSIGNAL);
	if (sent != (ssize_t)l->request.len)
		return err_sys(e, ERR_ENV, sent < 0 ? errno : 0, "least client: send");
	c->answer->sent = clock_mono();
	return 0;
}

/* ---- what comes ---- */

/* Where the body begins in these bytes; `end` if it does not. */
static const char *skip_head(struct connection *c, const char *at, const char *end)
{
	static const char blank[] = "\r\n\r\n";

	for (; at < end && !c->in_body; at++) {
		if (*at == blank[c->head_end])
			c->in_body = ++c->head_end == sizeof(blank) - 1;
		else
			c->head_end = *at == blank[0];
	}
	return at;
}

static bool has_ended(struct connection *c, const char *bytes, size_t n)
{
	if (n >= END_LEN) {
		memcpy(c->tail, bytes + n - END_LEN, END_LEN);
	} else {
		memmove(c->tail, c->tail + n, END_LEN - n);
		memcpy(c->tail + END_LEN - n, bytes, n);
	}
	return memcmp(c->tail, END, END_LEN) == 0;
}

static int end_answer(struct least *l, struct connection *c, struct err *e)
{
	uint64_t n = c->newlines - NEWLINES_AT_END;

	if (c->newlines < NEWLINES_AT_END || n % NEWLINES_A_LINE)
		return err_set(e, ERR_ENV, "least client: an answer is not a line in each chunk");
	c->answer->lines = n / NEWLINES_A_LINE;
	l->left--;
	if (++c->round < l->load->rounds)
		return send_request(l, c, e);
	return 0;
}

static int take(struct least *l, struct connection *c, ns now, struct err *e)
{
	ssize_t n = recv(c->fd, l->buffer, sizeof(l->buffer), 0);
	const char *at = l->buffer, *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_sys(e, ERR_ENV, n < 0 ? errno : ECONNRESET, "least client: recv");
	l->result->reads++;
	l->result->bytes += (uint64_t)n;
	end = l->buffer + n;
	if (!c->in_body)
		at = skip_head(c, at, end);
	for (; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		c->newlines++;
	if (c->newlines >= 2 && c->answer->first == NS_NONE) /* a size, and a line */
		c->answer->first = now;
	if (has_ended(c, l->buffer, (size_t)n))
		return end_answer(l, c, e);
	return 0;
}

/* ---- connections ---- */

static int warm(int fd, struct least *l)
{
	static const char get[] = "GET /api/version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	size_t got = 0;

	if (send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL) != sizeof(get) - 1)
		return -1;
	/* The whole answer is {"version":"..."}. */
	while (got == 0 || l->buffer[got - 1] != '}') {
		ssize_t n = recv(fd, l->buffer + got, sizeof(l->buffer) - got, 0);

		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	return 0;
}

static int open_one(struct least *l, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->load->port)};
	struct epoll_event watch = {.events = EPOLLIN, .data.ptr = c};
	int yes = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) ||
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) || warm(c->fd, l) ||
		fcntl(c->fd, F_SETFL, O_NONBLOCK) ||
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &watch))
		return -1;
	return 0;
}

static int open_all(struct least *l, struct err *e)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < l->load->streams; i++)
		l->connections[i].fd = -1;
	for (unsigned i = 0; i < l->load->streams; i++)
		if (open_one(l, &l->connections[i]))
			return err_sys(e, ERR_ENV, errno, "least client: connection %u", i + 1);
	return 0;
}

/* ---- the loop ---- */

static int run(struct least *l, struct err *e)
{
	struct epoll_event ready[EVENTS];
	ns began = clock_mono();

	for (unsigned i = 0; i < l->load->streams; i++)
		if (send_request(l, &l->connections[i], e))
			return -1;
	while (l->left > 0) {
		int n = epoll_wait(l->epoll, ready, EVENTS, SILENCE_MS);
		ns now = clock_mono();

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(
				e, ERR_ENV, "least client: nothing came for %d ms", SILENCE_MS);
		l->result->wakeups++;
		for (int i = 0; i < n; i++)
			if (take(l, ready[i].data.ptr, now, e))
				return -1;
	}
	l->result->took = clock_mono() - began;
	return 0;
}

int least_run(const struct least_load *load, struct least_result *r, struct err *e)
{
	struct least *l = xcalloc(1, sizeof(*l));
	int rc;

	l->load = load;
	l->result = r;
	l->request = (struct str)STR_INIT(STR_MAX_LINE);
	l->left = (size_t)load->streams * load->rounds;
	l->connections = xcalloc(load->streams, sizeof(*l->connections));
	r->bytes = r->reads = r->wakeups = 0;
	write_request(l);
	rc = open_all(l, e) || run(l, e) ? -1 : 0;
	for (unsigned i = 0; i < load->streams; i++)
		if (l->connections[i].fd >= 0)
			close(l->connections[i].fd);
	close(l->epoll);
	free(l->connections);
	str_release(&l->request);
	free(l);
	return rc;
}
