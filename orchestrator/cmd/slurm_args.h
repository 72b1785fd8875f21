/* slurm_args.h - the options of `chimera slurm`, and the sweep file that its tasks run. */
#ifndef CMD_SLURM_ARGS_H
#define CMD_SLURM_ARGS_H

#include "slurm_script.h"
#include "sweep_args.h"

struct slurm_args {
	struct sweep_args sweep;
	int64_t shards;
	const char *out, *time, *partition;
	struct {
		const char **v;
		size_t n, cap;
	} sbatch;
	bool submit, no_chunks, json, help;
};

void slurm_args_init(struct slurm_args *a);
void slurm_args_release(struct slurm_args *a);
const struct opt *slurm_args_table(void);
int slurm_args_take(const struct opt *opt, const char *text, void *arg, struct err *e);

/* The sweep that every task runs, with its suite of prompts by an absolute path; checked, and that
 * it has a pass for each shard, as far as that can be told without its servers: *unasked says why
 * the plan could not be made here, or is "".  New reference, NULL on error. */
json_t *slurm_sweep(const struct slurm_args *a, struct err *unasked, struct err *e);

/* The words that tasks pass on to `run` (and `resume`); *n are filled, at most SLURM_WORDS. */
#define SLURM_WORDS 300
void slurm_words(const struct slurm_args *a, const char **run, size_t *nrun, const char **both,
	size_t *nboth);

#endif
