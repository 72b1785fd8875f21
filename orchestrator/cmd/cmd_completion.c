/* cmd_completion.c - prints completions for a shell. */
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "say.h"

static const struct opt completion_table[] = {
	{"help", 'h', NULL, "this text", 1},
	{0},
};

struct completion_args {
	const char *shell;
	bool help;
};

static const struct opt *completion_options(void)
{
	return completion_table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct completion_args *a = arg;

	if (opt)
		a->help = true;
	else if (a->shell)
		return err_set(e, ERR_USAGE, "one shell at a time");
	else
		a->shell = text;
	return 0;
}

static int print_for(const char *shell)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	struct err e = ERR_INIT;
	char safe[80];
	int code = EXIT_FINE;

	if (shell && strcmp(shell, "bash") == 0) {
		completion_bash(&out);
	} else if (shell && strcmp(shell, "zsh") == 0) {
		completion_zsh(&out);
	} else {
		if (shell)
			err_set(&e, ERR_USAGE, "no completions for \"%s\"",
				err_quote(safe, sizeof(safe), shell));
		else
			err_set(&e, ERR_USAGE, "completions for which shell?");
		err_hint(&e, "chimera completion bash, or zsh");
		code = say_error(&e);
	}
	fwrite(out.s, 1, out.len, stdout);
	str_release(&out);
	return code;
}

static int completion(const struct command *self, int argc, char **argv)
{
	struct completion_args a = {0};
	struct err e = ERR_INIT;

	if (opt_parse(completion_table, "chimera completion", argc, argv, take, &a, &e))
		return say_error(&e);
	return a.help ? command_help(self) : print_for(a.shell);
}

const struct command cmd_completion = {
	.name = "completion",
	.usage = "chimera completion bash|zsh",
	.summary = "print completions for a shell",
	.about =
		"Prints a script that completes commands, options and values.  `make install` puts "
		"both\n"
		"where the shells look for them.",
	.examples = "  source <(chimera completion bash)\n"
		    "  chimera completion zsh >\"${fpath[1]}/_chimera\"\n",
	.options = completion_options,
	.run = completion,
};
