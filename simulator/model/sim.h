/* sim.h - a stand-in Ollama without sockets: what is loaded, how long each step takes, what goes
 * wrong.  Pure: every answer is a function of (machine, seed, requests so far, now).  The HTTP
 * server (simulator/server) and the virtual world (orchestrator/world) drive the same model.
 *
 * Behaviour follows a real server: one runner per model blob; a reload when runner options differ
 * (num_gpu -1 never reloads); loads rounded up to 250 ms; a resident model's load_duration is 100
 * to 200 ms, not 0; num_parallel slots, waiting shows only in total_duration; prompt cache by
 * common prefix unless longer than the sliding window; prompts cut to num_ctx; errors and their
 * order.  Several models may be installed: they differ in name and digest. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "err.h"
#include "str.h"

/* The machine.  X(name, default, min, max, "help"): `--sim name=value`, listed by
 * `chimera simulate --help`. */
#define SIM_KEYS(X)                                                                                \
	X(layers, 18, 1, 1000, "transformer blocks of the model (18 as Gemma 3 270M)")             \
	X(context_train, 32768, 256, 10000000, "trained context, tokens")                          \
	X(sliding_window, 512, 0, 10000000, "longer prompts are never cached")                     \
	X(vision, 0, 0, 1, "1: num_ctx below 2048 is raised to 2048")                              \
	X(model_mib, 240, 1, 10000000, "size of the weights, MiB")                                 \
	X(kv_kib_per_token, 18, 0, 100000, "context memory, KiB per token of num_ctx")             \
	X(vram_mib, 12288, 0, 100000000, "GPU memory, MiB; 0: no GPU")                             \
	X(ram_mib, 65536, 1, 100000000, "memory, MiB; more is out of memory")                      \
	X(decode_speed, 1, 0.001, 1000, "factor on decode rates")                                  \
	X(prefill_speed, 1, 0.001, 1000, "factor on prefill rates")                                \
	X(gpu_tok_s, 280, 0.01, 100000, "decode, all layers on the GPU, tok/s")                    \
	X(cpu_tok_s, 85, 0.01, 100000, "decode, no layer on the GPU, tok/s")                       \
	X(gpu_prefill_tok_s, 6000, 0.01, 1e7, "prefill on the GPU, tok/s")                         \
	X(cpu_prefill_tok_s, 900, 0.01, 1e7, "prefill on the CPU, tok/s")                          \
	X(ctx_cost, 0.012, 0, 1, "decode slowdown for each doubling of num_ctx above 1024")        \
	X(temperature_cost, 0, -0.9, 10,                                                           \
		"decode slowdown per unit of temperature (none in truth)")                         \
	X(load_ms, 900, 0, 1e7, "time of a model load")                                            \
	X(resident_load_ms, 110, 0, 1e6, "load_duration with the model resident")                  \
	X(overhead_ms, 12, 0, 1e6, "template, tokenising, relay: first content after the parts")   \
	X(unload_ms, 45, 0, 1e6, "time until an unloaded model leaves /api/ps")                    \
	X(warmup_slow, 0.15, 0, 10, "slowdown of the first request after a load")                  \
	X(num_parallel, 1, 1, 1024, "slots")                                                       \
	X(share_cost, 0.35, 0, 10, "slowdown for each further slot at work")                       \
	X(max_queue, 512, 1, 100000, "pending requests before 503")                                \
	X(chars_per_token, 4, 1, 20, "how prompts are counted")                                    \
	X(stop_probability, 0, 0, 1, "chance per token that the answer ends by itself")            \
	X(noise_request, 0.01, 0, 5, "sd of the logarithm, request to request")                    \
	X(noise_load, 0.007, 0, 5, "sd of the logarithm, load to load")                            \
	X(noise_pass, 0.005, 0, 5, "sd of the logarithm, half hour to half hour")                  \
	X(noise_day, 0.01, 0, 5, "sd of the logarithm, one draw for the machine's day")            \
	X(ar1, 0, -0.99, 0.99, "autocorrelation of successive requests")                           \
	X(drift, 0, -1, 1, "slowdown per hour, as a fraction")                                     \
	X(tail, 0, 0, 1, "0 normal noise, 1 Student t with 3 degrees of freedom")                  \
	X(outlier, 0, 0, 1, "share of requests three times slower")                                \
	X(fail_connect, 0, 0, 1, "share of generate and chat requests refused")                    \
	X(fail_midstream, 0, 0, 1, "share of streams that end with an error line")                 \
	X(fail_truncated, 0, 0, 1, "share of streams that end without done")                       \
	X(fail_stall, 0, 0, 1, "share of streams that stop and stay open")                         \
	X(has_show, 1, 0, 1, "0: no /api/show")                                                    \
	X(has_ps, 1, 0, 1, "0: no /api/ps")                                                        \
	X(era, 3, 1, 3,                                                                            \
		"3: as v0.30 and later, 2: as v0.12 to v0.24, 1: as v0.9 (errors inside a 200)")

#define SIM_MODELS      256                /* room for the names of all models */
#define SIM_ANSWERS     256                /* room for a path */
#define SIM_MAX_ANSWERS ((size_t)16 << 20) /* bytes of that file */

#define SIM_FIELD(name, dflt, min, max, help) double name;
struct sim_config {
	SIM_KEYS(SIM_FIELD)
	/* Installed models, a line each (by commas in --sim), all of one making; "gemma3:270m" by
	 * default. */
	char model[SIM_MODELS];
	char version[32]; /* "0.32.14-sim" */
	/* A file with what is answered; "" (default): words drawn at random.  Several answers are
	 * parted by form feeds: each generation gets the next one, and the last one is given from
	 * then on.  Read by sim_new; where that fails, the reason is the answer. */
	char answers[SIM_ANSWERS];
};

