/* insight_use.c - which quantities a reader wants first. */
#include <string.h>

#include "bug.h"
#include "insight.h"

static const char *const first[] = {INSIGHT_THROUGHPUT, INSIGHT_TTFT, INSIGHT_LATENCY, "e2el",
	"time", "step_time", "tpot", "itl", "goodput", "request_rate", "total_throughput", "rate",
	"flops", "bandwidth", NULL};
static const char *const quality[] = {"score", "accuracy", "quality", "perplexity", "loss", "f1",
	"precision_score", "recall", "text_score", "exact_match", "pass_at_1", "bits_per_byte",
	NULL};
static const char *const cost[] = {
	"power", "energy", "energy_per_token", "memory", "memory_headroom", "size", "cost", NULL};

static int place_in(const char *const *list, const char *quantity)
{
	for (int i = 0; list[i]; i++) {
		if (strcmp(list[i], quantity) == 0)
			return i;
	}
	return -1;
}

enum insight_use insight_use(const char *quantity)
{
	static const char *const *const lists[] = {first, quality, cost};

	for (size_t i = 0; i < COUNTOF(lists); i++) {
		if (place_in(lists[i], quantity) >= 0)
			return (enum insight_use)i;
	}
	return USE_PART;
}

int insight_use_order(const char *a, const char *b)
{
	enum insight_use x = insight_use(a), y = insight_use(b);

	if (x != y)
		return x < y ? -1 : 1;
	return x == USE_FIRST ? place_in(first, a) - place_in(first, b) : 0;
}
