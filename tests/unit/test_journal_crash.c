/* test_journal_crash.c - power cuts, kill -9 and full disks: what was acknowledged stays, nothing
 * that is not a whole row counts, and the journal opens again. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_rows.h"
#include "fsx.h"
#include "rng.h"

#define NROWS 4

static const char *const names[] = {"runs.csv", "loads.csv", "chunks.csv"};

static struct fake_rows rows;
static const char *dir;

static int setup(void **state)
{
	(void)state;
	/* Thousands of journals are opened and synced here: in memory, where there is such a place.
	 */
	if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	fake_rows_make(&rows, NULL);
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_rows_release(&rows);
	unit_tmpdir_remove();
	return 0;
}

static void write_file(const char *name, const void *data, size_t len)
{
	int fd = open(unit_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fsx_write_all(fd, data, len), 0);
	close(fd);
}

/* How many whole lines the first `len` bytes hold. */
static size_t whole_lines(const struct str *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text->s[i] == '\n';
	return n;
}

/* ---- power cuts ---- */

/* NROWS rows with chunks and NROWS loads, and the three files as they are then. */
static void make_journal(struct str files[COUNTOF(names)])
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_NEW, 0);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < NROWS; i++) {
		assert_int_equal(
			fake_rows_append(&rows, j, (struct fake_row){.item = i, .chunks = 3}, &e),
			0);
		assert_int_equal(fake_rows_load(&rows, j, 0, 1, STATUS_OUT_OF_MEMORY, &e), 0);
	}
	fake_rows_close(j);
	for (size_t f = 0; f < COUNTOF(names); f++)
		files[f] = fake_file(names[f]);
}

static void restore(const struct str files[COUNTOF(names)])
{
	for (size_t f = 0; f < COUNTOF(names); f++)
		write_file(names[f], files[f].s, files[f].len);
}

static void release_files(struct str files[COUNTOF(names)])
{
	for (size_t f = 0; f < COUNTOF(names); f++)
		str_release(&files[f]);
}

/* Which of the requests are done, bit by bit. */
static unsigned done_rows(const struct journal *j)
{
	unsigned done = 0;

	for (size_t i = 0; i < NROWS; i++)
		done |= (unsigned)journal_done(j, rows.items[i].run_id) << i;
	return done;
}

/* Opens, looks, and opens again: the second time there is nothing to mend. */
static void reopen(unsigned *done, uint32_t *loads)
{
	struct journal *j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);

	*done = done_rows(j);
	*loads = journal_loads(j);
	fake_rows_close(j);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_string_equal(journal_note(j), "");
	assert_int_equal(done_rows(j), *done);
	assert_int_equal(journal_loads(j), *loads);
	fake_rows_close(j);
}

/* The file is what its first `rows_kept` rows were, byte for byte. */
static void check_prefix(const char *name, const struct str *was, size_t rows_kept)
{
	struct str now = fake_file(name);

	assert_int_equal(whole_lines(&now, now.len), rows_kept + 1);
	assert_int_equal(whole_lines(was, now.len), rows_kept + 1);
	assert_memory_equal(now.s, was->s, now.len);
	str_release(&now);
}

static void test_cut_at_every_byte(void **state)
{
	struct str files[COUNTOF(names)];

	(void)state;
	make_journal(files);
	for (size_t f = 0; f < COUNTOF(names); f++) {
		for (size_t cut = 0; cut <= files[f].len; cut++) {
			size_t lines = whole_lines(&files[f], cut);
			size_t kept = lines ? lines - 1 : 0;
			unsigned done;
			uint32_t loads;

			restore(files);
			write_file(names[f], files[f].s, cut);
			reopen(&done, &loads);
			assert_int_equal(done, f == 0 ? (1u << kept) - 1 : (1u << NROWS) - 1);
			assert_int_equal(loads, f == 1 ? kept : NROWS);
			check_prefix(names[f], &files[f], kept);
			/* Chunks without their row have gone with it. */
			if (f == 0)
				check_prefix("chunks.csv", &files[2], kept);
		}
	}
	release_files(files);
}

static unsigned bits(unsigned x)
{
	return (unsigned)__builtin_popcount(x);
}

