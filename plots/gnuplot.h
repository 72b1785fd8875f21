/* gnuplot.h - text made safe for a gnuplot script, and running one.
 *
 * gnuplot substitutes shell commands in "..." and at backquotes outside of quotes, and macros after
 * @, but leaves '...' alone, where only the quote itself is doubled.  So every text from data goes
 * through gnuplot_text, and stands nowhere else, comments included. */
#ifndef PLOTS_GNUPLOT_H
#define PLOTS_GNUPLOT_H

#include "err.h"
#include "str.h"

/* Appends `text` as a quoted literal: one line, valid UTF-8, no control characters. */
void gnuplot_text(struct str *out, const char *text);
/* Appends a number for a script or data file: shortest form, or NaN. */
void gnuplot_number(struct str *out, double x);

/* Runs NAME.gp in `dir`, which must leave NAME.svg and NAME.png; both are replaced atomically.  At
 * most 60 s.  ERR_ENV if gnuplot is not in PATH (hint: install it), fails, or leaves no picture,
 * with the first line it said. */
int gnuplot_run(const char *dir, const char *name, struct err *e) NODISCARD;

#endif
