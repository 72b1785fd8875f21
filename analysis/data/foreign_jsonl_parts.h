/* foreign_jsonl_parts.h - the scanner of flat lines. */
#ifndef DATA_FOREIGN_JSONL_PARTS_H
#define DATA_FOREIGN_JSONL_PARTS_H

#include "foreign_json_parts.h"

/* A line of JSON that is a flat object of keys that are columns already, with strings without
 * escapes: its values into `row`, which is empty, texts as they stand in the line.  False for any
 * other line, JSON or not; `row` then holds anything.  Padding follows `end`. */
bool foreign_jsonl_scan(const char *s, const char *end, struct foreign_columns *c,
	struct grid_cell *row, size_t *values);

#endif
