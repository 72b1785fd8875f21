/* opt.h - options of a command: one table from which parsing, --help and the tests are made.
 *
 * Options are long, GNU style: --name value or --name=value; some have a letter.  Unknown ones are
 * one line with "did you mean".  Options may repeat; the callback sees them in order. */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

struct opt {
	const char *name;  /* without dashes; NULL ends the table, "" titles a group by `help` */
	char letter;       /* or 0 */
	const char *value; /* what --help calls the value, or NULL for a flag */
	const char *help;  /* one line */
	int id;            /* the command's own enum */
};

/* One option or operand.  `text` is the value, or NULL for a flag; for an operand opt is NULL. */
typedef int opt_fn(const struct opt *opt, const char *text, void *arg, struct err *e);

/* Goes through argv[1..].  ERR_USAGE with the hint to try --help. `command` as in "chimera run". */
int opt_parse(const struct opt *table, const char *command, int argc, char **argv, opt_fn *fn,
	void *arg, struct err *e) NODISCARD;
/* Appends the aligned option list. */
void opt_help(const struct opt *table, struct str *out);

#endif
