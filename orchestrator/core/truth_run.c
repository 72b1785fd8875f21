/* truth_run.c - the requests of a run directory held against a truth log. */
#include "truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "truth_parts.h"
#include "vec.h"

#define KEY_TEXT 120

static const char *const of_chunks[] = {"run_id", "attempt", "first_us", "gaps_us", NULL};
static const char *const of_runs[] = {"run_id", "attempt", "started_at", NULL};

/* RUN_ID-ATTEMPT; false if one of the two is not there. */
static bool key_of(char key[KEY_TEXT], const char *run_id, const char *attempt)
{
	return run_id && attempt && snprintf(key, KEY_TEXT, "%s-%s", run_id, attempt) < KEY_TEXT;
}

static void pair_chunks(struct truth_errors *x, const struct truth *t, const struct table *chunks)
{
	const struct table_column *run_id = table_column(chunks, "run_id");
	const struct table_column *attempt = table_column(chunks, "attempt");
	const struct table_column *first = table_column(chunks, "first_us");
	const struct table_column *gaps = table_column(chunks, "gaps_us");
	struct truth_series told = {0};

	for (size_t i = 0; i < chunks->nrows; i++) {
		char key[KEY_TEXT];
		struct truth_client c = {.request_id = key, .sent_wall = NS_NONE};

		told.n = 0;
		if (!key_of(key, table_text(run_id, i), table_text(attempt, i)) ||
			!truth_read_time(table_text(first, i), &c.first) ||
			!truth_read_times(table_text(gaps, i), true, &told))
			continue;
		c.gaps = told.v;
		c.ngaps = told.n;
		truth_pair(x, t, &c);
	}
	VEC_RELEASE(&told);
}

/* When they were sent stands in runs.csv alone. */
static void pair_sent(struct truth_errors *x, const struct truth *t, const struct table *runs)
{
	const struct table_column *run_id = table_column(runs, "run_id");
	const struct table_column *attempt = table_column(runs, "attempt");
	const struct table_column *started_at = table_column(runs, "started_at");

	for (size_t i = 0; i < runs->nrows; i++) {
		const char *started = table_text(started_at, i);
		ns sent = started ? clock_parse_iso(started, strlen(started)) : NS_NONE;
		const struct truth_row *row;
		char key[KEY_TEXT];

		if (sent == NS_NONE || !key_of(key, table_text(run_id, i), table_text(attempt, i)))
			continue;
		row = truth_find(t, key);
		if (row && !row->twice)
			*VEC_PUSH(&x->sent) = sent - row->received_wall;
	}
}

int truth_pair_run(struct truth_errors *x, const struct truth *t, const char *dir, struct err *e)
{
	char *chunks_path = fsx_join(dir, "chunks.csv"), *runs_path = fsx_join(dir, "runs.csv");
	struct table chunks = {0}, runs = {0};
	int rc = 0;

	if (truth_read_table(
		    &chunks, chunks_path, chunk_columns, CHUNKS_COLUMN_COUNT, of_chunks, e) ||
		truth_read_table(&runs, runs_path, run_columns, RUN_COLUMN_COUNT, of_runs, e))
		rc = -1;
	if (!rc) {
		pair_chunks(x, t, &chunks);
		pair_sent(x, t, &runs);
	}
	table_release(&chunks);
	table_release(&runs);
	free(chunks_path);
	free(runs_path);
	return rc;
}
