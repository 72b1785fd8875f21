/* simhttp.h - one HTTP/1.1 request, from bytes as they come.  Bounded, and strict where leniency is
 * how requests are smuggled: anything odd in the framing is refused. */
#ifndef SIMSERVER_SIMHTTP_H
#define SIMSERVER_SIMHTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

#define SIMHTTP_MAX_HEAD ((size_t)64 << 10)
#define SIMHTTP_MAX_BODY ((size_t)16 << 20)
#define SIMHTTP_MAX_ID   ((size_t)200)

enum simhttp_stage {
	SIMHTTP_REQUEST_LINE,
	SIMHTTP_HEADERS,
	SIMHTTP_BODY,       /* `left` bytes of it, by Content-Length */
	SIMHTTP_CHUNK_SIZE, /* a line */
	SIMHTTP_CHUNK,      /* `left` bytes of it */
	SIMHTTP_CHUNK_END,  /* the empty line behind it */
	SIMHTTP_TRAILER,    /* lines until an empty one */
	SIMHTTP_DONE,
	SIMHTTP_BAD, /* `status` says why; nothing more is taken */
};

struct simhttp {
	enum simhttp_stage stage;
	struct str line; /* what has come of a line */
	size_t head;     /* bytes of the head, or of the trailer */
	char method[16];
	char path[1024];
	char request_id[SIMHTTP_MAX_ID + 1]; /* X-Request-Id; "" where there is none, or a longer */
	struct str body;
	bool has_host, has_length, chunked;
	bool close;            /* no further request on this connection */
	bool expects_continue; /* wants to be asked for the body */
	uint64_t left;
	int status;
};

void simhttp_init(struct simhttp *h);
void simhttp_release(struct simhttp *h);
void simhttp_reset(struct simhttp *h); /* for the next request on the same connection */
/* Takes bytes until the request is complete (or bad); returns how many it took. */
size_t simhttp_feed(struct simhttp *h, const char *bytes, size_t len);
/* "Not Found". */
const char *simhttp_reason(int status);
/* The head of a reply, as Go's server writes it.  `allow`: the header of a 405, else NULL.  Without
 * `length` the body is chunked. */
struct simhttp_head {
	int status;
	const char *type, *allow;
	bool close;
	const size_t *length;
};
void simhttp_add_head(struct str *out, const struct simhttp_head *h, int64_t wall_seconds);
/* "Tue, 24 Nov 2026 02:07:26 GMT" into dst (at least 32 bytes).  Returns dst. */
char *simhttp_date(char *dst, int64_t wall_seconds);

#endif
