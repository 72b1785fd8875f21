/* plan_rank.c - see plan_rank.h. */
#include "plan_rank.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define PRIME UINT64_C(2147483647)

void plan_rank_init(struct plan_rank *m, size_t columns)
{
	if (columns > PLAN_RANK_COLUMNS)
		BUG("%zu columns", columns);
	*m = (struct plan_rank){.columns = columns};
	m->row = xcalloc(columns * columns + 1, sizeof(*m->row));
}

void plan_rank_release(struct plan_rank *m)
{
	free(m->row);
	*m = (struct plan_rank){0};
}

/* By Fermat: x to the power of PRIME - 2. */
static uint64_t inverse(uint64_t x)
{
	uint64_t result = 1;

	for (uint64_t power = PRIME - 2; power; power >>= 1) {
		if (power & 1)
			result = result * x % PRIME;
		x = x * x % PRIME;
	}
	return result;
}

/* What is left of x after the rows there are becomes the next one, unless nothing is. */
static void reduce(struct plan_rank *m, uint64_t *x)
{
	uint32_t *to = m->row + m->rank * m->columns;
	uint64_t scale;
	size_t at = 0;

	for (size_t r = 0; r < m->rank; r++) {
		const uint32_t *row = m->row + r * m->columns;
		uint64_t factor = PRIME - x[m->pivot[r]];

		if (x[m->pivot[r]] == 0)
			continue;
		for (size_t c = 0; c < m->columns; c++)
			x[c] = (x[c] + factor * row[c]) % PRIME;
		m->work += m->columns;
	}
	while (at < m->columns && x[at] == 0)
		at++;
	if (at == m->columns)
		return;
	m->pivot[m->rank++] = at;
	scale = inverse(x[at]);
	for (size_t c = 0; c < m->columns; c++)
		to[c] = (uint32_t)(x[c] * scale % PRIME);
}

void plan_rank_add(struct plan_rank *m, const int *row)
{
	uint64_t x[PLAN_RANK_COLUMNS];

	m->work += m->columns;
	if (m->rank == m->columns)
		return;
	for (size_t c = 0; c < m->columns; c++)
		x[c] = row[c] < 0 ? PRIME - (uint64_t)-row[c] : (uint64_t)row[c];
	reduce(m, x);
}

size_t plan_rank_without(const struct plan_rank *m, size_t first, size_t n)
{
	struct plan_rank rest;
	size_t rank;

	plan_rank_init(&rest, m->columns);
	for (size_t r = 0; r < m->rank; r++) {
		uint64_t x[PLAN_RANK_COLUMNS];

		for (size_t c = 0; c < m->columns; c++)
			x[c] = c >= first && c < first + n ? 0 : m->row[r * m->columns + c];
		reduce(&rest, x);
	}
	rank = rest.rank;
	plan_rank_release(&rest);
	return rank;
}
