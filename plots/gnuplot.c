/* gnuplot.c - one gnuplot process per script, started without a shell.
 *
 * It gets its own process group, so that on a timeout whatever it started goes with it; stdin and
 * stdout are /dev/null, stderr is a pipe that is read to its end or to the deadline. */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"
#include "num.h"

#define LIMIT_S      60
#define STDERR_MAX   ((size_t)64 << 10)
#define INSTALL_HINT "install gnuplot (Debian: apt install gnuplot-nox), then `chimera plot RUN`"

extern char **environ;

/* ---- text ---- */

/* Length of the valid UTF-8 sequence at s, 0 if it is none.  NUL ends every sequence early. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t c = len == 1 ? s[0]
		: len == 2    ? s[0] & 0x1fu
		: len == 3    ? s[0] & 0x0fu
			      : s[0] & 7u;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if ((s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return len;
}

void gnuplot_text(struct str *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	str_addc(out, '\'');
	while (*s) {
		size_t len = utf8_len(s);

		if (len == 0)
			str_addc(out, '?');
		else if (*s < 0x20 || *s == 0x7f || (len == 2 && s[0] == 0xc2 && s[1] < 0xa0))
			str_addc(out, ' ');
		else if (*s == '\'')
			str_add(out, "''");
		else
			str_addn(out, (const char *)s, len);
		s += len ? len : 1;
	}
	str_addc(out, '\'');
}

void gnuplot_number(struct str *out, double x)
{
	char text[NUM_TEXT];

	str_add(out, isfinite(x) ? num_text(text, x) : "NaN");
}

/* ---- the process ---- */

/* gnuplot -d -e "out='NAME.new'" NAME.gp */
static int spawn(const char *dir, const char *name, int err_fd, pid_t *ret)
{
	char *script = xasprintf("%s.gp", name);
	char *out = xasprintf("out='%s.new'", name);
	char program[] = "gnuplot", no_init[] = "-d", command[] = "-e";
	char *argv[] = {program, no_init, command, out, script, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int errnum;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
	posix_spawn_file_actions_addchdir_np(&files, dir);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	errnum = posix_spawnp(ret, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	free(script);
	free(out);
	return errnum;
}

static int ms_until(ns deadline)
{
	ns left = deadline - clock_mono();

	return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

/* What it says, to the end of the pipe or the deadline. */
static void read_stderr(int fd, ns deadline, struct str *said)
{
	char buf[4096];
	ssize_t n = 1;

	while (n != 0 && ms_until(deadline) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, ms_until(deadline)) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			str_addn(said, buf, (size_t)n); /* what passes the ceiling is dropped */
	}
}

/* Its exit status as waitpid gives it, or -1 if it had to be killed. */
static int wait_until(pid_t pid, ns deadline)
{
	const struct timespec pause = {.tv_nsec = 2 * NS_PER_MS};
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && ms_until(deadline) > 0)
		nanosleep(&pause, NULL);
	if (got == pid)
		return status;
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}

/* The line that says what is wrong: gnuplot's carets and echoes of the script come before it. */
static void first_message(const char *said, char *dst, size_t size)
{
	const char *line = strstr(said, " line ");
	char text[400];
	size_t len;

	while (line && line > said && line[-1] != '\n')
		line--;
	if (!line)
		line = said + strspn(said, " \n^\t");
	len = strcspn(line, "\n");
	snprintf(text, sizeof(text), "%.*s", (int)(len < 300 ? len : 300), line);
	err_quote(dst, size, text[0] ? text : "it said nothing");
}

static int not_found(struct err *e)
{
	err_set(e, ERR_ENV, "gnuplot: not found in PATH, so no chart was drawn");
	return err_hint(e, INSTALL_HINT);
}

static int judge(int status, const char *name, const struct str *said, struct err *e)
{
	char message[300];

	first_message(said->s, message, sizeof(message));
	if (status == -1)
		return err_set(e, ERR_ENV, "gnuplot %s.gp: not done after %d s", name, LIMIT_S);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_ENV, "gnuplot %s.gp: ended by signal %d: %s", name,
			WTERMSIG(status), message);
	if (WEXITSTATUS(status) == 127) /* how POSIX lets a spawn tell it late */
		return not_found(e);
	if (WEXITSTATUS(status) != 0)
		return err_set(e, ERR_ENV, "gnuplot %s.gp: %s", name, message);
	return 0;
}

static int run(const char *dir, const char *name, struct err *e)
{
	ns deadline = clock_mono() + LIMIT_S * NS_PER_S;
	struct str said = STR_INIT(STDERR_MAX);
	int fds[2], errnum, failed;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_sys(e, ERR_ENV, errno, "gnuplot %s.gp", name);
	errnum = spawn(dir, name, fds[1], &pid);
	close(fds[1]);
	if (errnum) {
		close(fds[0]);
		if (errnum != ENOENT)
			return err_sys(e, ERR_ENV, errnum, "gnuplot");
		return not_found(e);
	}
	read_stderr(fds[0], deadline, &said);
	close(fds[0]);
	failed = judge(wait_until(pid, deadline), name, &said, e);
	str_release(&said);
	return failed;
}

/* ---- its pictures ---- */

static int take_picture(const char *dir, const char *name, const char *ext, struct err *e)
{
	char *made = xasprintf("%s/%s.new.%s", dir, name, ext);
	char *wanted = xasprintf("%s/%s.%s", dir, name, ext);
	struct stat st;
	int failed = 0;

	if (stat(made, &st) || st.st_size == 0)
		failed = err_set(e, ERR_ENV, "gnuplot %s.gp: left no %s.%s", name, name, ext);
	else if (rename(made, wanted))
		failed = err_sys(e, ERR_ENV, errno, "%s", wanted);
	if (failed)
		unlink(made);
	free(made);
	free(wanted);
	return failed;
}

static void drop_picture(const char *dir, const char *name, const char *ext)
{
	char *made = xasprintf("%s/%s.new.%s", dir, name, ext);

	unlink(made);
	free(made);
}

int gnuplot_run(const char *dir, const char *name, struct err *e)
{
	if (run(dir, name, e)) { /* pictures half done are no pictures */
		drop_picture(dir, name, "svg");
		drop_picture(dir, name, "png");
		return -1;
	}
	return take_picture(dir, name, "svg", e) || take_picture(dir, name, "png", e) ? -1 : 0;
}
