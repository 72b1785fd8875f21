/* corpus_rate.c - throughput of tables that hold tokens and times, and not the rate. */
#include <math.h>
#include <string.h>

#include "corpus_parts.h"

/* Dumps of a server hold tokens and times, and not the rate: the first token comes out of the
 * prefill, and of few tokens there is none (docs/design.md, definitions). */
#define LEAST_TOKENS 8
#define LEAST_MS     1

double part_rate(const struct part *p, const double *value)
{
	double tokens = value[p->tokens], ms = value[p->decode];

	return tokens >= LEAST_TOKENS && ms >= LEAST_MS ? (tokens - 1) * 1000 / ms : (double)NAN;
}

static size_t find_quantity(const struct part *p, const char *quantity)
{
	size_t i = 0;

	while (i < p->nmeasures && strcmp(p->measure[i].quantity, quantity) != 0)
		i++;
	return i;
}

void part_derive_rate(struct part *p)
{
	p->tokens = find_quantity(p, "output_tokens");
	p->decode = find_quantity(p, "decode");
	if (p->tokens == p->nmeasures || p->decode == p->nmeasures ||
		p->nmeasures == UNDERSTAND_MOST_MEASURES ||
		find_quantity(p, "throughput") < p->nmeasures ||
		strcmp(p->measure[p->decode].canonical, "ms") != 0)
		return;
	p->rate = p->nmeasures++;
	p->measure[p->rate] = (struct meaning){.part = PART_MEASURE,
		.quantity = "throughput",
		.label = "Throughput",
		.canonical = "tok/s",
		.unit = {.name = ""},
		.better = 1};
}
