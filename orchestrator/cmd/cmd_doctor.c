/* cmd_doctor.c - how exact this machine's client is, against a server that knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "command.h"
#include "doctor_server.h"
#include "doctor_text.h"
#include "facts.h"
#include "files.h"
#include "num.h"
#include "range.h"
#include "say.h"

#define MAX_LEVELS  64
#define MAX_STREAMS 1024 /* slots of the simulated machine */
#define MAX_RATE    1000.0
#define MAX_SECONDS 600.0
#define OTHER_FILES 64 /* that are open beside the streams' */

enum { OPT_STREAMS = 1, OPT_RATE, OPT_SECONDS, OPT_SERVER, OPT_JSON, OPT_HELP };

static const struct opt doctor_table[] = {
	{"streams", 0, "LIST", "numbers of streams to try [1,4,16,64,128,256,512,1024]",
		OPT_STREAMS},
	{"rate", 0, "TOK_S", "tokens per second of each stream [50]", OPT_RATE},
	{"seconds", 0, "S", "how long tokens stream at each level [3]", OPT_SECONDS},
	{"server", 0, "URL",
		"the server that runs are sent to: does it share these cores? "
		"[OLLAMA_HOST]",
		OPT_SERVER},
	{"json", 0, NULL, "print what was found as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct doctor_args {
	uint32_t streams[MAX_LEVELS]; /* rising */
	size_t nstreams;
	struct doctor_load load;
	const char *server;
	bool json, help;
};

static const struct opt *doctor_options(void)
{
	return doctor_table;
}

/* ---- options ---- */

static int compare_streams(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int bad_streams(const char *text, struct err *e)
{
	char safe[80];

	return err_set(e, ERR_USAGE, "--streams: expected whole numbers from 1 to %d, got \"%s\"",
		MAX_STREAMS, err_quote(safe, sizeof(safe), text));
}

/* In rising order, each once. */
static int take_levels(struct doctor_args *a, const json_t *levels, const char *text, struct err *e)
{
	size_t n = json_array_size(levels), kept = 0;

	if (n > MAX_LEVELS)
		return err_set(
			e, ERR_USAGE, "--streams: %zu levels, at most %d are tried", n, MAX_LEVELS);
	for (size_t i = 0; i < n; i++) {
		const json_t *level = json_array_get(levels, i);
		json_int_t streams = json_integer_value(level);

		if (!json_is_integer(level) || streams < 1 || streams > MAX_STREAMS)
			return bad_streams(text, e);
		a->streams[i] = (uint32_t)streams;
	}
	qsort(a->streams, n, sizeof(a->streams[0]), compare_streams);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || a->streams[kept - 1] != a->streams[i])
			a->streams[kept++] = a->streams[i];
	}
	a->nstreams = kept;
	return 0;
}

static int take_streams(struct doctor_args *a, const char *text, struct err *e)
{
	json_t *levels = range_parse(text, e);
	int rc;

	if (!levels)
		return err_prefix(e, "--streams: ");
	rc = take_levels(a, levels, text, e);
	json_decref(levels);
	return rc;
}

static int take_number(
	const struct opt *opt, const char *text, double min, double max, double *ret, struct err *e)
{
	char safe[80], low[NUM_TEXT], high[NUM_TEXT];

	if (num_parse(text, strlen(text), ret) && *ret >= min && *ret <= max)
		return 0;
	return err_set(e, ERR_USAGE, "--%s: expected a number from %s to %s, got \"%s\"", opt->name,
		num_text(low, min), num_text(high, max), err_quote(safe, sizeof(safe), text));
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct doctor_args *a = arg;
	char safe[80];

	switch (opt ? opt->id : 0) {
	case OPT_STREAMS:
		return take_streams(a, text, e);
	case OPT_RATE:
		return take_number(opt, text, 1, MAX_RATE, &a->load.rate, e);
	case OPT_SECONDS:
		return take_number(opt, text, 0.1, MAX_SECONDS, &a->load.seconds, e);
	case OPT_SERVER:
		a->server = text;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return err_set(
			e, ERR_USAGE, "unexpected \"%s\"", err_quote(safe, sizeof(safe), text));
	}
}

/* ---- the examination ---- */

struct examination {
	const struct doctor_args *args;
	struct server_facts server;
	struct doctor_facts facts;
	uint32_t streams[MAX_LEVELS];
	struct streams_level levels[MAX_LEVELS];
	size_t wanted, n; /* levels to try; tried */
};

