/* options.c - the table of Ollama's request options.
 *
 * Types and strata are those of Ollama's api/types.go.  Ranges are wide on purpose: they stop slips
 * of the pen (a temperature of 80, a negative context), not experiments. */
#include "options.h"

#include <string.h>

#include "compiler.h"
#include "jsonx.h"

const struct option_spec option_specs[] = {
	/* A change of one of these starts another runner: a model load. */
	{"num_ctx", OPTION_INT, STRATUM_RUNNER, 1, 16777216, "context length, tokens"},
	{"num_batch", OPTION_INT, STRATUM_RUNNER, 1, 1048576,
		"tokens of a prompt evaluated at once"},
	{"num_gpu", OPTION_INT, STRATUM_RUNNER, -1, 9999,
		"layers on the GPU: a number, auto, all, or 75% of the layers"},
	{"main_gpu", OPTION_INT, STRATUM_RUNNER, 0, 255, "which GPU holds small tensors"},
	{"use_mmap", OPTION_BOOL, STRATUM_RUNNER, 0, 0, "map the model file into memory"},
	{"num_thread", OPTION_INT, STRATUM_RUNNER, 0, 4096,
		"CPU threads, 0 for the server's choice"},
	/* These change from request to request. */
	{"temperature", OPTION_REAL, STRATUM_SAMPLING, 0, 10, "randomness of the answer"},
	{"num_predict", OPTION_INT, STRATUM_SAMPLING, -1, 10000000,
		"most tokens of an answer, 0 or -1 for no limit"},
	{"seed", OPTION_INT, STRATUM_SAMPLING, 0, 2147483647, "seed of sampling"},
	{"top_k", OPTION_INT, STRATUM_SAMPLING, 0, 10000000, "choose among the K likeliest tokens"},
	{"top_p", OPTION_REAL, STRATUM_SAMPLING, 0, 1,
		"choose among tokens of this total probability"},
	{"min_p", OPTION_REAL, STRATUM_SAMPLING, 0, 1,
		"least probability relative to the likeliest"},
	{"typical_p", OPTION_REAL, STRATUM_SAMPLING, 0, 1, "locally typical sampling"},
	{"num_keep", OPTION_INT, STRATUM_SAMPLING, -1, 16777216,
		"tokens of the prompt kept when the context is full"},
	{"repeat_last_n", OPTION_INT, STRATUM_SAMPLING, -1, 16777216,
		"how far back repeats are penalised, tokens"},
	{"repeat_penalty", OPTION_REAL, STRATUM_SAMPLING, 0, 100,
		"penalty for repeats, 1 for none"},
	{"presence_penalty", OPTION_REAL, STRATUM_SAMPLING, -100, 100,
		"penalty for tokens present"},
	{"frequency_penalty", OPTION_REAL, STRATUM_SAMPLING, -100, 100,
		"penalty for frequent tokens"},
	{"stop", OPTION_STRINGS, STRATUM_SAMPLING, 0, 0, "text that ends the answer"},
};

const size_t option_count = COUNTOF(option_specs);

const struct option_spec *option_find(const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_specs[i].name, name) == 0)
			return &option_specs[i];
	}
	return NULL;
}

const char *option_did_you_mean(const char *name)
{
	const char *names[COUNTOF(option_specs) + 1];

	for (size_t i = 0; i < option_count; i++)
		names[i] = option_specs[i].name;
	names[option_count] = NULL;
	return jsonx_did_you_mean(name, names);
}
