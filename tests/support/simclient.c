/* simclient.c - a small blocking HTTP client for tests. */
#include "simclient.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "unit.h"

int client_dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval limit = {.tv_sec = 30};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void client_send(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* the reply will tell */
		bytes += n;
		len -= (size_t)n;
	}
}

void client_post(int fd, const char *path, const char *body)
{
	struct str s = STR_INIT(STR_MAX_FILE);

	str_addf(&s, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", path,
		strlen(body), body);
	client_send(fd, s.s, s.len);
	str_release(&s);
}

void client_get(int fd, const char *path)
{
	char s[200];

	snprintf(s, sizeof(s), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	client_send(fd, s, strlen(s));
}

bool client_more(int fd, struct client_reply *r)
{
	static char buffer[65536];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	if (n > 0)
		str_addn(&r->bytes, buffer, (size_t)n);
	return n > 0;
}

/* One line up to its line feed from `at` on; 0 at the end of what comes. */
static size_t line_end(int fd, struct client_reply *r, size_t at)
{
	const char *end;

	while (!(end = r->bytes.len > at ? memchr(r->bytes.s + at, '\n', r->bytes.len - at) : NULL))
		if (!client_more(fd, r))
			return 0;
	return (size_t)(end - r->bytes.s) + 1;
}

bool client_take(int fd, struct client_reply *r, size_t at, size_t len)
{
	while (r->bytes.len < at + len)
		if (!client_more(fd, r))
			return false;
	return true;
}

static void read_chunks(int fd, struct client_reply *r)
{
	size_t at = r->head, data, size;

	while ((data = line_end(fd, r, at))) {
		size = strtoul(r->bytes.s + at, NULL, 16);
		if (!client_take(fd, r, data, size + 2))
			return;
		str_addn(&r->body, r->bytes.s + data, size);
		at = data + size + 2;
		if (size == 0) {
			r->complete = true;
			r->used = at;
			return;
		}
		r->chunks++;
	}
}

struct client_reply client_read_after(int fd, const struct client_reply *before)
{
	struct client_reply r = CLIENT_REPLY_INIT;
	const char *length;
	size_t at = 0, end;

	if (before)
		str_addn(
			&r.bytes, before->bytes.s + before->used, before->bytes.len - before->used);
	while ((end = line_end(fd, &r, at)) > at + 2)
		at = end;
	if (end == 0)
		return r;
	r.head = end;
	r.status = atoi(r.bytes.s + strlen("HTTP/1.1 "));
	r.bytes.s[end - 1] = '\0'; /* ends the head for strstr */
	length = strstr(r.bytes.s, "Content-Length: ");
	if (!length) {
		read_chunks(fd, &r);
	} else {
		size_t n = (size_t)atol(length + strlen("Content-Length: "));

		r.complete = client_take(fd, &r, r.head, n);
		str_addn(&r.body, r.bytes.s + r.head,
			r.bytes.len - r.head < n ? r.bytes.len - r.head : n);
		r.used = r.head + n;
	}
	return r;
}

struct client_reply client_read(int fd)
{
	return client_read_after(fd, NULL);
}

void client_release(struct client_reply *r)
{
	str_release(&r->bytes);
	str_release(&r->body);
}

void client_assert_closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

size_t client_lines(const struct client_reply *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->body.len; i++)
		n += r->body.s[i] == '\n';
	return n;
}
