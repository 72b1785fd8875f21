/* resegment.c - see resegment.h */
#include "resegment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bug.h"
#include "rng.h"
#include "vec.h"

#define MOST     ((size_t)64 << 20)
#define LINE_END "}\n\r\n" /* of a line that is a chunk, and of the chunk */
#define BODY_END "0\r\n\r\n"

struct link {
	struct resegment *proxy;
	pthread_t thread;
	int client, server;
	struct rng rng;
	bool in_chunks;  /* the reply at hand is one */
	struct str held; /* of it, not yet sent on */
	struct str in, out;
	struct {
		struct segment_sent *v;
		size_t n, cap;
	} sent;
};

struct resegment {
	struct resegment_how how;
	int listener, server_port;
	char url[40];
	atomic_bool stops;
	pthread_t thread;
	struct {
		struct link **v;
		size_t n, cap;
	} links;
};

/* ---- sending on ---- */

/* A cut at `at` is moved off the end of a line and the end of its chunk, up to `most`. */
static size_t move_cut(const char *s, size_t at, size_t most)
{
	while (at < most && (s[at - 1] == '\n' || s[at - 1] == '\r'))
		at++;
	return at;
}

static bool send_piece(struct link *l, const char *bytes, size_t len)
{
	const struct resegment_how *how = &l->proxy->how;

	if (!segments_send(l->client, bytes, len, VEC_PUSH(&l->sent))) {
		l->sent.n--;
		return false;
	}
	str_addn(&l->out, bytes, len);
	if (how->read)
		segments_await(l->client, l->out.len);
	if (how->pauses)
		usleep((useconds_t)rng_below(&l->rng, how->pauses * 1000 + 1));
	return true;
}

/* The first `n` bytes of what is held. */
static bool send_on(struct link *l, size_t n)
{
	struct str rest = STR_INIT(MOST);

	for (size_t from = 0, upto; from < n; from = upto) {
		upto = n;
		if (l->proxy->how.torn && l->in_chunks)
			upto = from + 1 + (size_t)rng_below(&l->rng, 250);
		upto = upto < n ? move_cut(l->held.s, upto, n) : n;
		if (!send_piece(l, l->held.s + from, upto - from))
			return false;
	}
	str_addn(&rest, l->held.s + n, l->held.len - n);
	str_release(&l->held);
	l->held = rest;
	return true;
}

/* The end of the first `n` lines, n > 0; 0 there are not so many. */
static size_t end_of_lines(const struct str *s, unsigned n)
{
	const char *p = s->len ? s->s : "";

	for (; n > 0; n--) {
		p = strstr(p, LINE_END);
		if (!p)
			return 0;
		p += strlen(LINE_END);
	}
	return (size_t)(p - s->s);
}

/* The last chunk is there: after another, or by itself. */
static bool has_ended(const struct str *s)
{
	size_t n = strlen(BODY_END);

	return s->len >= n && strcmp(s->s + s->len - n, BODY_END) == 0 &&
		(s->len == n || s->s[s->len - n - 1] == '\n');
}

/* More of a reply has come from the server; one begins with its head. */
static bool take_reply(struct link *l, const char *bytes, size_t len)
{
	unsigned lines = l->proxy->how.lines;
	size_t n;

	str_addn(&l->held, bytes, len);
	if (!l->in_chunks)
		l->in_chunks = strstr(l->held.s, "chunked\r\n") != NULL;
	if (l->in_chunks && !has_ended(&l->held) && lines == 0)
		return send_on(l, l->held.len);
	while (l->in_chunks && lines > 0 && (n = end_of_lines(&l->held, lines)) > 0)
		if (!send_on(l, n))
			return false;
	if (l->in_chunks && !has_ended(&l->held))
		return true;
	if (!send_on(l, l->held.len))
		return false;
	l->in_chunks = false;
	return true;
}

static void *run_link(void *arg)
{
	struct link *l = arg;
	struct pollfd p[] = {
		{.fd = l->client, .events = POLLIN}, {.fd = l->server, .events = POLLIN}};
	char bytes[16384];

	for (;;) {
		if (poll(p, 2, -1) < 0)
			BUG("poll: %s", strerror(errno));
		if (p[0].revents) {
			struct segment_sent at;
			ssize_t n = recv(l->client, bytes, sizeof(bytes), 0);

			if (n < 1 || !segments_send(l->server, bytes, (size_t)n, &at))
				break;
			str_addn(&l->in, bytes, (size_t)n);
		}
		if (p[1].revents) {
			ssize_t n = recv(l->server, bytes, sizeof(bytes), 0);

			if (n < 1 || !take_reply(l, bytes, (size_t)n))
				break;
		}
	}
	shutdown(l->client, SHUT_RDWR);
	shutdown(l->server, SHUT_RDWR);
	return NULL;
}

/* ---- connections ---- */

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		BUG("the server: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void link_start(struct resegment *p, int client)
{
	struct link *l = xcalloc(1, sizeof(*l));
	char name[24];
	int one = 1;

	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	l->proxy = p;
	l->client = client;
	l->server = connect_to(p->server_port);
	l->held = (struct str)STR_INIT(MOST);
	l->in = (struct str)STR_INIT(MOST);
	l->out = (struct str)STR_INIT(MOST);
	snprintf(name, sizeof(name), "link %zu", p->links.n);
	rng_init(&l->rng, p->how.seed, name);
	*VEC_PUSH(&p->links) = l;
	if (pthread_create(&l->thread, NULL, run_link, l))
		BUG("no thread");
}

static void *run(void *arg)
{
	struct resegment *p = arg;
	int fd;

	while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 &&
		!atomic_load(&p->stops))
		link_start(p, fd);
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct resegment *resegment_start(int server_port, const struct resegment_how *how)
{
	struct resegment *p = xcalloc(1, sizeof(*p));
	int port;

	p->how = *how;
	p->server_port = server_port;
	p->listener = segments_listen(&port);
	snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%d", port);
	if (pthread_create(&p->thread, NULL, run, p))
		BUG("no thread");
	return p;
}

const char *resegment_url(const struct resegment *p)
{
	return p->url;
}

void resegment_stop(struct resegment *p)
{
	atomic_store(&p->stops, true);
	shutdown(p->listener, SHUT_RDWR); /* accept returns */
	pthread_join(p->thread, NULL);
	for (size_t i = 0; i < p->links.n; i++) {
		shutdown(p->links.v[i]->client, SHUT_RDWR);
		pthread_join(p->links.v[i]->thread, NULL);
	}
}

void resegment_free(struct resegment *p)
{
	for (size_t i = 0; i < p->links.n; i++) {
		struct link *l = p->links.v[i];

		close(l->client);
		close(l->server);
		str_release(&l->held);
		str_release(&l->in);
		str_release(&l->out);
		VEC_RELEASE(&l->sent);
		free(l);
	}
	VEC_RELEASE(&p->links);
	close(p->listener);
	free(p);
}

bool resegment_connection(const struct resegment *p, size_t n, struct resegmented *ret)
{
	if (n >= p->links.n)
		return false;

	const struct link *l = p->links.v[n];

	*ret = (struct resegmented){.requests = l->in.len ? l->in.s : "",
		.replies = l->out.len ? l->out.s : "",
		.sent = l->sent.v,
		.nsent = l->sent.n};
	return true;
}