/* Its models as --sim has them: "a,b".  Returns dst. */
const char *sim_config_models(const struct sim_config *c, char dst[SIM_MODELS]);
void sim_config_default(struct sim_config *c);
/* "decode_speed=0.9"; ERR_USAGE with did-you-mean and the range. */
int sim_config_set(struct sim_config *c, const char *key_value, struct err *e);
void sim_config_help(struct str *out);

/* How an answer is sent. */
enum sim_shape {
	SIM_WHOLE,  /* body at ready_at */
	SIM_STREAM, /* lines at their times, then the end */
	SIM_REFUSE, /* the connection is closed without a byte */
};
enum sim_ending { SIM_END_CLEAN, SIM_END_ERROR_LINE, SIM_END_NO_DONE, SIM_END_STALL };

struct sim_answer {
	enum sim_shape shape;
	int http_status;
	const char *content_type;
	const char *allow; /* of a 405: the Allow header, else NULL */
	ns ready_at;       /* SIM_WHOLE: when to send; SIM_STREAM: when the head is sent */
	struct str body;   /* SIM_WHOLE */
	/* SIM_STREAM */
	enum sim_ending ending;
	bool chat;          /* message.content instead of response */
	bool has_context;   /* the final line carries `context` (generate, not raw) */
	int era;            /* as in the config: the order of fields differs */
	char model[160];    /* as requested */
	size_t ntokens;     /* content chunks that will be sent */
	ns *token_at;       /* [ntokens] absolute */
	const char **token; /* [ntokens] static text */
	ns end_at;          /* of the final line, or of the ending */
	ns load, prompt_eval, eval, total; /* of the server */
	int64_t prompt_tokens, output_tokens;
	const char *done_reason;
	char error[200]; /* SIM_END_ERROR_LINE */
	uint64_t handle; /* for sim_cancel; 0 none */
};

struct sim; /* opaque */
struct sim *sim_new(const struct sim_config *c, uint64_t seed);
void sim_free(struct sim *m);
const struct sim_config *sim_config_of(const struct sim *m);
/* What to add to an instant to date it in whole bodies (created_at, expires_at).  Until then
 * instant 0 is the first second of 2026, so that a virtual run repeats to the byte. */
void sim_set_wall(struct sim *m, ns wall_minus_now);

/* An effect put into the machine: requests that ask for `value` get a measure that is `factor`
 * times what it would be, in the mean and exactly.  Several plants multiply. */
enum sim_measure {
	SIM_TTFT,    /* all that comes before the first token, but waiting for a load or a slot */
	SIM_DECODE,  /* rate */
	SIM_PREFILL, /* rate; TTFT holds the prefill, and changes with it */
	SIM_LOAD,    /* time of a load */
};
struct sim_plant {
	const char *name; /* of an option, or of a member of the body: "num_ctx", "model" */
	json_t *value;    /* as sent: a number, text or boolean; a reference is taken */
	enum sim_measure measure;
	double factor; /* above 0 */
};
void sim_plant_add(struct sim *m, const struct sim_plant *p);

/* Noise of TTFT and of decoding as a client sees them, each with draws of its own, in place of the
 * keys noise_*, ar1 and tail: what an analysis found can be played back. */
struct sim_noise_of {
	double request, load, pass; /* sds of logarithms */
	double ar1, tail;           /* of requests, as the keys */
};
void sim_set_noise(
	struct sim *m, const struct sim_noise_of *ttft, const struct sim_noise_of *decode);
/* The pass of the schedule that requests belong to from now on; with sim_set_noise noise of passes
 * is drawn by it, and not by half hours. */
void sim_set_pass(struct sim *m, uint32_t pass);

/* Any request: GET and POST of /, /api/version, tags, show, ps, generate, chat.  Calls must come in
 * order of `now`.  The answer is the caller's: sim_answer_release. */
void sim_request(struct sim *m, const char *method, const char *path, const char *body, size_t len,
	ns now, struct sim_answer *a);
/* The client went away: the slot is free from `now` on, and a load that nobody else waits for is
 * dropped.  Answers already handed out keep their times. */
void sim_cancel(struct sim *m, uint64_t handle, ns now);
void sim_answer_release(struct sim_answer *a);

/* The lines of a stream as the server writes them: token i, or the final (or error) line for
 * i == ntokens.  `wall` dates created_at. */
void sim_answer_line(const struct sim_answer *a, size_t i, ns wall, struct str *out);

/* The same for who writes many: what a stream's lines have in common is made once.
 *
 *	sim_lines_begin(&l, &answer);
 *	sim_lines_add(&l, &answer, i, wall, &out);    what sim_answer_line adds
 */
struct sim_second {
	bool known;
	ns second;     /* of wall time */
	char text[19]; /* "2026-11-24T02:07:26" */
};
struct sim_lines {
	struct str model;         /* up to the time */
	struct sim_second second; /* the last one written */
};
#define SIM_LINES_INIT                                                                             \
	{                                                                                          \
		.model = STR_INIT(STR_MAX_LINE)                                                    \
	}
void sim_lines_begin(struct sim_lines *l, const struct sim_answer *a);
void sim_lines_add(
	struct sim_lines *l, const struct sim_answer *a, size_t i, ns wall, struct str *out);
void sim_lines_release(struct sim_lines *l);

#endif
