/* journal_tally.c - counting rows from outside. */
#include "journal_tally.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "fsx.h"
#include "journal_index.h"
#include "journal_rows.h"
#include "journal_scan.h"
#include "num.h"
#include "vec.h"

#define MAX_PASSES  1000000 /* counted one by one; more are not planned */
#define MAX_SERVERS 4096
#define MAX_DONE_MS 1e9

struct counting {
	struct journal_tally *t;
	const struct row_schema *schema;
	struct journal_index index;
};

/* ---- rows ---- */

static struct tally_session *session_of(struct journal_tally *t, uint32_t number)
{
	struct tally_session *s;

	for (size_t i = t->sessions.n; i-- > 0;) { /* the last one, as a rule */
		if (t->sessions.v[i].number == number)
			return &t->sessions.v[i];
	}
	s = VEC_PUSH(&t->sessions);
	*s = (struct tally_session){
		.number = number, .first = NS_NONE, .last = NS_NONE, .ended = NS_NONE};
	return s;
}

static void note_time(struct tally_session *s, ns at, ns end)
{
	if (s->first == NS_NONE || at < s->first)
		s->first = at;
	if (s->last == NS_NONE || at > s->last)
		s->last = at;
	if (s->ended == NS_NONE || end > s->ended)
		s->ended = end;
}

/* Of each server's rows those of its present pass: a server makes its passes one after the other.
 */
static void note_pass(
	struct journal_tally *t, uint64_t server, const struct journal_facts *row, ns at, ns end)
{
	struct tally_pass *p = NULL, now = {server, row->session, row->pass, at, end};

	for (size_t i = 0; i < t->passes.n && !p; i++)
		p = t->passes.v[i].server == server ? &t->passes.v[i] : NULL;
	if (!p && t->passes.n == MAX_SERVERS)
		return;
	if (!p)
		*(p = VEC_PUSH(&t->passes)) = now;
	if (p->session != row->session || p->pass != row->pass)
		*p = now;
	p->first = at < p->first ? at : p->first;
	p->ended = end > p->ended ? end : p->ended;
	if (row->pass > 0 && p->ended - p->first > t->longest_pass)
		t->longest_pass = p->ended - p->first;
}

/* When it was sent and when it ended; a row that was not sent has neither. */
static void note_times(
	struct counting *c, const struct csv_field *fields, const struct journal_facts *row)
{
	const struct csv_field *at = &fields[journal_column(c->schema, RUN_STARTED_AT)];
	const struct csv_field *done = &fields[journal_column(c->schema, RUN_DONE_MS)];
	const struct csv_field *server = &fields[journal_column(c->schema, RUN_SERVER)];
	ns begin = clock_parse_iso(at->s, at->len), end = begin;
	double ms;

	if (begin == NS_NONE)
		return;
	if (num_parse(done->s, done->len, &ms) && ms > 0 && ms < MAX_DONE_MS)
		end += (ns)(ms * (double)NS_PER_MS);
	note_time(session_of(c->t, row->session), begin, end);
	note_pass(c->t, journal_id(server->s, server->len), row, begin, end);
}

static void copy_field(char *dst, size_t size, const struct csv_field *f)
{
	snprintf(dst, size, "%.*s", (int)(f->len < size ? f->len : size - 1), f->s);
}

/* The levels of the row's cell, as its columns have them. */
static void note_cell(struct counting *c, const struct csv_field *fields)
{
	const struct sweep *s = c->schema->sweep;
	struct str *cell = &c->t->last_cell;
	size_t own = 0;

	str_reset(cell);
	for (size_t f = 0; f < s->nfactors; f++) {
		const struct column_spec *spec = run_column_find(s->factors[f].column);
		size_t at = spec ? journal_column(c->schema, (enum run_column)(spec - run_columns))
				 : (size_t)RUN_MODEL + 1 + own++;

		str_addf(cell, "%s%s=", cell->len ? " " : "", s->factors[f].name);
		str_addn(cell, fields[at].s, fields[at].len);
	}
}

static void note_last(
	struct counting *c, const struct csv_field *fields, const struct journal_facts *row)
{
	struct journal_tally *t = c->t;

	copy_field(t->last_started, sizeof(t->last_started),
		&fields[journal_column(c->schema, RUN_STARTED_AT)]);
	copy_field(t->last_status, sizeof(t->last_status),
		&fields[journal_column(c->schema, RUN_STATUS)]);
	copy_field(t->last_phase, sizeof(t->last_phase),
		&fields[journal_column(c->schema, RUN_PHASE)]);
	t->last_pass = row->pass;
	note_cell(c, fields);
}

static void note_done(struct journal_tally *t, uint32_t pass)
{
	t->done++;
	if (pass > MAX_PASSES)
		return;
	while (t->done_in_pass.n <= pass)
		*VEC_PUSH(&t->done_in_pass) = 0;
	t->done_in_pass.v[pass]++;
}

static void note_measured(struct counting *c, const struct journal_facts *row)
{
	const struct journal_entry *entry = journal_index_find(&c->index, row->id);
	bool was_done = entry && journal_entry_done(entry);

	c->t->tried += !entry;
	c->t->furthest_pass = row->pass > c->t->furthest_pass ? row->pass : c->t->furthest_pass;
	journal_facts_note(&c->index, row);
	if (!was_done && journal_entry_done(journal_index_find(&c->index, row->id)))
		note_done(c->t, row->pass);
}

