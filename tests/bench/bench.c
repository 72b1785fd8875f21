/* bench.c - what things cost, as ratios to the least work that could do them, measured in one run.
 *
 * Nothing here can fail for being slow; it fails where a result is wrong.  Each line is the median
 * of five runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"
#include "journal.h"
#include "plan.h"
#include "reply.h"
#include "session.h"
#include "sweep.h"
#include "table.h"
#include "virtual.h"

#define TIMES 5

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median seconds of `work`. */
static double timed(void (*work)(void *arg), void *arg)
{
	double t[TIMES];

	for (int i = 0; i < TIMES; i++) {
		ns began = clock_mono();

		work(arg);
		t[i] = (double)(clock_mono() - began) / 1e9;
	}
	qsort(t, TIMES, sizeof(*t), by_value);
	return t[TIMES / 2];
}

static void check(int failed, const struct err *e)
{
	if (failed)
		BUG("%s", e->msg);
}

/* ---- a token of a stream ---- */

#define TOKENS 100000

struct stream {
	struct str bytes;
	uint64_t seen;
};

static void make_stream(struct stream *s)
{
	s->bytes = (struct str)STR_INIT(STR_MAX_FILE);
	for (int i = 0; i < TOKENS; i++)
		str_addf(&s->bytes,
			"{\"model\":\"gemma3:270m\",\"created_at\":\"2026-11-24T02:07:31.%09dZ\","
			"\"response\":\" word\",\"done\":false}\n",
			i);
	str_add(&s->bytes,
		"{\"model\":\"gemma3:270m\",\"response\":\"\",\"done\":true,\"done_reason\":"
		"\"length\",\"eval_count\":100000,\"eval_duration\":1000000000}\n");
}

static void count_lines(void *arg)
{
	struct stream *s = arg;
	const char *at = s->bytes.s, *end = at + s->bytes.len;

	s->seen = 0;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		s->seen++;
	}
}

static void read_reply(void *arg)
{
	struct stream *s = arg;
	struct reply r;
	size_t line = s->bytes.len / (TOKENS + 1) + 1;

	reply_init(&r, REPLY_OLLAMA, 4096, 100);
	reply_status(&r, 200);
	for (size_t at = 0; at < s->bytes.len; at += line) {
		size_t n = s->bytes.len - at < line ? s->bytes.len - at : line;

		if (reply_body(&r, s->bytes.s + at, n, (ns)at))
			break;
	}
	reply_end(&r, REPLY_CLEAN, NULL, 1);
	s->seen = (uint64_t)r.sample.chunks;
	if (r.sample.status != STATUS_OK || s->seen != TOKENS)
		BUG("%lu chunks, status %s", (unsigned long)s->seen, status_name(r.sample.status));
	reply_release(&r);
}

static void bench_tokens(void)
{
	struct stream s;
	double least, ours;

	make_stream(&s);
	least = timed(count_lines, &s);
	ours = timed(read_reply, &s);
	printf("%-44s %10.3f us   %6.1f x counting its lines\n", "a token: line to sample",
		ours / TOKENS * 1e6, ours / least);
	str_release(&s.bytes);
}

/* ---- plans and sweeps ---- */

struct world {
	struct sweep sweep;
	struct server_facts facts;
	struct sim_config config;
	struct plan plan;
};

static void world_open(struct world *w, const char *json)
{
	struct err e = ERR_INIT;
	json_t *o = json_loads(json, 0, NULL);
	struct sim *sim;

	*w = (struct world){.sweep = SWEEP_INIT};
	sim_config_default(&w->config);
	sim = sim_new(&w->config, 1);
	check(sweep_parse(&w->sweep, o, "bench", NULL, &e), &e);
	check(server_facts_init(&w->facts, "simulator=http://simulator.invalid", &e), &e);
	server_facts_add_model(&w->facts, "gemma3:270m");
	check(virtual_probe(&w->facts, sim, &e), &e);
	check(sweep_resolve(&w->sweep, &w->facts, 1, &e), &e);
	check(plan_build(&w->plan, &w->sweep, &w->facts, 1, &e), &e);
	sim_free(sim);
	json_decref(o);
}

