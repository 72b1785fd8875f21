/* doctor_server.c - see doctor_server.h
 *
 * What a signal handler must undo (a process, a file, a folder) is in the statics below, and is
 * undone by calls that a handler may make. */
#include "doctor_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "num.h"

#define SELF        "/proc/self/exe"
#define START_LIMIT (10 * NS_PER_S)
#define STOP_LIMIT  (10 * NS_PER_S)
#define LOOK_EVERY  10 /* ms, whether it has ended */
#define MAX_ARGS    64

/* A machine without noise, whose slots do not slow each other: a stream takes the time it takes. */
static const char *const machine[] = {"num_parallel=1024", "max_queue=2048", "share_cost=0",
	"noise_request=0", "noise_load=0", "noise_pass=0", "noise_day=0", "load_ms=0",
	"resident_load_ms=0", "warmup_slow=0", "ctx_cost=0", "kv_kib_per_token=0",
	"gpu_prefill_tok_s=1e7", "decode_speed=1", "stop_probability=0"};

static char folder[400], log_path[450];
static volatile sig_atomic_t server; /* 0: none runs */
static int log_fd = -1;

/* ---- the end ---- */

static void clean(void)
{
	pid_t pid = (pid_t)server;

	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		server = 0;
	}
	unlink(log_path);
	rmdir(folder);
}

void doctor_server_clean(void)
{
	clean();
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

static void on_signal(int number)
{
	(void)number;
	clean();
	_exit(ERR_INTERRUPTED);
}

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

static void watch_signals(void)
{
	struct sigaction end = {.sa_handler = on_signal}, before;

	sigfillset(&end.sa_mask);
	for (size_t i = 0; i < COUNTOF(numbers); i++) {
		/* nohup ignores SIGHUP on purpose; a shell's `&` ignores SIGINT by habit. */
		if (numbers[i] == SIGHUP && !sigaction(SIGHUP, NULL, &before) &&
			before.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &end, NULL);
	}
}

void doctor_server_prepare(void)
{
	watch_signals();
}

static int make_folder(struct err *e)
{
	const char *base = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%.350s/chimera-doctor-XXXXXX",
		base && *base ? base : "/tmp");
	log_path[0] = '\0';
	if (!mkdtemp(folder))
		return err_sys(e, ERR_ENV, errno, "no folder for the server's log at %s", folder);
	snprintf(log_path, sizeof(log_path), "%s/truth.csv", folder);
	return 0;
}

/* The log is kept by its descriptor alone: then nothing is left of it, however we end. */
static int take_log(struct doctor_server *s, struct err *e)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = open(log_path, O_RDONLY | O_CLOEXEC);
	if (log_fd < 0)
		return err_sys(e, ERR_ENV, errno, "the server's log %s", log_path);
	snprintf(s->truth, sizeof(s->truth), "/proc/self/fd/%d", log_fd);
	unlink(log_path);
	rmdir(folder);
	return 0;
}

/* ---- the start ---- */

struct args {
	const char *v[MAX_ARGS];
	size_t n;
};

static void add_arg(struct args *a, const char *text)
{
	if (a->n + 1 >= MAX_ARGS)
		BUG("too many arguments");
	a->v[a->n++] = text;
}

static void add_sim(struct args *a, const char *key_value)
{
	add_arg(a, "--sim");
	add_arg(a, key_value);
}

/* In the child: only what is allowed between fork and exec. */
static void become_server(const struct args *a, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(out, STDOUT_FILENO) < 0)
		_exit(ERR_ENV);
	execv(SELF, (char *const *)a->v);
	_exit(ERR_ENV);
}

/* What the parent undoes is not the child's to undo; what it ignores stays ignored. */
static void forget_signals(void)
{
	struct sigaction now, plain = {.sa_handler = SIG_DFL};

	for (size_t i = 0; i < COUNTOF(numbers); i++) {
		if (!sigaction(numbers[i], NULL, &now) && now.sa_handler == on_signal)
			sigaction(numbers[i], &plain, NULL);
	}
}

static int spawn(const struct args *a, int out, struct err *e)
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;

	/* No signal between the fork and the note of it, nor into the child before its exec. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		forget_signals();
		sigprocmask(SIG_SETMASK, &before, NULL);
		become_server(a, out, parent);
	}
	server = pid > 0 ? pid : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? err_sys(e, ERR_ENV, errno, "no process for the server") : 0;
}

/* Its first line ends in its address. */
static int read_address(int from, char url[static 64], struct err *e)
{
	ns until = clock_mono() + START_LIMIT, left;
	char line[400], *at;
	size_t len = 0;

	while (len + 1 < sizeof(line) && (left = until - clock_mono()) > 0) {
		struct pollfd waiting = {.fd = from, .events = POLLIN};
		ssize_t got = 0;

		if (poll(&waiting, 1, (int)(left / NS_PER_MS) + 1) == 1)
			got = read(from, line + len, sizeof(line) - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
		if (memchr(line, '\n', len))
			break;
	}
	line[len] = '\0';
	at = strstr(line, "http://");
	if (!at || strcspn(at, "\n") >= 64 || !strchr(at, '\n'))
		return err_set(e, ERR_ENV, "the server to measure against did not start");
	snprintf(url, 64, "%.*s", (int)strcspn(at, " \n"), at);
	return 0;
}

int doctor_server_start(struct doctor_server *s, double rate, struct err *e)
{
	char speed[NUM_TEXT + 16], ttft[40], number[NUM_TEXT];
	struct args a = {{"chimera", "simulate", "--port", "0", "--truth", log_path}, 6};
	int pipe_of[2], rc;

	*s = (struct doctor_server){0};
	snprintf(speed, sizeof(speed), "gpu_tok_s=%s", num_text(number, rate));
	snprintf(ttft, sizeof(ttft), "overhead_ms=%d", DOCTOR_TTFT_MS);
	for (size_t i = 0; i < COUNTOF(machine); i++)
		add_sim(&a, machine[i]);
	add_sim(&a, speed);
	add_sim(&a, ttft);
	if (make_folder(e))
		return -1;
	if (pipe2(pipe_of, O_CLOEXEC))
		return err_sys(e, ERR_ENV, errno, "no pipe to the server");
	rc = spawn(&a, pipe_of[1], e);
	close(pipe_of[1]);
	if (!rc)
		rc = read_address(pipe_of[0], s->url, e) || take_log(s, e) ? -1 : 0;
	close(pipe_of[0]);
	s->pid = (pid_t)server;
	return rc;
}

/* ---- the end of a level ---- */

/* True with its status once it has ended. */
static bool wait_until(pid_t pid, ns until, int *status)
{
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0 && clock_mono() < until)
		poll(NULL, 0, LOOK_EVERY);
	return got == pid;
}

int doctor_server_stop(struct doctor_server *s, struct err *e)
{
	int status = 0;

	if (wait_until(s->pid, 0, &status)) {
		server = 0;
		return err_set(e, ERR_ENV, "the server to measure against ended by itself");
	}
	kill(s->pid, SIGTERM);
	if (!wait_until(s->pid, clock_mono() + STOP_LIMIT, &status))
		return err_set(e, ERR_ENV, "the server to measure against does not end");
	server = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, ERR_ENV, "the server to measure against failed");
	return 0;
}
