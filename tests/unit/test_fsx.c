/* test_fsx.c - files: whole, replaced, and not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fsx.h"
#include "unit.h"

static void test_read(void **state)
{
	struct str out = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;
	size_t len = 300000; /* more than one read */
	char *bytes = malloc(len);

	(void)state;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7);
	str_add(&out, "before ");
	assert_int_equal(fsx_read(unit_write("big", bytes, len), len, &out, &e), 0);
	assert_int_equal(out.len, 7 + len);
	assert_memory_equal(out.s, "before ", 7);
	assert_memory_equal(out.s + 7, bytes, len);
	str_reset(&out);
	assert_int_equal(fsx_read(unit_write("empty", "", 0), 0, &out, &e), 0);
	assert_int_equal(out.len, 0);
	str_release(&out);
	free(bytes);
}

static void test_read_limits(void **state)
{
	struct str out = STR_INIT(STR_MAX_FILE), small = STR_INIT(5);
	struct err e = ERR_INIT;
	const char *path = unit_write_text("ten", "0123456789");

	(void)state;
	assert_int_equal(fsx_read(path, 10, &out, &e), 0);
	assert_int_equal(fsx_read(path, 9, &out, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "/ten: larger than 9 B");
	assert_int_equal(fsx_read(path, 10, &small, &e), -1);
	assert_contains(e.msg, "/ten: larger than 5 B");
	/* A device without end is not read for ever. */
	assert_int_equal(fsx_read("/dev/zero", 1 << 20, &out, &e), -1);
	assert_string_equal(e.msg, "/dev/zero: larger than 1.0 MiB");
	str_release(&out);
	str_release(&small);
}

static void test_read_errors(void **state)
{
	struct str out = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(fsx_read(unit_path("absent"), 10, &out, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "/absent: No such file or directory");
	assert_int_equal(fsx_read(unit_path("."), 10, &out, &e), -1);
	assert_contains(e.msg, "/.: Is a directory");
	assert_int_equal(out.len, 0);
	str_release(&out);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void test_replace(void **state)
{
	struct str out = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;
	struct stat st;
	const char *dir = unit_path("replace"), *path = unit_path("replace/file");
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(fsx_mkdirs(dir, &e), 0);
	assert_int_equal(fsx_replace(path, "old", 3, &e), 0);
	assert_int_equal(fsx_replace(path, "new\0er", 6, &e), 0);
	assert_int_equal(fsx_read(path, 100, &out, &e), 0);
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.s, "new\0er", 6);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(fsx_replace(path, NULL, 0, &e), 0);
	assert_int_equal(entries(dir), 1); /* no temporary file stays */
	umask(mask);
	str_release(&out);
}

static void test_replace_failures(void **state)
{
	struct err e = ERR_INIT;
	const char *dir = unit_path("fail"), *inside = unit_path("fail/x");

	(void)state;
	assert_int_equal(fsx_mkdirs(dir, &e), 0);
	assert_int_equal(fsx_replace(unit_path("no/such/file"), "x", 1, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "no/such/file: No such file or directory");
	/* Over a folder the rename fails, and the temporary file goes. */
	assert_int_equal(fsx_mkdirs(inside, &e), 0);
	assert_int_equal(fsx_replace(inside, "x", 1, &e), -1);
	assert_contains(e.msg, "fail/x: Is a directory");
	assert_int_equal(entries(dir), 1);
	assert_int_equal(fsx_replace("/dev/full/x", "x", 1, &e), -1);
}

/* A replaced file is another file: who has the old one open still reads the old content. */
static void test_replace_is_atomic_for_readers(void **state)
{
	struct err e = ERR_INIT;
	const char *path = unit_path("atomic");
	char buf[8] = "";
	int fd;

	(void)state;
	assert_int_equal(fsx_replace(path, "first", 5, &e), 0);
	fd = open(path, O_RDONLY);
	assert_int_equal(fsx_replace(path, "2nd", 3, &e), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	assert_string_equal(buf, "first");
	close(fd);
}

static void test_mkdirs(void **state)
{
	struct err e = ERR_INIT;
	const char *deep = unit_path("a/b//c/"), *file = unit_write_text("plain", "x");

	(void)state;
	assert_int_equal(fsx_mkdirs(deep, &e), 0);
	assert_true(fsx_is_dir(deep));
	assert_int_equal(fsx_mkdirs(deep, &e), 0); /* again is fine */
	assert_int_equal(fsx_mkdirs("/", &e), 0);
	assert_int_equal(fsx_mkdirs(".", &e), 0);
	assert_int_equal(fsx_mkdirs(file, &e), -1);
	assert_contains(e.msg, "plain: cannot make the folder: Not a directory");
	assert_int_equal(e.code, ERR_ENV);
	assert_int_equal(fsx_mkdirs(unit_path("plain/x"), &e), -1);
	assert_contains(e.msg, "Not a directory");
	assert_int_equal(fsx_mkdirs("", &e), -1);
}

static void test_what_is_there(void **state)
{
	const char *file = unit_write_text("there", "x"), *dir = unit_path(".");

	(void)state;
	assert_true(fsx_exists(file));
	assert_false(fsx_is_dir(file));
	assert_true(fsx_exists(dir));
	assert_true(fsx_is_dir(dir));
	assert_false(fsx_exists(unit_path("nowhere")));
	assert_false(fsx_is_dir(unit_path("nowhere")));
}

static void test_join(void **state)
{
	static const struct {
		const char *dir, *name, *path;
	} cases[] = {
		{"a", "b", "a/b"},
		{"a/", "b", "a/b"},
		{"/", "b", "/b"},
		{"", "b", "b"},
		{"a/b", "c/d", "a/b/c/d"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char *path = fsx_join(cases[i].dir, cases[i].name);

		assert_string_equal(path, cases[i].path);
		free(path);
	}
}

static void test_write_all(void **state)
{
	char big[100000], back[sizeof(big)];
	int fds[2];
	size_t got = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	memset(big, 'x', sizeof(big));
	/* A pipe takes 64 KiB at most, so this needs a reader beside it. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		_exit(fsx_write_all(fds[1], big, sizeof(big)) ? 1 : 0);
	}
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], back + got, sizeof(back) - got)) > 0;)
		got += (size_t)n;
	close(fds[0]);
	assert_int_equal(got, sizeof(big));
	assert_memory_equal(back, big, sizeof(big));
	errno = 0;
	assert_int_equal(fsx_write_all(-1, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fsx_write_all(-1, "", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_limits),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_replace_failures),
		cmocka_unit_test(test_replace_is_atomic_for_readers),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_what_is_there),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_write_all),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
