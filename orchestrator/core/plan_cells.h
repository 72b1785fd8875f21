/* plan_cells.h - from the grid to the cells: shared by plan_cells.c and plan_subset.c only. */
#ifndef CORE_PLAN_CELLS_H
#define CORE_PLAN_CELLS_H

#include "plan_internal.h"
#include "plan_set.h"

/* What a condition did, of the places looked at. */
struct plan_tally {
	const char *kind; /* "exclude" or "only" */
	const struct sweep_condition *condition;
	bool wanted;     /* the answer that takes a place out */
	uint64_t takes;  /* alone */
	uint64_t first;  /* that no condition before it took */
	uint64_t unsure; /* it could not be told: they stay */
};

/* A walk over places of the grid, and what is kept of them. */
struct plan_walk {
	struct plan *p;
	const struct canon *canon;
	uint64_t grid, places;
	uint32_t at[SWEEP_MAX_FACTORS];    /* the place, by dimension */
	uint32_t digit[SWEEP_MAX_FACTORS]; /* and by factor: levels */
	struct expr_value *values;         /* of the words of conditions; NULL: there are none */
	bool tokens_vary;                  /* prompt_tokens is a part of num_ctx */
	struct plan_tally *tally;
	size_t ntally;
	bool counted; /* all places were looked at: what follows is not counted again */
	uint64_t looked, excluded, merged;
	struct {
		uint64_t *v; /* places kept */
		size_t n, cap;
	} kept;
	struct plan_set seen; /* of the kept, by settings in effect */
};

/* Goes to the place with these levels. */
void plan_walk_seek(struct plan_walk *w, uint64_t grid);
/* Keeps the place unless a condition takes it or its settings are there already. */
bool plan_walk_keep(struct plan_walk *w);
/* Keeps all places that can be kept; ERR_USAGE if they are too many. */
int plan_walk_all(struct plan_walk *w, struct err *e);
/* plan_subset.c: keeps as many places as the subset asks for, or says in a note why not. */
int plan_walk_subset(struct plan_walk *w, struct err *e);

#endif
