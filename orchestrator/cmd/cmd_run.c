/* cmd_run.c - sweep to report: the main job. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "calibrate.h"
#include "command.h"
#include "finish.h"
#include "fit_budget.h"
#include "measure.h"
#include "plan_text.h"
#include "probe_times.h"
#include "rundir.h"
#include "say.h"
#include "setup.h"

enum { OPT_OUT = OPT_OWN, OPT_NO_CHUNKS, OPT_NO_REPORT, OPT_QUIET, OPT_JSON, OPT_HELP };

static const struct opt own_options[] = {
	{"", 0, NULL, "The run", 0},
	{"out", 'o', "DIR", "run directory [runs/DATE-NAME]", OPT_OUT},
	{"no-chunks", 0, NULL, "do not keep the arrival times of chunks", OPT_NO_CHUNKS},
	{"no-report", 0, NULL, "measure only; analyse later with chimera report", OPT_NO_REPORT},
	{"quiet", 'q', NULL, "no plan and no progress", OPT_QUIET},
	{"json", 0, NULL, "print what was done as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct run_args {
	struct sweep_args sweep;
	struct finish_options finish;
	struct measure_options measure;
	const char *out;
	bool help;
};

static const struct opt *run_options(void)
{
	static const struct opt *table;

	if (!table)
		table = sweep_args_table(own_options);
	return table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct run_args *a = arg;

	switch (opt ? opt->id : 0) {
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_NO_CHUNKS:
		a->measure.no_chunks = true;
		return 0;
	case OPT_NO_REPORT:
		a->finish.no_report = true;
		return 0;
	case OPT_QUIET:
		a->measure.quiet = true;
		return 0;
	case OPT_JSON:
		a->finish.json = a->measure.quiet = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

static int run_in(const struct setup *s, const char *dir, const struct run_args *a)
{
	struct err e = ERR_INIT;
	struct measured m;
	int code = 0;

	if (measure(s, dir, false, &a->measure, &m, &e)) {
		code = say_error(&e);
		if (!m.ran) {
			rundir_unmake(dir);
			return code;
		}
	}
	return finish(s, dir, &m, code, &a->finish);
}

/* How long requests and loads take: from an earlier run; where a budget asks for it, by a probe. */
static int find_times(const struct setup *s, struct earlier_times *times, struct err *e)
{
	earlier_times_find(RUNDIR_RUNS, &s->plan, times);
	if (s->sweep.budget_s > 0 && !times->known)
		return probe_times(s, times, e);
	return 0;
}

/* The folders of shards are told apart by their names. */
static char *make_dir(const struct setup *s, const char *out, struct err *e)
{
	const struct sweep *sweep = &s->sweep;
	char *name = sweep->shards
		? xasprintf("%s-k%uof%u", sweep->name, sweep->shard, sweep->shards)
		: xstrdup(sweep->name);
	char *dir = rundir_make(out, name, e);

	free(name);
	return dir;
}

static int run_sweep(const struct run_args *a)
{
	struct earlier_times times;
	struct calibrated calibrated;
	struct err e = ERR_INIT;
	struct setup s;
	char *dir;
	int code;

	if (setup_open(&s, &a->sweep, &e))
		return say_error(&e);
	setup_warn(&s);
	if (!a->measure.quiet)
		calibrate_announce(&s.plan);
	if (calibrate(&s.sweep, &s.plan, s.sim, &calibrated, &e) || find_times(&s, &times, &e) ||
		fit_budget(&s, &times, &e)) {
		setup_release(&s);
		return say_error(&e);
	}
	if (!a->measure.quiet) {
		plan_text_print(&s.plan, s.simulated, &times, NULL);
		calibrate_say(&s.plan, &calibrated);
	}
	dir = make_dir(&s, a->out, &e);
	code = dir ? run_in(&s, dir, a) : say_error(&e);
	free(dir);
	setup_release(&s);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct run_args a = {0};
	struct err e = ERR_INIT;
	int code;

	sweep_args_init(&a.sweep);
	if (opt_parse(self->options(), "chimera run", argc, argv, take, &a, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : run_sweep(&a);
	sweep_args_release(&a.sweep);
	return code;
}

const struct command cmd_run = {
	.name = "run",
	.usage = "chimera run [options] [SWEEP.json]",
	.summary = "measure a sweep and write its report",
	.about = "Measures every cell of the grid on an Ollama server, one row per request, and "
		 "writes\n"
		 "tables, charts and a report into the run directory.  Without any factor a quick "
		 "grid\n"
		 "is made for the model.  Interrupt with ^C at any time; `chimera resume RUN` goes "
		 "on.",
	.examples = "  chimera run --model gemma3:270m\n"
		    "  chimera run sweeps/gemma3-grid.json\n"
		    "  chimera run --model gemma3:270m --num-ctx 1024-8192x2 --temperature 0.2,0.8 "
		    "--repeats 6\n"
		    "  chimera run sweeps/demo.json --simulate --virtual\n",
	.options = run_options,
	.run = run,
};
