/* cmd_plot.c - charts of a run. */
#include "again.h"
#include "command.h"
#include "pipeline.h"

static int run(const struct command *self, int argc, char **argv)
{
	return again(self, argc, argv, PIPELINE_CHARTS);
}

const struct command cmd_plot = {
	.name = "plot",
	.usage = "chimera plot RUN",
	.summary = "charts of a run",
	.about =
		"Draws the charts of RUN again, from its summary.json and runs.csv, into charts/.\n"
		"Each has its script and data beside it, to be edited and run again with gnuplot.",
	.examples = "  chimera plot runs/2026-11-24-gemma3-grid\n",
	.options = again_options,
	.run = run,
};
