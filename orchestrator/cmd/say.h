/* say.h - how commands speak: errors on standard error as one line and one hint, and exit codes. */
#ifndef CMD_SAY_H
#define CMD_SAY_H

#include <jansson.h>

#include "err.h"

enum {
	EXIT_FINE = 0,
	EXIT_FAILED_REQUESTS = 6,
};

/* Prints `chimera: MESSAGE` and `hint: HINT`; returns the exit code of the error. */
int say_error(const struct err *e);
/* Prints `chimera: warning: ...`, made safe for a terminal. */
void say_warning(const char *text);
/* One for each line of the text. */
void say_warnings(const char *lines);
/* What a script reads, on standard output; steals the object. */
void say_json(json_t *object);
/* What comes from a file, a user or a server, made safe for a terminal and for one line; stays
 * until eight more were asked for.  Cut at 1,000 bytes. */
const char *say_safe(const char *text);
/* The one of two exit codes that counts when both apply: 130, 4, 2, 3, 5, 1, 6, 0. */
int exit_worse(int a, int b);
/* Bold on a terminal without NO_COLOR, else nothing. */
const char *say_bold(void);
const char *say_plain(void);

#endif
