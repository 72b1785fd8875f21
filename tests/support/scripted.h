/* scripted.h - an HTTP server that misbehaves on cue.
 *
 *	static const struct scripted_step cut[] = {HEAD(200), LINE("{...}"), RESET, {0}};
 *	static const struct scripted_route routes[] = {{"/api/generate", cut}, {0}};
 *
 * A request gets the steps of the first unused route with its path; the last route of a path serves
 * all later ones too.  A path without a route is a plain 404.  It listens on 127.0.0.1, any port,
 * and reads each request whole before it answers. */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum scripted_do {
	SCRIPTED_END, /* the reply is over; the connection waits for the next request */
	SCRIPTED_HEAD,
	SCRIPTED_LINE,
	SCRIPTED_FILL,
	SCRIPTED_RAW,
	SCRIPTED_WHOLE,
	SCRIPTED_SPLIT,
	SCRIPTED_WAIT,
	SCRIPTED_HOLD,
	SCRIPTED_CLOSE,
	SCRIPTED_RESET,
};

struct scripted_step {
	enum scripted_do what;
	int n;
	const char *text;
};

/* A chunked head with this status, JSON lines; a line as a chunk; a chunk of n bytes 'x' without a
 * newline; the chunk that ends the body. */
#define HEAD(status)                                                                               \
	{                                                                                          \
		SCRIPTED_HEAD, status, NULL                                                        \
	}
#define LINE(line)                                                                                 \
	{                                                                                          \
		SCRIPTED_LINE, 0, line                                                             \
	}
#define FILL(bytes)                                                                                \
	{                                                                                          \
		SCRIPTED_FILL, bytes, NULL                                                         \
	}
#define LAST                                                                                       \
	{                                                                                          \
		SCRIPTED_RAW, 0, "0\r\n\r\n"                                                       \
	}
/* Bytes as they are; a whole reply of JSON. */
#define RAW(bytes)                                                                                 \
	{                                                                                          \
		SCRIPTED_RAW, 0, bytes                                                             \
	}
#define WHOLE(status, body)                                                                        \
	{                                                                                          \
		SCRIPTED_WHOLE, status, body                                                       \
	}
/* From here on every byte is a write in a turn of the loop of its own; milliseconds of silence;
 * silence for ever; the end of the connection, well or badly. */
#define SPLIT                                                                                      \
	{                                                                                          \
		SCRIPTED_SPLIT, 0, NULL                                                            \
	}
#define WAIT(ms)                                                                                   \
	{                                                                                          \
		SCRIPTED_WAIT, ms, NULL                                                            \
	}
#define HOLD                                                                                       \
	{                                                                                          \
		SCRIPTED_HOLD, 0, NULL                                                             \
	}
#define CLOSE                                                                                      \
	{                                                                                          \
		SCRIPTED_CLOSE, 0, NULL                                                            \
	}
#define RESET                                                                                      \
	{                                                                                          \
		SCRIPTED_RESET, 0, NULL                                                            \
	}

struct scripted_route {
	const char *path;
	const struct scripted_step *steps;
};

/* What came in. */
struct scripted_request {
	char *head; /* request line and headers */
	char *body;
	size_t body_len;
	unsigned connection; /* from 1 */
};

struct scripted; /* opaque */

/* On the caller's loop; routes (ended by a path of NULL) are borrowed. */
struct scripted *scripted_start(uv_loop_t *loop, const struct scripted_route *routes);
const char *scripted_url(const struct scripted *s); /* "http://127.0.0.1:PORT" */
/* Closes all handles; scripted_free after the loop has run empty. */
void scripted_close(struct scripted *s);
void scripted_free(struct scripted *s);
/* Requests so far, in order.  Borrowed. */
size_t scripted_requests(const struct scripted *s, const struct scripted_request **ret);
unsigned scripted_connections(const struct scripted *s);
/* Requests read and replies wholly handed to the kernel so far; from any thread. */
unsigned scripted_asked(const struct scripted *s);
unsigned scripted_answered(const struct scripted *s);

/* The same in a thread with a loop of its own; the requests may be looked at after the stop. */
struct scripted_thread {
	uv_thread_t thread;
	uv_loop_t loop;
	uv_async_t stop;
	struct scripted *server;
};
void scripted_thread_start(struct scripted_thread *t, const struct scripted_route *routes);
void scripted_thread_stop(struct scripted_thread *t); /* joins; then scripted_free(t->server) */

/* A port of 127.0.0.1 on which nobody listens. */
int scripted_dead_port(void);

#endif
