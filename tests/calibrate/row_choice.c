/* row_choice.c - does the set that holds the best hold it, and how large is it? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rows.h"

#define ROW "best set"

struct held {
	bool held;
	double size;
};

struct arg {
	const struct chain *chain;
	bool equal; /* all cells are: any one may be called the best, another for each sweep */
	uint64_t seed;
};

/* The first cell is the best in both metrics, or one as good as any. */
static int play(const void *arg, size_t number, void *out, struct err *e)
{
	const struct arg *a = arg;
	struct held *to = out;
	const struct best_set *b;
	struct chain_run run;
	uint32_t best;

	if (chain_play(&run, a->chain, a->seed + number, e))
		return -1;
	b = &run.summary.best[number % 2 ? METRIC_TTFT : METRIC_DECODE];
	best = a->equal ? (uint32_t)(number / 2 % run.data.ncells) : 0;
	for (size_t i = 0; i < b->ncells; i++)
		to->held = to->held || b->cells[i] == best;
	to->size = (double)b->different;
	chain_run_release(&run);
	return 0;
}

static int claim(const struct calibration_of *a, const struct chain_spec *spec, bool equal,
	const char *name, struct err *e)
{
	struct chain c;
	struct arg arg = {&c, equal, calibration_seed(a, name)};
	struct held *held = NULL;
	double *size = xcalloc(a->fewer, sizeof(*size));
	size_t hits = 0;

	if (!chain_open(&c, spec, e))
		held = many_run(play, &arg, a->fewer, sizeof(*held), a->threads, e);
	chain_release(&c);
	for (size_t i = 0; held && i < a->fewer; i++) {
		hits += held[i].held;
		size[i] = held[i].size;
	}
	if (held) {
		claims_share(
			a->claims, ROW, "holds the best", name, hits, a->fewer, BAR_LEAST(0.95));
		claims_mean(a->claims, ROW, "settings in it, of 12", name, size, a->fewer, false,
			BAR_NONE);
	}
	free(held);
	free(size);
	return held ? 0 : -1;
}

/* Settings some tenths of a percent apart. */
static const char *const near[] = {"num_ctx=3072: throughput -0.8%, ttft +0.8%",
	"num_ctx=4096: throughput -1.6%, ttft +1.6%", "num_ctx=5120: throughput -2.4%, ttft +2.4%",
	"temperature=0.4: throughput -0.3%, ttft +0.3%",
	"temperature=0.6: throughput -0.6%, ttft +0.6%"};
/* Settings some percent apart. */
static const char *const far[] = {"num_ctx=3072: throughput -3%, ttft +3%",
	"num_ctx=4096: throughput -6%, ttft +6%", "num_ctx=5120: throughput -9%, ttft +9%",
	"temperature=0.4: throughput -2%, ttft +2%", "temperature=0.6: throughput -4%, ttft +4%"};

int row_choice(struct calibration_of *a, struct err *e)
{
	struct chain_spec spec = calibration_grid();

	if (claim(a, &spec, true, "12 equal ones", e))
		return -1;
	memcpy(spec.plants, near, sizeof(near));
	if (claim(a, &spec, false, "0.3 to 0.8 % apart", e))
		return -1;
	memcpy(spec.plants, far, sizeof(far));
	return claim(a, &spec, false, "2 to 3 % apart", e);
}
