/* test_loop_faults.c - runs against servers that are not there or fall silent, and on disks that
 * fail. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "real_run.h"
#include "scripted.h"
#include "unit.h"

#define LONG_GRID                                                                                  \
	"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":4},"                              \
	"\"factors\":{\"num_ctx\":[2048,4096]},"                                                   \
	"\"passes\":6,\"warmups\":1,\"sentinel\":false}"
#define IMPATIENT                                                                                  \
	"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},"                             \
	"\"passes\":1,\"sentinel\":false,"                                                         \
	"\"limits\":{\"first_load\":%s,\"stall\":%s}}"

/* ---- servers that fail ---- */

static void nobody_listens(void **state)
{
	struct real_run r;
	char url[40];

	(void)state;
	signal(SIGINT, SIG_DFL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", scripted_dead_port());
	real_run_init(&r, GRID, url, JOURNAL_NEW, false);
	r.signal = SIGINT;
	r.at_row = 1; /* or it would try for half a minute */
	real_run_go(&r, STOP_INTERRUPTED);
	assert_int_equal(r.first_status, STATUS_CONNECT_ERROR);
	assert_string_equal(r.first_error, "Connection refused");
	real_run_release(&r, false);
}

#define CHUNK "{\"model\":\"m\",\"response\":\"a\",\"done\":false}"
#define DONE  "{\"model\":\"m\",\"response\":\"\",\"done\":true}"

static void limits_of_the_sweep_hold(void **state)
{
	static const struct scripted_step none[] = {WHOLE(200, "{\"models\":[]}"), {0}};
	static const struct scripted_step good[] = {HEAD(200), LINE(CHUNK), LINE(DONE), LAST, {0}};
	static const struct scripted_step hold[] = {HOLD};
	static const struct scripted_step stall[] = {HEAD(200), LINE(CHUNK), HOLD};
	static const struct {
		const struct scripted_step *steps;
		const char *first, *stall;
		enum status status;
	} cases[] = {
		{hold, "0.05", "60", STATUS_TIMEOUT_FIRST},
		{stall, "60", "0.05", STATUS_TIMEOUT_STALL},
	};

	(void)state;
	signal(SIGINT, SIG_DFL);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct scripted_route routes[] = {{"/api/generate", cases[i].steps},
			{"/api/generate", good}, {"/api/ps", none}, {0}};
		struct scripted_thread t;
		struct real_run r;
		char sweep[400];

		snprintf(sweep, sizeof(sweep), IMPATIENT, cases[i].first, cases[i].stall);
		scripted_thread_start(&t, routes);
		real_run_init(&r, sweep, scripted_url(t.server), JOURNAL_NEW, false);
		r.signal = SIGINT;
		r.at_row = 1;
		real_run_go(&r, STOP_INTERRUPTED);
		assert_int_equal(r.first_status, cases[i].status);
		real_run_release(&r, false);
		scripted_thread_stop(&t);
		scripted_free(t.server);
	}
}

/* ---- a disk that fails ---- */

static void rows_that_cannot_be_written_end_the_run(void **state)
{
	struct rlimit before, small;
	struct err e = ERR_INIT;
	struct table t;
	struct real_run r;
	int rc;

	(void)state;
	unit_tmpdir();
	real_run_simulated(&r, GRID, JOURNAL_NEW, true);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4000; /* the header and a few rows */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = loop_run(&r.session, &r.opt, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);

	assert_int_equal(rc, -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "runs.csv");
	assert_contains(e.msg, strerror(EFBIG));
	assert_false(r.session.has_stopped);

	real_run_rows(
		&t, "runs.csv", run_columns, RUN_COLUMN_COUNT); /* what was written stays, whole */
	assert_true(t.nrows > 0 && t.nrows == (size_t)r.rows);
	table_release(&t);
	real_run_release(&r, true);
	unit_tmpdir_remove();
}

static int fd_of(const char *name)
{
	char link[40], path[600];

	for (int fd = 3; fd < 1000; fd++) {
		ssize_t n;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = '\0';
		if (strlen(path) > strlen(name) &&
			!strcmp(path + strlen(path) - strlen(name), name))
			return fd;
	}
	fail_msg("%s is not open", name);
	return -1;
}

/* What cannot be synced may be lost: the run ends at the first sync, a second after the start. */
static void a_sync_that_fails_ends_the_run(void **state)
{
	struct err e = ERR_INIT;
	struct real_run r;
	int ends[2]; /* a pipe takes rows, but cannot be synced */

	(void)state;
	unit_tmpdir();
	real_run_simulated(&r, LONG_GRID, JOURNAL_NEW, true);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], fd_of("/runs.csv")) >= 0);
	assert_int_equal(loop_run(&r.session, &r.opt, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "runs.csv");
	assert_contains(e.msg, strerror(EINVAL));
	assert_false(r.session.has_stopped);
	assert_true(r.rows > 0);
	real_run_release(&r, true);
	close(ends[0]);
	close(ends[1]);
	unit_tmpdir_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(limits_of_the_sweep_hold),
		cmocka_unit_test(rows_that_cannot_be_written_end_the_run),
		cmocka_unit_test(a_sync_that_fails_ends_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
