/* cmd_resume.c - does what is left of a run, and nothing twice. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "finish.h"
#include "fsx.h"
#include "manifest.h"
#include "measure.h"
#include "num.h"
#include "rundir.h"
#include "say.h"
#include "setup.h"

enum {
	OPT_PASSES = 1,
	OPT_BUDGET,
	OPT_RETRY_FAILED,
	OPT_SERVER,
	OPT_NO_REPORT,
	OPT_QUIET,
	OPT_JSON,
	OPT_HELP
};

static const struct opt resume_table[] = {
	{"passes", 0, "N", "extend the run to N passes", OPT_PASSES},
	{"budget", 0, "TIME", "another budget for all sessions of the run together: 8h, 90m",
		OPT_BUDGET},
	{"retry-failed", 0, NULL, "also redo requests whose failure is final", OPT_RETRY_FAILED},
	{"server", 's', "URL", "where the same server is now; repeat as in the run", OPT_SERVER},
	{"no-report", 0, NULL, "measure only", OPT_NO_REPORT},
	{"quiet", 'q', NULL, "no progress", OPT_QUIET},
	{"json", 0, NULL, "print what was done as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct resume_args {
	struct sweep_args sweep;
	struct finish_options finish;
	struct measure_options measure;
	const char *dir, *budget;
	int64_t passes;
	bool help;
};

static const struct opt *resume_options(void)
{
	return resume_table;
}

static int take_passes(struct resume_args *a, const char *text, struct err *e)
{
	char safe[80];

	if (num_parse_int(text, strlen(text), &a->passes) && a->passes >= 1 && a->passes <= 100000)
		return 0;
	return err_set(e, ERR_USAGE, "--passes: expected a number from 1 to 100000, got \"%s\"",
		err_quote(safe, sizeof(safe), text));
}

static int take_dir(struct resume_args *a, const char *text, struct err *e)
{
	if (a->dir)
		return err_set(e, ERR_USAGE, "one run directory at a time");
	a->dir = text;
	return 0;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct resume_args *a = arg;

	switch (opt ? opt->id : 0) {
	case 0:
		return take_dir(a, text, e);
	case OPT_PASSES:
		return take_passes(a, text, e);
	case OPT_BUDGET:
		a->budget = text;
		return 0;
	case OPT_RETRY_FAILED:
		a->measure.retry_failed = true;
		return 0;
	case OPT_SERVER:
		return sweep_args_server(&a->sweep, text, e);
	case OPT_NO_REPORT:
		a->finish.no_report = true;
		return 0;
	case OPT_JSON:
		a->finish.json = a->measure.quiet = true;
		return 0;
	case OPT_QUIET:
		a->measure.quiet = true;
		return 0;
	default:
		a->help = true;
		return 0;
	}
}

static int resume_with(const struct resume_args *a, const json_t *manifest)
{
	struct err e = ERR_INIT;
	struct measure_options opt = a->measure;
	struct measured m;
	struct setup s;
	char *chunks = fsx_join(a->dir, "chunks.csv");
	int code = 0;

	opt.no_chunks = !fsx_exists(chunks); /* as the run began */
	free(chunks);
	opt.no_look = a->passes > 0; /* so many are wanted */
	if (setup_resume(&s, a->dir, manifest, &a->sweep, a->passes, a->budget, &e))
		return say_error(&e);
	if (manifest_check(manifest, a->dir, &s.plan, &e)) {
		setup_release(&s);
		return say_error(&e);
	}
	if (measure(&s, a->dir, true, &opt, &m, &e))
		code = say_error(&e);
	if (m.ran)
		code = finish(&s, a->dir, &m, code, &a->finish);
	setup_release(&s);
	return code;
}

static int resume_dir(const struct resume_args *a)
{
	struct err e = ERR_INIT;
	json_t *manifest;
	int code;

	if (!a->dir) {
		err_set(&e, ERR_USAGE, "which run is to be resumed?");
		err_hint(&e, "chimera resume runs/DATE-NAME");
		return say_error(&e);
	}
	if (rundir_is_run(a->dir, ERR_JOURNAL, &e))
		return say_error(&e);
	manifest = manifest_load(a->dir, &e);
	if (!manifest)
		return say_error(&e);
	code = resume_with(a, manifest);
	json_decref(manifest);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct resume_args a = {0};
	struct err e = ERR_INIT;
	int code;

	sweep_args_init(&a.sweep);
	if (opt_parse(resume_table, "chimera resume", argc, argv, take, &a, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : resume_dir(&a);
	sweep_args_release(&a.sweep);
	return code;
}

const struct command cmd_resume = {
	.name = "resume",
	.usage = "chimera resume [options] RUN",
	.summary = "do what is left of a run",
	.about = "Does the requests of RUN that have no row that counts, each in a block loaded "
		 "anew, and\n"
		 "writes tables, charts and report again.  Refuses (exit 4) a server of another "
		 "version\n"
		 "or a model with another digest.",
	.examples = "  chimera resume runs/2026-11-24-gemma3-grid\n"
		    "  chimera resume runs/2026-11-24-gemma3-grid --passes 5\n"
		    "  chimera resume runs/2026-11-24-gemma3-grid --budget 8h\n",
	.options = resume_options,
	.run = run,
};
