/* columns.h - the columns of runs.csv, loads.csv and chunks.csv: THE contract between measuring and
 * analysing.  Writer, reader, docs/formats.md and a test all follow from this one table.
 *
 * X(enum suffix, "name", type, "unit", better, "meaning").  Types: TEXT; INT; MS (nanoseconds
 * inside, milliseconds with 6 decimals outside); REAL.  better: 1 higher, -1 lower, 0 no direction.
 * The sweep's factor columns stand between `model` and `prompt_id`. */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

enum column_type { COLUMN_TEXT, COLUMN_INT, COLUMN_MS, COLUMN_REAL };

struct column_spec {
	const char *name;
	enum column_type type;
	const char *unit; /* "" for none */
	int better;
	const char *meaning;
};

#define RUN_COLUMNS(X)                                                                             \
	X(RUN_ID, "run_id", TEXT, "", 0,                                                           \
		"the request planned: hash of fingerprint, phase, cell, prompt, pass, ordinal "    \
		"and, where cells are replicated, server")                                         \
	X(CELL_ID, "cell_id", TEXT, "", 0, "hash of the requested settings alone")                 \
	X(BLOCK, "block", INT, "", 0, "number of the combination of runner options, from 0")       \
	X(PASS, "pass", INT, "", 0,                                                                \
		"which visit of every block, from 1; 0 for the sentinel before the first")         \
	X(LOAD_ID, "load_id", TEXT, "", 0, "the model load that served it: a row of loads.csv")    \
	X(REPEAT, "repeat", INT, "", 0,                                                            \
		"which repeat of cell and prompt over the whole sweep, from 0; seed = base + "     \
		"repeat")                                                                          \
	X(ORDER, "order", INT, "", 0,                                                              \
		"running number of the request in this run directory, from 1")                     \
	X(SESSION, "session", INT, "", 0, "which start or resume, from 1")                         \
	X(ATTEMPT, "attempt", INT, "", 0, "which try of this run_id, from 1")                      \
	X(PHASE, "phase", TEXT, "", 0,                                                             \
		"warmup, measure, sentinel, probe (of lengths or times) or search")                \
	X(SHARD, "shard", TEXT, "", 0, "K/N of a sharded run, else empty")                         \
	X(SERVER, "server", TEXT, "", 0, "the NAME of NAME=URL, else the URL")                     \
	X(MODEL, "model", TEXT, "", 0, "model name as requested")                                  \
	/* the factor columns stand here */                                                        \
	X(PROMPT_ID, "prompt_id", TEXT, "", 0, "which prompt of the suite")                        \
	X(SEED, "seed", INT, "", 0, "seed sent with the request")                                  \
	X(CONCURRENCY, "concurrency", INT, "", 0, "requests kept in flight")                       \
	X(RATE, "rate", REAL, "1/s", 0, "requests sent per second, empty when kept in flight")     \
	X(BURST, "burst", INT, "", 0,                                                              \
		"which burst of the cell in its pass, from 1; empty for a single request")         \
	X(CACHE, "cache", TEXT, "", 0, "unique (a first word never repeated) or repeat")           \
	X(EFF_NUM_CTX, "eff_num_ctx", INT, "tokens", 0, "context the server says is loaded")       \
	X(OFFLOAD_FRACTION, "offload_fraction", REAL, "", 0,                                       \
		"size_vram / size as the server says")                                             \
	X(MODEL_DIGEST, "model_digest", TEXT, "", 0, "first 12 hex digits of the model's digest")  \
	X(SERVER_VERSION, "server_version", TEXT, "", 0, "version the server says")                \
	X(STATUS, "status", TEXT, "", 0, "ok, or the kind of failure")                             \
	X(HTTP_STATUS, "http_status", INT, "", 0, "HTTP status, empty without a reply")            \
	X(ERROR, "error", TEXT, "", 0, "what was said about the failure")                          \
	X(DONE_REASON, "done_reason", TEXT, "", 0,                                                 \
		"why the server stopped: stop, length, load, unload")                              \
	X(PAID_LOAD, "paid_load", INT, "", 0,                                                      \
		"1 if it waited for a model load, by the schedule or as an outlier")               \
	X(CONNECT_MS, "connect_ms", MS, "ms", -1, "time to connect, 0 on a kept connection")       \
	X(CLIENT_QUEUE_MS, "client_queue_ms", MS, "ms", -1, "sent minus due")                      \
	X(TTFB_MS, "ttfb_ms", MS, "ms", -1, "first byte of the reply minus sent")                  \
	X(TTFT_MS, "ttft_ms", MS, "ms", -1, "first chunk with content minus sent")                 \
	X(TPOT_MS, "tpot_ms", MS, "ms", -1,                                                        \
		"(last - first content) / (output tokens - 1, one more less on stop)")             \
	X(ITL_P50_MS, "itl_p50_ms", MS, "ms", -1, "median gap between content chunks")             \
	X(ITL_P99_MS, "itl_p99_ms", MS, "ms", -1, "99th percentile of the gaps, from 100 gaps on") \
	X(ITL_MAX_MS, "itl_max_ms", MS, "ms", -1, "largest gap")                                   \
	X(E2E_MS, "e2e_ms", MS, "ms", -1, "last content minus sent")                               \
	X(DONE_MS, "done_ms", MS, "ms", -1, "end of the reply minus sent")                         \
	X(LOAD_MS, "load_ms", MS, "ms", -1,                                                        \
		"server: load_duration (never 0, even on a resident model)")                       \
	X(PROMPT_EVAL_MS, "prompt_eval_ms", MS, "ms", -1, "server: prompt_eval_duration")          \
	X(EVAL_MS, "eval_ms", MS, "ms", -1, "server: eval_duration")                               \
	X(TOTAL_MS, "total_ms", MS, "ms", -1, "server: total_duration")                            \
	X(SERVER_REST_MS, "server_rest_ms", MS, "ms", -1, "total - load - prompt_eval - eval")     \
	X(PROMPT_TOKENS, "prompt_tokens", INT, "tokens", 0,                                        \
		"server: prompt_eval_count (cached ones included)")                                \
	X(CACHED_TOKENS, "cached_tokens", INT, "tokens", 0,                                        \
		"server: prompt_eval_cached_count, where it says")                                 \
	X(OUTPUT_TOKENS, "output_tokens", INT, "tokens", 0, "server: eval_count")                  \
	X(CHUNKS, "chunks", INT, "", 0, "chunks with content")                                     \
	X(RESPONSE_BYTES, "response_bytes", INT, "B", 0, "bytes of answer text")                   \
	X(DECODE_TOK_S, "decode_tok_s", REAL, "tok/s", 1, "(output_tokens - 1) / eval")            \
	X(DECODE_TOK_S_RAW, "decode_tok_s_raw", REAL, "tok/s", 1,                                  \
		"output_tokens / eval, what Ollama prints")                                        \
	X(DECODE_TOK_S_CLIENT, "decode_tok_s_client", REAL, "tok/s", 1, "1 / tpot")                \
	X(PREFILL_TOK_S, "prefill_tok_s", REAL, "tok/s", 1,                                        \
		"uncached prompt tokens / prompt_eval")                                            \
	X(SCORE, "score", REAL, "", 1, "0..1 from the prompt's own check, empty without one")      \
	X(RESPONSE_SHA256, "response_sha256", TEXT, "", 0, "of the answer text")                   \
	X(LOOP_LAG_MAX_US, "loop_lag_max_us", REAL, "us", -1,                                      \
		"worst delay of the client's loop while in flight")                                \
	X(TIMESTAMP_SOURCE, "timestamp_source", TEXT, "", 0,                                       \
		"of first and last content: kernel, user or virtual")                              \
	X(STAMP_BOUND_US, "stamp_bound_us", REAL, "us", -1,                                        \
		"content times are late by at most so much; 0: each is its segment's")             \
	X(SEND_US, "send_us", REAL, "us", -1,                                                      \
		"how long handing the request to the kernel took from sent on")                    \
	X(MULTI_LINE_READS, "multi_line_reads", INT, "", 0,                                        \
		"reads that held more than one content line")                                      \
	X(ITL_UNRESOLVED, "itl_unresolved", INT, "", 0,                                            \
		"gaps that cannot be told, of chunks that came together; in no itl column")        \
	X(STREAMS, "streams", INT, "", 0, "most requests in flight in this client while it was")   \
	X(CPU_SHARE, "cpu_share", REAL, "", 0,                                                     \
		"of one processor, used by this client while in flight")                           \
	X(VALIDITY, "validity", TEXT, "", 0, "valid, suspect or invalid")                          \
	X(VALIDITY_WHY, "validity_why", TEXT, "", 0, "reasons, separated by ;")                    \
	X(STARTED_AT, "started_at", TEXT, "", 0, "send time, UTC, nanoseconds")

