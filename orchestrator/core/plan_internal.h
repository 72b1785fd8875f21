/* plan_internal.h - shared by the plan_*.c files only. */
#ifndef CORE_PLAN_INTERNAL_H
#define CORE_PLAN_INTERNAL_H

#include "plan.h"

#define MAX_BURST     1000000
#define PLAN_MAX_GRID (UINT64_C(1) << 53) /* places of a grid that is drawn from */

/* Which levels are one setting on this server: for each level the first that is the same.  The
 * numbers of layers and of tokens are the model's, so there is a row per model. */
struct canon {
	int model, gpu, ctx;  /* factor indices, -1 where it is none */
	uint32_t nmodels;     /* 1 where the model is no factor */
	uint32_t *model_same; /* [nmodels] */
	uint32_t *gpu_same;   /* [nmodels][levels] or NULL */
	uint32_t *ctx_same;
};

/* Compares the levels by what the server says; lists the aliases in p->aliases. */
void canon_init(struct canon *c, struct plan *p);
void canon_release(struct canon *c);
/* Levels of a place of the grid replaced by the first that are the same setting; [nfactors]. */
void canon_digits(const struct canon *c, const struct plan *p, uint32_t *digit);
/* num_ctx as the model really runs it; `m` may be NULL. */
int64_t canon_ctx(const struct model_facts *m, int64_t ctx);

/* Level index of factor f at a place of the grid. */
uint32_t plan_digit(const struct plan *p, uint64_t grid, size_t f);
/* Index of a factor by name, -1 if there is none. */
int plan_factor_index(const struct plan *p, const char *name);
/* The context in which the model of a place of the grid really runs; -1 if it is not known. */
int64_t plan_num_ctx_at(const struct plan *p, uint64_t grid);
/* Tokens to which prompts are made at that place, 0: as they are. */
int64_t plan_tokens_at(const struct plan *p, uint64_t grid);
/* Whether every pass is made on every server. */
bool plan_replicates(const struct plan *p);
/* Whether servers share the passes, each made on one of them. */
bool plan_shares(const struct plan *p);
/* plan_burst_size before it is known to be small enough. */
uint64_t plan_cell_burst(const struct plan *p, uint32_t cell);
/* Requests of a cell in one pass, and independent values among them (a burst is one). */
uint64_t plan_cell_requests(const struct plan *p, uint32_t cell);
uint64_t plan_cell_units(const struct plan *p, uint32_t cell);

/* A line that a reader of the plan should know. */
void plan_note(struct plan *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* plan_cells.c: the dimensions, and which places are cells. */
int plan_make_grid(struct plan *p, struct err *e);
int plan_make_cells(struct plan *p, const struct canon *c, struct err *e);
/* plan_blocks.c: cells that share a load, and the cells of the sentinel. */
void plan_make_blocks(struct plan *p);
void plan_choose_sentinel(struct plan *p, const struct canon *c);
/* plan_passes.c: how many passes, repeats, looks, loads and requests. */
int plan_count(struct plan *p, struct err *e);
/* Passes of this process's part up to and with pass `n`. */
uint32_t plan_own_passes(const struct plan *p, int64_t n);
/* The fewest passes after which a look tells something. */
int64_t plan_least_look(const struct plan *p);
/* plan_order.c: the visits. */
void plan_order_visits(struct plan *p);
/* plan_df.c: degrees of freedom per factor. */
void plan_count_df(struct plan *p, const struct canon *c);
/* plan_estimate.c: what a subset can tell, and other notes. */
void plan_note_all(struct plan *p);

#endif
