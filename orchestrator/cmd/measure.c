/* measure.c - one session into a run directory. */
#include "measure.h"

#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "manifest.h"
#include "progress.h"
#include "say.h"
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
	}
	return "failed";
}

static void fill(struct measured *m, const struct session *session, uint64_t rows_before)
{
	struct runner_progress r;

	runner_progress(session->runner, &r);
	m->ran = true;
	m->stopped = session->stopped;
	snprintf(m->why, sizeof(m->why), "%s", session->why);
	m->total = r.total;
	m->done = r.done;
	m->failed = 0;
	for (int i = 0; i < STATUS_COUNT; i++)
		m->failed += i == STATUS_OK ? 0 : session->count[i];
	m->loads_made = r.loads_made;
	m->loads_planned = r.loads_planned;
	m->rows = session->order - rows_before;
}

/* The session itself, between the two writings of the manifest. */
static int measure_session(const struct setup *s, struct journal *j, const char *dir, bool resume,
	const struct measure_options *opt, struct measured *m, struct err *e)
{
	struct progress progress;
	struct session session;
	ns mono = clock_mono(), wall = clock_wall();
	struct manifest_session ms = {.number = journal_last_session(j) + 1,
		.started_wall = wall,
		.ended_wall = NS_NONE,
		.how = resume ? "resume" : "run",
		.simulated = s->simulated,
		.is_virtual = s->is_virtual,
		.sim_seed = s->sim_seed,
		.sim_set = s->sim_set};
	uint64_t rows_before;
	int failed;

	if (session_init(&session, &s->plan, j, ms.number, wall - mono, e))
		return -1;
	rows_before = session.order;
	if (manifest_write(dir, CHIMERA_VERSION, &s->plan, &ms, e)) {
		session_release(&session);
		return -1;
	}
	progress_init(&progress, opt->quiet);
	failed = run_world(s, &session, &progress, mono, &ms.ended_wall, e);
	progress_end(&progress);
	fill(m, &session, rows_before);
	m->seconds = (double)(ms.ended_wall - wall) / 1e9;
	ms.ended = m->end = end_name(&session, failed);
	ms.loads_made = m->loads_made;
	ms.rows = m->rows;
	/* The first error is the one to tell. */
	failed = manifest_write(dir, CHIMERA_VERSION, &s->plan, &ms, failed ? NULL : e) || failed;
	session_release(&session);
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
	if (sweep_file_write(dir, &s->plan, e)) {
		journal_close(j, NULL);
		return -1;
	}
	if (journal_note(j)[0])
		say_warning(journal_note(j));
	failed = measure_session(s, j, dir, resume, opt, m, e);
	return journal_close(j, failed ? NULL : e) || failed ? -1 : 0;
}
