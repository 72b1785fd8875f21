/* plan_internal.h - shared by the plan_*.c files only. */
#ifndef CORE_PLAN_INTERNAL_H
#define CORE_PLAN_INTERNAL_H

#include "plan.h"

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
/* The first grid index that is the same setting. */
uint32_t canon_grid(const struct canon *c, const struct plan *p, uint32_t grid);
/* How many levels of factor f are different settings. */
uint32_t canon_levels(const struct canon *c, const struct plan *p, size_t f);

/* Level index of factor f at a place of the grid. */
uint32_t plan_digit(const struct plan *p, uint32_t grid, size_t f);
/* Index of a factor by name, -1 if there is none. */
int plan_factor_index(const struct plan *p, const char *name);
/* Requests of a cell in one pass, and independent values among them (a burst is one). */
uint64_t plan_cell_requests(const struct plan *p, uint32_t cell);
uint64_t plan_cell_units(const struct plan *p, uint32_t cell);

/* plan_df.c: degrees of freedom per factor. */
void plan_count_df(struct plan *p, const struct canon *c);
/* plan_order.c: the visits. */
void plan_order_visits(struct plan *p);

#endif
