/* sweep_args.h - the options that describe a sweep, shared by `run` and `plan`: they fill a JSON
 * object in the sweep file's own format, so that a file and a command line obey the same rules. */
#ifndef CMD_SWEEP_ARGS_H
#define CMD_SWEEP_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "opt.h"
#include "sim.h"

/* What the options say; to be released by sweep_args_release. */
struct sweep_args {
	const char *file; /* sweep file or NULL; borrowed from argv */
	json_t *given;    /* keys given by options, in the sweep file's format */
	json_t *origin;   /* "factors.num_ctx": "--num-ctx" */
	const char *servers[64];
	size_t nservers;
	bool simulate, is_virtual;
	struct sim_config sim;
	bool sim_model_given;
	json_t *sim_set; /* the --sim settings as given, to be kept in the manifest */
	uint64_t sim_seed;
	json_t *presets; /* names, in the order given */
};

void sweep_args_init(struct sweep_args *a);
void sweep_args_release(struct sweep_args *a);

/* The shared options with a command's own (NULL-ended, ids from OPT_OWN on) before them; made once.
 */
const struct opt *sweep_args_table(const struct opt *own);
#define OPT_OWN 10000

/* Handles one shared option or operand.  Returns 0, or -1 with the error. */
int sweep_args_take(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e);
/* One more --server. */
int sweep_args_server(struct sweep_args *a, const char *text, struct err *e);
/* The file of a prompt suite: a path, or the name of one that comes with the program.  NULL if
 * there is none; new string. */
char *sweep_args_suite(const char *text);
/* The whole sweep object: the file's keys, presets below and options over them.  *source names the
 * file or "command line".  New reference, NULL on error. */
json_t *sweep_args_object(const struct sweep_args *a, const char **source, struct err *e);

#endif
