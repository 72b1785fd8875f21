/* measure.c - one session into a run directory. */
#include "measure.h"

#include <stdio.h>
#include <string.h>

#include "budget_left.h"
#include "jsonx.h"
#include "look.h"
#include "loop.h"
#include "manifest.h"
#include "progress.h"
#include "say.h"
#include "streams_record.h"
#include "virtual.h"

/* Runs the session in its world; *ended is the wall time of its end. */
static int run_world(const struct setup *s, struct session *session, struct progress *progress,
	ns start, ns *ended, struct err *e)
{
	struct loop_options loop = {
		.progress = progress_show, .progress_arg = progress, .signals = true};
	struct virtual_options virt = {.start = start,
		.interrupt_at = NS_NONE,
		.progress = progress_show,
		.progress_arg = progress};
	struct sim *sims[1] = {s->sim};
	ns end = start;
	int failed;

	if (s->is_virtual) {
		failed = virtual_run(session, sims, &virt, &end, e);
		*ended = end + session->wall_minus_mono;
	} else {
		failed = loop_run(session, &loop, e);
		*ended = clock_wall();
	}
	return failed;
}

static const char *end_name(const struct session *session, int failed)
{
	if (failed || !session->has_stopped)
		return "failed";
	switch (session->stopped) {
	case STOP_COMPLETE:
		return "complete";
	case STOP_INTERRUPTED:
		return "interrupted";
	case STOP_SERVER_GONE:
		return "server gone";
	case STOP_ENOUGH:
		return "enough";
	case STOP_BUDGET:
		return "budget";
	}
	return "failed";
}

static void fill(struct measured *m, const struct session *session, uint64_t rows_before)
{
	struct runner_progress r;

	runner_progress(session->runner, &r);
	m->ran = true;
	m->session = session->number;
	m->stopped = session->stopped;
	snprintf(m->why, sizeof(m->why), "%s", session->why);
	m->total = r.total;
	m->done = r.done;
	m->passes_made = r.passes_made;
	m->passes_incomplete = r.passes_incomplete;
	m->passes_dropped = r.passes_dropped;
	m->failed = 0;
	for (int i = 0; i < STATUS_COUNT; i++)
		m->failed += i == STATUS_OK ? 0 : session->count[i];
	m->loads_made = r.loads_made;
	m->loads_planned = r.loads_planned;
	m->rows = session->order - rows_before;
}

/* What sweep.json and manifest.json tell of. */
static const struct plan *told_plan(const struct setup *s, const struct measure_options *opt)
{
	return opt->search ? opt->search->whole : &s->plan;
}

static const char *how_begun(bool resume, const struct measure_options *opt)
{
	return opt->search ? "search" : resume ? "resume" : "run";
}

/* In a search the virtual clock goes on where the level before ended. */
static ns start_of(ns mono, const struct measure_options *opt)
{
	const ns *clock = opt->search ? opt->search->clock : NULL;

	return clock && *clock != NS_NONE ? *clock : mono;
}

static void join_search(struct session *session, const struct measure_search *search)
{
	if (!search)
		return;
	session->measure_as = PHASE_SEARCH;
	session->on_row = search->on_row;
	session->on_row_arg = search->arg;
}

#define MAX_NOTES 1000

/* Who is told on the way: a person, and the manifest. */
struct told {
	struct progress *progress;
	json_t *notes;
};

static void on_note(void *arg, const char *line)
{
	const struct told *told = arg;

	progress_end(told->progress);
	say_warning(line);
	if (json_array_size(told->notes) < MAX_NOTES)
		json_array_append_new(told->notes, jsonx_text(line));
}

static void on_look(void *arg, const char *line)
{
	progress_say(arg, line);
}

/* What a session asks and tells on its way. */
static void join_people(struct session *session, struct look *look, struct told *told,
	const char *dir, const struct measure_options *opt)
{
	struct budget_left budget;

	budget_left_find(&budget, session->plan->sweep, dir, session->number);
	*look = (struct look){.dir = dir,
		.until = session->plan->sweep->until,
		.tell = on_look,
		.tell_arg = told->progress};
	session->look = opt->no_look ? NULL : look_enough;
	session->looked = look_tell;
	session->look_arg = look;
	session->on_note = on_note;
	session->on_note_arg = told;
	runner_set_budget(session->runner, budget.left, budget.longest_pass);
}

