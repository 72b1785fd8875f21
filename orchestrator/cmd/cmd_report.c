/* cmd_report.c - tables, charts and report of a run. */
#include "again.h"
#include "command.h"
#include "pipeline.h"

static int run(const struct command *self, int argc, char **argv)
{
	return again(self, argc, argv, PIPELINE_ALL);
}

const struct command cmd_report = {
	.name = "report",
	.usage = "chimera report RUN",
	.summary = "tables, charts and report of a run",
	.about = "Analyses the rows of RUN again and writes tables, charts and the report\n"
		 "(report.md, report.html, report.json).",
	.examples = "  chimera report runs/2026-11-24-gemma3-grid\n",
	.options = again_options,
	.run = run,
};
