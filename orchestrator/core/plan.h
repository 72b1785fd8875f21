/* plan.h - what will be done: cells, blocks, passes, loads, requests, in an order drawn by seed.
 *
 * The experiment is a split plot (docs/statistics.md): a block is one combination of runner options
 * and is loaded anew in every pass; inside a load the requests of its cells are permuted one by one
 * (a cell with concurrency > 1 or a rate runs as uninterrupted bursts).  A visit is one block in
 * one pass on one server, or the sentinel.  Passes go to servers in turn, whole; or to every server
 * (replicate); a factor `server` pins each block to one.  A shard K of N holds passes K, K + N, ...
 *
 * Cells are the combinations of levels that links (zip, cells), exclude, only and subset leave, of
 * equal settings (aliases) the first, without those that a budget took away.
 *
 * A plan is a value made from a resolved sweep and the servers' facts; it borrows both.  Requests
 * are made visit by visit (plan_items), so a million cells cost a few bytes each. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "clock.h"
#include "err.h"
#include "facts.h"
#include "hash.h"
#include "pace.h"
#include "sweep.h"

#define PLAN_SENTINEL_REQUESTS 5
#define PLAN_MAX_LOOKS         4

/* Two requested settings that are the same setting on this server. */
struct alias {
	const char *factor;
	const char *level;   /* the name given up (or kept as a control) */
	const char *same_as; /* the level, or the value in effect where no level has it */
	const char *why;     /* "all 18 layers and the output layer are 19" */
	bool merged;
};

struct block {
	uint32_t first_cell, ncells; /* into cell_of_block */
	const char *label;           /* "num_gpu=auto num_ctx=4096" */
	const char *model;
};

enum visit_kind { VISIT_BLOCK, VISIT_SENTINEL };

struct visit {
	enum visit_kind kind;
	uint32_t block;
	uint32_t pass; /* from 1; a sentinel has the pass it follows, 0 before the first */
	uint32_t server;
};

/* One planned request. */
struct item {
	uint32_t cell, prompt;
	uint32_t repeat;  /* over the whole sweep, from 0 */
	uint32_t ordinal; /* in the pass, per cell and prompt: enters the run_id */
	uint32_t burst;   /* requests with equal burst may be in flight together, up to concurrency;
			     with a rate all of them */
	uint32_t cell_burst; /* which burst of the cell in its pass, from 1; 0: a single request */
	uint32_t concurrency;
	double rate; /* requests per second; 0: closed loop */
	ns due;      /* with a rate: after the burst's start */
	bool sentinel;
	char run_id[HASH_ID_TEXT];
};

struct factor_df {
	const char *name;
	enum stratum stratum;
	uint32_t levels; /* different ones, aliases merged */
	uint64_t df, df_error;
	int same_as;      /* an earlier factor that it varies in step with, or -1 */
	const char *note; /* "rests on 4 degrees of freedom", "one pass: no test", or "" */
};

/* What there is of the grid. */
struct plan_counts {
	uint64_t grid;     /* combinations of all levels, links kept */
	uint64_t excluded; /* taken out by exclude and only */
	uint64_t left_out; /* by the subset */
	uint64_t merged;   /* aliases */
	uint64_t dropped;  /* by the budget */
};

/* One of the settings that name a cell: a factor, or a fixed value as JSON. */
struct plan_setting {
	const char *name;
	int factor; /* index, or -1 */
	const char *fixed;
};

/* What a budget takes away, decided from times only: requests per pass down to 1, then cells of the
 * lowest priority, then passes down to 3. */
struct plan_cut {
	bool cut;
	int64_t per_pass_before, per_pass, passes_before, passes;
	uint64_t cells_before, cells;
	double seconds; /* of what is left */
};

/* A dimension of the grid: a link, or a factor in none. */
struct plan_dim {
	const struct sweep_link *link; /* or NULL */
	size_t factor;                 /* the factor, or the first of the link */
	uint64_t stride;               /* weight in grid_index */
	uint32_t size;
};

struct plan {
	struct arena arena;
	const struct sweep *sweep;
	const struct server_facts *servers;
	size_t nservers;
	char fingerprint[HASH_SHA_TEXT];
	uint32_t ncells;
	struct plan_dim dims[SWEEP_MAX_FACTORS]; /* last fastest */
	size_t ndims;
	uint64_t *grid_index; /* [ncells] place in the grid: mixed radix over dims; rising */
	/* Of each factor: its dimension, and in a link the level of each row, `step` apart. */
	struct plan_place {
		size_t dim;
		const uint32_t *level;
		size_t step;
	} place[SWEEP_MAX_FACTORS];
	int of_kind[FACTOR_PROMPT_TOKENS + 1]; /* the factor of a kind that is no option, or -1 */
	uint32_t *prompt_of_level, *server_of_level; /* of those factors, else NULL */
	struct plan_counts counts;
	/* With a subset: what it can and cannot estimate, a line; else NULL. */
	const char *subset_note;
	const char **notes; /* what else a reader should know, a line each */
	size_t nnotes;
	struct plan_setting *settings; /* sorted by name: what plan_cell_id hashes */
	size_t nsettings;
	uint32_t *block_of_cell; /* [ncells] */
	uint32_t *cell_of_block; /* [ncells] cells grouped by block */
	struct block *blocks;
	uint32_t nblocks;
	struct visit *visits; /* in each server's order; server by server interleaved by pass */
	uint32_t nvisits;
	struct alias *aliases;
	size_t naliases;
	struct factor_df df[SWEEP_MAX_FACTORS];
	size_t ndf;
	uint32_t sentinel_cell;
	uint32_t *sentinel_of_server; /* [nservers] with a factor `server`, else NULL */
	/* repeats = passes * per_pass, per cell and prompt; bursts per cell where concurrency > 1.
	 */
	int64_t passes, repeats, per_pass;
	/* With `until`: after these passes the runner looks, and may stop; the last is `passes`. */
	uint32_t looks[PLAN_MAX_LOOKS];
	uint32_t nlooks;
	uint64_t block_loads, sentinel_loads;
	uint64_t requests, sentinel_requests,
		warmups;     /* warmups: the least, 2 per load by default */
	struct plan_cut cut; /* put here by who made it fit into a budget, to be shown */
};

