/* child.h - processes of a benchmark: what each costs by itself, and none left behind.
 *
 *	child_in_folder(work)          the whole benchmark, in a process and a folder of its own
 *	    child_start(argv, output)      a program
 *	    child_run(work, arg, &cost)    a function, in a forked process
 *
 * A child dies with its parent.  Peak memory begins with what the parent had when it forked, so a
 * parent that measures stays small: large work is done in children.  Whatever cannot be done ends
 * the process with a message. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "compiler.h"

/* What a process took from its start to its end. */
struct child_cost {
	double user, system; /* seconds of processor time */
	double peak_mib;     /* the most memory that was resident */
	int exit;            /* its exit code, or minus the signal that ended it */
};

/* Runs work(folder) in a process of its own, and returns its exit code; 1 where a signal ended it.
 * However it ends, also by an interrupt, all that it started is then ended and the folder, a new
 * one in $TMPDIR or /tmp, removed. */
int child_in_folder(int (*work)(const char *folder));

/* Starts a program; its output and errors go to the file `output`. */
pid_t child_start(const char *const argv[], const char *output);
/* Prints what it has written, to stderr: why a program ended badly. */
void child_say(const char *output);
/* Starts a function; the process ends with code 0 when it returns. */
pid_t child_fork(void (*work)(void *arg), void *arg);
void child_wait(pid_t pid, struct child_cost *cost);
bool child_has_ended(pid_t pid); /* it is still to be waited for */
void child_signal(pid_t pid, int signum);

/* A function in a process of its own, to its end, which must be a good one.  Only what it writes
 * into memory of child_shared() is seen here. */
void child_run(void (*work)(void *arg), void *arg, struct child_cost *cost);
/* Zeroed memory that parent and children share. */
void *child_shared(size_t bytes);
void child_unshare(void *shared, size_t bytes);

/* A folder with all that is in it; nothing happens if it is not there. */
void child_remove(const char *folder);

/* Says why and ends the process with code 1. */
void child_fail(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

#endif
