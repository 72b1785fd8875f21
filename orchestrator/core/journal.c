/* journal.c - the three files of a run, kept so that runs.csv is the truth.
 *
 *   journal_open -> [journal_row | journal_load | journal_sync | questions]* -> journal_close
 *
 * A request's row of chunks.csv is written before its row of runs.csv, so after a crash there may
 * be one without the other; it is set aside when the journal is opened again, since the request
 * will be made again under the same number of attempt. */
#include "journal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "journal_file.h"
#include "journal_index.h"
#include "journal_rows.h"
#include "journal_scan.h"
#include "num.h"

#define LEAST_ROW_BYTES 300 /* of runs.csv, about: to size the index */
#define MAX_BLOCKS      SWEEP_MAX_CELLS

struct journal {
	const struct row_schema *schema;
	unsigned flags;
	struct journal_file runs, loads, chunks;
	struct journal_index index;
	uint64_t highest_order;
	uint32_t last_session, nloads;
	struct journal_index oom; /* loads that were out of memory: oom_id() -> how many */
	struct str line;          /* the row at hand */
	atomic_bool unwritten;    /* a write failed */
	atomic_bool unsynced;     /* a sync failed */
	char note[300];
};

/* ---- what rows say ---- */

static void note_session(struct journal *j, uint32_t session)
{
	if (session > j->last_session)
		j->last_session = session;
}

static void note_row(struct journal *j, const struct journal_facts *row)
{
	journal_facts_note(&j->index, row);
	note_session(j, row->session);
	if (row->order > j->highest_order)
		j->highest_order = row->order;
}

static const char *judge_run(void *arg, const struct csv_field *fields)
{
	struct journal *j = arg;
	struct journal_facts row;
	const char *why = journal_facts_read(j->schema, fields, &row);

	if (why)
		return why;
	if (journal_index_has(&j->index, row.id, row.attempt))
		return "there is a row of this run_id and attempt already";
	note_row(j, &row);
	return NULL;
}

/* The number that stands for a block on a server. */
static uint64_t oom_id(int64_t block, const char *server, size_t len)
{
	return journal_id(server, len) ^ (uint64_t)block * 0x9e3779b97f4a7c15u;
}

static uint32_t oom_loads(const struct journal *j, uint64_t id)
{
	const struct journal_entry *entry = journal_index_find(&j->oom, id);

	return entry ? entry->highest : 0;
}

static void note_load(
	struct journal *j, int64_t block, const char *server, size_t len, enum status status)
{
	uint64_t id = oom_id(block, server, len);

	j->nloads++;
	if (status == STATUS_OUT_OF_MEMORY)
		journal_index_add(&j->oom, id, oom_loads(j, id) + 1);
}

static const char *judge_load(void *arg, const struct csv_field *fields)
{
	struct journal *j = arg;
	const struct csv_field *server = &fields[LOADS_SERVER];
	int64_t block, session;

	if (!journal_field_number(&fields[LOADS_BLOCK], 0, MAX_BLOCKS, &block) ||
		!journal_field_number(&fields[LOADS_SESSION], 0, UINT32_MAX, &session))
		return "block or session is not a number";
	note_load(j, block, server->s, server->len, journal_field_status(&fields[LOADS_STATUS]));
	note_session(j, (uint32_t)session);
	return NULL;
}

static const char *judge_chunks(void *arg, const struct csv_field *fields)
{
	struct journal *j = arg;
	uint64_t id = journal_id(fields[CHUNKS_RUN_ID].s, fields[CHUNKS_RUN_ID].len);
	int64_t attempt;

	if (!journal_field_number(&fields[CHUNKS_ATTEMPT], 1, UINT32_MAX, &attempt))
		return "attempt is not a number";
	if (!journal_index_has(&j->index, id, (uint32_t)attempt))
		return "there is no row of it in runs.csv";
	return NULL;
}

/* ---- opening ---- */

static void header_of(const struct journal *j, const struct journal_file *f, struct str *header)
{
	if (f == &j->runs)
		row_header(j->schema, header);
	else if (f == &j->loads)
		load_header(header);
	else
		chunks_header(header);
}

