/* real_run.c - see real_run.h */
#include "real_run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void on_progress(void *arg, const struct session *s, ns now)
{
	struct real_run *r = arg;

	assert_true(now > 0);
	r->progress_calls++;
	r->stopped_at_last_progress = s->has_stopped;
}

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct real_run *r = arg;

	(void)k;
	if (r->rows++ == 0) {
		r->first_status = s->status;
		snprintf(r->first_error, sizeof(r->first_error), "%s", s->error);
	}
	if (r->rows == r->at_row)
		raise(r->signal);
}

/* The sweep on the server at `url`, in the temporary folder unless without a journal. */
void real_run_init(struct real_run *r, const char *sweep, const char *url, enum journal_mode mode,
	bool with_journal)
{
	struct err e = ERR_INIT;

	memset(r, 0, sizeof(*r));
	fake_plan_make(&r->f, sweep, &url, 1);
	row_schema_init(&r->schema, &r->f.sweep);
	if (with_journal && journal_open(unit_path("."), mode, 0, &r->schema, &r->journal, &e))
		fail_msg("%s", e.msg);
	if (session_init(&r->session, &r->f.plan, r->journal,
		    r->journal ? journal_last_session(r->journal) + 1 : 1,
		    clock_wall() - clock_mono(), &e))
		fail_msg("%s", e.msg);
	r->session.on_row = on_row;
	r->session.on_row_arg = r;
	r->opt = (struct loop_options){.progress = on_progress, .progress_arg = r, .signals = true};
}

void real_run_release(struct real_run *r, bool journal_broken)
{
	struct err e = ERR_INIT;

	session_release(&r->session);
	if (journal_close(r->journal, &e) && !journal_broken)
		fail_msg("%s", e.msg);
	fake_plan_release(&r->f);
	simthread_stop(r->sim);
}

/* The same against a quick simulated machine. */
void real_run_simulated(
	struct real_run *r, const char *sweep, enum journal_mode mode, bool with_journal)
{
	static const char *const settings[] = {"load_ms=10", "resident_load_ms=2", "overhead_ms=1",
		"unload_ms=1", "gpu_tok_s=2000", "num_parallel=4"};
	struct sim_config config;
	struct simthread *sim;
	struct err e = ERR_INIT;
	char url[40];

	sim_config_default(&config);
	for (size_t i = 0; i < COUNTOF(settings); i++)
		assert_int_equal(sim_config_set(&config, settings[i], &e), 0);
	sim = simthread_start(&config, 1, &e);
	assert_non_null(sim);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", simthread_port(sim));
	real_run_init(r, sweep, url, mode, with_journal);
	r->sim = sim;
}

void real_run_go(struct real_run *r, enum stop_reason wanted)
{
	struct err e = ERR_INIT;

	if (loop_run(&r->session, &r->opt, &e))
		fail_msg("%s", e.msg);
	assert_true(r->session.has_stopped);
	assert_int_equal(r->session.stopped, wanted);
	assert_true(r->progress_calls > 0 && r->stopped_at_last_progress);
}

static void on_reject(void *arg, uint64_t line, const char *bytes, size_t len, const char *why)
{
	(void)arg;
	print_error("line %u: %s: %.*s\n", (unsigned)line, why, (int)len, bytes);
}

void real_run_rows(struct table *t, const char *name, const struct column_spec *specs, size_t n)
{
	struct err e = ERR_INIT;

	if (table_read(t, unit_path(name), true, specs, n, on_reject, NULL, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t->rejected, 0);
}
