/* dataset_table_parts.h - the steps of dataset_from_table that have a file of their own. */
#ifndef DATA_DATASET_TABLE_PARTS_H
#define DATA_DATASET_TABLE_PARTS_H

#include "dataset_table.h"
#include "table.h"

/* Notes on the table as a whole: of load times, of lines that are no rows, and of each factor and
 * measure up to two. */
#define TABLE_WHOLE_NOTES (2 + TABLE_MOST_FACTORS + 2 * METRIC_MAX)

struct table_level {
	uint32_t code;
	double value; /* NaN: a word */
};

struct table_work {
	struct dataset *d;
	const char *path;
	const struct table_roles *roles;
	struct table table;
	const struct table_column *factor[TABLE_MOST_FACTORS], *measure[METRIC_MAX];
	const struct table_column *block, *pass, *prompt, *ok, *order, *load_time; /* or NULL */
	bool *out;                              /* [nrows] rows that are left out */
	uint32_t *level_of[TABLE_MOST_FACTORS]; /* level of each code */
	uint32_t *cell_of_row;                  /* [nrows] */
	uint32_t *load_of_row;                  /* [nrows] */
	double *of_code[METRIC_MAX]; /* the measure's value of each code; NaN: not usable */
};

/* Notes a row or a value that is not used, or (line 0) what is to be said of the whole table: of
 * those all are kept. */
void table_note(struct table_work *w, uint64_t line, const char *why);
/* d->metrics and margins (dataset_table_measures.c), and the values of each code of their columns.
 */
int table_measures(struct table_work *w, struct err *e) NODISCARD;
/* d->loads (dataset_table_blocks.c): what was set up together; then which factors change inside of
 * it. */
int table_blocks(struct table_work *w, struct err *e) NODISCARD;
/* d->rows, and which of them count. */
int table_rows(struct table_work *w, struct err *e) NODISCARD;

#endif
