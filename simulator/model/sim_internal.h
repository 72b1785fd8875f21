/* sim_internal.h - what the parts of the model share; nobody else includes it.
 *
 * A request is planned at once, when it arrives: sim_parse.c reads it, sim_runner.c finds or loads
 * a runner and a slot, sim_time.c says how long each step takes, sim_text.c what is said,
 * sim_render.c and sim_pages.c write it down, sim_api.c leads.  A plan once handed out is never
 * changed. */
#ifndef SIM_SIM_INTERNAL_H
#define SIM_SIM_INTERNAL_H

#include "hash.h"
#include "rng.h"
#include "sim.h"
#include "vec.h"

#define SIM_FAR        (INT64_MAX / 4) /* later than anything, with room to add */
#define SIM_FOREVER    INT64_MAX       /* a keep_alive that never ends */
#define SIM_KEEP_ALIVE (300 * NS_PER_S)
#define SIM_MAX_OUTPUT ((int64_t)1 << 20) /* tokens of one answer */
#define SIM_NO_SLOT    SIZE_MAX

#define SIM_JSON "application/json; charset=utf-8"

/* t + d, never past SIM_FAR. */
ns sim_later(ns t, ns d);

/* --- what is asked (sim_parse.c, sim_options.c) --- */

/* The options object; what is not sent keeps Ollama's default. */
struct sim_options {
	int64_t num_ctx, num_batch, num_gpu, num_thread; /* num_batch 0: not given */
	int64_t main_gpu, use_mmap;                      /* -1: not given */
	int64_t num_keep, num_predict, seed;
	double temperature;
};

struct sim_call {
	json_t *root;
	bool chat;
	char model[sizeof(((struct sim_answer *)0)->model)];
	struct str text; /* system, prompt or messages: what the tokens are counted over */
	size_t messages;
	bool empty; /* nothing to answer: a load or an unload */
	bool stream, raw, truncate, shift, think;
	bool raw_conflict; /* template, system or context beside raw */
	bool has_keep_alive;
	ns keep_alive;
	struct sim_options options;
	double planted[SIM_LOAD + 1]; /* log of the factor on the duration, by enum sim_measure */
	double ttft;                  /* sim_set_noise: log noise of this request's TTFT */
};

/* Both return 0, or -1 with the error reply in `a`.  sim_call_release is fine after either. */
int sim_parse(struct sim_call *c, const struct sim *m, bool chat, const char *body, size_t len,
	struct sim_answer *a);
int sim_parse_options(struct sim_call *c, struct sim_answer *a);
void sim_call_release(struct sim_call *c);
/* A body as JSON, whatever follows it; NULL with the error reply in `a`. */
json_t *sim_parse_body(const char *body, size_t len, struct sim_answer *a);
/* A Go duration ("5m", "1h30m", "-1s"); the error is Go's own text. */
int sim_duration(const char *s, ns *ret, char *error, size_t size);

/* --- effects (sim_plant.c) --- */

struct sim_plants {
	struct sim_plant *v;
	size_t n, cap;
};
void sim_plants_release(struct sim *m);
/* Fills in call->planted. */
void sim_plants_of(const struct sim *m, struct sim_call *c);

/* --- noise and durations (sim_time.c) --- */

/* One source of unit noise with a memory (ar1) and tails. */
struct sim_source {
	struct rng normal, tail;
	double last;
	bool begun;
};

struct sim_term;

/* Every source has streams of its own, and each request draws once from each whatever the keys are,
 * so that turning one key does not disturb the others. */
struct sim_noise {
	struct sim_source decode, prefill, resident, overhead;
	struct rng load, load_time, outlier, jitter, answer;
	struct rng fault_connect, fault_midstream, fault_truncated, fault_stall, fault_where;
	double day;
};

/* Factors of one request, as logarithms. */
struct sim_draw {
	double decode, prefill, resident, overhead;
};

/* A measure with noise of its own (sim_set_noise). */
struct sim_own_noise {
	struct sim_noise_of of;
	struct sim_source request;
	struct rng load;
};
enum sim_own { SIM_OWN_TTFT, SIM_OWN_DECODE, SIM_OWN };

void sim_noise_init(struct sim_noise *n, uint64_t seed);
void sim_noise_request(struct sim *m, const struct sim_call *c, const struct sim_term *t, ns at,
	struct sim_draw *d);
/* The first draw of a request: with noise of its own, that of all its TTFT, kept in the call. */
ns sim_time_resident(struct sim *m, struct sim_call *c, const struct sim_term *t);
ns sim_time_load(struct sim *m, const struct sim_call *c);
void sim_noise_load(struct sim *m, struct sim_term *t);
ns sim_time_overhead(const struct sim *m, const struct sim_draw *d);
/* Of `tokens` new ones, with `busy` slots at work. */
ns sim_time_prefill(const struct sim *m, double fraction, int64_t tokens, size_t busy,
	const struct sim_draw *d);
/* Of `steps` decode steps together. */
ns sim_time_decode(const struct sim *m, double fraction, int64_t num_ctx, double temperature,
	int64_t steps, size_t busy, const struct sim_draw *d);
/* `n` instants, `gap` apart from `first` on, each off by a few per cent of the gap, in order. */
void sim_time_tokens(struct sim *m, ns first, double gap, ns *at, size_t n);
/* True in `share` of all calls. */
bool sim_fault(struct rng *r, double share);

