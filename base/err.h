/* err.h - errors are values: one message that names the thing and the place, one hint.
 *
 * A function that can fail takes a `struct err *` last, returns 0 or -1 (or NULL), and fills it
 * only on failure.  The message is complete as it stands; the deepest function that knows the noun
 * writes it, callers may only prefix context.  Nothing here allocates.  Only commands print.
 *
 *	if (sweep_load(path, &sweep, err) || plan_build(&sweep, &plan, err))
 *		return -1;
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "compiler.h"

/* What went wrong, in the terms of the exit codes of the command line (docs/design.md). */
enum err_code {
	ERR_NONE = 0,
	ERR_USAGE = 2,   /* options or sweep file */
	ERR_ENV = 3,     /* server, gnuplot, disk, memory */
	ERR_JOURNAL = 4, /* a journal or run directory that must not be used */
	ERR_DATA = 5,    /* not enough data to say anything */
	ERR_INTERRUPTED = 130,
};

struct err {
	enum err_code code;
	char msg[600];  /* one line, no trailing newline or full stop */
	char hint[400]; /* one line of advice, or "" */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		.code = ERR_NONE, .msg = "", .hint = ""                                            \
	}

/* All return -1, so that `return err_set(...)` reads well.  `e` may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set, and appends ": No space left on device" for `errnum`. */
int err_sys(struct err *e, enum err_code code, int errnum, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* "resuming runs/x: " before the message. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the advice. */
int err_hint(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Copies `src` made safe for one terminal line: control bytes become '?', long text is cut with
 * "...".  Returns dst. */
const char *err_quote(char *dst, size_t size, const char *src);

#endif
