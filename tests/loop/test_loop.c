/* test_loop.c - whole runs in the real world: session, loop, libcurl, and the simulator's server in
 * a thread of its own; and the signals that interrupt them. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "real_run.h"
#include "scripted.h"
#include "unit.h"

/* Eight requests alone, eight by four at a time. */
#define BURSTS                                                                                     \
	"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":4},"                              \
	"\"factors\":{\"concurrency\":[1,4]},\"burst\":8,"                                         \
	"\"passes\":1,\"repeats\":1,\"warmups\":1,\"sentinel\":false}"

static bool row_is(const struct table *t, size_t row, const char *column, const char *text)
{
	const char *is = table_text(table_column(t, column), row);

	return is && strcmp(is, text) == 0;
}

/* How many ok rows a planned request has. */
static size_t ok_rows(const struct table *t, const char *run_id)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nrows; i++)
		n += row_is(t, i, "run_id", run_id) && row_is(t, i, "status", "ok");
	return n;
}

static void check_every_request_has_one_ok_row(const struct plan *p, const struct table *t)
{
	uint64_t seen = 0;

	for (uint32_t v = 0; v < p->nvisits; v++) {
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[v], &items, &n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(ok_rows(t, items[i].run_id), 1);
		seen += n;
		free(items);
	}
	assert_int_equal(seen, p->requests);
}

static void check_row(const struct table *t, size_t i)
{
	static const char *const measured[] = {"ttfb_ms", "ttft_ms", "e2e_ms", "done_ms", "load_ms",
		"eval_ms", "total_ms", "output_tokens", "chunks", "loop_lag_max_us"};
	const char *why = table_text(table_column(t, "validity_why"), i);

	assert_true(row_is(t, i, "status", "ok"));
	/* On a slow machine an answer may be there before the kernel is asked. */
	assert_true(row_is(t, i, "timestamp_source", "kernel") ||
		row_is(t, i, "timestamp_source", "user"));
	assert_true(row_is(t, i, "connect_ms", "0.000000")); /* all were warmed */
	assert_false(why && strstr(why, "connection"));
	assert_true(table_num(table_column(t, "client_queue_ms"), i) >= 0);
	for (size_t k = 0; k < COUNTOF(measured); k++)
		if (!(table_num(table_column(t, measured[k]), i) > 0))
			fail_msg("row %zu: no %s", i, measured[k]);
	assert_true(table_num(table_column(t, "output_tokens"), i) == 4);
}

static void every_request_becomes_a_row(void **state)
{
	struct table t;
	struct real_run r;

	(void)state;
	unit_tmpdir();
	real_run_simulated(&r, GRID, JOURNAL_NEW, true);
	real_run_go(&r, STOP_COMPLETE);

	real_run_rows(&t, "runs.csv", run_columns, RUN_COLUMN_COUNT);
	assert_int_equal(t.nrows, r.f.plan.requests + 2); /* and a warm-up for each load */
	assert_int_equal(t.nrows, (size_t)r.rows);
	check_every_request_has_one_ok_row(&r.f.plan, &t);
	for (size_t i = 0; i < t.nrows; i++) {
		check_row(&t, i);
		if (row_is(&t, i, "phase", "measure")) /* read back after the load */
			assert_true(table_num(table_column(&t, "eff_num_ctx"), i) ==
				table_num(table_column(&t, "num_ctx"), i));
		assert_int_equal(row_is(&t, i, "phase", "warmup"), row_is(&t, i, "paid_load", "1"));
	}
	table_release(&t);

	real_run_rows(&t, "loads.csv", load_columns, LOADS_COLUMN_COUNT);
	assert_int_equal(t.nrows, r.f.plan.block_loads);
	table_release(&t);
	real_run_release(&r, false);
	unit_tmpdir_remove();
}

static void bursts_go_over_warm_connections(void **state)
{
	struct table t;
	struct real_run r;

	(void)state;
	unit_tmpdir();
	real_run_simulated(&r, BURSTS, JOURNAL_NEW, true);
	real_run_go(&r, STOP_COMPLETE);

	real_run_rows(&t, "runs.csv", run_columns, RUN_COLUMN_COUNT);
	check_every_request_has_one_ok_row(&r.f.plan, &t);
	for (size_t i = 0; i < t.nrows; i++)
		check_row(&t, i);
	table_release(&t);
	real_run_release(&r, false);
	unit_tmpdir_remove();
}