static const char *judge_run(void *arg, const struct csv_field *fields)
{
	struct counting *c = arg;
	struct journal_tally *t = c->t;
	struct journal_facts row;
	struct tally_session *session;
	const char *why = journal_facts_read(c->schema, fields, &row);

	if (why)
		return why;
	if (row.phase == PHASE_MEASURE && journal_index_has(&c->index, row.id, row.attempt))
		return "there is a row of this run_id and attempt already";
	session = session_of(t, row.session);
	note_times(c, fields, &row);
	t->rows++;
	t->warmups += row.phase == PHASE_WARMUP;
	t->sentinels += row.phase == PHASE_SENTINEL;
	if (row.phase != PHASE_WARMUP && row.status < STATUS_COUNT)
		t->count[row.status]++;
	if (row.phase == PHASE_MEASURE) {
		session->measured++;
		note_measured(c, &row);
	}
	note_last(c, fields, &row);
	return NULL;
}

static const char *judge_load(void *arg, const struct csv_field *fields)
{
	struct counting *c = arg;

	(void)fields;
	c->t->loads++;
	return NULL;
}

/* ---- files ---- */

/* Lines that do not count; the last one, if it is but unfinished, is told apart. */
static void note_bad(struct journal_tally *t, const struct journal_scan *scan)
{
	const struct journal_span *last = scan->bad.n ? &scan->bad.v[scan->bad.n - 1] : NULL;
	bool torn = last && last->to == scan->size && strcmp(last->why, JOURNAL_NO_END) == 0;

	t->bad += scan->lines - torn;
	t->torn = t->torn || torn;
	t->bytes += (uint64_t)scan->size;
}

static int read_file(struct counting *c, struct journal_file *f, const struct str *header,
	journal_judge_fn *judge, struct err *e)
{
	struct journal_scan scan;
	int failed = journal_scan(&scan, f, header, judge, c, e);

	if (!failed)
		note_bad(c->t, &scan);
	journal_scan_release(&scan);
	return failed;
}

static int read_runs(struct counting *c, const char *dir, struct err *e)
{
	struct journal_file f = JOURNAL_FILE_CLOSED;
	struct str header = STR_INIT(STR_MAX_LINE);
	int failed;

	row_header(c->schema, &header);
	failed = journal_file_open_read(&f, dir, "runs.csv", e);
	if (!failed) {
		c->t->writer = journal_file_writer(&f, &c->t->pid);
		failed = read_file(c, &f, &header, judge_run, e);
	}
	journal_file_close(&f, NULL);
	str_release(&header);
	return failed;
}

static int read_loads(struct counting *c, const char *dir, struct err *e)
{
	struct journal_file f = JOURNAL_FILE_CLOSED;
	struct str header = STR_INIT(STR_MAX_LINE);
	char *path = fsx_join(dir, "loads.csv");
	int failed = 0;

	load_header(&header);
	if (fsx_exists(path)) /* else the run has only begun */
		failed = journal_file_open_read(&f, dir, "loads.csv", e) ||
			read_file(c, &f, &header, judge_load, e);
	journal_file_close(&f, NULL);
	free(path);
	str_release(&header);
	return failed ? -1 : 0;
}

static void add_size(struct journal_tally *t, const char *dir, const char *name)
{
	char *path = fsx_join(dir, name);
	struct stat st;

	if (stat(path, &st) == 0)
		t->bytes += (uint64_t)st.st_size;
	free(path);
}

int journal_tally_read(
	struct journal_tally *t, const char *dir, const struct row_schema *schema, struct err *e)
{
	struct counting c = {.t = t, .schema = schema};
	int failed;

	*t = (struct journal_tally){.last_cell = STR_INIT(STR_MAX_LINE)};
	failed = read_runs(&c, dir, e) || read_loads(&c, dir, e);
	add_size(t, dir, "chunks.csv");
	journal_index_release(&c.index);
	if (failed)
		journal_tally_release(t);
	return failed ? -1 : 0;
}

void journal_tally_release(struct journal_tally *t)
{
	VEC_RELEASE(&t->done_in_pass);
	VEC_RELEASE(&t->sessions);
	VEC_RELEASE(&t->passes);
	str_release(&t->last_cell);
}

double journal_tally_rate(const struct journal_tally *t)
{
	double seconds = 0, n = 0;

	for (size_t i = 0; i < t->sessions.n; i++) {
		const struct tally_session *s = &t->sessions.v[i];

		if (s->first == NS_NONE || s->measured == 0)
			continue;
		seconds += (double)(s->last - s->first) / 1e9;
		n += (double)s->measured;
	}
	return seconds > 0 ? n / seconds : (double)NAN;
}

uint32_t journal_tally_passes(const struct journal_tally *t, uint64_t each)
{
	uint32_t n = 0;

	for (size_t p = 1; each > 0 && p < t->done_in_pass.n; p++)
		n += t->done_in_pass.v[p] >= each;
	return n;
}

/* ---- what was set aside before ---- */

/* "# runs.csv, line 4: why" or "# runs.csv, line 4 to 9: why" stands before what was moved. */
static uint64_t lines_of(const char *line)
{
	unsigned long long from, to;
	char name[16];
	int n = sscanf(line, "# %15[a-z.], line %llu to %llu:", name, &from, &to);

	if (n < 2)
		return 0;
	return n == 3 && to >= from ? to - from + 1 : 1;
}

static uint64_t lines_in(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	uint64_t n = 0;

	while (f && getline(&line, &cap, f) > 0)
		n += lines_of(line);
	free(line);
	if (f)
		fclose(f);
	return n;
}

uint64_t journal_set_aside_lines(const char *dir)
{
	char *folder = fsx_join(dir, "set-aside");
	DIR *d = opendir(folder);
	struct dirent *entry;
	uint64_t n = 0;

	while (d && (entry = readdir(d))) {
		char *path = fsx_join(folder, entry->d_name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			n += lines_in(path);
		free(path);
	}
	if (d)
		closedir(d);
	free(folder);
	return n;
}