static int scan_file(struct journal *j, struct journal_file *f, journal_judge_fn *judge,
	struct journal_scan *scan, struct err *e)
{
	struct str header = STR_INIT(STR_MAX_LINE);
	int result;

	header_of(j, f, &header);
	result = journal_scan(scan, f, &header, judge, j, e);
	str_release(&header);
	return result;
}

static void add_note(struct journal *j, const char *text)
{
	size_t len = strlen(j->note);

	snprintf(j->note + len, sizeof(j->note) - len, "%s%s", len ? "; " : "", text);
}

static int mend_file(struct journal *j, struct journal_file *f, const struct journal_scan *scan,
	const char *dir, uint32_t session, struct err *e)
{
	char text[200], lines[NUM_TEXT];

	if (journal_mend(scan, f, dir, session, e))
		return -1;
	if (scan->bad.n == 0)
		return 0;
	snprintf(text, sizeof(text), "%s %s of %s moved to set-aside/%s-session%" PRIu32 ".txt",
		num_group(lines, (int64_t)scan->lines), scan->lines == 1 ? "line" : "lines",
		f->name, f->name, session);
	add_note(j, text);
	return 0;
}

/* runs.csv first: its lock guards all three, and what it holds decides which chunks count. */
static int open_files(struct journal *j, const char *dir, bool fresh, struct err *e)
{
	if (journal_file_open(&j->runs, dir, "runs.csv", fresh, e) ||
		journal_file_lock(&j->runs, e) ||
		journal_file_open(&j->loads, dir, "loads.csv", fresh, e))
		return -1;
	if (j->runs.unlocked)
		add_note(j, "this file system has no locks: do not run the same run twice at once");
	if (j->flags & JOURNAL_NO_CHUNKS)
		return 0;
	return journal_file_open(&j->chunks, dir, "chunks.csv", fresh, e);
}

static int read_files(struct journal *j, const char *dir, struct err *e)
{
	struct journal_file *files[] = {&j->runs, &j->loads, &j->chunks};
	journal_judge_fn *judges[] = {judge_run, judge_load, judge_chunks};
	struct journal_scan scans[COUNTOF(files)] = {{.size = 0}};
	size_t n = j->flags & JOURNAL_NO_CHUNKS ? 2 : 3;
	int result = 0;

	journal_index_reserve(&j->index, (size_t)(j->runs.size / LEAST_ROW_BYTES));
	for (size_t i = 0; i < n && result == 0; i++)
		result = scan_file(j, files[i], judges[i], &scans[i], e);
	for (size_t i = 0; i < n && result == 0; i++)
		result = mend_file(j, files[i], &scans[i], dir, j->last_session + 1, e);
	for (size_t i = 0; i < n; i++)
		journal_scan_release(&scans[i]);
	return result;
}

static void release(struct journal *j)
{
	journal_file_close(&j->chunks, NULL);
	journal_file_close(&j->loads, NULL);
	journal_file_close(&j->runs, NULL); /* last: it has the lock */
	journal_index_release(&j->index);
	journal_index_release(&j->oom);
	str_release(&j->line);
	free(j);
}

int journal_open(const char *dir, enum journal_mode mode, unsigned flags,
	const struct row_schema *schema, struct journal **ret, struct err *e)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->schema = schema;
	j->flags = flags;
	j->runs = j->loads = j->chunks = (struct journal_file)JOURNAL_FILE_CLOSED;
	j->line = (struct str)STR_INIT(JOURNAL_MAX_ROW);
	atomic_init(&j->unwritten, false);
	atomic_init(&j->unsynced, false);
	if (open_files(j, dir, mode == JOURNAL_NEW, e) || read_files(j, dir, e) ||
		journal_dir_sync(dir, e)) {
		release(j);
		return -1;
	}
	*ret = j;
	return 0;
}

int journal_close(struct journal *j, struct err *e)
{
	int result;

	if (!j)
		return 0;
	result = journal_sync(j, e);
	release(j);
	return result;
}

const char *journal_note(const struct journal *j)
{
	return j->note;
}

/* ---- questions ---- */

