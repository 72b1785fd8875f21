/* simclient.h - a small blocking HTTP client for tests.  What cannot be done fails the test;
 * whoever would wait for ever gets nothing after 30 s. */
#ifndef TESTS_SIMCLIENT_H
#define TESTS_SIMCLIENT_H

#include "str.h"

/* What came for one request.  `bytes` may hold more than the reply. */
struct client_reply {
	struct str bytes;
	size_t head; /* its length */
	int status;
	struct str body; /* framing undone */
	size_t chunks;   /* of the framing */
	bool complete;   /* its end was seen */
	size_t used;     /* of bytes */
};
#define CLIENT_REPLY_INIT                                                                          \
	{                                                                                          \
		.bytes = STR_INIT(STR_MAX_FILE), .body = STR_INIT(STR_MAX_FILE)                    \
	}

/* A connection to 127.0.0.1; the caller closes it. */
int client_dial(int port);
void client_send(int fd, const char *bytes, size_t len);
/* A request with its body, and one without. */
void client_post(int fd, const char *path, const char *body);
void client_get(int fd, const char *path);

/* The reply to one request, as far as it came; client_release. */
struct client_reply client_read(int fd);
/* The same where `before` may have taken the beginning of it. */
struct client_reply client_read_after(int fd, const struct client_reply *before);
void client_release(struct client_reply *r);
/* Lines of the body. */
size_t client_lines(const struct client_reply *r);

/* Adds what comes next to r->bytes; false when nothing does any more. */
bool client_more(int fd, struct client_reply *r);
/* The same until there are `len` bytes from `at` on. */
bool client_take(int fd, struct client_reply *r, size_t at, size_t len);
/* The server has closed its side, and sends nothing before. */
void client_assert_closed(int fd);

#endif
