/* foreign_csv_parts.h - a CSV file as it is read: its separator, its columns, one record. */
#ifndef DATA_FOREIGN_CSV_PARTS_H
#define DATA_FOREIGN_CSV_PARTS_H

#include "foreign_parts.h"

enum csv_found {
	CSV_RECORD,
	CSV_MORE, /* its end is not in the buffer */
	CSV_OPEN, /* a quote that does not end there either */
	CSV_BAD   /* something behind a closing quote */
};

struct csv_record {
	size_t nfields; /* of them at most `most` are stored */
	char *next;     /* behind the record, or where to go on after a bad one */
	uint64_t lines; /* up to there */
	bool quoted;
};

/* The record at `from`, before `end`, where padding follows; `whole`: nothing follows in the file.
 * Up to `most` fields go to `cell`.  Quoted fields are unquoted in place, once the record's end is
 * found. */
enum csv_found foreign_csv_record(char *from, char *end, bool whole, char sep,
	struct grid_cell *cell, size_t most, struct csv_record *ret);
/* The separator that the first lines have. */
char foreign_csv_separator(const char *s, size_t len);
/* A row of units below the names. */
bool foreign_csv_units(const struct grid_cell *row, const struct grid_cell *below, size_t n);
bool foreign_csv_numeric(const struct grid_cell *cell);

#endif