static const struct journal_entry *find(const struct journal *j, const char *run_id)
{
	return journal_index_find(&j->index, journal_id(run_id, strlen(run_id)));
}

bool journal_done(const struct journal *j, const char *run_id)
{
	const struct journal_entry *entry = find(j, run_id);

	return entry && (entry->is_ok || (entry->is_final && !(j->flags & JOURNAL_RETRY_FAILED)));
}

uint32_t journal_attempts(const struct journal *j, const char *run_id)
{
	const struct journal_entry *entry = find(j, run_id);

	return entry ? entry->highest : 0;
}

uint32_t journal_invalid(const struct journal *j, const char *run_id)
{
	const struct journal_entry *entry = find(j, run_id);

	return entry ? entry->invalid : 0;
}

uint64_t journal_last_order(const struct journal *j)
{
	return j->highest_order;
}

uint32_t journal_last_session(const struct journal *j)
{
	return j->last_session;
}

uint32_t journal_loads(const struct journal *j)
{
	return j->nloads;
}

uint32_t journal_oom_loads(const struct journal *j, uint32_t block, const char *server)
{
	if (j->flags & JOURNAL_RETRY_FAILED)
		return 0;
	return oom_loads(j, oom_id(block, server, strlen(server)));
}

/* ---- appending ---- */

/* After a failure nothing more is accepted.  Returns -1 then. */
static int check(struct journal *j, struct err *e)
{
	if (!atomic_load(&j->unwritten) && !atomic_load(&j->unsynced))
		return 0;
	err_set(e, ERR_ENV, "%s: nothing more is written after an earlier failure", j->runs.path);
	return err_hint(e, "what was measured is kept: `chimera resume` goes on");
}

/* Appends the row at hand. */
static int append(struct journal *j, struct journal_file *f, struct err *e)
{
	int result = 0;

	if (j->line.overflowed)
		result = err_set(e, ERR_ENV, "%s: a row larger than 16 MiB", f->path);
	else
		result = journal_file_append(f, j->line.s, j->line.len, e);
	if (result)
		atomic_store(&j->unwritten, true);
	str_reset(&j->line);
	return result;
}

int journal_row(struct journal *j, const struct row_keys *k, const struct sample *s, struct err *e)
{
	const char *run_id = k->item->run_id;

	if (check(j, e))
		return -1;
	if (!(j->flags & JOURNAL_NO_CHUNKS) && s->times.n > 0) {
		chunks_encode(run_id, k->attempt, s, &j->line);
		if (append(j, &j->chunks, e))
			return -1;
	}
	row_encode(j->schema, k, s, &j->line);
	if (append(j, &j->runs, e))
		return -1;
	note_row(j,
		&(struct journal_facts){.id = journal_id(run_id, strlen(run_id)),
			.attempt = k->attempt,
			.session = k->session,
			.pass = k->pass,
			.order = k->order,
			.status = s->status,
			.invalid = k->validity == INVALID,
			.burst = k->item->cell_burst > 0,
			.phase = k->phase});
	return 0;
}

int journal_load(struct journal *j, const struct plan *p, const struct load *l, struct err *e)
{
	const char *server = p->servers[l->server].name;

	if (check(j, e))
		return -1;
	load_encode(p, l, &j->line);
	if (append(j, &j->loads, e))
		return -1;
	note_load(j, l->block, server, strlen(server), l->status);
	note_session(j, l->session);
	return 0;
}

int journal_sync(struct journal *j, struct err *e)
{
	/* A second try would say "fine" and mean nothing: the kernel has dropped what it could not
	 * write. */
	if (atomic_load(&j->unsynced))
		return err_set(e, ERR_ENV, "%s: an earlier sync failed", j->runs.path);
	/* Chunks before the rows that they belong to.  Reads only what does not change while the
	 * journal is open, so that it may run while rows are appended. */
	if ((!(j->flags & JOURNAL_NO_CHUNKS) && journal_file_sync(&j->chunks, e)) ||
		journal_file_sync(&j->loads, e) || journal_file_sync(&j->runs, e)) {
		atomic_store(&j->unsynced, true);
		return -1;
	}
	return 0;
}
