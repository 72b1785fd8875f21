/* firehose.c - epoll and sendfile. */
#include "firehose.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "str.h"

#define EVENTS      256
#define AT_ONCE     ((size_t)1 << 20) /* bytes of a stream before it is the next one's turn */
#define MAX_REQUEST ((size_t)64 << 10)

struct hose {
	int fd;
	bool sending;
	off_t sent; /* of the answer */
	size_t got; /* of a request */
	char request[MAX_REQUEST];
};

/* ---- the answer ---- */

static void add_chunk(struct str *out, const char *line)
{
	str_addf(out, "%zx\r\n%s\n\r\n", strlen(line) + 1, line);
}

static void write_answer(struct str *out, unsigned tokens)
{
	char line[400];

	str_add(out,
		"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
		"Transfer-Encoding: chunked\r\n\r\n");
	for (unsigned i = 0; i < tokens; i++) {
		snprintf(line, sizeof(line),
			"{\"model\":\"gemma3:270m\",\"created_at\":\"2026-11-24T02:07:31.%09uZ\","
			"\"response\":\" word\",\"done\":false}",
			i);
		add_chunk(out, line);
	}
	snprintf(line, sizeof(line),
		"{\"model\":\"gemma3:270m\",\"created_at\":\"2026-11-24T02:07:32.5Z\","
		"\"response\":\"\",\"done\":true,\"done_reason\":\"length\","
		"\"total_duration\":1200000000,\"load_duration\":100000000,"
		"\"prompt_eval_count\":12,\"prompt_eval_duration\":50000000,"
		"\"eval_count\":%u,\"eval_duration\":1000000000}",
		tokens);
	add_chunk(out, line);
	str_add(out, "0\r\n\r\n");
}

static int can(unsigned tokens, size_t *len)
{
	struct str answer = STR_INIT(STR_MAX_FILE);
	int fd = memfd_create("firehose", MFD_CLOEXEC);

	write_answer(&answer, tokens);
	*len = answer.len;
	if (fd >= 0 && fsx_write_all(fd, answer.s, answer.len)) {
		close(fd);
		fd = -1;
	}
	str_release(&answer);
	return fd;
}

/* ---- requests ---- */

/* Bytes of the first request in the buffer; 0: it is not all there. */
static size_t request_length(const struct hose *h)
{
	const char *end = memmem(h->request, h->got, "\r\n\r\n", 4), *length;
	size_t head;

	if (!end)
		return 0;
	head = (size_t)(end + 4 - h->request);
	length = memmem(h->request, head, "\r\nContent-Length:", 17);
	if (length)
		head += strtoul(length + 17, NULL, 10);
	return head <= h->got ? head : 0;
}

static void send_more(int epoll, const struct firehose *f, struct hose *h)
{
	struct epoll_event watch = {.events = EPOLLOUT, .data.ptr = h};
	size_t left = f->len - (size_t)h->sent;
	ssize_t n = sendfile(h->fd, f->canned, &h->sent, left < AT_ONCE ? left : AT_ONCE);

	h->sending = (size_t)h->sent < f->len && (n > 0 || errno == EAGAIN);
	if (!h->sending)
		watch.events = EPOLLIN;
	epoll_ctl(epoll, EPOLL_CTL_MOD, h->fd, &watch);
}

static void answer(int epoll, const struct firehose *f, struct hose *h)
{
	static const char version[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				      "Content-Length: 21\r\n\r\n{\"version\":\"0.32.14\"}";

	if (memcmp(h->request, "GET ", 4) == 0) {
		if (send(h->fd, version, sizeof(version) - 1, MSG_NOSIGNAL) < 0)
			shutdown(h->fd, SHUT_RDWR);
		return;
	}
	h->sent = 0;
	send_more(epoll, f, h);
}

static void take_request(int epoll, const struct firehose *f, struct hose *h)
{
	ssize_t n = recv(h->fd, h->request + h->got, sizeof(h->request) - h->got, 0);
	size_t len;

	if (n <= 0) {
		close(h->fd);
		free(h);
		return;
	}
	h->got += (size_t)n;
	len = request_length(h);
	if (len == 0)
		return;
	answer(epoll, f, h);
	h->got -= len;
	memmove(h->request, h->request + len, h->got);
}

/* ---- serving ---- */

static void take_connection(int epoll, const struct firehose *f)
{
	int fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
	struct hose *h;
	struct epoll_event watch;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	h = xcalloc(1, sizeof(*h));
	h->fd = fd;
	watch = (struct epoll_event){.events = EPOLLIN, .data.ptr = h};
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watch);
}

void firehose_serve(void *firehose)
{
	const struct firehose *f = firehose;
	struct epoll_event watch = {.events = EPOLLIN}, ready[EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	signal(SIGPIPE, SIG_IGN); /* sendfile has no MSG_NOSIGNAL */
	epoll_ctl(epoll, EPOLL_CTL_ADD, f->listener, &watch);
	for (;;) {
		int n = epoll_wait(epoll, ready, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct hose *h = ready[i].data.ptr;

			if (!h)
				take_connection(epoll, f);
			else if (h->sending)
				send_more(epoll, f, h);
			else
				take_request(epoll, f, h);
		}
	}
}

bool firehose_open(struct firehose *f, unsigned tokens)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->canned = can(tokens, &f->len);
	if (f->listener < 0 || f->canned < 0 ||
		bind(f->listener, (const struct sockaddr *)&at, sizeof(at)) ||
		listen(f->listener, EVENTS) ||
		getsockname(f->listener, (struct sockaddr *)&at, &len)) {
		firehose_close(f);
		return false;
	}
	f->port = ntohs(at.sin_port);
	return true;
}

void firehose_close(struct firehose *f)
{
	if (f->listener >= 0)
		close(f->listener);
	if (f->canned >= 0)
		close(f->canned);
}
