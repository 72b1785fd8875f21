/* fake_rows.h - rows for a journal, made from a plan without any server. */
#ifndef TESTS_FAKE_ROWS_H
#define TESTS_FAKE_ROWS_H

#include "fake_plan.h"
#include "journal.h"

struct fake_rows {
	struct fake_plan fake;
	struct row_schema schema;
	struct item *items; /* of all blocks and passes; their run_ids differ */
	size_t n;
};

/* From the text of a sweep, or NULL for a small one with two factors and at least 24 requests. */
void fake_rows_make(struct fake_rows *f, const char *sweep);
void fake_rows_release(struct fake_rows *f);

/* What one row is about; zero is an ok row of the first request. */
struct fake_row {
	size_t item;
	uint32_t attempt, session; /* 0 is 1 */
	uint64_t order;            /* 0 is item + 1 */
	enum status status;
	enum validity validity;
	int chunks;       /* with content; 0 makes no row of chunks.csv */
	uint32_t pass;    /* 0 is 1 */
	const char *load; /* NULL is "s1-l0001" */
	int64_t after_s;  /* sent so long after the first second; below 0: never sent */
	int64_t took_s;   /* from there to the end of the answer; 0 unknown */
	enum phase phase; /* PHASE_WARMUP is PHASE_MEASURE */
};
int fake_rows_append(struct fake_rows *f, struct journal *j, struct fake_row row, struct err *e);
/* A load's row. */
int fake_rows_load(struct fake_rows *f, struct journal *j, uint32_t block, uint32_t session,
	enum status status, struct err *e);

/* The same where failing fails the test. */
struct journal *fake_rows_open(
	struct fake_rows *f, const char *dir, enum journal_mode mode, unsigned flags);
void fake_rows_close(struct journal *j);
void fake_rows_add(struct fake_rows *f, struct journal *j, struct fake_row row);

/* The content of a file of the temporary folder, and how many line ends it has. */
struct str fake_file(const char *name);
size_t fake_file_lines(const char *name);

#endif