static void without_a_journal_rows_are_told(void **state)
{
	struct real_run r;

	(void)state;
	real_run_simulated(&r, GRID, JOURNAL_NEW, false);
	r.opt.progress = NULL;
	r.opt.signals = false;

	struct err e = ERR_INIT;

	assert_int_equal(loop_run(&r.session, &r.opt, &e), 0);
	assert_int_equal(r.session.stopped, STOP_COMPLETE);
	assert_int_equal(r.rows, r.f.plan.requests + 2);
	assert_int_equal(r.progress_calls, 0);
	real_run_release(&r, false);
}

/* ---- interrupts ---- */

static void (*disposition(int number))(int)
{
	struct sigaction now;

	assert_int_equal(sigaction(number, NULL, &now), 0);
	return now.sa_handler;
}

static void interrupted_then_resumed(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct table t;
	struct real_run r;

	(void)state;
	for (size_t k = 0; k < COUNTOF(signals); k++) {
		signal(signals[k], SIG_DFL);
		unit_tmpdir();
		real_run_simulated(&r, GRID, JOURNAL_NEW, true);
		r.signal = signals[k];
		r.at_row = 3;
		real_run_go(&r, STOP_INTERRUPTED);
		assert_true(r.rows >= 3 && (uint64_t)r.rows < r.f.plan.requests + 2);
		assert_true(disposition(signals[k]) == SIG_DFL);
		real_run_release(&r, false);

		real_run_simulated(&r, GRID, JOURNAL_RESUME, true);
		assert_int_equal(r.session.number, 2);
		real_run_go(&r, STOP_COMPLETE);
		real_run_rows(&t, "runs.csv", run_columns, RUN_COLUMN_COUNT);
		check_every_request_has_one_ok_row(&r.f.plan, &t);
		table_release(&t);
		real_run_release(&r, false);
		unit_tmpdir_remove();
	}
}

static void raise_once(void *arg, const struct session *s, ns now)
{
	struct real_run *r = arg;

	(void)now;
	r->stopped_at_last_progress = s->has_stopped;
	if (r->progress_calls++ == 0)
		raise(SIGINT);
}

/* The connections are still being opened when the signal comes. */
static void interrupted_before_the_start(void **state)
{
	static const struct scripted_step hold[] = {HOLD};
	static const struct scripted_route routes[] = {{"/api/version", hold}, {0}};
	struct scripted_thread t;
	struct real_run r;

	(void)state;
	signal(SIGINT, SIG_DFL);
	scripted_thread_start(&t, routes);
	real_run_init(&r, GRID, scripted_url(t.server), JOURNAL_NEW, false);
	r.opt.progress = raise_once;
	real_run_go(&r, STOP_INTERRUPTED);
	assert_int_equal(r.rows, 0); /* a request would have become one */
	real_run_release(&r, false);
	scripted_thread_stop(&t);
	scripted_free(t.server);
}

static void an_ignored_signal_stays_ignored(void **state)
{
	struct real_run r;

	(void)state;
	real_run_simulated(&r, GRID, JOURNAL_NEW, false);
	signal(SIGHUP, SIG_IGN);
	r.signal = SIGHUP;
	r.at_row = 2;
	real_run_go(&r, STOP_COMPLETE);
	assert_true(disposition(SIGHUP) == SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	real_run_release(&r, false);
}

/* The first signal leaves 10 s to what is in flight, the second none. */
static void raise_again(void *arg, const struct session *s, ns now)
{
	(void)s;
	(void)now;
	if (++*(int *)arg <= 3)
		raise(SIGINT);
}

static void interrupt_twice(void *arg)
{
	static const struct scripted_step hold[] = {HOLD};
	static const struct scripted_route routes[] = {{"/api/generate", hold}, {0}};
	struct scripted_thread t;
	struct real_run r;
	int calls = 0;

	(void)arg;
	alarm(30);
	signal(SIGINT, SIG_DFL);
	scripted_thread_start(&t, routes);
	real_run_init(&r, GRID, scripted_url(t.server), JOURNAL_NEW, false);
	r.opt.progress = raise_again;
	r.opt.progress_arg = &calls;
	loop_run(&r.session, &r.opt, NULL);
	_exit(1); /* it should not have come back */
}

static void a_second_signal_ends_the_process(void **state)
{
	int status = unit_in_child(interrupt_twice, NULL);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 130);
}

/* What rows tell of the machine they were measured on. */
struct host_rows {
	int rows, with_swap, with_sleep;
};

