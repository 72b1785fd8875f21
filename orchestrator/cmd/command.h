/* command.h - the commands of `chimera`.
 *
 * Adding a command: (1) write cmd_NAME.c with an option table and `const struct command cmd_NAME`;
 * (2) declare it below; (3) add it to the list in main.c; (4) describe it in docs/chimera.1, whose
 * options a test compares with the tables.  A command parses its options, calls the rooms in turn
 * and prints; it decides nothing.  This folder is in no archive: no room can depend on it. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "opt.h"

struct command {
	const char *name;
	const char *usage;   /* "chimera plan [options] [SWEEP]" */
	const char *summary; /* one line for the list of commands */
	const char *about;   /* a paragraph for --help */
	const char *examples;
	/* The option table; NULL-ended.  A function since Ollama's options come from
	 * core/options.h. */
	const struct opt *(*options)(void);
	int (*run)(const struct command *self, int argc, char **argv); /* the exit code */
};

extern const struct command cmd_run, cmd_plan, cmd_resume, cmd_analyze, cmd_plot, cmd_report,
	cmd_simulate;
extern const struct command cmd_search, cmd_completion;
extern const struct command cmd_merge, cmd_slurm, cmd_status;
extern const struct command cmd_rehearse, cmd_doctor, cmd_insight;

/* The commands in the order of the list, then NULL. */
const struct command *command_at(size_t i);
/* Prints the help of a command on standard output.  Returns 0. */
int command_help(const struct command *c);

#endif
