/* merge_scan.c - which rows of a shard count, and that no other shard has them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "merge_internal.h"
#include "vec.h"

#define MAX_BLOCKS SWEEP_MAX_CELLS

struct judge {
	struct merge *m;
	struct merge_part *part;
	struct journal_index own; /* of the file at hand */
	char shard[24];           /* "K/N", as its rows should have it */
	uint64_t sought;          /* by find_owner */
	bool found;
};

/* ---- sessions ---- */

static struct merge_session *find_session(struct merge_part *p, uint32_t number)
{
	for (size_t i = 0; i < p->sessions.n; i++) {
		if (p->sessions.v[i].number == number)
			return &p->sessions.v[i];
	}
	return NULL;
}

static void add_session(struct merge_part *p, uint32_t number, const json_t *record)
{
	const char *started = record ? jsonx_get_string(record, "started") : NULL;
	struct merge_session *s = find_session(p, number);

	if (s)
		return;
	s = VEC_PUSH(&p->sessions);
	*s = (struct merge_session){.number = number, .record = record};
	snprintf(s->started, sizeof(s->started), "%s", started ? started : "");
}

static void read_sessions(struct merge_part *p)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(p->manifest, "sessions"), i, one) {
		json_int_t number = json_integer_value(json_object_get(one, "number"));

		if (number > 0 && number <= UINT32_MAX)
			add_session(p, (uint32_t)number, one);
	}
}

/* A session among those of all parts. */
struct place {
	struct merge_session *session;
	size_t part;
};

/* ISO times compare as texts. */
static int by_start(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->session->started, y->session->started);

	if (order)
		return order;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->session->number < y->session->number ? -1 : 1;
}

void merge_number_sessions(struct merge *m)
{
	struct {
		struct place *v;
		size_t n, cap;
	} all = {0};

	for (size_t i = 0; i < m->n; i++) {
		for (size_t s = 0; s < m->parts[i].sessions.n; s++)
			*VEC_PUSH(&all) = (struct place){&m->parts[i].sessions.v[s], i};
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_start);
	for (size_t i = 0; i < all.n; i++)
		all.v[i].session->merged = (uint32_t)i + 1;
	VEC_RELEASE(&all);
}

uint32_t merge_session_number(const struct merge_part *p, uint32_t session)
{
	for (size_t i = 0; i < p->sessions.n; i++) {
		if (p->sessions.v[i].number == session)
			return p->sessions.v[i].merged;
	}
	BUG("session %" PRIu32 " of %s has no number", session, p->dir);
}

/* ---- judges ---- */

static const char *judge_run(void *arg, const struct csv_field *fields)
{
	struct judge *j = arg;
	struct merge_part *p = j->part;
	const struct journal_entry *entry;
	struct journal_facts row;
	const char *why = journal_facts_read(&j->m->schema, fields, &row);
	bool was_done;

	if (why)
		return why;
	if (!journal_field_is(&fields[journal_column(&j->m->schema, RUN_SHARD)], j->shard))
		return "it is not of this shard";
	if (journal_index_has(&j->own, row.id, row.attempt))
		return "there is a row of this run_id and attempt already";
	entry = journal_index_find(&j->own, row.id);
	was_done = entry && journal_entry_done(entry);
	journal_facts_note(&j->own, &row);
	p->done += row.phase == PHASE_MEASURE && !was_done &&
		journal_entry_done(journal_index_find(&j->own, row.id));
	add_session(p, row.session, NULL);
	p->rows[MERGE_RUNS]++;
	return NULL;
}

static const char *judge_load(void *arg, const struct csv_field *fields)
{
	struct judge *j = arg;
	const struct csv_field *name = &fields[LOADS_LOAD_ID];
	uint64_t id = journal_id(name->s, name->len);
	int64_t block, session;

	if (!journal_field_number(&fields[LOADS_BLOCK], 0, MAX_BLOCKS, &block) ||
		!journal_field_number(&fields[LOADS_SESSION], 0, UINT32_MAX, &session))
		return "block or session is not a number";
	if (journal_index_has(&j->own, id, 1))
		return "there is a load of this load_id already";
	journal_index_add(&j->own, id, 1);
	add_session(j->part, (uint32_t)session, NULL);
	j->part->rows[MERGE_LOADS]++;
	return NULL;
}

