/* slurm_submit.h - sbatch as a child process. */
#ifndef CMD_SLURM_SUBMIT_H
#define CMD_SLURM_SUBMIT_H

#include "err.h"

#define SLURM_ID 32

/* Queues a script; `dependency` ("afterany:123") may be NULL.  The job's id goes into `id`.
 * ERR_ENV with what sbatch said. */
int slurm_submit(const char *script, const char *dependency, char id[SLURM_ID], struct err *e);

#endif
