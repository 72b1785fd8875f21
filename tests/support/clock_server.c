/* clock_server.c - starting and ending the simulated server. */
#include "clock_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"

#define MOST_STREAMS 1024
#define LISTENS_MS   10000
#define LOOK_MS      10

/* Nothing but the stream's own times: no load, no noise, no cost of sharing or of a context. */
static const char *const plain[] = {"load_ms=0", "resident_load_ms=0", "gpu_prefill_tok_s=1e7",
	"ctx_cost=0", "share_cost=0", "warmup_slow=0", "noise_request=0", "noise_load=0",
	"noise_pass=0", "noise_day=0", "num_parallel=1024", "max_queue=2048", "era=2"};

#define FIRST_ARGS 6 /* chimera simulate --port 0 --truth FILE */
#define MOST_ARGS  (FIRST_ARGS + 2 * (COUNTOF(plain) + 2) + 1)

/* The port in "... at http://127.0.0.1:PORT"; 0: it is not there yet. */
static int port_in(const char *path)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *at = NULL, *end;
	int port = 0;

	if (fsx_read(path, STR_MAX_LINE, &text, NULL) == 0)
		at = strstr(text.s, "http://127.0.0.1:");
	end = at ? strchr(at, '\n') : NULL;
	if (end)
		port = atoi(strrchr(at, ':') + 1);
	str_release(&text);
	return port;
}

static void wait_until_it_listens(struct clock_server *s)
{
	for (int waited = 0; waited < LISTENS_MS; waited += LOOK_MS) {
		s->port = port_in(s->output);
		if (s->port)
			return;
		if (child_has_ended(s->pid))
			break;
		usleep(LOOK_MS * 1000);
	}
	child_say(s->output);
	child_fail("the simulated server does not listen");
}

void clock_server_start(
	struct clock_server *s, const struct clock_place *p, const struct clock_load *l)
{
	char decode[60], first[60];
	const char *argv[MOST_ARGS] = {p->chimera, "simulate", "--port", "0", "--truth"};
	size_t n = FIRST_ARGS;

	if (l->streams > MOST_STREAMS)
		BUG("%u streams", l->streams);
	s->output = fsx_join(p->folder, "server.out");
	s->truth = fsx_join(p->folder, "truth.csv");
	argv[FIRST_ARGS - 1] = s->truth;
	snprintf(decode, sizeof(decode), "gpu_tok_s=%g", l->tok_s);
	snprintf(first, sizeof(first), "overhead_ms=%g", l->ttft_ms);
	for (size_t i = 0; i < COUNTOF(plain); i++) {
		argv[n++] = "--sim";
		argv[n++] = plain[i];
	}
	argv[n++] = "--sim";
	argv[n++] = decode;
	argv[n++] = "--sim";
	argv[n++] = first;
	argv[n] = NULL;
	s->pid = child_start(argv, s->output);
	wait_until_it_listens(s);
}

void clock_server_stop(struct clock_server *s, struct child_cost *cost)
{
	child_signal(s->pid, SIGTERM);
	child_wait(s->pid, cost);
	if (cost->exit)
		child_fail("the simulated server ended with %d", cost->exit);
}

void clock_server_release(struct clock_server *s)
{
	unlink(s->output);
	unlink(s->truth);
	free(s->output);
	free(s->truth);
}
