/* clock_server.h - `chimera simulate` as a process of its own that knows when it sent what. */
#ifndef TESTS_CLOCK_SERVER_H
#define TESTS_CLOCK_SERVER_H

#include "child.h"
#include "clock_case.h"

struct clock_server {
	pid_t pid;
	int port;
	char *output, *truth; /* its files; the truth log is whole after the stop */
};

/* A server whose streams are as the load says, however many there are; returns when it listens. */
void clock_server_start(
	struct clock_server *s, const struct clock_place *p, const struct clock_load *l);
/* Ends it and waits; the files stay. */
void clock_server_stop(struct clock_server *s, struct child_cost *cost);
/* Removes the files. */
void clock_server_release(struct clock_server *s);

#endif