/* Columns of loads.csv; there are no factor columns, `requested` has the runner options. */
#define LOAD_COLUMNS(X)                                                                            \
	X(LOAD_ID, "load_id", TEXT, "", 0, "name of the load")                                     \
	X(SESSION, "session", INT, "", 0, "which start or resume")                                 \
	X(BLOCK, "block", INT, "", 0, "combination of runner options")                             \
	X(PASS, "pass", INT, "", 0, "which visit")                                                 \
	X(PHASE, "phase", TEXT, "", 0, "measure or sentinel; probe is reserved")                   \
	X(SERVER, "server", TEXT, "", 0, "the NAME of NAME=URL, else the URL")                     \
	X(MODEL, "model", TEXT, "", 0, "model name as requested")                                  \
	X(REQUESTED, "requested", TEXT, "", 0, "runner options as sent, JSON")                     \
	X(STATUS, "status", TEXT, "", 0, "status of the request that caused the load")             \
	X(LOAD_MS, "load_ms", MS, "ms", -1, "server: load_duration of the request that paid")      \
	X(CONTEXT_LENGTH, "context_length", INT, "tokens", 0, "as /api/ps says")                   \
	X(SIZE, "size", INT, "B", 0, "as /api/ps says")                                            \
	X(SIZE_VRAM, "size_vram", INT, "B", 0, "as /api/ps says")                                  \
	X(OTHER_MODELS, "other_models", TEXT, "", 0, "other models in memory, separated by ;")     \
	X(WARMUPS, "warmups", INT, "", 0,                                                          \
		"requests discarded after this load until times stopped falling")                  \
	X(STARTED_AT, "started_at", TEXT, "", 0, "when the load was asked for, UTC")

