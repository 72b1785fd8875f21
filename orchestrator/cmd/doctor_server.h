/* doctor_server.h - the simulated server as a process of its own, with a log of when it sent what.
 *
 * One at a time.  However this process ends, the server ends with it and no file is left: by an
 * interrupt (status 130) as well, and by the kernel when nothing else could. */
#ifndef CMD_DOCTOR_SERVER_H
#define CMD_DOCTOR_SERVER_H

#include <sys/types.h>

#include "err.h"

#define DOCTOR_MODEL   "gemma3:270m"
#define DOCTOR_TTFT_MS 50

struct doctor_server {
	pid_t pid;
	char url[64];
	char truth[32]; /* its log, whole once it has stopped; until the next is started */
};

/* What happens at interrupts, from now on. */
void doctor_server_prepare(void);
/* Starts one whose streams have that rate, and waits until it listens.  ERR_ENV. */
int doctor_server_start(struct doctor_server *s, double rate, struct err *e) NODISCARD;
/* Lets it write what it has and end.  ERR_ENV if it ended by itself before, or badly. */
int doctor_server_stop(struct doctor_server *s, struct err *e) NODISCARD;
/* Ends one that runs, and removes everything.  Fine at any time. */
void doctor_server_clean(void);

#endif
