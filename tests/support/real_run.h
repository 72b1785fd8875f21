/* real_run.h - a whole run in the real world for tests: the sweep of a fake_plan on a server, its
 * files in the temporary folder. */
#ifndef TESTS_REAL_RUN_H
#define TESTS_REAL_RUN_H

#include "fake_plan.h"
#include "loop.h"
#include "simserver.h"
#include "table.h"

/* Two runner settings, two sampling settings, two requests of each. */
#define GRID                                                                                       \
	"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":4},"                              \
	"\"factors\":{\"num_ctx\":[2048,4096],\"temperature\":[0.2,0.8]},"                         \
	"\"passes\":1,\"repeats\":2,\"warmups\":1,\"sentinel\":false}"

struct real_run {
	struct simthread *sim;
	struct fake_plan f;
	struct row_schema schema; /* outlives the journal */
	struct journal *journal;
	struct session session;
	struct loop_options opt;
	int progress_calls;
	bool stopped_at_last_progress;
	/* A signal to be raised at the n-th row, and how the first row ended. */
	int signal, at_row, rows;
	enum status first_status;
	char first_error[400];
};

/* The sweep on the server at `url`; with a journal in the temporary folder, or without one. */
void real_run_init(struct real_run *r, const char *sweep, const char *url, enum journal_mode mode,
	bool with_journal);
/* The same on a quick simulated machine in a thread. */
void real_run_simulated(
	struct real_run *r, const char *sweep, enum journal_mode mode, bool with_journal);
/* Runs it; fails the test unless it ends like this. */
void real_run_go(struct real_run *r, enum stop_reason wanted);
/* `journal_broken`: that it cannot be closed well is no failure. */
void real_run_release(struct real_run *r, bool journal_broken);

/* Reads a journal file of the temporary folder; a row that does not count fails the test. */
void real_run_rows(struct table *t, const char *name, const struct column_spec *specs, size_t n);

#endif