/* chunks.csv, one row per request. */
#define CHUNK_COLUMNS(X)                                                                           \
	X(RUN_ID, "run_id", TEXT, "", 0, "as in runs.csv")                                         \
	X(ATTEMPT, "attempt", INT, "", 0, "as in runs.csv")                                        \
	X(FIRST_US, "first_us", REAL, "us", -1, "first content minus sent")                        \
	X(GAPS_US, "gaps_us", TEXT, "us", -1, "gaps between content chunks; ~ cannot be told")     \
	X(USER_STAMPED, "user_stamped", INT, "", 0, "how many of the times are user-space times")

/* The truth log of the simulated server, one row per stream. */
#define TRUTH_COLUMNS(X)                                                                           \
	X(REQUEST_ID, "request_id", TEXT, "", 0, "X-Request-Id as received")                       \
	X(RECEIVED_AT, "received_at", TEXT, "", 0, "when the request was complete, UTC")           \
	X(RECEIVED_BY, "received_by", TEXT, "", 0, "whose time that is: kernel or user")           \
	X(FIRST_US, "first_us", REAL, "us", -1, "first content handed over minus received")        \
	X(GAPS_US, "gaps_us", TEXT, "us", -1, "gaps between content handed over")                  \
	X(LATE_US, "late_us", TEXT, "us", -1, "each chunk's handing over minus when it was due")   \
	X(QUEUED, "queued", INT, "", 0, "chunks that the socket did not take at once")

#define COLUMN_ENUM_RUN(id, name, type, unit, better, meaning) RUN_##id,
enum run_column { RUN_COLUMNS(COLUMN_ENUM_RUN) RUN_COLUMN_COUNT };
#define COLUMN_ENUM_LOAD(id, name, type, unit, better, meaning) LOADS_##id,
enum load_column { LOAD_COLUMNS(COLUMN_ENUM_LOAD) LOADS_COLUMN_COUNT };
#define COLUMN_ENUM_CHUNK(id, name, type, unit, better, meaning) CHUNKS_##id,
enum chunk_column { CHUNK_COLUMNS(COLUMN_ENUM_CHUNK) CHUNKS_COLUMN_COUNT };
#define COLUMN_ENUM_TRUTH(id, name, type, unit, better, meaning) TRUTH_##id,
enum truth_column { TRUTH_COLUMNS(COLUMN_ENUM_TRUTH) TRUTH_COLUMN_COUNT };

extern const struct column_spec run_columns[RUN_COLUMN_COUNT];
extern const struct column_spec load_columns[LOADS_COLUMN_COUNT];
extern const struct column_spec chunk_columns[CHUNKS_COLUMN_COUNT];
extern const struct column_spec truth_columns[TRUTH_COLUMN_COUNT];

/* The last column of every journal file. */
#define COLUMN_ROW_CRC "row_crc"

/* How `error` begins on the rows of a rate that were not sent since the queue grew without end. */
#define OVERLOAD_ERROR "more than this server takes"

/* The spec of a column of runs.csv by name, or NULL (a factor column). */
const struct column_spec *run_column_find(const char *name);

#endif
