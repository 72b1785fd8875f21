/* sample.h - one response, measured: what a protocol makes of bytes and their arrival times.
 * Knows nothing of the plan.  Missing is NS_NONE, -1 or "". */
#ifndef CORE_SAMPLE_H
#define CORE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arrivals.h"
#include "clock.h"
#include "str.h"

/* How a request ended.  X(enum suffix, "name", final): a run_id with a final row is never redone.
 */
#define SAMPLE_STATUS(X)                                                                           \
	X(OK, "ok", 1)                                                                             \
	X(CONNECT_ERROR, "connect_error", 0) /* no byte of a reply came */                         \
	X(HTTP_ERROR, "http_error", 0) /* a status of 400 and more that fits nothing below */      \
	X(QUEUE_FULL, "queue_full", 0) /* 503: the server's queue is full */                       \
	X(MODEL_MISSING, "model_missing", 1) /* 404 */                                             \
	X(OUT_OF_MEMORY, "out_of_memory", 1) /* the load or the run did not fit */                 \
	X(SERVER_ERROR, "server_error", 0)   /* an {"error":...} line in the stream */             \
	X(BAD_LINE, "bad_line", 0)           /* a line that is not JSON, or too long */            \
	X(TRUNCATED, "truncated", 0) /* the stream ended after its first byte without done */      \
	X(TIMEOUT_FIRST, "timeout_first", 0) /* no content in time */                              \
	X(TIMEOUT_STALL, "timeout_stall", 0) /* silence in the middle */                           \
	X(TIMEOUT_TOTAL, "timeout_total", 0)                                                       \
	X(CANCELLED, "cancelled", 0)               /* by us */                                     \
	X(PROMPT_TRUNCATED, "prompt_truncated", 1) /* cut to fit num_ctx, or refused for it */     \
	X(SKIPPED, "skipped", 1)                   /* deliberately not sent */

#define SAMPLE_ENUM(id, name, final) STATUS_##id,
enum status { SAMPLE_STATUS(SAMPLE_ENUM) STATUS_COUNT };

const char *status_name(enum status s);
bool status_is_final(enum status s);
bool status_from_name(const char *name, enum status *ret);

enum stamp_source { STAMP_USER, STAMP_KERNEL, STAMP_VIRTUAL };

struct sample {
	enum status status;
	int http_status; /* 0 without a reply */
	bool broken;     /* the connection was lost before the reply's end */
	char error[400];
	char done_reason[16];
	/* Instants, monotonic. */
	ns due, sent, first_byte, first_content, last_content, done;
	ns sent_wall;
	ns connect;                        /* duration; 0 on a kept connection */
	ns load, prompt_eval, eval, total; /* server durations */
	int64_t prompt_tokens, cached_tokens, output_tokens;
	int64_t chunks, response_bytes;
	struct {
		ns *v; /* arrival of each content chunk */
		size_t n, cap;
	} times;
	struct str text; /* the answer, bounded */
	char sha256[65];
	/* Audit of the client. */
	enum stamp_source stamps;
	bool first_by_kernel, last_by_kernel; /* first_content, last_content */
	int64_t user_stamped;                 /* how many of times are user-space times */
	int64_t multi_line_reads;             /* reads that held more than one content line */
	ns late_first, late_max; /* how much too late first_content, and any content time, may be */
	ns sending; /* how long handing it to the kernel took from `sent` on: it was sent no later;
		       NS_NONE unknown */
	double cpu_share; /* of one processor, used by this process meanwhile; NaN unknown */
	int64_t streams;  /* requests in flight at once while it was, the most; -1 unknown */
	ns loop_lag_max;
	int64_t new_connects; /* connections opened for it after warming; more than 0 is suspect */
	ns slept;             /* how long the machine slept meanwhile: boot clock minus monotonic,
			       * with the noise of reading them */
	/* Of this machine meanwhile, known where the server runs on it. */
	int64_t swapped_in; /* pages, -1 unknown */
	ns memory_stall;    /* tasks waited for memory; NS_NONE unknown */
	int64_t throttled;  /* times a processor was slowed to cool, -1 unknown */
};

#define SAMPLE_MAX_TEXT ((size_t)4 << 20)
#define SAMPLE_MAX_TIMES                                                                           \
	((size_t)512 << 10) /* chunks beyond it are counted, their times not kept */

void sample_init(struct sample *s);
void sample_release(struct sample *s);
/* One more chunk with content arrived at `at`.  `text` is what it adds to the answer; len 0 for
 * content that is not answer (thinking). */
void sample_add_chunk(struct sample *s, const char *text, size_t len, ns at);
/* The same of an arrival as a read told it.  Times never go back: what was overtaken on its way
 * came with what it waited for. */
void sample_add_arrival(struct sample *s, const char *text, size_t len, const struct moment *m);
/* Fills sha256 from text (empty where text was cut) and forgets nothing. */
void sample_finish(struct sample *s);

/* Figures derived from a sample, by the definitions of docs/design.md; NaN or NS_NONE where the
 * definition gives none. */
ns sample_ttft(const struct sample *s);
ns sample_e2e(const struct sample *s);
double sample_tpot_ms(const struct sample *s);
double sample_decode_tok_s(const struct sample *s); /* (n-1)/eval; from 8 tokens and 1 ms on */
double sample_decode_tok_s_raw(const struct sample *s);
double sample_decode_tok_s_client(const struct sample *s); /* 1 / TPOT, from 8 tokens and 1 ms on */
double sample_prefill_tok_s(const struct sample *s);
ns sample_server_rest(const struct sample *s);
/* Chunks that came together, in one segment or merged by the kernel: the gaps between them cannot
 * be told, and are no gaps of 0. */
int64_t sample_unresolved(const struct sample *s);
/* Type-7 percentile of the gaps between content chunks that can be told, in ms; NaN below `least`
 * of them. */
double sample_itl_ms(const struct sample *s, double percentile, size_t least);

#endif
