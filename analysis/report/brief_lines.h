/* brief_lines.h - the few lines that a person sees on a terminal when a command is done. */
#ifndef REPORT_BRIEF_LINES_H
#define REPORT_BRIEF_LINES_H

#include "str.h"

#define BRIEF_INDENT     2
#define BRIEF_NAME_WIDTH 12

/* "  name         text", in lines of at most 100 characters, the later ones below the first one's
 * text.  `width` is room for the name, the space behind it included. */
void brief_line(struct str *out, size_t width, const char *name, const char *text);
/* A text in such lines from the left. */
void brief_text(struct str *out, const char *text);

#endif
