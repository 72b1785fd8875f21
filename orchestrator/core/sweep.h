/* sweep.h - what the user asked for, checked: a sweep file, options of the command line, or both.
 *
 * The road: a JSON object (sweep_object_load from a file with what it extends, its variables filled
 * in, to which the command line adds keys) ->
 * sweep_parse: every rule with its error -> sweep_resolve: percentages and "all" become numbers,
 * the quick grid is made where there is no factor, defaults are filled in -> plan_build.
 * sweep_json gives the resolved sweep back; sweep_parse reads that again (resume, analysis). */
#ifndef CORE_SWEEP_H
#define CORE_SWEEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "expr.h"
#include "facts.h"
#include "options.h"
#include "str.h"

#define SWEEP_MAX_CELLS   1000000
#define SWEEP_MAX_FACTORS 24

struct level {
	json_t *value; /* what is sent: integer, real, boolean or string; "auto" is the string */
	char *text;  /* what rows and charts call it: "auto", "4096", "0.2", or the name given to it
		      */
	char *asked; /* as the user wrote it: "75%", "all", "4096" */
	bool named;  /* the user gave it a name: {"short": "Answer in one word."} */
};

/* What a factor varies.  `prompt` (levels are ids of the suite) gives each cell one prompt; without
 * it every cell gets all of them. */
enum factor_kind {
	FACTOR_OPTION,
	FACTOR_MODEL,
	FACTOR_SERVER,      /* levels are names of servers: each block is pinned to one */
	FACTOR_CONCURRENCY, /* requests kept in flight */
	FACTOR_RATE,        /* requests per second, sent when they are due (open loop) */
	FACTOR_CACHE,
	FACTOR_KEEP_ALIVE, /* seconds, at least 1 */
	FACTOR_SYSTEM,     /* system prompt */
	FACTOR_TEMPLATE,   /* Go template in place of the model's own */
	FACTOR_PROMPT,
	FACTOR_PROMPT_TOKENS, /* length of the prompt: tokens, or "80%" of the cell's num_ctx */
};

struct factor {
	char *name;         /* option name, or the word of its kind: "model", "concurrency", ... */
	const char *column; /* of runs.csv: the name, but "prompt_tokens_asked" for prompt_tokens,
			       and "prompt_id" for prompt */
	enum factor_kind kind;
	enum stratum stratum; /* model, server and keep_alive are runner factors, the other kinds
				 sampling factors */
	bool known;           /* false: an option given by --set that Ollama is not known to have */
	struct level *levels;
	size_t nlevels;
};

/* The prompt's own check of an answer. */
enum check_kind {
	CHECK_NONE,
	CHECK_EXACT,
	CHECK_ONE_OF,
	CHECK_NUMBER,
	CHECK_REGEX,
	CHECK_JSON, /* the answer is JSON that fits a schema (grade.h says what of it is known) */
};

struct prompt {
	char *id;
	char *text;
	char *kind, *difficulty; /* for groups in the report; NULL not said */
	enum check_kind check;
	json_t *check_spec; /* {"exact": "Paris"} {"one_of": [...]} {"number": 4, "tolerance": 0.01}
			       {"regex": "..."} {"json": {schema}} */
};

/* Factors that vary together: `zip` (their levels in step) or `cells` (combinations written out).
 * Row r has level[r * nfactors + i] of factor[i].  A factor is in one link at most; each link is
 * one dimension of the grid, and so is each factor in none. */
struct sweep_link {
	size_t factor[SWEEP_MAX_FACTORS]; /* indices, rising */
	size_t nfactors;
	uint32_t *level;
	size_t nrows;
};

/* A condition on cells; its words are bound to factors (by index) and, from SWEEP_MAX_FACTORS on,
 * to fixed options in the order of sweep.options. */
struct sweep_condition {
	char *text;
	char *place; /* where it was written, for messages */
	struct expr *expr;
};

/* Part of a large grid. */
enum subset_kind { SUBSET_ALL, SUBSET_RANDOM, SUBSET_LATIN, SUBSET_SOBOL };
struct sweep_subset {
	enum subset_kind kind;
	int64_t cells, seed;
};

/* How passes go to several servers: dealt out whole, or every pass on every server.  (A factor
 * `server` compares them, and this does not matter.) */
enum distribute { DISTRIBUTE_SHARE, DISTRIBUTE_REPLICATE };

/* Text made to a length in tokens: filler words before the prompt (core/filler.h).  Measured on the
 * server for each model, and for each level of a factor `system` or `template`, since these add
 * tokens of their own (cmd/calibrate.h): tokens of prompt i = fixed + text[i] + per_word * words,
 * and first_word more with cache "unique". */
struct calibration {
	char *model;
	char *system, *template; /* names of the levels, NULL where it is no factor */
	double fixed, per_word, first_word;
	double *text; /* [ntexts], one for each prompt of the sweep */
	size_t ntexts;
	size_t measured; /* so many of the texts; the others were told from their bytes */
};

