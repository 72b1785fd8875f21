/* status_read.c - manifest, sweep and a look at the rows. */
#include "status_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "search_file.h"

static int read_sweep(struct run_status *s, struct err *e)
{
	char *path = fsx_join(s->dir, "sweep.json");
	json_t *object = jsonx_load(path, e);
	int failed = object ? sweep_parse(&s->sweep, object, path, NULL, e) : -1;

	if (failed && e)
		e->code = ERR_JOURNAL; /* not what the user wrote, but a run that is not whole */
	json_decref(object);
	free(path);
	return failed;
}

static const json_t *last_session(const struct run_status *s)
{
	const json_t *sessions = json_object_get(s->manifest, "sessions");
	size_t n = json_array_size(sessions);

	return n ? json_array_get(sessions, n - 1) : NULL;
}

/* A session that wrote no end is measuring, or was killed; so is a search, of which every level is
 * a session. */
static const char *state_of(const struct run_status *s)
{
	const char *end = jsonx_get_string(s->search ? s->search : last_session(s), "end");

	if (s->tally.writer == WRITER_THERE)
		return "running";
	if (end)
		return end;
	return s->tally.writer == WRITER_NONE ? "killed" : "unknown";
}

static void derive(struct run_status *s)
{
	const struct journal_tally *t = &s->tally;

	if (!s->search) {
		s->requests = manifest_planned(s->manifest, "requests");
		s->loads = manifest_planned(s->manifest, "loads");
		s->passes = manifest_planned(s->manifest, "passes");
	} else {
		s->tally.done =
			t->count[STATUS_OK]; /* rows of a search are of a phase of their own */
	}
	if (s->requests && s->passes)
		s->passes_complete = journal_tally_passes(t, s->requests / s->passes);
	for (int i = 0; i < STATUS_COUNT; i++)
		s->failed += i == STATUS_OK ? 0 : t->count[i];
	s->set_aside = journal_set_aside_lines(s->dir);
	s->per_second = journal_tally_rate(t);
	s->state = state_of(s);
	s->seconds_left = (double)NAN;
	if (strcmp(s->state, "running") == 0 && s->requests >= t->done)
		s->seconds_left = (double)(s->requests - t->done) / s->per_second;
}

static int read_search(struct run_status *s, struct err *e)
{
	char *path = fsx_join(s->dir, SEARCH_FILE);
	struct search_record r;
	int failed = fsx_exists(path) ? search_file_load(&r, s->dir, e) : 0;

	if (!failed && fsx_exists(path))
		s->search = r.root;
	free(path);
	return failed;
}

void status_levels(const struct run_status *s, size_t *told, size_t *begun)
{
	size_t i;
	json_t *level;

	*told = *begun = 0;
	json_array_foreach (json_object_get(s->search, "levels"), i, level) {
		*begun += 1;
		*told += jsonx_get_string(level, "verdict") != NULL;
	}
}

int status_read(struct run_status *s, const char *dir, struct err *e)
{
	struct row_schema schema;

	*s = (struct run_status){.dir = dir, .sweep = SWEEP_INIT};
	s->manifest = manifest_load(dir, e);
	if (!s->manifest || read_sweep(s, e) || read_search(s, e)) {
		status_release(s);
		return -1;
	}
	row_schema_init(&schema, &s->sweep);
	if (journal_tally_read(&s->tally, dir, &schema, e)) {
		status_release(s);
		return -1;
	}
	derive(s);
	return 0;
}

void status_release(struct run_status *s)
{
	journal_tally_release(&s->tally);
	sweep_release(&s->sweep);
	json_decref(s->manifest);
	json_decref(s->search);
	*s = (struct run_status){0};
}

/* ---- as JSON ---- */

static void put_count(json_t *o, const char *key, uint64_t n)
{
	jsonx_put(o, key, json_integer((json_int_t)n));
}

static void put_known(json_t *o, const char *key, uint64_t n)
{
	jsonx_put(o, key, n ? json_integer((json_int_t)n) : json_null());
}

static json_t *failed_json(const struct run_status *s)
{
	json_t *o = json_object();

	for (int i = 0; i < STATUS_COUNT; i++) {
		if (i != STATUS_OK && s->tally.count[i])
			put_count(o, status_name((enum status)i), s->tally.count[i]);
	}
	return o;
}

static json_t *last_json(const struct journal_tally *t)
{
	json_t *o;

	if (t->rows == 0)
		return json_null();
	o = json_object();
	jsonx_put(o, "cell", jsonx_text(t->last_cell.s));
	jsonx_put(o, "phase", jsonx_text(t->last_phase));
	jsonx_put(o, "pass", json_integer(t->last_pass));
	jsonx_put(o, "status", jsonx_text(t->last_status));
	jsonx_put(o, "started_at", jsonx_text(t->last_started));
	return o;
}

/* What of search.json tells how far it is. */
static json_t *search_status(const struct run_status *s)
{
	static const char *const keys[] = {
		"find", "from", "to", "confirmed", "refused", "undecided"};
	json_t *o = json_object(), *value;
	size_t told, begun;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		value = json_object_get(s->search, keys[i]);
		jsonx_put(o, keys[i], value ? json_incref(value) : json_null());
	}
	status_levels(s, &told, &begun);
	put_count(o, "levels_told", told);
	put_count(o, "levels_begun", begun);
	return o;
}

json_t *status_json(const struct run_status *s)
{
	const struct journal_tally *t = &s->tally;
	json_t *o = json_object();

	jsonx_put(o, "run", jsonx_text(s->dir));
	jsonx_put(o, "state", json_string(s->state));
	put_known(o, "pid", (uint64_t)t->pid);
	jsonx_put(o, "shard",
		s->sweep.shards
			? json_sprintf("%" PRIu32 "/%" PRIu32, s->sweep.shard, s->sweep.shards)
			: json_null());
	if (s->search)
		jsonx_put(o, "search", search_status(s));
	put_known(o, "requests", s->requests);
	put_count(o, "done", t->done);
	jsonx_put(o, "failed", failed_json(s));
	put_count(o, "rows", t->rows);
	put_count(o, "warmups", t->warmups);
	put_count(o, "sentinels", t->sentinels);
	put_known(o, "loads_planned", s->loads);
	put_count(o, "loads", t->loads);
	put_known(o, "passes", s->passes);
	if (s->passes)
		put_count(o, "passes_complete", s->passes_complete);
	jsonx_put(o, "last", last_json(t));
	jsonx_put(o, "requests_per_minute", jsonx_number(60 * s->per_second));
	jsonx_put(o, "seconds_left", jsonx_number(s->seconds_left));
	jsonx_put(o, "sessions", json_incref(json_object_get(s->manifest, "sessions")));
	put_count(o, "bytes", t->bytes);
	put_count(o, "bad_lines", t->bad);
	put_count(o, "set_aside", s->set_aside);
	return o;
}
