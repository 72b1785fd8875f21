/* cmd_simulate.c - the simulated Ollama as a server of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "files.h"
#include "num.h"
#include "say.h"
#include "simserver.h"

enum { OPT_PORT = 1, OPT_ADDRESS, OPT_SIM, OPT_SIM_SEED, OPT_TRUTH, OPT_HELP };

static const struct opt simulate_table[] = {
	{"port", 0, "N", "port to listen on; 0 takes a free one, which is printed [11435]",
		OPT_PORT},
	{"address", 0, "IP", "address to listen on [127.0.0.1]", OPT_ADDRESS},
	{"sim", 0, "KEY=VALUE", "change the simulated machine; repeat for more", OPT_SIM},
	{"sim-seed", 0, "N", "seed of its noise [1]", OPT_SIM_SEED},
	{"truth", 0, "FILE",
		"write when it had each request and sent each token; for requests with an "
		"X-Request-Id",
		OPT_TRUTH},
	{"help", 'h', NULL, "this text, with the keys of --sim", OPT_HELP},
	{0},
};

struct simulate_args {
	struct sim_config sim;
	int64_t port, seed;
	const char *address, *truth;
	bool help;
};

static const struct opt *simulate_options(void)
{
	return simulate_table;
}

static int take_number(
	const struct opt *opt, const char *text, int64_t max, int64_t *ret, struct err *e)
{
	char safe[80];

	if (num_parse_int(text, strlen(text), ret) && *ret >= 0 && *ret <= max)
		return 0;
	return err_set(e, ERR_USAGE, "--%s: expected a number from 0 to %lld, got \"%s\"",
		opt->name, (long long)max, err_quote(safe, sizeof(safe), text));
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct simulate_args *a = arg;
	char safe[80];

	switch (opt ? opt->id : 0) {
	case OPT_PORT:
		return take_number(opt, text, 65535, &a->port, e);
	case OPT_SIM_SEED:
		return take_number(opt, text, INT64_MAX, &a->seed, e);
	case OPT_ADDRESS:
		a->address = text;
		return 0;
	case OPT_TRUTH:
		a->truth = text;
		return 0;
	case OPT_SIM:
		return sim_config_set(&a->sim, text, e) ? err_prefix(e, "--sim: ") : 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return err_set(
			e, ERR_USAGE, "unexpected \"%s\"", err_quote(safe, sizeof(safe), text));
	}
}

/* What the signal handlers need. */
struct serving {
	struct simserver *server;
	uv_signal_t on_int, on_term;
};

static void on_signal(uv_signal_t *handle, int signum)
{
	struct serving *s = handle->data;

	(void)signum;
	uv_close((uv_handle_t *)&s->on_int, NULL);
	uv_close((uv_handle_t *)&s->on_term, NULL);
	simserver_close(s->server);
}

static int serve(const struct simulate_args *a)
{
	char models[SIM_MODELS];
	const struct simserver_options options = {.config = &a->sim,
		.seed = (uint64_t)a->seed,
		.address = a->address,
		.port = (int)a->port,
		.truth = a->truth};
	struct serving s = {0};
	struct err e = ERR_INIT;
	uv_loop_t loop;
	int rc;

	if (uv_loop_init(&loop)) {
		err_set(&e, ERR_ENV, "cannot make an event loop");
		return say_error(&e);
	}
	files_raise_limit(); /* a thousand connections are not too many */
	s.server = simserver_start(&loop, &options, &e);
	if (!s.server) {
		uv_run(&loop, UV_RUN_DEFAULT);
		uv_loop_close(&loop);
		return say_error(&e);
	}
	uv_signal_init(&loop, &s.on_int);
	uv_signal_init(&loop, &s.on_term);
	s.on_int.data = s.on_term.data = &s;
	uv_signal_start(&s.on_int, on_signal, SIGINT);
	uv_signal_start(&s.on_term, on_signal, SIGTERM);
	printf("SIMULATED Ollama with %s at http://%s:%d\n", sim_config_models(&a->sim, models),
		a->address, simserver_port(s.server));
	fflush(stdout);
	uv_run(&loop, UV_RUN_DEFAULT);
	rc = simserver_free(s.server, &e);
	uv_loop_close(&loop);
	return rc ? say_error(&e) : EXIT_FINE;
}

static int help(const struct command *self)
{
	struct str keys = STR_INIT(STR_MAX_LINE);

	command_help(self);
	sim_config_help(&keys);
	printf("\nKeys of --sim:\n%s", keys.s);
	str_release(&keys);
	return EXIT_FINE;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct simulate_args a = {.port = 11435, .seed = 1, .address = "127.0.0.1"};
	struct err e = ERR_INIT;

	sim_config_default(&a.sim);
	if (opt_parse(simulate_table, "chimera simulate", argc, argv, take, &a, &e))
		return say_error(&e);
	return a.help ? help(self) : serve(&a);
}

const struct command cmd_simulate = {
	.name = "simulate",
	.usage = "chimera simulate [options]",
	.summary = "a simulated Ollama server, to try things on",
	.about = "Serves the endpoints of Ollama that a sweep uses from a simulated machine with "
		 "one\n"
		 "model: loads, prefill, decode, noise and failures, all from a seed.  Prints its "
		 "address.",
	.examples = "  chimera simulate --port 0 --sim vram_mib=0 --sim noise_request=0.05\n",
	.options = simulate_options,
	.run = run,
};
