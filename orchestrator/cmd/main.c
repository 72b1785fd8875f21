/* main.c - looks a command up and calls it. */
#include <gsl/gsl_errno.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "jsonx.h"
#include "say.h"

static const struct command *const commands[] = {&cmd_run, &cmd_plan, &cmd_rehearse, &cmd_resume,
	&cmd_analyze, &cmd_plot, &cmd_report, &cmd_insight, &cmd_search, &cmd_status, &cmd_merge,
	&cmd_slurm, &cmd_completion, &cmd_doctor, &cmd_simulate};

const struct command *command_at(size_t i)
{
	return i < COUNTOF(commands) ? commands[i] : NULL;
}

static int print_usage(FILE *to)
{
	fprintf(to,
		"Usage: chimera COMMAND [options]\n\n"
		"Sweeps an Ollama server over grids of options, measures every request, and\n"
		"writes a report whose every number can be followed to the rows it came from.\n\n"
		"Commands:\n");
	for (size_t i = 0; i < COUNTOF(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to,
		"\n`chimera COMMAND --help` lists the options of a command; `man chimera` has "
		"more.\n");
	return 0;
}

int command_help(const struct command *c)
{
	struct str out = STR_INIT(STR_MAX_LINE);

	opt_help(c->options(), &out);
	printf("Usage: %s\n\n%s\n\n%s", c->usage, c->about, out.s);
	if (c->examples)
		printf("\nExamples:\n%s", c->examples);
	str_release(&out);
	return 0;
}

static int unknown_command(const char *word)
{
	const char *names[COUNTOF(commands) + 1] = {0};
	const char *nearest;
	struct err e = ERR_INIT;
	char safe[80];

	for (size_t i = 0; i < COUNTOF(commands); i++)
		names[i] = commands[i]->name;
	nearest = jsonx_did_you_mean(word, names);
	err_set(&e, ERR_USAGE, "unknown command \"%s\"", err_quote(safe, sizeof(safe), word));
	if (nearest)
		err_hint(&e, "did you mean `chimera %s`?", nearest);
	else
		err_hint(&e, "`chimera --help` lists the commands");
	return say_error(&e);
}

/* What was printed must have arrived: a full disk is no success.  A reader that has gone, as `head`
 * does, wanted no more. */
static int finish(int code)
{
	struct err e = ERR_INIT;
	bool lost = fflush(stdout) != 0 || ferror(stdout);

	if (!lost || errno == EPIPE)
		return code;
	err_sys(&e, ERR_ENV, errno, "standard output");
	return exit_worse(code, say_error(&e));
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	signal(SIGPIPE, SIG_IGN);
	gsl_set_error_handler_off(); /* its own aborts; a figure that cannot be had is NaN */
	if (!word) {
		print_usage(stderr);
		return ERR_USAGE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return finish(print_usage(stdout));
	if (strcmp(word, "--version") == 0) {
		printf("chimera %s\n", CHIMERA_VERSION);
		return finish(0);
	}
	for (size_t i = 0; i < COUNTOF(commands); i++) {
		if (strcmp(word, commands[i]->name) == 0)
			return finish(commands[i]->run(commands[i], argc - 1, argv + 1));
	}
	return unknown_command(word);
}