static void check_damage(const struct str files[COUNTOF(names)], size_t f, size_t at, char byte)
{
	struct str damaged = STR_INIT(STR_MAX_FILE), aside;
	size_t header = (size_t)(strchr(files[f].s, '\n') - files[f].s) + 1;
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	unsigned done;
	uint32_t loads;

	str_addn(&damaged, files[f].s, files[f].len);
	damaged.s[at] = byte;
	restore(files);
	write_file(names[f], damaged.s, damaged.len);
	if (at < header) { /* refused, and left as it is */
		assert_int_equal(journal_open(dir, JOURNAL_RESUME, 0, &rows.schema, &j, &e), -1);
		assert_int_equal(e.code, ERR_JOURNAL);
		aside = fake_file(names[f]);
		assert_memory_equal(aside.s, damaged.s, damaged.len);
		str_release(&aside);
	} else {
		reopen(&done, &loads);
		assert_true(bits(done) >= NROWS - (f == 0));
		assert_true(loads >= NROWS - (f == 1));
		if (f == 0)
			assert_int_not_equal(bits(done), NROWS);
	}
	str_release(&damaged);
}

static void test_damage_to_every_byte(void **state)
{
	static const char bytes[] = {'x', '\n', '"', ',', '\0'};
	struct str files[COUNTOF(names)];

	(void)state;
	make_journal(files);
	for (size_t f = 0; f < COUNTOF(names); f++) {
		for (size_t at = 0; at < files[f].len; at++) {
			char byte = bytes[at % COUNTOF(bytes)];

			if (byte == files[f].s[at])
				byte = '~';
			check_damage(files, f, at, byte);
		}
	}
	/* The newlines, which stand between two rows, with everything. */
	for (size_t at = 0; at < files[0].len; at++) {
		for (size_t b = 0; b < COUNTOF(bytes); b++) {
			if (files[0].s[at] == '\n' && bytes[b] != '\n')
				check_damage(files, 0, at, bytes[b]);
		}
	}
	release_files(files);
}

/* A power cut may leave blocks of zeros where rows were to be. */
static void test_zeros_at_the_end(void **state)
{
	struct str files[COUNTOF(names)];
	char zeros[4096] = {0};
	struct str damaged = STR_INIT(STR_MAX_FILE);
	unsigned done;
	uint32_t loads;

	(void)state;
	make_journal(files);
	str_addn(&damaged, files[0].s, files[0].len);
	str_addn(&damaged, zeros, sizeof(zeros));
	restore(files);
	write_file("runs.csv", damaged.s, damaged.len);
	reopen(&done, &loads);
	assert_int_equal(done, (1u << NROWS) - 1);
	check_prefix("runs.csv", &files[0], NROWS);
	str_release(&damaged);
	release_files(files);
}

/* ---- kill -9 ---- */

/* Writes rows until it is killed, and says after each that it is written.  Never returns. */
static void write_until_killed(size_t first, uint32_t session, int ack)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	if (journal_open(dir, JOURNAL_RESUME, 0, &rows.schema, &j, &e))
		_exit(2);
	for (size_t i = first; i < rows.n; i++) {
		struct fake_row row = {.item = i, .session = session, .chunks = 200};

		row.attempt = journal_attempts(j, rows.items[i].run_id) + 1;
		if (fake_rows_append(&rows, j, row, &e) || write(ack, "x", 1) != 1)
			_exit(3);
		if (i % 5 == 0 && journal_sync(j, &e))
			_exit(4);
	}
	_exit(0);
}

/* Kills a child a moment after it has written a random number of rows.  Returns how many it had
 * acknowledged. */
static size_t kill_one(struct rng *r, size_t first, uint32_t session)
{
	size_t acked = 0, wait_for = rng_below(r, 30);
	int fds[2], status;
	char ack;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		write_until_killed(first, session, fds[1]);
	close(fds[1]);
	while (acked < wait_for && read(fds[0], &ack, 1) == 1)
		acked++;
	usleep((useconds_t)rng_below(r, 300));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	while (read(fds[0], &ack, 1) == 1)
		acked++;
	close(fds[0]);
	return acked;
}

static const char many[] =
	"{\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],\"temperature\":"
	"[0,0.25,0.5,0.75,1]},\"prompt\":\"Hi\",\"passes\":3,\"repeats\":300}";

static void test_killed_again_and_again(void **state)
{
	struct journal *j;
	size_t written = 0;
	struct rng r;

	(void)state;
	fake_rows_release(&rows);
	fake_rows_make(&rows, many);
	rng_init(&r, 5, "kill");
	for (uint32_t session = 1; session <= 40 && written < rows.n; session++) {
		size_t acked = kill_one(&r, written, session);
		struct journal *again = fake_rows_open(
			&rows, dir, JOURNAL_RESUME, 0); /* the lock went with the process */

		for (size_t i = 0; i < written + acked; i++)
			assert_true(journal_done(again, rows.items[i].run_id));
		written += acked;
		/* One more may have been written and not yet told of. */
		if (written < rows.n && journal_done(again, rows.items[written].run_id))
			written++;
		if (written < rows.n)
			assert_false(journal_done(again, rows.items[written].run_id));
		fake_rows_close(again);
	}
	assert_true(written > 100);
	j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
	assert_string_equal(journal_note(j), "");
	for (size_t i = 0; i < written; i++)
		assert_int_equal(journal_attempts(j, rows.items[i].run_id), 1);
	fake_rows_close(j);
}

