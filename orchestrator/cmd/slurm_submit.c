/* slurm_submit.c - runs `sbatch --parsable` and reads the job's id. */
#include "slurm_submit.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bug.h"
#include "str.h"

#define MAX_OUTPUT ((size_t)64 << 10)

extern char **environ;

/* All that comes out of the pipe, up to a bound. */
static void read_all(int fd, struct str *out)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n > 0)
			str_addn(out, buf, (size_t)n);
		else if (errno != EINTR)
			return;
	}
}

/* Runs it with both its outputs into the pipe; returns its exit status, or -1 with errno. */
static int spawn(char *const argv[], struct str *out)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status = 0, errnum;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	errnum = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (errnum == 0)
		read_all(ends[0], out);
	close(ends[0]);
	errno = errnum;
	if (errnum)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* "123" or "123;cluster" on the last line; false if there is none. */
static bool read_id(const char *text, char id[SLURM_ID])
{
	const char *line = text, *next;
	size_t n = 0;

	while ((next = strchr(line, '\n')) && next[1])
		line = next + 1;
	while (isdigit((unsigned char)line[n]) && n < SLURM_ID - 1) {
		id[n] = line[n];
		n++;
	}
	id[n] = '\0';
	return n > 0 && (line[n] == '\0' || line[n] == '\n' || line[n] == ';');
}

static int not_queued(const char *script, struct str *out, struct err *e)
{
	char safe[300];

	out->s[strcspn(out->s, "\n")] = '\0';
	err_set(e, ERR_ENV, "%s was not queued: %s", script,
		out->len ? err_quote(safe, sizeof(safe), out->s) : "sbatch failed without a word");
	return err_hint(e, "the scripts are written: mend them, or queue them with other options");
}

int slurm_submit(const char *script, const char *dependency, char id[SLURM_ID], struct err *e)
{
	struct str out = STR_INIT(MAX_OUTPUT);
	char *after = dependency ? xasprintf("--dependency=%s", dependency) : NULL;
	const char *argv[] = {
		"sbatch", "--parsable", after ? after : script, after ? script : NULL, NULL};
	int status = spawn((char *const *)argv, &out), failed = 0;

	if (status < 0) {
		failed = err_sys(e, ERR_ENV, errno, "sbatch cannot be started");
		err_hint(e,
			"is Slurm installed here?  the scripts are written: queue them where "
			"it is");
	} else if (status > 0 || !read_id(out.s, id)) {
		failed = not_queued(script, &out, e);
	}
	free(after);
	str_release(&out);
	return failed;
}