static void look_at_host(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct host_rows *h = arg;

	(void)k;
	h->rows++;
	h->with_swap += s->swapped_in >= 0;
	h->with_sleep += s->slept != NS_NONE;
}

/* A server at a loopback address: where the kernel counts what is swapped in, every row knows. */
static void the_machine_is_watched(void **state)
{
	struct host_rows h = {0};
	struct real_run r;

	(void)state;
	real_run_simulated(&r, GRID, JOURNAL_NEW, false);
	r.session.on_row = look_at_host;
	r.session.on_row_arg = &h;
	real_run_go(&r, STOP_COMPLETE);
	assert_int_equal(h.rows, 10); /* 8 and a warm-up for each of 2 loads */
	assert_int_equal(h.with_sleep, h.rows);
	assert_int_equal(h.with_swap, access("/proc/vmstat", R_OK) == 0 ? h.rows : 0);
	real_run_release(&r, false);
}

/* ---- looks ---- */

#define UNTIL                                                                                      \
	"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":4},"                              \
	"\"factors\":{\"num_ctx\":[2048,4096,8192,16384]},\"until\":\"1%\",\"max_passes\":4,"      \
	"\"repeats\":4,\"warmups\":1,\"sentinel\":false}"

/* A look that lasts until the loop has shown that it goes on: by progress, or by the stop that
 * follows an interrupt. */
struct slow_look {
	const struct session *session;
	bool interrupts, looking, shown, seen;
	int looks, told, told_elsewhere;
	pthread_t loop;
};

static bool slow_look(void *arg, uint32_t pass)
{
	struct slow_look *l = arg;
	const struct timespec moment = {.tv_nsec = 1000000};
	const bool *sign = l->interrupts ? &l->session->has_stopped : &l->shown;

	(void)pass;
	l->looks++;
	__atomic_store_n(&l->looking, true, __ATOMIC_SEQ_CST);
	if (l->interrupts)
		kill(getpid(), SIGINT);
	/* A loop that stands still never shows it. */
	for (int i = 0; i < 20000 && !l->seen; i++) {
		l->seen = __atomic_load_n(sign, __ATOMIC_SEQ_CST);
		nanosleep(&moment, NULL);
	}
	return true;
}

static void on_told(void *arg)
{
	struct slow_look *l = arg;

	l->told++;
	l->told_elsewhere += !pthread_equal(pthread_self(), l->loop);
}

static void on_shown(void *arg, const struct session *s, ns now)
{
	struct slow_look *l = arg;

	(void)s;
	(void)now;
	if (__atomic_load_n(&l->looking, __ATOMIC_SEQ_CST))
		__atomic_store_n(&l->shown, true, __ATOMIC_SEQ_CST);
}

/* The loop goes on while a look is taken: it shows progress, and hears an interrupt, after which
 * what the look finds is of no matter. */
static void a_look_stops_nothing(void **state)
{
	for (int interrupts = 0; interrupts < 2; interrupts++) {
		struct slow_look l = {.interrupts = interrupts, .loop = pthread_self()};
		struct err e = ERR_INIT;
		struct real_run r;

		(void)state;
		real_run_simulated(&r, UNTIL, JOURNAL_NEW, false);
		signal(SIGINT, SIG_DFL); /* not ignored, as by who started this */
		l.session = &r.session;
		r.session.look = slow_look;
		r.session.looked = on_told;
		r.session.look_arg = &l;
		r.opt.progress = on_shown;
		r.opt.progress_arg = &l;
		if (loop_run(&r.session, &r.opt, &e))
			fail_msg("%s", e.msg);
		assert_true(l.seen);
		assert_int_equal(l.looks, 1);
		assert_int_equal(l.told_elsewhere, 0);
		assert_true(interrupts ? l.told <= 1 : l.told == 1);
		assert_int_equal(r.session.stopped, interrupts ? STOP_INTERRUPTED : STOP_ENOUGH);
		real_run_release(&r, false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_becomes_a_row),
		cmocka_unit_test(bursts_go_over_warm_connections),
		cmocka_unit_test(without_a_journal_rows_are_told),
		cmocka_unit_test(interrupted_then_resumed),
		cmocka_unit_test(interrupted_before_the_start),
		cmocka_unit_test(an_ignored_signal_stays_ignored),
		cmocka_unit_test(a_second_signal_ends_the_process),
		cmocka_unit_test(the_machine_is_watched),
		cmocka_unit_test(a_look_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
