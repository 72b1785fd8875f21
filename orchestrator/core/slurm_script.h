/* slurm_script.h - the two scripts of a sweep on a Slurm cluster, as text: a job array that
 * measures one shard per task, and a job that merges and reports.
 *
 * A task whose shard is there already goes on with it, so a task that is requeued, for whatever
 * reason, or queued again loses nothing.  Shortly before its time limit a task stops its run in
 * good order.  It asks for another turn after that, after a kill, and when its server went away, as
 * long as it measured something since it began. */
#ifndef CORE_SLURM_SCRIPT_H
#define CORE_SLURM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

struct slurm_job {
	const char *chimera; /* the program; this and the next two are absolute paths */
	const char *dir;     /* shard-1 ... shard-N, merged, log/ and the scripts */
	const char *sweep;   /* the sweep file that each task runs */
	const char *name;    /* of the sweep */
	uint32_t shards;
	const char *time, *partition; /* NULL: Slurm's own */
	const char *const *sbatch;    /* more arguments of sbatch, for both jobs */
	size_t nsbatch;
	const char *const *run; /* more arguments of `chimera run`, */
	size_t nrun;
	const char *const *both; /* and of `chimera resume` as well */
	size_t nboth;
	bool node_server;   /* each task measures the server of its node ($OLLAMA_HOST there) */
	bool one_at_a_time; /* tasks would measure the same server */
	bool simulated;     /* shard K has the simulated machine of seed sim_seed + K - 1 */
	uint64_t sim_seed;
};

/* ERR_USAGE for what cannot stand in a script: control characters, a time that is none. */
int slurm_check(const struct slurm_job *j, struct err *e);
void slurm_array_script(const struct slurm_job *j, struct str *out);
void slurm_merge_script(const struct slurm_job *j, struct str *out);
/* Text as one word of the shell, whatever is in it. */
void slurm_quote(struct str *out, const char *text);

#endif
