/* insight_args.h - what `chimera insight` was asked. */
#ifndef CMD_INSIGHT_ARGS_H
#define CMD_INSIGHT_ARGS_H

#include "command.h"
#include "corpus.h"

#define INSIGHT_MOST_PATHS 256

struct insight_args {
	const char *path[INSIGHT_MOST_PATHS];
	size_t npaths;
	const char *out;
	const char *narrate; /* a model; NULL */
	const char *server;  /* the narrator's; NULL: $OLLAMA_HOST or the usual port */
	struct corpus_options read;
	bool no_charts, json, quiet, help;
};

const struct opt *insight_options(void);
int insight_parse(struct insight_args *a, int argc, char **argv, struct err *e) NODISCARD;

#endif
