/* plan_rank.h - the rank of a matrix of whole numbers, its rows given one by one.
 *
 * Elimination modulo a large prime: exact for the matrices of 0 and 1 of a design, but for a chance
 * of one in 10^9, and without rounding. */
#ifndef CORE_PLAN_RANK_H
#define CORE_PLAN_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_RANK_COLUMNS 256

struct plan_rank {
	size_t columns, rank;
	uint32_t *row; /* [rank][columns], each 1 at its pivot and 0 before it */
	size_t pivot[PLAN_RANK_COLUMNS];
	uint64_t work; /* steps so far */
};

void plan_rank_init(struct plan_rank *m, size_t columns); /* at most PLAN_RANK_COLUMNS */
void plan_rank_release(struct plan_rank *m);
/* A row, numbers from -1000 to 1000. */
void plan_rank_add(struct plan_rank *m, const int *row);
/* The rank without the columns first ... first + n - 1. */
size_t plan_rank_without(const struct plan_rank *m, size_t first, size_t n);

#endif
