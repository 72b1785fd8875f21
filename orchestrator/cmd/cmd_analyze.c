/* cmd_analyze.c - tables of a run: summary.json and tables/. */
#include "again.h"
#include "command.h"
#include "pipeline.h"

static int run(const struct command *self, int argc, char **argv)
{
	return again(self, argc, argv, PIPELINE_SUMMARY);
}

const struct command cmd_analyze = {
	.name = "analyze",
	.usage = "chimera analyze RUN",
	.summary = "tables of a run: summary.json and tables/",
	.about = "Analyses the rows of RUN again and writes summary.json and tables/.\n"
		 "The same rows give the same bytes.",
	.examples = "  chimera analyze runs/2026-11-24-gemma3-grid\n",
	.options = again_options,
	.run = run,
};
