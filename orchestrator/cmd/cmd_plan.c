/* cmd_plan.c - what a sweep would do, before it does anything. */
#include <stdio.h>

#include "command.h"
#include "jsonx.h"
#include "plan_text.h"
#include "probe_times.h"
#include "rundir.h"
#include "say.h"
#include "setup.h"

enum { OPT_PROBE = OPT_OWN, OPT_JSON, OPT_RUNS, OPT_HELP };

static const struct opt own_options[] = {
	{"", 0, NULL, "The plan", 0},
	{"probe", 0, NULL, "load once and send three requests, to tell the time it will take",
		OPT_PROBE},
	{"json", 0, NULL, "print the plan as one JSON object", OPT_JSON},
	{"runs", 0, NULL, "with --json: every request {run_id, cell_id, pass}", OPT_RUNS},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct plan_args {
	struct sweep_args sweep;
	bool probe, json, runs, help;
};

static const struct opt *options_of_plan(void)
{
	static const struct opt *table;

	if (!table)
		table = sweep_args_table(own_options);
	return table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct plan_args *a = arg;

	switch (opt ? opt->id : 0) {
	case OPT_PROBE:
		a->probe = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_RUNS:
		a->runs = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

static void print_json(const struct plan *p, const struct earlier_times *times, bool runs)
{
	struct str out = STR_INIT(STR_MAX_FILE);
	json_t *o = plan_json(
		p, times->known ? plan_seconds(p, times->per_load, times->per_request) : -1, runs);

	jsonx_dump(&out, o, 2, false);
	printf("%s\n", out.s);
	json_decref(o);
	str_release(&out);
}

static int plan_sweep(const struct plan_args *a)
{
	struct earlier_times times = {0};
	struct err e = ERR_INIT;
	struct setup s;
	int code = EXIT_FINE;

	if (setup_open(&s, &a->sweep, &e))
		return say_error(&e);
	setup_warn(&s);
	if (a->probe && probe_times(&s, &times, &e))
		code = say_error(&e);
	else if (!a->probe && !s.simulated)
		earlier_times_find(RUNDIR_RUNS, &s.plan, &times);
	if (a->json)
		print_json(&s.plan, &times, a->runs);
	else
		plan_text_print(&s.plan, s.simulated, &times);
	setup_release(&s);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct plan_args a = {0};
	struct err e = ERR_INIT;
	int code;

	sweep_args_init(&a.sweep);
	if (opt_parse(self->options(), "chimera plan", argc, argv, take, &a, &e))
		code = say_error(&e);
	else if (a.runs && !a.json && err_set(&e, ERR_USAGE, "--runs: goes with --json"))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : plan_sweep(&a);
	sweep_args_release(&a.sweep);
	return code;
}

const struct command cmd_plan = {
	.name = "plan",
	.usage = "chimera plan [options] [SWEEP.json]",
	.summary = "show what a sweep would do and what it could tell",
	.about = "Shows cells, blocks, passes, loads, requests and time of a sweep, which levels "
		 "are one\n"
		 "setting under two names, and the degrees of freedom of each factor.  Only reads "
		 "from the\n"
		 "server (version, tags, show), unless --probe is given.",
	.examples = "  chimera plan sweeps/gemma3-grid.json\n"
		    "  chimera plan --model gemma3:270m --num-ctx 1024-8192x2 --json --runs\n",
	.options = options_of_plan,
	.run = run,
};
