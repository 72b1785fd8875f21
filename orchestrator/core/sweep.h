/* sweep.h - what the user asked for, checked: a sweep file, options of the command line, or both.
 *
 * The road: a JSON object (sweep_object_load from a file, to which the command line adds keys) ->
 * sweep_parse: every rule with its error -> sweep_resolve: percentages and "all" become numbers,
 * the quick grid is made where there is no factor, defaults are filled in -> plan_build.
 * sweep_json gives the resolved sweep back; sweep_parse reads that again (resume, analysis). */
#ifndef CORE_SWEEP_H
#define CORE_SWEEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "facts.h"
#include "options.h"
#include "str.h"

#define SWEEP_MAX_CELLS   1000000
#define SWEEP_MAX_FACTORS 24

struct level {
	json_t *value; /* what is sent: integer, real, boolean or string; "auto" is the string */
	char *text;    /* what rows and charts call it: "auto", "4096", "0.2" */
	char *asked;   /* as the user wrote it: "75%", "all", "4096" */
};

/* What a factor varies. */
enum factor_kind { FACTOR_OPTION, FACTOR_MODEL, FACTOR_CONCURRENCY, FACTOR_CACHE };

struct factor {
	char *name; /* option name, "model", "concurrency" or "cache" */
	enum factor_kind kind;
	enum stratum
		stratum; /* model is a runner factor, concurrency and cache are sampling factors */
	bool known;      /* false: an option given by --set that Ollama is not known to have */
	struct level *levels;
	size_t nlevels;
};

/* The prompt's own check of an answer. */
enum check_kind { CHECK_NONE, CHECK_EXACT, CHECK_ONE_OF, CHECK_NUMBER, CHECK_REGEX };

struct prompt {
	char *id;
	char *text;
	enum check_kind check;
	json_t *check_spec; /* {"exact": "Paris"} {"one_of": [...]} {"number": 4, "tolerance": 0.01}
			       {"regex": "..."} */
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
	char *system; /* system prompt or NULL */
	bool raw;     /* no template */
	int64_t repeats,
		passes;   /* 0: derived by the plan; repeats is the total per cell and prompt */
	int64_t per_pass; /* repeats in a pass; 0: derived; from sweep.json, and then it wins */
	int64_t warmups;  /* least per load, at least 1: the first pays the load */
	int64_t concurrency, burst; /* fixed concurrency; burst 0 = default for the level */
	char *cache;                /* "unique" or "repeat" */
	int64_t order_seed;         /* of the schedule; not the option `seed` */
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

/* Reads a sweep file as a JSON object, to which the command line may add.  New reference. */
json_t *sweep_object_load(const char *path, struct err *e);
/* Checks and takes over.  `source` is the file (relative prompt paths are relative to its folder)
 * or "command line"; `origin` maps a path such as "factors.num_ctx" to the option that set it
 * ("--num-ctx"), which then names the place in errors; may be NULL.  The object is borrowed. */
int sweep_parse(
	struct sweep *s, json_t *object, const char *source, const json_t *origin, struct err *e);
/* Fills in what depends on the servers and all defaults but `passes` and `repeats`, which need the
 * number of blocks (plan_build).  facts[0] counts where servers differ. */
int sweep_resolve(struct sweep *s, const struct server_facts *facts, size_t nfacts, struct err *e);
void sweep_release(struct sweep *s);

/* NULL if the sweep does not vary it.  Borrowed. */
const struct factor *sweep_factor(const struct sweep *s, const char *name);
/* The resolved sweep as JSON, prompts and checks included; new reference. */
json_t *sweep_json(const struct sweep *s);
/* Names what is measured: model digests, factors, options, prompts, definitions; not repeats,
 * passes, order or servers.  Independent of the order of keys. */
void sweep_fingerprint(const struct sweep *s, const struct server_facts *facts, char hex[65]);

#endif
