/* unit.c - helpers of the unit tests. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char tmpdir[400];

const char *unit_tmpdir(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(tmpdir, sizeof(tmpdir), "%s/chimera-test-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(tmpdir)) {
		perror(tmpdir);
		abort();
	}
	return tmpdir;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void unit_tmpdir_remove(void)
{
	if (tmpdir[0])
		nftw(tmpdir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	tmpdir[0] = '\0';
}

const char *unit_path(const char *name)
{
	static char paths[8][800];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", tmpdir, name);
	return path;
}

const char *unit_write(const char *name, const void *data, size_t len)
{
	const char *path = unit_path(name);
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		abort();
	}
	return path;
}

const char *unit_write_text(const char *name, const char *text)
{
	return unit_write(name, text, strlen(text));
}

int unit_setup_tmpdir(void **state)
{
	(void)state;
	unit_tmpdir();
	return 0;
}

int unit_teardown_tmpdir(void **state)
{
	(void)state;
	unit_tmpdir_remove();
	return 0;
}

void unit_assert_double(double got, double wanted, const char *file, int line)
{
	if (isnan(got) ? isnan(wanted) : got == wanted && signbit(got) == signbit(wanted))
		return;
	print_error("%.17g is not %.17g\n", got, wanted);
	_fail(file, line);
}

void unit_assert_contains(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("\"%s\" does not contain \"%s\"\n", text, part);
	_fail(file, line);
}

int unit_in_child(void (*fn)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return status;
}
