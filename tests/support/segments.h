/* segments.h - a server that decides what stands in each TCP segment, and when it goes out.
 *
 *	struct segments *s = segments_new();
 *
 *	segments_request(s);
 *	segments_text(s, SEGMENTS_HEAD);
 *	segments_read(s);
 *	segments_line(s, "{...}");
 *	segments_text(s, SEGMENTS_LAST);
 *	segments_start(s);
 *	... a client in this process talks to segments_url(s) ...
 *	segments_join(s);
 *	segments_sent(s, &n);
 *	segments_free(s);
 *
 * The script is run once, by a thread of its own, over blocking sockets on 127.0.0.1, any port,
 * without Nagle's delay.  Requests are taken off the connection at hand or, if that has ended, the
 * next one.  The client must be of this process: what its socket has received and read is looked up
 * there. */
#ifndef TESTS_SEGMENTS_H
#define TESTS_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"
#include "str.h"

#define SEGMENTS_HEAD                                                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"                                \
	"Transfer-Encoding: chunked\r\n\r\n"
#define SEGMENTS_LAST "0\r\n\r\n"

struct segments; /* opaque */

struct segments *segments_new(void);
void segments_free(struct segments *s); /* after the join, if it was started */

/* ---- the script, step by step ---- */

void segments_request(struct segments *s); /* waits for a request and reads it whole */
/* One send(2) of these bytes, which are copied: a text, a line with a newline as one HTTP chunk, or
 * what a string holds. */
void segments_text(struct segments *s, const char *text);
void segments_line(struct segments *s, const char *line);
void segments_bytes(struct segments *s, const struct str *bytes);
void segments_pause(struct segments *s, int ms);
/* Waits until the client has read all that was sent. */
void segments_read(struct segments *s);
/* Waits until segments_open was called once more. */
void segments_gate(struct segments *s);
/* Switches the receive timestamps of the client's socket off or on. */
void segments_dated(struct segments *s, bool on);
void segments_close(struct segments *s); /* the end of the connection, well or badly */
void segments_reset(struct segments *s);

/* A line with a newline as one HTTP chunk, after what is in `to` already. */
void segments_chunk(struct str *to, const char *line);

/* ---- running it ---- */

void segments_start(struct segments *s);
const char *segments_url(const struct segments *s); /* "http://127.0.0.1:PORT/api/generate" */
void segments_open(struct segments *s);             /* a gate; from any thread */
/* From any thread: whether it waits at a gate, and whether the script has come to its end. */
bool segments_waits(const struct segments *s);
bool segments_over(const struct segments *s);
/* Waits for the end of the script. */
void segments_join(struct segments *s);

/* A send: the monotonic clock read just before it and just after. */
struct segment_sent {
	ns before, after;
	size_t len;
};
/* After the join, in order.  Borrowed. */
const struct segment_sent *segments_sent(const struct segments *s, size_t *n);

/* ---- for other servers of tests ---- */

/* Waits until this process, the client at the other end of `fd`, has read `total` bytes of the
 * connection, or has closed it. */
void segments_await(int fd, size_t total);
/* All of it, in one send(2) where the kernel takes it; false if the connection is gone. */
bool segments_send(int fd, const char *bytes, size_t len, struct segment_sent *at);
/* A listening socket on 127.0.0.1, any port. */
int segments_listen(int *port);

#endif
