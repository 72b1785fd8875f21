/* journal_rows.h - what a row of runs.csv says of itself, for all who read a journal: the journal
 * when it is opened again, a merge, and a look from outside. */
#ifndef CORE_JOURNAL_ROWS_H
#define CORE_JOURNAL_ROWS_H

#include "csv.h"
#include "journal_index.h"
#include "row.h"

struct journal_facts {
	uint64_t id; /* stands for the run_id */
	uint32_t attempt, session, pass;
	uint64_t order;
	enum status status; /* STATUS_COUNT: a word that is none */
	bool invalid;
	bool burst; /* it was one of a burst */
	enum phase phase;
};

/* The place of a column among the fields: factor columns stand behind `model`. */
size_t journal_column(const struct row_schema *schema, enum run_column c);
bool journal_field_is(const struct csv_field *f, const char *text);
/* A field that must be a number of the given range. */
bool journal_field_number(const struct csv_field *f, int64_t min, int64_t max, int64_t *ret);
enum status journal_field_status(const struct csv_field *f);

/* NULL, or why the row does not count (a static text). */
const char *journal_facts_read(
	const struct row_schema *schema, const struct csv_field *fields, struct journal_facts *ret);
/* Notes a row; one of the same run_id and attempt must not be there. */
void journal_facts_note(struct journal_index *x, const struct journal_facts *row);
/* A row of it is ok and not invalid, or failed for good, or is invalid and of a burst. */
bool journal_entry_done(const struct journal_entry *entry);

#endif
