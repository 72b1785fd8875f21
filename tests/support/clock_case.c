/* clock_case.c - a client and a server, each measured, and the files that both leave. */
#include "clock_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "clock_errors.h"
#include "clock_server.h"
#include "fsx.h"
#include "str.h"

static void no_figures(struct clock_figures *f)
{
	for (int i = 0; i < CLOCK_FIGURES; i++)
		f->v[i] = NAN;
}

static void put_costs(
	struct clock_results *r, const struct child_cost *client, const struct child_cost *server)
{
	double *v = r->figures.v;

	v[CLOCK_USER] = client->user / v[CLOCK_TOKENS] * 1e6;
	v[CLOCK_SYSTEM] = client->system / v[CLOCK_TOKENS] * 1e6;
	v[CLOCK_CPU] = v[CLOCK_USER] + v[CLOCK_SYSTEM];
	v[CLOCK_PEAK] = client->peak_mib;
	v[CLOCK_SHARE] = (client->user + client->system) / r->span_s;
	v[CLOCK_SERVER] = (server->user + server->system) / r->span_s;
}

/* ---- chimera run ---- */

/* A burst is so many requests in a closed loop; one at a time needs none. */
static void write_sweep(const char *path, const struct clock_load *l, int port)
{
	unsigned requests = l->streams * l->rounds;
	struct str json = STR_INIT(STR_MAX_LINE);
	struct err e = ERR_INIT;

	str_addf(&json,
		"{\"name\":\"bench\",\"model\":\"gemma3:270m\","
		"\"servers\":[\"http://127.0.0.1:%d\"],"
		"\"options\":{\"num_ctx\":2048,\"num_predict\":%u},"
		"\"factors\":{\"concurrency\":[%u]},"
		"\"passes\":1,\"warmups\":1,\"sentinel\":false,",
		port, l->tokens, l->streams);
	if (l->streams > 1)
		str_addf(&json, "\"repeats\":1,\"burst\":%u}\n", requests);
	else
		str_addf(&json, "\"repeats\":%u}\n", requests);
	if (fsx_replace(path, json.s, json.len, &e))
		child_fail("%s", e.msg);
	str_release(&json);
}

/* A client that ends badly has said why. */
static void run_client(const struct clock_place *p, const char *sweep, const char *run_folder,
	struct child_cost *cost)
{
	const char *const argv[] = {
		p->chimera, "run", sweep, "--no-report", "--quiet", "--out", run_folder, NULL};
	char *output = fsx_join(p->folder, "client.out");

	child_wait(child_start(argv, output), cost);
	if (cost->exit) {
		child_say(output);
		child_fail("chimera run ended with %d", cost->exit);
	}
	unlink(output);
	free(output);
}

struct reading {
	struct clock_results results;
	struct clock_load load;
	const char *truth, *run_folder;
	const struct least_answer *answers;
};

static void read_run(void *arg)
{
	struct reading *r = arg;

	clock_errors_of_run(&r->results, &r->load, r->truth, r->run_folder);
}

void clock_case_run(
	const struct clock_place *p, const struct clock_load *l, struct clock_figures *f)
{
	char *sweep = fsx_join(p->folder, "sweep.json"), *run = fsx_join(p->folder, "run");
	struct reading *r = child_shared(sizeof(*r));
	struct child_cost client, server, reader;
	struct clock_server s;

	clock_server_start(&s, p, l);
	write_sweep(sweep, l, s.port);
	run_client(p, sweep, run, &client);
	clock_server_stop(&s, &server);
	no_figures(&r->results.figures);
	r->load = *l;
	r->truth = s.truth;
	r->run_folder = run;
	child_run(read_run, r, &reader);
	put_costs(&r->results, &client, &server);
	*f = r->results.figures;
	clock_server_release(&s);
	child_remove(run);
	unlink(sweep);
	free(sweep);
	free(run);
	child_unshare(r, sizeof(*r));
}

/* ---- the least client ---- */

struct least_case {
	struct least_load load;
	struct least_result result;
	struct least_answer answers[];
};

static void run_least(void *arg)
{
	struct least_case *c = arg;
	struct err e = ERR_INIT;

	c->result.answers = c->answers;
	if (least_run(&c->load, &c->result, &e))
		child_fail("%s", e.msg);
}

static void read_least(void *arg)
{
	struct reading *r = arg;

	clock_errors_of_least(&r->results, &r->load, r->truth, r->answers);
}

/* Much the same as `chimera run` sends. */
static void write_body(char *dst, size_t size, const struct clock_load *l)
{
	snprintf(dst, size,
		"{\"model\":\"gemma3:270m\",\"prompt\":\"[123456789012]\\n\\nWhy is the sky blue? "
		"Explain it in a few plain sentences.\",\"stream\":true,\"keep_alive\":1800,"
		"\"options\":{\"num_ctx\":2048,\"num_batch\":512,\"num_gpu\":-1,\"num_predict\":%u,"
		"\"seed\":42}}",
		l->tokens);
}

void clock_case_least(
	const struct clock_place *p, const struct clock_load *l, struct clock_figures *f)
{
	size_t bytes = sizeof(struct least_case) +
		(size_t)l->streams * l->rounds * sizeof(struct least_answer);
	struct least_case *c = child_shared(bytes);
	struct reading *r = child_shared(sizeof(*r));
	struct child_cost client, server, reader;
	struct clock_server s;
	char body[500];

	write_body(body, sizeof(body), l);
	clock_server_start(&s, p, l);
	c->load = (struct least_load){s.port, l->streams, l->rounds, body};
	child_run(run_least, c, &client);
	clock_server_stop(&s, &server);
	no_figures(&r->results.figures);
	r->results.span_s = (double)c->result.took / 1e9;
	r->load = *l;
	r->truth = s.truth;
	r->answers = c->answers;
	child_run(read_least, r, &reader);
	put_costs(&r->results, &client, &server);
	*f = r->results.figures;
	clock_server_release(&s);
	child_unshare(r, sizeof(*r));
	child_unshare(c, bytes);
}

/* ---- several ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void clock_median(const struct clock_figures *cases, size_t n, struct clock_figures *f)
{
	double *v = xcalloc(n, sizeof(*v));

	for (int i = 0; i < CLOCK_FIGURES; i++) {
		size_t have = 0;

		for (size_t k = 0; k < n; k++)
			if (!isnan(cases[k].v[i]))
				v[have++] = cases[k].v[i];
		qsort(v, have, sizeof(*v), by_value);
		f->v[i] = have ? (v[(have - 1) / 2] + v[have / 2]) / 2 : NAN;
	}
	free(v);
}
