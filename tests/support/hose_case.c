/* hose_case.c - a firehose, a client, and what both took. */
#include "hose_case.h"

#include <signal.h>
#include <stdbool.h>

#include "bridge_client.h"
#include "child.h"
#include "firehose.h"

static const char body[] = "{\"model\":\"gemma3:270m\",\"prompt\":\"Why is the sky blue?\"}";

struct hose_case {
	struct least_load load;
	unsigned tokens;
	ns took;
	struct least_answer answers[];
};

static void check_tokens(uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		child_fail("%llu of %llu tokens came", (unsigned long long)got,
			(unsigned long long)wanted);
}

static uint64_t all_tokens(const struct hose_case *c)
{
	return (uint64_t)c->load.streams * c->load.rounds * c->tokens;
}

static void run_bridge(void *arg)
{
	struct hose_case *c = arg;
	struct bridge_result r;
	struct err e = ERR_INIT;

	if (bridge_run(&c->load, &r, &e))
		child_fail("%s", e.msg);
	check_tokens(r.tokens, all_tokens(c));
	c->took = r.took;
}

static void run_least(void *arg)
{
	struct hose_case *c = arg;
	struct least_result r = {.answers = c->answers};
	struct err e = ERR_INIT;
	uint64_t lines = 0;

	if (least_run(&c->load, &r, &e))
		child_fail("%s", e.msg);
	for (unsigned i = 0; i < c->load.streams * c->load.rounds; i++)
		lines += c->answers[i].lines - 1;
	check_tokens(lines, all_tokens(c));
	c->took = r.took;
}

static void measure(const struct hose_load *l, void (*client)(void *arg), struct hose_cost *cost)
{
	size_t bytes = sizeof(struct hose_case) +
		(size_t)l->streams * l->rounds * sizeof(struct least_answer);
	struct hose_case *c = child_shared(bytes);
	struct child_cost ours, sender;
	struct firehose f;
	double seconds;
	pid_t pid;

	if (!firehose_open(&f, l->tokens))
		child_fail("the firehose cannot be opened");
	pid = child_fork(firehose_serve, &f);
	c->load = (struct least_load){f.port, l->streams, l->rounds, body};
	c->tokens = l->tokens;
	child_run(client, c, &ours);
	child_signal(pid, SIGKILL);
	child_wait(pid, &sender);
	firehose_close(&f);
	seconds = (double)c->took / 1e9;
	*cost = (struct hose_cost){
		.tok_s = (double)all_tokens(c) / seconds,
		.cpu_us = (ours.user + ours.system) / (double)all_tokens(c) * 1e6,
		.peak_mib = ours.peak_mib,
		.share = (ours.user + ours.system) / seconds,
		.sender_share = (sender.user + sender.system) / seconds,
		.token_bytes = (double)f.len / l->tokens,
	};
	child_unshare(c, bytes);
}

void hose_case_bridge(const struct hose_load *l, struct hose_cost *c)
{
	measure(l, run_bridge, c);
}

void hose_case_least(const struct hose_load *l, struct hose_cost *c)
{
	measure(l, run_least, c);
}
