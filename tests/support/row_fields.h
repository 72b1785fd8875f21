/* row_fields.h - a line of a journal file, taken apart. */
#ifndef TESTS_ROW_FIELDS_H
#define TESTS_ROW_FIELDS_H

#include "csv.h"
#include "str.h"

#define ROW_FIELDS_MAX 120

/* With the header that names its fields. */
struct row_fields {
	struct str header, line;
	struct csv_field names[ROW_FIELDS_MAX], fields[ROW_FIELDS_MAX];
	int nnames, nfields;
};

/* Both with their newline; the line must have the header's field count. */
void row_fields_parse(struct row_fields *p, const struct str *header, const struct str *line);
void row_fields_release(struct row_fields *p);
/* The field of that name; the last eight stay valid.  A name that is not there fails the test. */
const char *row_field(const struct row_fields *p, const char *name);
/* The line's last field is the CRC of what stands before its comma. */
void row_assert_sealed(const struct str *line);

#endif