/* With how many requests at once this machine is trusted, as `chimera doctor` found: rows beyond
 * are suspect, where more were tried and found wanting.  What the manifest says of it; NULL where
 * no time is measured. */
static json_t *join_doctor(const struct setup *s, struct session *session)
{
	struct streams_trust trust;
	struct err why = ERR_INIT;
	json_t *clock;

	if (s->is_virtual)
		return NULL;
	clock = json_object();
	if (streams_record_here(&trust, &why)) {
		jsonx_put(clock, "trusted_streams", json_null());
		jsonx_put(clock, "trusted_why", jsonx_text(why.msg));
		return clock;
	}
	if (trust.streams < trust.tried) /* else nothing is known of more than were tried */
		session_set_trusted(session, trust.streams);
	jsonx_put(clock, "trusted_streams", json_integer(trust.streams));
	jsonx_put(clock, "tried_streams", json_integer(trust.tried));
	jsonx_put(clock, "trusted_measured_at", jsonx_text(trust.measured_at));
	return clock;
}

/* The session itself, between the two writings of the manifest. */
static int measure_session(const struct setup *s, struct journal *j, const char *dir, bool resume,
	const struct measure_options *opt, struct measured *m, struct err *e)
{
	struct progress progress;
	struct session session;
	struct look look;
	struct told told = {.progress = &progress, .notes = json_array()};
	ns offset = clock_wall() - clock_mono(), start = start_of(clock_mono(), opt);
	struct manifest_session ms = {.number = journal_last_session(j) + 1,
		.started_wall = start + offset,
		.ended_wall = NS_NONE,
		.how = how_begun(resume, opt),
		.simulated = s->simulated,
		.is_virtual = s->is_virtual,
		.notes = told.notes,
		.sim_seed = s->sim_seed,
		.sim_set = s->sim_set};
	json_t *clock;
	uint64_t rows_before;
	int failed;

	if (session_init(&session, &s->plan, j, ms.number, offset, e)) {
		json_decref(told.notes);
		return -1;
	}
	join_search(&session, opt->search);
	ms.clock = clock = join_doctor(s, &session);
	rows_before = session.order;
	if (manifest_write(dir, CHIMERA_VERSION, told_plan(s, opt), &ms, e)) {
		session_release(&session);
		json_decref(told.notes);
		json_decref(clock);
		return -1;
	}
	progress_init(&progress, opt->quiet);
	progress.wipe = opt->search;
	join_people(&session, &look, &told, dir, opt);
	failed = run_world(s, &session, &progress, start, &ms.ended_wall, e);
	progress_end(&progress);
	fill(m, &session, rows_before);
	snprintf(m->looked, sizeof(m->looked), "%s", look.text);
	m->seconds = (double)(ms.ended_wall - ms.started_wall) / 1e9;
	if (opt->search)
		*opt->search->clock = ms.ended_wall - offset;
	ms.ended = m->end = end_name(&session, failed);
	ms.loads_made = m->loads_made;
	ms.rows = m->rows;
	/* The first error is the one to tell. */
	failed = manifest_write(dir, CHIMERA_VERSION, told_plan(s, opt), &ms, failed ? NULL : e) ||
		failed;
	session_release(&session);
	json_decref(told.notes);
	json_decref(clock);
	return failed ? -1 : 0;
}

int measure(const struct setup *s, const char *dir, bool resume, const struct measure_options *opt,
	struct measured *m, struct err *e)
{
	struct row_schema schema;
	struct journal *j;
	unsigned flags = (opt->retry_failed ? JOURNAL_RETRY_FAILED : 0) |
		(opt->no_chunks ? JOURNAL_NO_CHUNKS : 0);
	int failed;

	*m = (struct measured){0};
	row_schema_init(&schema, &s->sweep);
	/* The lock first: a run that somebody else is measuring is not to be changed. */
	if (journal_open(dir, resume ? JOURNAL_RESUME : JOURNAL_NEW, flags, &schema, &j, e))
		return -1;
	if (sweep_file_write(dir, told_plan(s, opt), e)) {
		journal_close(j, NULL);
		return -1;
	}
	if (journal_note(j)[0])
		say_warning(journal_note(j));
	failed = measure_session(s, j, dir, resume, opt, m, e);
	return journal_close(j, failed ? NULL : e) || failed ? -1 : 0;
}
