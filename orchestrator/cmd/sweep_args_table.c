/* sweep_args_table.c - the options that describe a sweep, with those of Ollama. */
#include <string.h>

#include "bug.h"
#include "options.h"
#include "sweep_args.h"
#include "sweep_args_table.h"

static const struct opt shared_options[] = {
	{"", 0, NULL,
		"The grid (VALUES: one value fixes it, several make a factor: 0,20,40  0-48+8  "
		"1024-8192x2)",
		0},
	{"model", 'm', "NAMES", "model to measure, as `ollama list` names it", OPT_MODEL},
	{"set", 0, "KEY=VALUES", "any other option of the server", OPT_SET},
	{"concurrency", 0, "VALUES", "requests kept in flight [1]", OPT_CONCURRENCY},
	{"rate", 0, "VALUES", "requests sent per second, whatever is in flight; needs --burst",
		OPT_RATE},
	{"arrivals", 0, "WHAT", "with a rate: constant or poisson [constant]", OPT_ARRIVALS},
	{"burst", 0, "N",
		"requests in a burst, with a rate also a time such as 30s [10 x concurrency, at "
		"least 30]",
		OPT_BURST},
	{"cache", 0, "VALUES",
		"unique: each prompt begins with a new word; repeat: sent as it is [unique]",
		OPT_CACHE},
	{"prompt", 'p', "TEXT", "prompt; repeat for several", OPT_PROMPT},
	{"prompts", 0, "FILE", "prompt suite (JSON), or short, graded, long-prefill or long-decode",
		OPT_PROMPTS},
	{"prompt-tokens", 0, "VALUES",
		"make prompts this long: tokens, or a share of num_ctx such as 80%",
		OPT_PROMPT_TOKENS},
	{"system", 0, "TEXT", "system prompt", OPT_SYSTEM},
	{"template", 0, "TEXT", "template in place of the model's own", OPT_TEMPLATE},
	{"raw", 0, NULL, "send prompts without the model's template", OPT_RAW},
	{"zip", 0, "NAMES", "factors whose levels go in step, as in num_ctx,num_batch; may repeat",
		OPT_ZIP},
	{"exclude", 0, "COND", "leave out cells, as in 'num_ctx * concurrency > 32768'; may repeat",
		OPT_EXCLUDE},
	{"only", 0, "COND", "leave out all other cells; may repeat", OPT_ONLY},
	{"subset", 0, "KIND:N", "N cells of a large grid: random:200, latin:200 or sobol:200",
		OPT_SUBSET},
	{"preset", 0, "NAME",
		"begin with quick, context, quality, capacity, load or nightly; may repeat",
		OPT_PRESET},
	{"", 0, NULL, "The experiment", 0},
	{"name", 0, "NAME", "name of the sweep, used for the run directory", OPT_NAME},
	{"repeats", 'r', "N", "requests per cell and prompt over all passes [2 per pass]",
		OPT_REPEATS},
	{"passes", 0, "N",
		"visits of every block, each with a load of its own [3 or more, by blocks]",
		OPT_PASSES},
	{"until", 0, "SHARE",
		"look after passes, and stop when differences are known this well, as in 2%",
		OPT_UNTIL},
	{"max-passes", 0, "N", "with --until: the most [passes, else 4 times the first look]",
		OPT_MAX_PASSES},
	{"budget", 0, "TIME", "what does not fit into this time is left out, as in 6h or 1h30m",
		OPT_BUDGET},
	{"priority", 0, "COND",
		"with --budget: cells that are left out last; may repeat, the first counts most",
		OPT_PRIORITY},
	{"warmups", 0, "N", "discarded requests after each load, at least 1 [2]", OPT_WARMUPS},
	{"order-seed", 0, "N", "seed of the order [1]", OPT_ORDER_SEED},
	{"no-sentinel", 0, NULL, "leave out the cell that is measured again after each pass",
		OPT_NO_SENTINEL},
	{"aliases", 0, "WHAT",
		"merge, or keep as an A/A control: levels that are one setting [merge]",
		OPT_ALIASES},
	{"keep-alive", 0, "VALUES", "how long the server keeps the model, seconds or 30m [30m]",
		OPT_KEEP_ALIVE},
	{"limit", 0, "WHICH=S", "time limit in seconds: connect, first_load, first, stall, total",
		OPT_LIMIT},
	{"margin", 0, "METRIC=F",
		"difference that does not matter: throughput, tpot, ttft, score (2% or 0.02)",
		OPT_MARGIN},
	{"goodput", 0, "WHICH=MS", "what a good request meets, in ms: ttft=500,tpot=50,e2e=5000",
		OPT_GOODPUT},
	{"", 0, NULL, "Servers", 0},
	{"server", 's', "URL", "server to measure, URL or NAME=URL; repeat for more [$OLLAMA_HOST]",
		OPT_SERVER},
	{"distribute", 0, "WHAT",
		"of several servers: share the passes, or replicate each on all [share]",
		OPT_DISTRIBUTE},
	{"shard", 0, "K/N", "make only passes K, K + N, ... for `chimera merge`", OPT_SHARD},
	{"simulate", 0, NULL, "use the simulator inside this process instead of a server",
		OPT_SIMULATE},
	{"virtual", 0, NULL, "with --simulate: under a virtual clock, hours in seconds",
		OPT_VIRTUAL},
	{"sim", 0, "KEY=VALUE",
		"change the simulated machine (chimera simulate --help lists the keys)", OPT_SIM},
	{"sim-seed", 0, "N", "seed of the simulated machine's noise [1]", OPT_SIM_SEED},
};

/* "num_ctx" -> "num-ctx", once for the life of the process. */
static const char *option_dashed(const char *name)
{
	char *s = xstrdup(name);

	for (char *c = s; *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return s;
}

const struct opt *sweep_args_table(const struct opt *own)
{
	size_t nown = 0, n = 0;
	struct opt *table;

	while (own && own[nown].name)
		nown++;
	table = xcalloc(nown + COUNTOF(shared_options) + option_count + 2, sizeof(*table));
	if (nown)
		memcpy(table, own, nown * sizeof(*own));
	n = nown;
	memcpy(table + n, shared_options, sizeof(shared_options));
	n += COUNTOF(shared_options);
	table[n++] = (struct opt){"", 0, NULL, "Ollama's options (VALUES as above)", 0};
	for (size_t i = 0; i < option_count; i++)
		table[n++] = (struct opt){option_dashed(option_specs[i].name), 0, "VALUES",
			option_specs[i].help, OPT_OLLAMA + (int)i};
	return table; /* the last element is zero: the end */
}
