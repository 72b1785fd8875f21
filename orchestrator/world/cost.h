/* cost.h - what processes take of the machine: processor time and memory. */
#ifndef WORLD_COST_H
#define WORLD_COST_H

#include <stdint.h>
#include <sys/types.h>

#include "clock.h"

/* Processor time of this process, of all its threads. */
void cost_cpu(ns *user, ns *system);
/* The same of any process, both together; NS_NONE where it cannot be told (pid 0, or it is gone).
 */
ns cost_cpu_of(pid_t pid);
/* Begins a new count of the most memory that is resident; where the system cannot, the old one goes
 * on. */
void cost_memory_reset(void);
/* The most memory of this process that was resident since then, in bytes; -1 unknown. */
int64_t cost_memory(void);

#endif