int plan_build(struct plan *p, const struct sweep *s, const struct server_facts *servers,
	size_t nservers, struct err *e);
void plan_release(struct plan *p);

/* Level index of factor f in a cell. */
uint32_t plan_level(const struct plan *p, uint32_t cell, size_t f);
/* The cell that a visit loads: the first of its block, or the sentinel's. */
uint32_t plan_visit_cell(const struct plan *p, const struct visit *v);
/* The first server on the same host (its own number where none is before it): they take turns. */
uint32_t plan_host(const struct plan *p, uint32_t server);
/* Hash of the requested settings: model, factor levels, fixed options but the seed, concurrency and
 * cache.  A value has the same part in it whether it is fixed or a factor's level. */
void plan_cell_id(const struct plan *p, uint32_t cell, char id[HASH_ID_TEXT]);
/* "num_ctx=4096 num_gpu=0 temperature=0.6"; new string. */
char *plan_cell_label(const struct plan *p, uint32_t cell);
uint32_t plan_concurrency(const struct plan *p, uint32_t cell);
double plan_rate(const struct plan *p, uint32_t cell); /* 0: closed loop */
/* Whether the cell runs as bursts: concurrency above 1, or a rate. */
bool plan_is_burst(const struct plan *p, uint32_t cell);
const char *plan_cache(const struct plan *p, uint32_t cell); /* "unique" or "repeat" */
const char *plan_model(const struct plan *p, uint32_t cell);
const char *plan_system(const struct plan *p, uint32_t cell);   /* NULL none */
const char *plan_template(const struct plan *p, uint32_t cell); /* NULL: the model's own */
int64_t plan_keep_alive_s(const struct plan *p, uint32_t cell);
/* The prompts a cell gets: sweep->prompts[*first ... *first + return value - 1]. */
size_t plan_prompts(const struct plan *p, uint32_t cell, size_t *first);
/* Length to which the cell's prompts are made, in tokens; 0: as they are. */
int64_t plan_prompt_tokens(const struct plan *p, uint32_t cell);
/* The options object of a request: fixed options, the cell's levels (auto is -1), seed + repeat.
 * New reference. */
json_t *plan_options(const struct plan *p, uint32_t cell, uint32_t repeat);
/* The runner options alone, as sent; new reference. */
json_t *plan_runner_options(const struct plan *p, uint32_t block);

/* Requests of one burst of a cell: the sweep's (with a rate, those due in its seconds), by default
 * 30 and at least 10 times the concurrency, rounded up so that every prompt has an equal share.  1
 * for single requests. */
uint32_t plan_burst_size(const struct plan *p, uint32_t cell);
/* The requests of a visit in the order drawn for it; *ret is an array of *n, caller frees. */
void plan_items(const struct plan *p, const struct visit *v, struct item **ret, size_t *n);
/* run_id of the w-th warm-up of a visit. */
void plan_warmup_id(const struct plan *p, const struct visit *v, uint32_t w, char id[HASH_ID_TEXT]);

/* Seconds for the whole plan at that pace (core/pace.h); -1 where that is not known. */
double plan_seconds(const struct plan *p, const struct pace *pace);
/* Up to the first look; the same as above without looks. */
double plan_seconds_least(const struct plan *p, const struct pace *pace);
/* Loads (sentinels included) and measured requests up to the first look. */
void plan_least(const struct plan *p, uint64_t *loads, uint64_t *requests);

/* Changes per_pass, priority_kept and passes of the sweep (of which `p` is the plan) so that it
 * fits into sweep->budget_s; build the plan again after it.  ERR_USAGE if nothing fits, naming the
 * least that would, and which factors lose their test below 3 passes. */
int plan_fit_budget(struct sweep *s, const struct plan *p, const struct pace *pace,
	struct plan_cut *cut, struct err *e);

/* The list of p->aliases; new reference. */
json_t *plan_aliases_json(const struct plan *p);
/* The object that `chimera plan --json` prints; seconds < 0 is null; with runs[] if asked. */
json_t *plan_json(const struct plan *p, double seconds, bool runs);

#endif