/* --- what is answered (sim_answers.c) --- */

/* The answers of a file, cut into tokens; one per generation, the last one again and again. */
struct sim_answers {
	char **piece; /* all of them, one after the other */
	size_t npieces, pieces_cap;
	size_t *first; /* of each answer, and behind the last */
	size_t n, cap, next;
};
void sim_answers_load(struct sim_answers *x, const struct sim_config *c);
void sim_answers_release(struct sim_answers *x);

/* --- what is loaded (sim_runner.c) --- */

/* Runner options in effect: what is compared to decide on a reload. */
struct sim_want {
	int64_t num_ctx;     /* clamped */
	int64_t compare_ctx; /* old servers compare what was asked, not what it came to */
	int64_t num_batch, num_gpu, num_thread, main_gpu, use_mmap;
	bool shift;
};

/* One stay of the model in memory, from its load to its end. */
struct sim_term {
	uint64_t id;
	struct sim_want want;
	double fraction; /* of the layers, on the GPU */
	int64_t size, size_vram;
	char name[sizeof(((struct sim_answer *)0)->model)];
	ns begin, ready; /* of its load */
	ns last_end;     /* of the requests that have left */
	ns keep_alive;
	bool closing; /* takes no more requests */
	bool failed;  /* its load did not fit */
	ns expires, gone;
	double noise, own_noise[SIM_OWN]; /* of this load */
	bool warmed;                      /* has answered once */
	struct str cached;
	bool cached_raw;
	ns *slot_free; /* [num_parallel] */
};

/* A request that is planned and not over. */
struct sim_flight {
	uint64_t handle, term;
	size_t slot; /* SIM_NO_SLOT: only waits for the load */
	ns start, end;
};

struct sim {
	struct sim_config config;
	uint64_t seed;
	struct sim_noise noise;
	bool has_own_noise;
	struct sim_own_noise own[SIM_OWN];
	uint32_t pass;
	struct sim_plants plants;
	struct sim_answers answers;
	struct {
		struct sim_term **v;
		size_t n, cap;
	} terms; /* by time; the last one takes requests */
	struct {
		struct sim_flight *v;
		size_t n, cap;
	} flights;
	uint64_t last_id;
	bool begun;
	ns origin, now;
	ns wall_minus_now;
};

/* Lets pass what time has done until m->now: ends of requests, expired keep_alive. */
void sim_runner_settle(struct sim *m);
void sim_runner_release(struct sim *m);
/* Requests that have not begun. */
size_t sim_runner_waiting(const struct sim *m);
/* The runner for a request, loaded if need be; or, with `failed` set, the load that does not fit.
 * *ready is when the request has its runner (or its error). */
struct sim_term *sim_runner_place(struct sim *m, struct sim_call *c, ns *ready);
void sim_runner_unload(struct sim *m);
/* The first free slot from `ready` on; *busy counts the slots at work then, this one included. */
ns sim_runner_slot(
	const struct sim *m, const struct sim_term *t, ns ready, size_t *slot, size_t *busy);
uint64_t sim_runner_fly(struct sim *m, struct sim_term *t, size_t slot, ns start, ns end);
/* When it will expire, as /api/ps says. */
ns sim_runner_expires(const struct sim *m, const struct sim_term *t);

/* --- tokens (sim_text.c) --- */

int64_t sim_text_prompt_tokens(const struct sim *m, const struct sim_call *c);
/* Prompt tokens that the runner still has from the request before. */
int64_t sim_text_cached(
	const struct sim *m, const struct sim_term *t, const struct sim_call *c, int64_t tokens);
void sim_text_remember(
	const struct sim *m, struct sim_term *t, const struct sim_call *c, int64_t tokens);
/* How many tokens are sampled (the one that ends the answer included), and whether by itself. */
struct sim_script {
	struct rng rng;
	char **pieces; /* of a file, the next one; NULL: drawn */
	int64_t sampled;
	bool stopped;
};
void sim_text_script(struct sim *m, const struct sim_call *c, int64_t limit, struct sim_script *s);
const char *sim_text_next(struct sim_script *s);

/* --- what is written (sim_render.c, sim_pages.c) --- */

/* A JSON string as Go writes it, quotes included. */
void sim_json_text(struct str *out, const char *s, size_t len);
/* RFC 3339 in UTC without trailing zeros, quotes included; from 1970 on. */
void sim_json_time(struct str *out, ns wall);
/* An error reply; always returns -1. */
int sim_error(struct sim_answer *a, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The one object of stream:false, from a planned stream. */
void sim_render_whole(const struct sim_answer *a, ns wall, struct str *out);
/* The reply to a load or an unload. */
void sim_render_load(const struct sim_answer *a, const char *reason, ns wall, struct str *out);

/* The installed model of that name, and the length of its own; NULL if there is none. */
const char *sim_model_find(const struct sim *m, const char *name, size_t *len);
/* Whether two names are of one model. */
bool sim_model_same(const char *a, const char *b);
void sim_page_version(const struct sim *m, struct str *out);
void sim_page_tags(const struct sim *m, struct str *out);
void sim_page_show(const struct sim *m, const char *name, struct str *out);
void sim_page_ps(const struct sim *m, struct str *out);

#endif
