/* design.h - the columns of the two model matrices: sum-to-zero coding of passes, prompts, factors
 * at their effective levels, and their two-factor interactions. */
#ifndef STATS_DESIGN_H
#define STATS_DESIGN_H

#include "lincode.h"
#include "readback.h"

/* What a term varies when it is no factor. */
enum { DESIGN_NONE = -1, DESIGN_INTERCEPT = -2, DESIGN_PASS = -3, DESIGN_PROMPT = -4 };

/* More columns than this are not fitted: what would pass it is left out, interactions first.  (The
 * error terms need no columns: lin_cross absorbs them.) */
#define DESIGN_MAX_COLUMNS 400

struct design_term {
	int a, b; /* factors, a < b; or one of the above */
	size_t first, ncols;
};

struct design {
	const struct dataset *d;
	const struct effective *eff;
	uint32_t npasses, nprompts;
	struct design_term *terms; /* in the arena */
	size_t nterms, ncols;
	bool additive; /* main effects are judged beside main effects alone (grids with holes) */
};

/* The runner stratum: intercept, pass, runner factors and their interactions.  Where the factor
 * `host` is the server (-1: none is), passes are those of all servers together, and server x pass
 * is a term beside them: together they are the classes of server and pass. */
void design_between(struct design *m, const struct dataset *d, const struct effective *eff,
	uint32_t npasses, int host, struct arena *arena);
/* The request stratum: prompt (unless it is a factor), sampling factors, their interactions with
 * all factors. */
void design_within(struct design *m, const struct dataset *d, const struct effective *eff,
	struct arena *arena);

/* Both strata at once: intercept, pass, prompt, all factors, and the interactions that whole_pair[a
 * * nfactors + b] names. */
void design_joint(struct design *m, const struct dataset *d, const struct effective *eff,
	uint32_t npasses, int host, const bool *whole_pair, struct arena *arena);

/* x[ncols] of an observation; pass and prompt DATA_NONE average over them. */
void design_row(const struct design *m, uint32_t cell, uint32_t pass, uint32_t prompt, double *x);
/* The same as classes (lincode.h), looked up once for each cell. */
struct design_classes {
	const struct design *of;
	size_t *first;     /* [of->nterms] */
	size_t nclasses;   /* of all terms */
	uint32_t *of_cell; /* [ncells * of->nterms] without pass and prompt */
};
void design_classes_init(struct design_classes *c, const struct design *m);
void design_classes_release(struct design_classes *c);
/* class[nterms] of an observation, counted through all terms. */
void design_classes_of(const struct design_classes *c, uint32_t cell, uint32_t pass,
	uint32_t prompt, uint32_t *class);
/* effect[nclasses]: what beta[ncols] makes of each class. */
void design_class_effects(const struct design_classes *c, const double *beta, double *effect);
struct lin_code_term design_code_term(const struct design *m, const struct design_term *t);

/* The term of that pair, or NULL if the design has none. */
const struct design_term *design_find(const struct design *m, int a, int b);
/* Adds to c[ncols] `weight` times the code of effective level `i` of factor a (and j of b). */
void design_add_level(const struct design *m, const struct design_term *t, uint32_t i, uint32_t j,
	double weight, double *c);
/* The columns in which `t` is tested, type II: all terms but those that contain it. */
void design_type2(const struct design *m, const struct design_term *t, bool with_it, bool *use);

#endif