static void world_close(struct world *w)
{
	plan_release(&w->plan);
	server_facts_release(&w->facts);
	sweep_release(&w->sweep);
}

static void run_virtually(void *arg)
{
	struct world *w = arg;
	struct sim *sim = sim_new(&w->config, 1);
	struct virtual_options opt = {.start = NS_PER_S, .interrupt_at = NS_NONE};
	struct session s;
	struct err e = ERR_INIT;
	ns ended;

	check(session_init(&s, &w->plan, NULL, 1, 0, &e), &e);
	check(virtual_run(&s, &sim, &opt, &ended, &e), &e);
	if (s.count[STATUS_OK] != w->plan.requests + w->plan.sentinel_requests)
		BUG("%lu rows are ok", (unsigned long)s.count[STATUS_OK]);
	session_release(&s);
	sim_free(sim);
}

static void bench_sweep(void)
{
	struct world w;
	double t;

	world_open(&w,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_gpu\":[\"auto\",0,99],\"num_ctx\":"
		"\"1024-"
		"8192x2\",\"temperature\":[0.2,0.6,0.8]},\"repeats\":6}");
	t = timed(run_virtually, &w);
	printf("%-44s %10.3f ms   %6.1f us a request (%lu requests, %u loads)\n",
		"a sweep of 36 cells under the virtual clock", t * 1e3,
		t / (double)w.plan.requests * 1e6, (unsigned long)w.plan.requests, w.plan.nvisits);
	world_close(&w);
}

static const struct {
	const char *what, *sweep;
} large_grids[] = {
	{"a plan of a million cells",
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":\"1024-10239+1024\","
		"\"num_batch\":\"1-100+1\",\"temperature\":\"0.001-1+0.001\"},\"passes\":3}"},
	{"the same of 100 x 100 x 100 with an exclude",
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":\"1001-1100\",\"top_k\":"
		"\"1-100\",\"temperature\":\"0-0.99+0.01\"},\"passes\":3,\"exclude\":"
		"[\"num_ctx * top_k > 100000 and temperature > 0.9\"]}"},
	{"the same where each cell is a block",
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":\"1001-1100\",\"num_batch\":"
		"\"1-100\",\"num_thread\":\"1-100\"},\"passes\":3,\"exclude\":"
		"[\"num_ctx == 1001 and num_batch == 7\"]}"},
};

static void plan_a_million(void *arg)
{
	struct world w;

	world_open(&w, arg);
	if (w.plan.ncells < 900000)
		BUG("%u cells", w.plan.ncells);
	world_close(&w);
}

static void bench_plan(void)
{
	for (size_t i = 0; i < COUNTOF(large_grids); i++) {
		char *sweep = xstrdup(large_grids[i].sweep);
		struct rusage u;
		double t = timed(plan_a_million, sweep);

		getrusage(RUSAGE_SELF, &u);
		printf("%-44s %10.3f s    %6.1f MiB at most so far\n", large_grids[i].what, t,
			(double)u.ru_maxrss / 1024);
		free(sweep);
	}
}

/* ---- rows to disk and back ---- */

#define ROWS 20000

struct rows {
	struct world w;
	char dir[64];
	struct str bytes;
};

static void remove_files(const char *dir)
{
	static const char *const names[] = {"runs.csv", "loads.csv", "chunks.csv", "raw"};

	for (size_t i = 0; i < COUNTOF(names); i++) {
		char *path = fsx_join(dir, names[i]);

		unlink(path);
		free(path);
	}
}

