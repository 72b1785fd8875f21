/* columns.c - the tables behind columns.h. */
#include "columns.h"

#include <stddef.h>
#include <string.h>

#define SPEC(id, name, type, unit, better, meaning) {name, COLUMN_##type, unit, better, meaning},

const struct column_spec run_columns[RUN_COLUMN_COUNT] = {RUN_COLUMNS(SPEC)};
const struct column_spec load_columns[LOADS_COLUMN_COUNT] = {LOAD_COLUMNS(SPEC)};
const struct column_spec chunk_columns[CHUNKS_COLUMN_COUNT] = {CHUNK_COLUMNS(SPEC)};
const struct column_spec truth_columns[TRUTH_COLUMN_COUNT] = {TRUTH_COLUMNS(SPEC)};

const struct column_spec *run_column_find(const char *name)
{
	for (size_t i = 0; i < RUN_COLUMN_COUNT; i++) {
		if (strcmp(run_columns[i].name, name) == 0)
			return &run_columns[i];
	}
	return NULL;
}
