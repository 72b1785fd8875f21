/* cmd_rehearse.c - would this sweep have found it, how often would it have cried wolf, and what
 * would it cost? */
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calibrate.h"
#include "command.h"
#include "jsonx.h"
#include "num.h"
#include "rehearse_make.h"
#include "say.h"

#define MOST_PLANTS 64
#define MOST_TIMES  100000
#define MOST_JOBS   256

enum {
	OPT_PLANT = OPT_OWN,
	OPT_NOISE_FROM,
	OPT_NOISE,
	OPT_TIMES,
	OPT_WITHOUT,
	OPT_POWER,
	OPT_JOBS,
	OPT_JSON,
	OPT_HELP
};

static const struct opt own_options[] = {
	{"", 0, NULL, "The rehearsal", 0},
	{"plant", 0, "EFFECT", "an effect to be found: 'num_ctx=8192: ttft +3%'; repeat for more",
		OPT_PLANT},
	{"noise-from", 0, "RUN", "noise, and times, as in this run directory", OPT_NOISE_FROM},
	{"noise", 0, "PARTS",
		"noise as given: request=1%,load=0.7%,pass=0.5%,ar1=0,tail=0,ttft.load=2%",
		OPT_NOISE},
	{"times", 0, "N", "rehearsals with the plants [500]", OPT_TIMES},
	{"without", 0, "N", "rehearsals without them [500]", OPT_WITHOUT},
	{"power", 0, "SHARE", "find the cheapest plan that finds the plants so often [90%]",
		OPT_POWER},
	{"jobs", 'j', "N", "threads [one for each core]; changes no result", OPT_JOBS},
	{"json", 0, NULL, "print all figures as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct args {
	struct sweep_args sweep;
	struct rehearse_wish wish;
	const char *plants[MOST_PLANTS];
	bool json, help;
};

static const struct opt *rehearse_options(void)
{
	static const struct opt *table;

	if (!table)
		table = sweep_args_table(own_options);
	return table;
}

static int take_count(const struct opt *opt, const char *text, int64_t least, int64_t most,
	size_t *ret, struct err *e)
{
	int64_t n;
	char safe[80];

	if (!num_parse_int(text, strlen(text), &n) || n < least || n > most)
		return err_set(e, ERR_USAGE,
			"--%s: expected a number from %lld to %lld, got \"%s\"", opt->name,
			(long long)least, (long long)most, err_quote(safe, sizeof(safe), text));
	*ret = (size_t)n;
	return 0;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct args *a = arg;

	switch (opt ? opt->id : 0) {
	case OPT_PLANT:
		if (a->wish.nplants == MOST_PLANTS)
			return err_set(e, ERR_USAGE, "--plant: more than %d", MOST_PLANTS);
		a->plants[a->wish.nplants++] = text;
		return 0;
	case OPT_NOISE_FROM:
		a->wish.noise_from = text;
		return 0;
	case OPT_NOISE:
		a->wish.noise = text;
		return 0;
	case OPT_TIMES:
		return take_count(opt, text, 1, MOST_TIMES, &a->wish.times, e);
	case OPT_WITHOUT:
		return take_count(opt, text, 0, MOST_TIMES, &a->wish.without, e);
	case OPT_POWER:
		return power_take_share(opt->name, text, &a->wish.target, e);
	case OPT_JOBS:
		return take_count(opt, text, 1, MOST_JOBS, &a->wish.jobs, e);
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

static int check(const struct args *a, struct err *e)
{
	if (a->wish.noise && a->wish.noise_from)
		return err_set(e, ERR_USAGE, "--noise and --noise-from exclude each other");
	if (a->sweep.nservers) {
		err_set(e, ERR_USAGE, "--server: a rehearsal asks no server");
		return err_hint(e, "--noise-from RUN makes the machine like that of a run");
	}
	return 0;
}

static int rehearse_sweep(struct args *a)
{
	struct rehearse_plants plants = {0};
	struct calibrated calibrated;
	struct err e = ERR_INIT;
	struct rehearsal r;
	struct setup s;
	int code = EXIT_FINE;

	/* Asked for before threads are there, who could not share it. */
	gsl_set_error_handler_off();
	a->sweep.simulate = a->sweep.is_virtual = true;
	if (check(a, &e) || setup_open(&s, &a->sweep, &e))
		return say_error(&e);
	setup_warn(&s);
	if (calibrate(&s.sweep, &s.plan, s.sim, &calibrated, &e)) {
		setup_release(&s);
		return say_error(&e);
	}
	if (rehearse_make(&r, &plants, &s, &a->wish, &e))
		code = say_error(&e);
	else if (a->json)
		say_json(rehearse_json(&r));
	else
		rehearse_print(&r);
	rehearse_free(&r);
	rehearse_plants_release(&plants);
	setup_release(&s);
	return code;
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST_JOBS ? MOST_JOBS : (size_t)n;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct args a = {.wish = {.times = 500, .without = 500, .target = 0.90, .jobs = cores()}};
	struct err e = ERR_INIT;
	int code;

	a.wish.sweep = &a.sweep;
	a.wish.plants = a.plants;
	sweep_args_init(&a.sweep);
	if (opt_parse(self->options(), "chimera rehearse", argc, argv, take, &a, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : rehearse_sweep(&a);
	sweep_args_release(&a.sweep);
	return code;
}

const struct command cmd_rehearse = {
	.name = "rehearse",
	.usage = "chimera rehearse [options] [SWEEP.json]",
	.summary = "play a sweep on a simulated machine, many times: what would it find?",
	.about = "Plays the whole sweep, its schedule, rows and analysis, on a simulated machine "
		 "under a\n"
		 "virtual clock, with effects that you plant and without, and counts: how often "
		 "the\n"
		 "effects are found, how often it cries wolf, what it would cost.  Asks no server.",
	.examples = "  chimera rehearse sweeps/gemma3-grid.json --plant 'num_ctx=8192: ttft +3%'\n"
		    "  chimera rehearse sweeps/gemma3-grid.json --noise-from "
		    "runs/2026-11-24-gemma3-grid\n",
	.options = rehearse_options,
	.run = run,
};
