/* reply.h - a protocol: bytes and their arrival times in, a sample out.
 *
 *	reply_init -> reply_head (once the HTTP status is known) -> reply_read* -> reply_end
 *
 * Reads /api/generate and /api/chat (JSON lines, or one object), and the OpenAI-style endpoints
 * (server-sent events, or one object).  Pure: no clock, no sockets.  Lines are bounded by
 * 8 MiB; what the server sends is never trusted. */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include "dechunk.h"
#include "sample.h"

enum reply_format { REPLY_OLLAMA, REPLY_OPENAI };

/* How the transport ended. */
enum reply_end {
	REPLY_CLEAN,
	REPLY_RESET,
	REPLY_NO_CONNECTION,
	REPLY_LIMIT_FIRST,
	REPLY_LIMIT_STALL,
	REPLY_LIMIT_TOTAL,
	REPLY_CANCEL
};

struct reply {
	enum reply_format format;
	int64_t num_ctx; /* context in effect or asked for, -1 unknown: to notice a cut prompt */
	size_t prompt_bytes; /* length of the prompt sent */
	int64_t made_to;     /* tokens that it was made to (core/filler.h); 0, as after init: not */
	struct sample sample;
	struct str line;    /* what is not yet a line */
	struct moment rest; /* when that came */
	bool done_seen, failed, is_error_body;
	bool error_cut; /* the error body is longer than is kept */
	bool chunked;   /* the body has the chunked transfer coding, as on the wire */
	struct dechunk dechunk;
	ns last_activity; /* of the last byte: for the stall limit */
};

void reply_init(struct reply *r, enum reply_format format, int64_t num_ctx, size_t prompt_bytes);
void reply_release(struct reply *r);
/* `chunked`: the bytes that follow are those of the wire, in chunks. */
void reply_head(struct reply *r, int http_status, bool chunked);
/* The next bytes of a read; a->taken moves behind them.  Returns 0, or -1 when the reply has failed
 * for good and the transfer may be dropped. */
int reply_read(struct reply *r, const char *bytes, size_t len, struct arrivals *a);
/* The same where transport and clock are not the wire's: no coding, all came at `at`. */
void reply_status(struct reply *r, int http_status);
int reply_body(struct reply *r, const char *bytes, size_t len, ns at);
/* Decides the status; `why` is the transport's own message or NULL.  The sample is complete after.
 */
void reply_end(struct reply *r, enum reply_end how, const char *why, ns at);
/* True once content has arrived (which limit applies). */
bool reply_has_content(const struct reply *r);

#endif
