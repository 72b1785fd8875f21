/* journal_tally.h - how far a run is, told from its files, while it is written or afterwards.
 *
 * Only reads: nothing is locked for longer than an instant, nothing is mended, and a last line
 * that is still being written is not taken for a bad one. */
#ifndef CORE_JOURNAL_TALLY_H
#define CORE_JOURNAL_TALLY_H

#include "journal_file.h"
#include "row.h"

/* The rows of one start or resume. */
struct tally_session {
	uint32_t number;
	uint64_t measured; /* rows */
	ns first, last;    /* when rows of it began; NS_NONE: none was sent */
	ns ended;          /* when the last of them did; NS_NONE likewise */
};

/* The pass that a server is at. */
struct tally_pass {
	uint64_t server; /* stands for its name */
	uint32_t session, pass;
	ns first, ended;
};

struct journal_tally {
	enum journal_writer writer;
	long pid; /* 0 unknown */
	uint64_t rows, warmups, sentinels;
	uint64_t count[STATUS_COUNT]; /* rows by status, warm-ups apart */
	uint64_t tried, done;         /* measured requests with a row; with one that counts */
	struct {
		uint64_t *v;
		size_t n, cap;
	} done_in_pass;         /* by number of the pass */
	uint32_t furthest_pass; /* that a measured request has a row of; 0 none */
	/* The longest that rows of one pass took on one server within a session; 0 unknown. */
	ns longest_pass;
	struct {
		struct tally_pass *v; /* of each server the one it came to last */
		size_t n, cap;
	} passes;
	uint64_t loads;
	struct {
		struct tally_session *v;
		size_t n, cap;
	} sessions;
	uint64_t bad;   /* lines that do not count, in the files as they are */
	bool torn;      /* the last line has no end yet */
	uint64_t bytes; /* of runs.csv, loads.csv and chunks.csv */
	/* The last row, "" where there is none. */
	char last_started[32], last_status[32], last_phase[16];
	uint32_t last_pass;
	struct str last_cell; /* "num_ctx=4096 temperature=0.6" */
};

/* ERR_JOURNAL if runs.csv is not there or is not of this sweep. */
int journal_tally_read(
	struct journal_tally *t, const char *dir, const struct row_schema *schema, struct err *e);
void journal_tally_release(struct journal_tally *t);
/* Measured requests per second, by the time that sessions took from their first row to their last;
 * NaN unknown. */
double journal_tally_rate(const struct journal_tally *t);
/* Passes in which `each` measured requests are done. */
uint32_t journal_tally_passes(const struct journal_tally *t, uint64_t each);
/* Lines that earlier sessions moved to RUN/set-aside/. */
uint64_t journal_set_aside_lines(const char *dir);

#endif