static const char *judge_chunks(void *arg, const struct csv_field *fields)
{
	struct judge *j = arg;
	uint64_t id = journal_id(fields[CHUNKS_RUN_ID].s, fields[CHUNKS_RUN_ID].len);
	int64_t attempt;

	if (!journal_field_number(&fields[CHUNKS_ATTEMPT], 1, UINT32_MAX, &attempt))
		return "attempt is not a number";
	if (!journal_index_has(&j->m->runs, id, (uint32_t)attempt))
		return "there is no row of it in runs.csv";
	j->part->rows[MERGE_CHUNKS]++;
	return NULL;
}

/* ---- two shards with one request ---- */

static const char *seek_run(void *arg, const struct csv_field *fields)
{
	struct judge *j = arg;
	const struct csv_field *id = &fields[journal_column(&j->m->schema, RUN_RUN_ID)];

	j->found = j->found || journal_id(id->s, id->len) == j->sought;
	return NULL;
}

static const char *seek_load(void *arg, const struct csv_field *fields)
{
	struct judge *j = arg;
	const struct csv_field *id = &fields[LOADS_LOAD_ID];

	j->found = j->found || journal_id(id->s, id->len) == j->sought;
	return NULL;
}

/* The part before `i` that has it: looked for only when there is something to complain of. */
static const char *find_owner(
	struct merge *m, size_t i, enum merge_file which, uint64_t id, const struct str *header)
{
	for (size_t k = 0; k < i; k++) {
		struct judge j = {.m = m, .part = &m->parts[k], .sought = id};
		struct journal_scan scan;
		int failed;

		if (!m->parts[k].has[which])
			continue;
		failed = journal_scan(&scan, &m->parts[k].file[which], header,
			which == MERGE_RUNS ? seek_run : seek_load, &j, NULL);
		journal_scan_release(&scan);
		if (!failed && j.found)
			return m->parts[k].dir;
	}
	return "another shard";
}

static int take_over(struct merge *m, size_t i, enum merge_file which, struct judge *j,
	const struct str *header, struct err *e)
{
	struct journal_index *all = which == MERGE_RUNS ? &m->runs : &m->loads;
	uint64_t clash;

	if (which == MERGE_CHUNKS || journal_index_absorb(all, &j->own, &clash))
		return 0;
	if (which == MERGE_RUNS)
		err_set(e, ERR_JOURNAL, "%s and %s overlap: both have rows of run_id %016" PRIx64,
			find_owner(m, i, which, clash, header), m->parts[i].dir, clash);
	else
		err_set(e, ERR_JOURNAL, "%s and %s overlap: both have a load of one load_id",
			find_owner(m, i, which, clash, header), m->parts[i].dir);
	return err_hint(e, "shards of one sweep have nothing in common; is one a copy?");
}

/* ---- a part ---- */

static int scan_file(struct merge *m, size_t i, enum merge_file which, struct err *e)
{
	static journal_judge_fn *const judges[] = {judge_run, judge_load, judge_chunks};
	struct merge_part *p = &m->parts[i];
	struct judge j = {.m = m, .part = p};
	struct str header = STR_INIT(STR_MAX_LINE);
	int failed;

	snprintf(j.shard, sizeof(j.shard), "%" PRIu32 "/%" PRIu32, p->shard, p->shards);
	merge_header(m, which, &header);
	p->file[which].stop = m->opt->interrupted;
	failed = journal_scan(&p->scan[which], &p->file[which], &header, judges[which], &j, e);
	p->set_aside += p->scan[which].lines;
	if (!failed)
		failed = take_over(m, i, which, &j, &header, e);
	journal_index_release(&j.own);
	str_release(&header);
	return failed;
}

static int open_file(struct merge_part *p, enum merge_file which, struct err *e)
{
	char *path = fsx_join(p->dir, merge_names[which]);

	p->has[which] = which == MERGE_RUNS || fsx_exists(path);
	free(path);
	if (!p->has[which])
		return 0;
	if (journal_file_open_read(&p->file[which], p->dir, merge_names[which], e))
		return -1;
	if (which != MERGE_RUNS || !journal_file_lock(&p->file[which], e))
		return 0;
	return err_hint(e, "wait until that shard has ended, or stop it: it can be resumed");
}

int merge_scan(struct merge *m, size_t i, struct err *e)
{
	struct merge_part *p = &m->parts[i];

	read_sessions(p);
	for (int which = 0; which < MERGE_FILES; which++) {
		if (open_file(p, (enum merge_file)which, e))
			return -1;
		if (p->has[which] && scan_file(m, i, (enum merge_file)which, e))
			return -1;
	}
	return 0;
}
