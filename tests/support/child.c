/* child.c - fork, exec, wait4. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "str.h"

void child_fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_Exit(1);
}

/* ---- one process ---- */

/* A fork that is killed when its parent ends, be it by a signal. */
static pid_t fork_bound(void)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		child_fail("fork: %s", strerror(errno));
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent))
		_Exit(1);
	return pid;
}

static void send_output_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		child_fail("%s: %s", path, strerror(errno));
	close(fd);
}

pid_t child_start(const char *const argv[], const char *output)
{
	pid_t pid = fork_bound();

	if (pid != 0)
		return pid;
	send_output_to(output);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	child_fail("%s: %s", argv[0], strerror(errno));
}

void child_say(const char *output)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	fflush(stdout);
	if (fsx_read(output, STR_MAX_LINE, &text, NULL) == 0)
		fputs(text.s, stderr);
	str_release(&text);
}

pid_t child_fork(void (*work)(void *arg), void *arg)
{
	pid_t pid = fork_bound();

	if (pid != 0)
		return pid;
	work(arg);
	fflush(stdout);
	_Exit(0);
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void child_wait(pid_t pid, struct child_cost *cost)
{
	struct rusage used;
	int status;

	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			child_fail("wait4: %s", strerror(errno));
	*cost = (struct child_cost){
		.user = seconds(&used.ru_utime),
		.system = seconds(&used.ru_stime),
		.peak_mib = (double)used.ru_maxrss / 1024,
		.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
	};
}

bool child_has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

void child_signal(pid_t pid, int signum)
{
	if (kill(pid, signum))
		child_fail("kill: %s", strerror(errno));
}

void child_run(void (*work)(void *arg), void *arg, struct child_cost *cost)
{
	child_wait(child_fork(work, arg), cost);
	if (cost->exit)
		child_fail("a part of the benchmark failed (%d)", cost->exit);
}

void *child_shared(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		child_fail("mmap: %s", strerror(errno));
	return p;
}

void child_unshare(void *shared, size_t bytes)
{
	munmap(shared, bytes);
}

/* ---- the whole, in a folder ---- */

static volatile sig_atomic_t worker; /* a process group; 0: none */

static void end_worker(int signum)
{
	(void)signum;
	if (worker)
		kill(-(pid_t)worker, SIGKILL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void child_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *make_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = xasprintf("%s/chimera-bench.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(path))
		child_fail("%s: %s", path, strerror(errno));
	return path;
}

static void on_interrupts(void (*handler)(int signum))
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = handler};

	for (size_t i = 0; i < COUNTOF(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* In a group of its own, so that one signal reaches whatever it has started. */
static pid_t start_worker(int (*work)(const char *folder), const char *folder)
{
	pid_t pid = fork_bound();

	if (pid == 0) {
		int code;

		on_interrupts(SIG_DFL);
		setpgid(0, 0);
		code = work(folder);
		fflush(stdout);
		_Exit(code);
	}
	setpgid(pid, pid); /* both do, since either may be first */
	return pid;
}

int child_in_folder(int (*work)(const char *folder))
{
	char *folder = make_folder();
	struct child_cost cost;

	/* An interrupt ends the worker, whose end is then waited for as any other. */
	on_interrupts(end_worker);
	worker = start_worker(work, folder);
	child_wait((pid_t)worker, &cost);
	end_worker(0);
	worker = 0;
	child_remove(folder);
	free(folder);
	return cost.exit < 0 ? 1 : cost.exit;
}
