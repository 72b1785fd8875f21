/* cmd_plan.c - what a sweep would do, before it does anything. */
#include <stdio.h>

#include "calibrate.h"
#include "command.h"
#include "fit_budget.h"
#include "jsonx.h"
#include "manifest.h"
#include "plan_text.h"
#include "power_plan.h"
#include "probe_times.h"
#include "rundir.h"
#include "say.h"
#include "setup.h"

#define DEFAULT_TARGET 0.90

enum {
	OPT_PROBE = OPT_OWN,
	OPT_POWER,
	OPT_TARGET,
	OPT_NOISE_FROM,
	OPT_NOISE,
	OPT_JSON,
	OPT_RUNS,
	OPT_EXPAND,
	OPT_HELP
};

static const struct opt own_options[] = {
	{"", 0, NULL, "The plan", 0},
	{"probe", 0, NULL, "load once and send three requests, to tell the time it will take",
		OPT_PROBE},
	{"power", 0, "SIZE",
		"how many passes and repeats an effect of this size needs to be found: 2%",
		OPT_POWER},
	{"target", 0, "SHARE", "with --power: found so often [90%]", OPT_TARGET},
	{"noise-from", 0, "RUN", "with --power: noise as in this run directory", OPT_NOISE_FROM},
	{"noise", 0, "PARTS", "with --power: noise as given: request=1%,load=0.7%,ttft.load=2%",
		OPT_NOISE},
	{"json", 0, NULL, "print the plan as one JSON object", OPT_JSON},
	{"runs", 0, NULL, "with --json: every request {run_id, cell_id, pass}", OPT_RUNS},
	{"expand", 0, NULL, "print the sweep as it is resolved: what RUN/sweep.json would hold",
		OPT_EXPAND},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct plan_args {
	struct sweep_args sweep;
	double power, target;           /* 0: not asked, not given */
	const char *noise_from, *noise; /* NULL: not given */
	bool probe, json, runs, expand, help;
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
	case OPT_POWER:
		return power_take_share(opt->name, text, &a->power, e);
	case OPT_TARGET:
		return power_take_share(opt->name, text, &a->target, e);
	case OPT_NOISE_FROM:
		a->noise_from = text;
		return 0;
	case OPT_NOISE:
		a->noise = text;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_RUNS:
		a->runs = true;
		return 0;
	case OPT_EXPAND:
		a->expand = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

static int find_times(struct setup *s, const struct plan_args *a, struct calibrated *calibrated,
	struct earlier_times *times, struct err *e)
{
	if (a->probe)
		return calibrate(&s->sweep, &s->plan, s->sim, calibrated, e) ||
				probe_times(s, times, e)
			? -1
			: 0;
	earlier_times_find(RUNDIR_RUNS, &s->plan, times);
	return 0;
}

/* `power` NULL: not asked for. */
static void show(const struct setup *s, const struct plan_args *a,
	const struct calibrated *calibrated, const struct earlier_times *times,
	const struct power_plan *power)
{
	const struct plan *p = &s->plan;
	json_t *o;

	if (a->expand) {
		say_json(sweep_file_json(p));
	} else if (a->json) {
		o = plan_json(p, times->known ? plan_seconds(p, &times->pace) : -1, a->runs);
		if (power)
			jsonx_put(o, "power", power_json(power, a->power, a->target));
		say_json(o);
	} else {
		plan_text_print(p, s->simulated, times, power);
		calibrate_say(p, calibrated);
		if (power)
			power_text_table(power, a->power, a->target);
	}
}

/* With --power: the design and the noise it is judged by. */
static int find_power(const struct setup *s, const struct plan_args *a,
	const struct earlier_times *times, struct power_plan *power, struct err *e)
{
	if (!(a->power > 0))
		return 0;
	power_plan_init(power, &s->plan, times);
	return power_plan_noise(&power->noise, a->noise_from, a->noise, times, e);
}

static int plan_sweep(const struct plan_args *a)
{
	struct earlier_times times = {0};
	struct calibrated calibrated = {0};
	struct power_plan power;
	struct err e = ERR_INIT;
	struct setup s;
	int code = EXIT_FINE;

	if (setup_open(&s, &a->sweep, &e))
		return say_error(&e);
	setup_warn(&s);
	if (find_times(&s, a, &calibrated, &times, &e) || fit_budget(&s, &times, &e) ||
		find_power(&s, a, &times, &power, &e))
		code = say_error(&e);
	else
		show(&s, a, &calibrated, &times, a->power > 0 ? &power : NULL);
	setup_release(&s);
	return code;
}

static int check(struct plan_args *a, struct err *e)
{
	if (!(a->power > 0) && a->target > 0) {
		err_set(e, ERR_USAGE, "--target: goes with --power");
		return err_hint(e, "--power 2%% asks what an effect of 2 %% takes");
	}
	if (!(a->target > 0))
		a->target = DEFAULT_TARGET;
	if (a->runs && !a->json)
		return err_set(e, ERR_USAGE, "--runs: goes with --json");
	if (a->expand && a->json)
		return err_set(e, ERR_USAGE, "--expand and --json: one of them");
	if (a->noise && a->noise_from)
		return err_set(e, ERR_USAGE, "--noise and --noise-from: one of them");
	if (!(a->power > 0) && (a->noise || a->noise_from)) {
		err_set(e, ERR_USAGE, "--%s: goes with --power", a->noise ? "noise" : "noise-from");
		return err_hint(e, "--power 2%% asks what an effect of 2 %% takes");
	}
	return 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct plan_args a = {.target = 0};
	struct err e = ERR_INIT;
	int code;

	sweep_args_init(&a.sweep);
	if (opt_parse(self->options(), "chimera plan", argc, argv, take, &a, &e))
		code = say_error(&e);
	else if (check(&a, &e))
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
		 "setting under two names, the degrees of freedom of each factor, and how small "
		 "an effect\n"
		 "it would find.  Only reads from the server (version, tags, show), unless "
		 "--probe is given.",
	.examples = "  chimera plan sweeps/gemma3-grid.json\n"
		    "  chimera plan --model gemma3:270m --num-ctx 1024-8192x2 --json --runs\n"
		    "  chimera plan sweeps/gemma3-grid.json --expand\n"
		    "  chimera plan sweeps/gemma3-grid.json --power 2% --noise-from "
		    "runs/2026-11-24-gemma3-grid\n",
	.options = options_of_plan,
	.run = run,
};