static void write_rows(void *arg)
{
	struct rows *b = arg;
	struct row_schema schema;
	struct journal *j;
	struct sample s;
	struct err e = ERR_INIT;
	struct item it = {.concurrency = 1};
	struct load load = {.id = "s1-l0001"};
	struct row_keys k = {.plan = &b->w.plan,
		.item = &it,
		.load = &load,
		.pass = 1,
		.session = 1,
		.attempt = 1,
		.phase = PHASE_MEASURE};

	remove_files(b->dir);
	sample_init(&s);
	s.sent = s.due = NS_PER_S;
	s.first_content = 2 * NS_PER_S;
	s.last_content = s.done = 3 * NS_PER_S;
	s.eval = s.total = NS_PER_S;
	s.output_tokens = s.chunks = 64;
	row_schema_init(&schema, &b->w.sweep);
	check(journal_open(b->dir, JOURNAL_NEW, JOURNAL_NO_CHUNKS, &schema, &j, &e), &e);
	for (uint64_t i = 0; i < ROWS; i++) {
		snprintf(it.run_id, sizeof(it.run_id), "%016lx", (unsigned long)i);
		k.order = i + 1;
		check(journal_row(j, &k, &s, &e), &e);
	}
	check(journal_close(j, &e), &e);
	sample_release(&s);
}

/* The least that could do it: the same bytes, a write each. */
static void write_raw(void *arg)
{
	struct rows *b = arg;
	char *path = fsx_join(b->dir, "raw");
	FILE *f = fopen(path, "w");
	const char *at = b->bytes.s, *end = at + b->bytes.len, *nl;

	setvbuf(f, NULL, _IONBF, 0);
	for (; (nl = memchr(at, '\n', (size_t)(end - at))); at = nl + 1)
		fwrite(at, 1, (size_t)(nl + 1 - at), f);
	fdatasync(fileno(f));
	fclose(f);
	free(path);
}

static void read_rows(void *arg)
{
	struct rows *b = arg;
	char *path = fsx_join(b->dir, "runs.csv");
	struct table t;
	struct err e = ERR_INIT;

	check(table_read(&t, path, true, run_columns, RUN_COLUMN_COUNT, NULL, NULL, &e), &e);
	if (t.nrows != ROWS)
		BUG("%zu rows came back", t.nrows);
	table_release(&t);
	free(path);
}

static void count_newlines(void *arg)
{
	struct rows *b = arg;
	char *path = fsx_join(b->dir, "runs.csv");
	struct str s = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;
	size_t n = 0;

	check(fsx_read(path, STR_MAX_FILE, &s, &e), &e);
	for (const char *at = s.s; (at = memchr(at, '\n', (size_t)(s.s + s.len - at))); at++)
		n++;
	if (n != ROWS + 1)
		BUG("%zu lines", n);
	str_release(&s);
	free(path);
}

static void bench_rows(void)
{
	struct rows b = {.dir = "/tmp/chimera-bench.XXXXXX", .bytes = STR_INIT(STR_MAX_FILE)};
	struct err e = ERR_INIT;
	char *path;
	double ours, least;

	if (!mkdtemp(b.dir))
		BUG("no folder");
	world_open(&b.w, "{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048,4096]}}");
	ours = timed(write_rows, &b);
	path = fsx_join(b.dir, "runs.csv");
	check(fsx_read(path, STR_MAX_FILE, &b.bytes, &e), &e);
	least = timed(write_raw, &b);
	printf("%-44s %10.3f us   %6.1f x the writes alone\n", "a row: sample to journal",
		ours / ROWS * 1e6, ours / least);
	ours = timed(read_rows, &b);
	least = timed(count_newlines, &b);
	printf("%-44s %10.3f us   %6.1f x counting newlines\n", "a row: journal to table, checked",
		ours / ROWS * 1e6, ours / least);
	remove_files(b.dir);
	rmdir(b.dir);
	free(path);
	str_release(&b.bytes);
	world_close(&b.w);
}

int main(void)
{
	bench_tokens();
	bench_rows();
	bench_sweep();
	bench_plan();
	return 0;
}