/* ---- a full disk ---- */

struct full {
	rlim_t limit;
	int report; /* how many rows were written, one byte */
};

/* Writes until the file size limit says no; exits 0 if everything was told as it should be. */
static void write_until_full(void *arg)
{
	const struct full *full = arg;
	struct rlimit limit = {.rlim_cur = full->limit, .rlim_max = full->limit};
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	unsigned char written = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (journal_open(dir, JOURNAL_NEW, 0, &rows.schema, &j, &e))
		_exit(2);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		_exit(3);
	while (written < rows.n &&
		fake_rows_append(&rows, j, (struct fake_row){.item = written, .chunks = 20}, &e) ==
			0)
		written++;
	if (written == rows.n || e.code != ERR_ENV || !strstr(e.msg, ": File too large"))
		_exit(4);
	if (!strstr(e.msg, "runs.csv") && !strstr(e.msg, "chunks.csv"))
		_exit(5);
	/* After a failure nothing more is accepted, also when there is room again. */
	if (fake_rows_load(&rows, j, 0, 1, STATUS_OK, &e) != -1 ||
		fake_rows_append(&rows, j, (struct fake_row){.item = 20}, &e) != -1 ||
		!strstr(e.msg, "nothing more is written"))
		_exit(6);
	if (journal_close(j, &e))
		_exit(7);
	_exit(write(full->report, &written, 1) == 1 ? 0 : 8);
}

static void remove_journal(void)
{
	for (size_t f = 0; f < COUNTOF(names); f++)
		unlink(unit_path(names[f]));
}

static void test_a_full_disk(void **state)
{
	struct str header = STR_INIT(STR_MAX_LINE);
	struct journal *j;

	(void)state;
	row_header(&rows.schema, &header);
	for (rlim_t extra = 0; extra < 2500; extra += 61) {
		struct full full = {.limit = header.len + extra};
		struct err e = ERR_INIT;
		unsigned char written;
		int fds[2], status;
		struct str runs;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		full.report = fds[1];
		status = unit_in_child(write_until_full, &full);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(read(fds[0], &written, 1), 1);
		close(fds[0]);
		close(fds[1]);
		runs = fake_file("runs.csv"); /* nothing torn was left behind */
		assert_int_equal(runs.s[runs.len - 1], '\n');
		assert_int_equal(whole_lines(&runs, runs.len), written + 1);
		str_release(&runs);
		j = fake_rows_open(&rows, dir, JOURNAL_RESUME, 0);
		for (size_t i = 0; i < rows.n; i++)
			assert_int_equal(journal_done(j, rows.items[i].run_id), i < written);
		assert_int_equal(fake_rows_append(&rows, j,
					 (struct fake_row){.item = written, .chunks = 2}, &e),
			0);
		fake_rows_close(j);
		remove_journal();
	}
	str_release(&header);
}

/* A disk that was full before the header was whole. */
static void open_on_a_full_disk(void *arg)
{
	const struct full *full = arg;
	struct rlimit limit = {.rlim_cur = full->limit, .rlim_max = full->limit};
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		_exit(3);
	if (journal_open(dir, JOURNAL_NEW, 0, &rows.schema, &j, &e) != -1)
		_exit(4);
	_exit(e.code == ERR_ENV && strstr(e.msg, "File too large") ? 0 : 5);
}

static void test_a_disk_full_from_the_start(void **state)
{
	static const rlim_t limits[] = {0, 1, 100, 150};

	(void)state;
	for (size_t i = 0; i < COUNTOF(limits); i++) {
		struct full full = {.limit = limits[i]};
		int status = unit_in_child(open_on_a_full_disk, &full);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		fake_rows_close(fake_rows_open(&rows, dir, JOURNAL_RESUME, 0));
		remove_journal();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cut_at_every_byte),
		TEST(test_damage_to_every_byte),
		TEST(test_zeros_at_the_end),
		TEST(test_killed_again_and_again),
		TEST(test_a_full_disk),
		TEST(test_a_disk_full_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