/* Levels for which there are files enough. */
static int choose_levels(struct examination *x, struct err *e)
{
	uint32_t files = files_raise_limit();
	uint32_t most = files > OTHER_FILES ? files - OTHER_FILES : 1;

	for (size_t i = 0; i < x->args->nstreams; i++) {
		if (x->args->streams[i] <= most)
			x->streams[x->wanted++] = x->args->streams[i];
		else
			x->facts.files = most;
	}
	return x->wanted ? 0
			 : err_set(e, ERR_ENV,
				   "%u streams need more open files than are allowed (ulimit -n)",
				   x->args->streams[0]);
}

static int find_facts(struct examination *x, struct err *e)
{
	char *fallback = server_url_default(getenv("OLLAMA_HOST"));
	const char *spec = x->args->server ? x->args->server : fallback;
	int rc = server_facts_init(&x->server, spec, e);

	free(fallback);
	if (rc)
		return -1;
	x->facts.server = x->server.url;
	x->facts.shares = server_host_is_loopback(x->server.host);
	streams_machine_here(&x->facts.machine);
	clockfacts_find(&x->facts.clock, "");
	return choose_levels(x, e);
}

static int measure_levels(struct examination *x, struct err *e)
{
	const struct doctor_args *a = x->args;

	if (!a->json)
		doctor_text_head(&x->facts, &a->load, x->streams, x->wanted);
	doctor_server_prepare();
	for (size_t i = 0; i < x->wanted; i++) {
		if (doctor_measure(&x->levels[i], x->streams[i], &a->load, e))
			return -1;
		x->n++;
		if (!a->json)
			doctor_text_level(&x->levels[i], i == 0);
	}
	return 0;
}

/* What is known of this machine from now on; nothing is where the first level says nothing. */
static int keep(const struct examination *x, const json_t *record, struct err *e)
{
	char *path = streams_record_path(getenv("XDG_STATE_HOME"), getenv("HOME"));
	uint32_t trusted;
	int rc;

	if (!streams_trusted(x->levels, x->n, &trusted))
		rc = err_set(e, ERR_DATA, "this machine is not judged: %s", x->levels[0].why);
	else if (!path)
		rc = err_set(e, ERR_ENV, "there is no home folder to keep this in");
	else
		rc = streams_record_write(path, record, e);
	if (!rc && !x->args->json)
		printf("Kept in %s for the runs that follow.\n", say_safe(path));
	free(path);
	return rc;
}

static int tell(const struct examination *x)
{
	const struct doctor_load *load = &x->args->load;
	struct streams_record r = {.machine = x->facts.machine,
		.version = CHIMERA_VERSION,
		.measured_wall = clock_wall(),
		.rate = load->rate,
		.seconds = load->seconds,
		.levels = x->levels,
		.nlevels = x->n};
	json_t *record = doctor_json(&x->facts, &r);
	struct err e = ERR_INIT;
	int rc;

	if (!x->args->json) {
		doctor_text_facts(&x->facts, x->levels, x->n);
		doctor_text_trust(load, x->levels, x->n);
	}
	rc = keep(x, record, &e) ? (int)e.code : EXIT_FINE;
	if (x->args->json)
		say_json(json_incref(record));
	fflush(stdout);
	if (rc)
		say_error(&e);
	json_decref(record);
	return rc;
}

static int examine(const struct doctor_args *a)
{
	struct examination *x = xcalloc(1, sizeof(*x));
	struct err e = ERR_INIT;
	int rc;

	x->args = a;
	if (find_facts(x, &e) || measure_levels(x, &e)) {
		fflush(stdout);
		rc = say_error(&e);
	} else {
		rc = tell(x);
	}
	doctor_server_clean();
	server_facts_release(&x->server);
	free(x);
	return rc;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct doctor_args a = {
		.streams = {1, 4, 16, 64, 128, 256, 512, 1024},
		.nstreams = 8,
		.load = {.rate = 50, .seconds = 3},
	};
	struct err e = ERR_INIT;

	if (opt_parse(doctor_table, "chimera doctor", argc, argv, take, &a, &e))
		return say_error(&e);
	return a.help ? command_help(self) : examine(&a);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.usage = "chimera doctor [options]",
	.summary = "how exact this machine's times are, and with how many streams",
	.about = "Measures this client against a simulated server, a process of its own that notes "
		 "when\nit received each request and sent each token: how far time to first token "
		 "(TTFT) and\nthe gaps between tokens (ITL) are off, and what a token costs, for "
		 "rising numbers of\nstreams.  Then says what the clock, the kernel and the "
		 "processors of this machine add.\nThe number of streams it may be trusted with "
		 "is kept, and runs beyond it are suspect.",
	.examples = "  chimera doctor\n"
		    "  chimera doctor --streams 16,64 --rate 100 --seconds 10\n",
	.options = doctor_options,
	.run = run,
};