struct sweep {
	char *source; /* file, or "command line" */
	char *name;
	char *model; /* the one model, or NULL when it is a factor */
	struct factor factors[SWEEP_MAX_FACTORS];
	size_t nfactors;
	json_t *options; /* fixed options; after resolve also num_predict, seed, num_batch, ... in
			    force */
	struct prompt *prompts;
	size_t nprompts;
	char *system;                     /* system prompt or NULL */
	char *template;                   /* or NULL: the model's own */
	bool raw;                         /* no template */
	int64_t prompt_tokens;            /* length of every prompt; 0: as it is */
	double prompt_tokens_share;       /* or this part of num_ctx; 0: not so */
	struct calibration *calibrations; /* one for each model, where lengths are asked for */
	size_t ncalibrations;

	/* Which cells there are. */
	struct sweep_link *links;
	size_t nlinks;
	struct sweep_condition *exclude, *only, *priority;
	size_t nexclude, nonly, npriority;
	int64_t priority_kept; /* a budget kept cells of the first so many conditions; 0: all cells
				*/
	struct sweep_subset subset;

	int64_t repeats,
		passes;   /* 0: derived by the plan; repeats is the total per cell and prompt */
	int64_t per_pass; /* repeats in a pass; 0: derived; from sweep.json, and then it wins */
	int64_t warmups;  /* least per load, at least 1: the first pays the load */
	int64_t concurrency, burst; /* fixed concurrency; burst 0 = default for the level */
	double burst_s; /* a burst in seconds (`burst: "30s"`) in place of `burst`; 0 none */
	double rate;    /* requests per second, 0: closed loop */
	bool poisson;   /* gaps drawn from an exponential distribution, else equal */
	/* A request is good when it meets all that are stated (0: not stated). */
	double goodput_ttft_ms, goodput_tpot_ms, goodput_e2e_ms;

	/* How many and how long. */
	double until; /* look after passes, stop when level ratios are known this well; 0 none */
	int64_t max_passes; /* with until; 0: derived */
	double budget_s;    /* wall time; 0 none */
	enum distribute distribute;
	uint32_t shard, shards; /* this process's part of the passes: K of N; 0: all.  Not of the
				   sweep's fingerprint */

	char *cache;        /* "unique" or "repeat" */
	int64_t order_seed; /* of the schedule; not the option `seed` */
	bool sentinel;
	bool merge_aliases; /* false keeps them as an A/A control */
	int64_t keep_alive_s;
	double margin_throughput, margin_tpot, margin_ttft, margin_score; /* fractions, e.g. 0.02 */
	double limit_connect_s, limit_first_load_s, limit_first_s, limit_stall_s, limit_total_s;
	char **servers; /* URL or NAME=URL, from the file */
	size_t nservers;
	struct str warnings; /* lines to be shown before the plan */
	bool quick;          /* the grid was made for the model */
};

#define SWEEP_INIT                                                                                 \
	{                                                                                          \
		.warnings = STR_INIT(64 << 10)                                                     \
	}

/* Reads a sweep file as a JSON object, to which the command line may add: `extends` (a file or a
 * preset, or several) merged in key by key, the sweep's own keys winning and null taking a key
 * away; ${NAME} and ${NAME:-default} in texts replaced from the environment.  New reference. */
json_t *sweep_object_load(const char *path, struct err *e);
/* Makes the suite that an object names, beside the file it is from, a full path: the object may
 * then go elsewhere. */
void sweep_anchor_prompts(json_t *object, const char *path);
/* The presets that `extends` and --preset know; NULL-ended. */
extern const char *const sweep_presets[];
/* Lays the object over a preset, as `extends` would.  ERR_USAGE without a place if there is none.
 */
int sweep_object_preset(json_t **object, const char *name, struct err *e);
/* Checks and takes over.  `source` is the file (relative prompt paths are relative to its folder)
 * or "command line"; `origin` maps a path such as "factors.num_ctx" to the option that set it
 * ("--num-ctx"), which then names the place in errors; may be NULL.  The object is borrowed. */
int sweep_parse(
	struct sweep *s, json_t *object, const char *source, const json_t *origin, struct err *e);
/* Fills in what depends on the servers and all defaults but `passes` and `repeats`, which need the
 * number of blocks (plan_build).  facts[0] counts where servers differ. */
int sweep_resolve(struct sweep *s, const struct server_facts *facts, size_t nfacts, struct err *e);
void sweep_release(struct sweep *s);

/* "K/N" with K from 1 to N. */
bool sweep_shard(const char *text, uint32_t *shard, uint32_t *shards);
/* NULL if the sweep does not vary it.  Borrowed. */
const struct factor *sweep_factor(const struct sweep *s, const char *name);
/* A level as conditions see it.  auto is a text, and a name is what its level is called unless the
 * level is a number, with which one can reckon. */
struct expr_value sweep_level_value(const struct level *l);
/* A new last calibration with all figures 0, for a model and the levels of the factors system and
 * template (NULL where it is none).  Borrowed, valid until the next is added. */
struct calibration *sweep_add_calibration(
	struct sweep *s, const char *model, const char *system, const char *template);
/* The resolved sweep as JSON, prompts and checks included; new reference. */
json_t *sweep_json(const struct sweep *s);
/* Names what is measured: model digests, factors, options, prompts, definitions; not repeats,
 * passes, order, servers or shard.  Independent of the order of keys.  A length asked for is part
 * of it, the words it took to make it (calibrations) are not: so a plan names the same requests as
 * its run, and shards that count for themselves belong together. */
void sweep_fingerprint(const struct sweep *s, const struct server_facts *facts, char hex[65]);

#endif
