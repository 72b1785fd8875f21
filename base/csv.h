/* csv.h - RFC 4180 as this project writes it: LF ends, a row is a line.
 *
 * Writing: control characters in a field are written as escapes (\n, \t, \xHH; a backslash as \\),
 * so that a line is always a row.  Reading: one line into fields, quotes undone, escapes left as
 * they are (csv_unescape undoes them). */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>

#include "str.h"

struct csv_field {
	const char *s;
	size_t len;
};

/* Appends one field, quoted where needed.  Separators are the caller's. */
void csv_add(struct str *line, const char *field, size_t len);

/* Splits one line (without its line end) at `sep`.  Quoted fields are unquoted in place, so `line`
 * is written to; fields point into it.  Returns the number of fields found, at most `max` of them
 * stored, or -1 if a quote is not closed or stands inside a bare field's quoting. */
int csv_split(char *line, size_t len, char sep, struct csv_field *fields, int max);

/* Undoes the escapes of csv_add in place; returns the new length. */
size_t csv_unescape(char *s, size_t len);

#endif
