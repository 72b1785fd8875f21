/* test_runner.c - the schedule, told as the trace of what it does, and its rules under random
 * worlds.
 *
 * In the tables a script has one letter per request sent: what its answer is (see answer_of).  A
 * request beyond the script is answered well. */
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"
#include "unit.h"
#include "vec.h"

#define ONE_BLOCK                                                                                  \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":1,"       \
	"\"repeats\":2,\"warmups\":1,\"sentinel\":false}"
#define TWO_BLOCKS                                                                                 \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048,4096]},\"prompt\":\"Hi.\",\"passes\":1,"  \
	"\"repeats\":1,\"warmups\":1,\"sentinel\":false}"
#define FIVE_PASSES                                                                                \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":5,"       \
	"\"repeats\":5,\"warmups\":1,\"sentinel\":false}"
#define TWO_PASSES                                                                                 \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":2,"       \
	"\"repeats\":2,\"warmups\":1,\"sentinel\":false}"
#define SENTINEL                                                                                   \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":1,"       \
	"\"repeats\":1,\"warmups\":1,\"sentinel\":true}"
#define WARM_THREE                                                                                 \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":1,"       \
	"\"repeats\":1,\"warmups\":3,\"sentinel\":false}"
#define BURST                                                                                      \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"concurrency\":2,\"burst\":4,"         \
	"\"prompt\":\"Hi.\",\"passes\":1,\"repeats\":1,\"warmups\":1,\"sentinel\":false}"

#define WARM_THREE_TWICE                                                                           \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":1,"       \
	"\"repeats\":2,\"warmups\":3,\"sentinel\":false}"

static const char *const one_url[] = {"http://10.0.0.1:1"};
static const char *const shared_urls[] = {"http://10.0.0.1:1", "http://10.0.0.1:2"};
static const char *const other_urls[] = {"http://10.0.0.1:1", "http://10.0.0.2:1"};

static void answer_of(char letter, struct fake_answer *a)
{
	static const struct {
		char letter;
		enum status status;
		int http_status;
		bool content;
	} kinds[] = {
		{'C', STATUS_CONNECT_ERROR, 0, false},
		{'O', STATUS_OUT_OF_MEMORY, 500, false},
		{'E', STATUS_SERVER_ERROR, 200, false},
		{'e', STATUS_SERVER_ERROR, 200, true},
		{'T', STATUS_TRUNCATED, 200, true},
		{'R', STATUS_TRUNCATED, 200, true},
		{'P', STATUS_PROMPT_TRUNCATED, 400, false},
		{'F', STATUS_TIMEOUT_FIRST, 0, false},
		{'L', STATUS_TIMEOUT_STALL, 200, true},
		{'M', STATUS_MODEL_MISSING, 404, false},
		{'H', STATUS_HTTP_ERROR, 400, false},
		{'X', STATUS_HTTP_ERROR, 500, false},
		{'Q', STATUS_QUEUE_FULL, 503, false},
		{'B', STATUS_BAD_LINE, 200, true},
	};

	if (letter == 'Z')
		a->takes = 60 * NS_PER_S;

	if (letter >= '1' && letter <= '9')
		a->total = a->load + (letter - '0') * 100 * NS_PER_MS;
	if (letter == 'n') /* less than a 9, by less than a tenth */
		a->total = a->load + 850 * NS_PER_MS;
	if (letter == 'I')
		a->validity = INVALID;
	a->broken = letter == 'R';
	for (size_t i = 0; i < COUNTOF(kinds); i++) {
		if (kinds[i].letter != letter)
			continue;
		a->status = kinds[i].status;
		a->http_status = kinds[i].http_status;
		a->ttft = kinds[i].content ? a->ttft : NS_NONE;
		a->error = "what the server said";
	}
}

static void by_script(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	const char *script = w->arg;

	(void)t;
	if (w->requests < strlen(script))
		answer_of(script[w->requests], a);
}

/* A plan with its world, ready to run. */
struct bench {
	struct fake_plan f;
	struct fake_ledger ledger;
	struct fake_world w;
	char script[200];
};

static void bench_init(struct bench *b, const char *name, const char *sweep, const char *script,
	const char *const *urls, size_t nurls)
{
	fake_plan_make(&b->f, sweep, urls, nurls);
	fake_ledger_init(&b->ledger, &b->f.plan);
	fake_world_init(&b->w, &b->f.plan, &b->ledger);
	snprintf(b->script, sizeof(b->script), "%s", script);
	b->w.what = name;
	b->w.answer = by_script;
	b->w.arg = b->script;
}

static void bench_release(struct bench *b)
{
	fake_world_release(&b->w);
	fake_ledger_release(&b->ledger);
	fake_plan_release(&b->f);
}

static void assert_trace(const struct bench *b, const char *wanted)
{
	if (strcmp(b->w.trace.s, wanted) != 0)
		fail_msg("%s:\n  did    %s\n  wanted %s", b->w.what, b->w.trace.s, wanted);
}

struct scenario {
	const char *name, *sweep, *script, *trace;
};

static void check_trace(const struct scenario *c, const char *const *urls, size_t nurls)
{
	struct bench b;

	bench_init(&b, c->name, c->sweep, c->script, urls, nurls);
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, c->trace);
	bench_release(&b);
}

#define START "ps ps "                /* what is in memory at the start, and before the load */
#define AGAIN "unload ps wait:50 ps " /* a load of its own, of a model that was there */
#define LOAD  "W ps load:ok:1 "
#define END   " unload wait:5000 stop:complete"
#define GONE  " unload wait:5000 stop:gone"

static void test_scenarios(void **state)
{
	static const struct scenario cases[] = {
		{"all well", ONE_BLOCK, "", START "W ps load:ok:1 m m" END},
		{"two blocks", TWO_BLOCKS, "",
			START "W ps load:ok:1 m " AGAIN "W ps load:ok:1 m" END},
		{"every pass has its load", TWO_PASSES, "",
			START "W ps load:ok:1 m " AGAIN "W ps load:ok:1 m" END},
		{"sentinel", SENTINEL, "",
			START "W ps load:ok:1 s s s s s " AGAIN "W ps load:ok:1 m " AGAIN
			      "W ps load:ok:1 s s s s s" END},
		{"three warm-ups", WARM_THREE, "", START "W ps w w load:ok:3 m" END},
		{"one warm-up has nothing to fall from", ONE_BLOCK, "98",
			START "W ps load:ok:1 m m" END},
		{"times fall below nine tenths", WARM_THREE, "99765",
			START "W ps w w w w load:ok:5 m" END},
		{"five at most", WARM_THREE, "987654", START "W ps w w w w load:ok:5 m" END},
		{"falling by less than a tenth", WARM_THREE, "99n",
			START "W ps w w load:ok:3 m" END},
		{"no longer falling", WARM_THREE, "9988", START "W ps w w w load:ok:4 m" END},
		{"a burst", BURST, "", START "W ps load:ok:1 m m m m" END},
		{"invalid, measured again at the end", ONE_BLOCK, ".I",
			START "W ps load:ok:1 m m m" END},
		{"invalid for good", ONE_BLOCK, ".IIIII", START "W ps load:ok:1 m m m m m m" END},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		check_trace(&cases[i], one_url, 1);
}

static void test_failures(void **state)
{
	static const struct scenario cases[] = {
		{"a refused load", ONE_BLOCK, "C", START "W wait:1000 W ps load:ok:1 m m" END},
		{"refused six times", ONE_BLOCK, "CCCCCC",
			START "W wait:1000 W wait:2000 W wait:4000 W wait:8000 W wait:16000 W "
			      "load:connect_error:0" GONE},
		{"an answer ends the row of refusals", ONE_BLOCK, "CCECC",
			START "W wait:1000 W wait:2000 W wait:1000 W wait:1000 W wait:2000 W ps "
			      "load:ok:1 m m" END},
		{"a refused item is sent again", ONE_BLOCK, ".C",
			START "W ps load:ok:1 m wait:1000 " LOAD "m m" END},
		{"an item refused for good", ONE_BLOCK, ".C.C.C.C.C.C",
			START LOAD "m wait:1000 " LOAD "m wait:1000 " LOAD "m wait:1000 " LOAD
				   "m wait:1000 " LOAD "m wait:1000 " LOAD "m wait:1000 " LOAD
				   "m" END},
		{"the runner dies", ONE_BLOCK, ".e", START LOAD "m " LOAD "m" END},
		{"and the warm-up after it fails", ONE_BLOCK, ".eF",
			START LOAD "m W wait:1000 " LOAD "m" END},
		{"and the warm-up after it dies once loaded", WARM_THREE_TWICE, "...e.e",
			START "W ps w w load:ok:3 m W ps w wait:1000 W w load:ok:3 m" END},
		{"dies between items, again and again", ONE_BLOCK, ".LEee",
			START LOAD "m w wait:1000 W ps W wait:1000 W load:server_error:2 m" END},
		{"the runner dies in a burst", BURST, ".e", START LOAD "m m " LOAD "m m" END},
		{"refused in a burst", BURST, ".C", START LOAD "m m wait:1000 " LOAD "m m m" END},
		{"500 before a byte", ONE_BLOCK, ".X", START LOAD "m " LOAD "m" END},
		{"the connection breaks", ONE_BLOCK, ".R", START LOAD "m " LOAD "m" END},
		{"and in the first warm-up", ONE_BLOCK, "R",
			START "W ps W load:truncated:2 m m" END},
		{"dies after a stall", ONE_BLOCK, ".Le", START LOAD "m w wait:1000 " LOAD "m" END},
		{"dies in the only warm-up", ONE_BLOCK, "e",
			START "W ps W load:server_error:2 m m" END},
		{"dies in every warm-up", ONE_BLOCK, "eeee",
			START "W ps W wait:1000 W wait:2000 W load:server_error:1" END},
		{"400 is the request's own fault", ONE_BLOCK, ".H", START "W ps load:ok:1 m m" END},
		{"no room", ONE_BLOCK, ".Q", START "W ps load:ok:1 m w m" END},
		{"stalled", ONE_BLOCK, ".L", START "W ps load:ok:1 m w m" END},
		{"no line", ONE_BLOCK, ".B", START "W ps load:ok:1 m w m" END},
		{"never began", ONE_BLOCK, ".F", START "W ps load:ok:1 m w m" END},
		{"ended without done", ONE_BLOCK, ".T", START "W ps load:ok:1 m m" END},
		{"nothing after the last item", ONE_BLOCK, "..e", START "W ps load:ok:1 m m" END},
		{"base weights repeat themselves", ONE_BLOCK, "T",
			START "W ps load:truncated:1 m m" END},
		{"the prompt does not fit", ONE_BLOCK, "P",
			START "W ps load:prompt_truncated:1 m m" END},
		{"died while warming", WARM_THREE, "e", START "W ps W w load:server_error:3 m" END},
		{"a warm-up that fails", ONE_BLOCK, "F",
			START "W wait:1000 W ps load:ok:1 m m" END},
		{"three failed warm-ups, next visit", TWO_BLOCKS, "EXF",
			START "W wait:1000 W wait:2000 W load:timeout_first:0 unload ps "
			      "W ps load:ok:1 m" END},
		{"three such visits", FIVE_PASSES, "EEEEEEEEE",
			START "W wait:1000 W wait:2000 W load:server_error:0 unload ps "
			      "W wait:1000 W wait:2000 W load:server_error:0 unload ps "
			      "W wait:1000 W wait:2000 W load:server_error:0" GONE},
		{"two such, a good one, two such", FIVE_PASSES, "EEEEEE..EEEEEE",
			START "W wait:1000 W wait:2000 W load:server_error:0 unload ps "
			      "W wait:1000 W wait:2000 W load:server_error:0 unload ps "
			      "W ps load:ok:1 m " AGAIN
			      "W wait:1000 W wait:2000 W load:server_error:0 unload ps "
			      "W wait:1000 W wait:2000 W load:server_error:0" END},
		{"the server goes after the items", TWO_PASSES, ".EEEE",
			START LOAD "m unload ps "
				   "W wait:1000 W wait:2000 W load:server_error:0" END},
		{"no such model", ONE_BLOCK, "M", START "W load:model_missing:0" GONE},
		{"no such model any more", ONE_BLOCK, ".M", START "W ps load:ok:1 m" GONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		check_trace(&cases[i], one_url, 1);
}

static void test_out_of_memory(void **state)
{
	static const struct scenario cases[] = {
		{"once, and another pass", TWO_PASSES, "O",
			START "W load:out_of_memory:0 unload ps W ps load:ok:1 m" END},
		{"twice: all of the block is skipped", TWO_PASSES, "OO",
			START
			"W load:out_of_memory:0 unload ps W load:out_of_memory:0 skip skip" END},
		{"later passes too", FIVE_PASSES, "OO",
			START "W load:out_of_memory:0 unload ps W load:out_of_memory:0 skip skip "
			      "skip skip skip" END},
		{"other blocks go on", TWO_BLOCKS, "O",
			START "W load:out_of_memory:0 unload ps W ps load:ok:1 m" END},
		{"a reload in the middle", ONE_BLOCK, ".OO",
			START "W ps load:ok:1 m W load:out_of_memory:0" END},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		check_trace(&cases[i], one_url, 1);
}

static void test_shared_host(void **state)
{
	static const struct scenario cases[] = {
		/* Both look first; then visit by visit, each leaving the memory free. */
		{"turn by turn", TWO_PASSES, "",
			"0:ps 1:ps 0:ps 0:W 0:ps 0:load:ok:1 0:m 0:unload 0:ps 0:wait:50 0:ps "
			"1:ps 1:W 1:ps 1:load:ok:1 1:m 1:unload 1:ps 1:wait:50 1:ps stop:complete"},
		{"its pass goes to the other when a lane gives up", TWO_PASSES, "M",
			"0:ps 1:ps 0:ps 0:W 0:load:model_missing:0 0:note 0:unload 0:wait:5000 "
			"1:ps 1:W 1:ps 1:load:ok:1 1:m 1:unload 1:ps 1:wait:50 1:ps "
			"1:W 1:ps 1:load:ok:1 1:m 1:unload 1:wait:5000 stop:complete"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		check_trace(&cases[i], shared_urls, 2);
}

static void test_servers_apart_work_at_once(void **state)
{
	static const struct scenario cases[] = {
		{"two servers", TWO_PASSES, "",
			"0:ps 1:ps 0:ps 1:ps 0:W 1:W 0:ps 1:ps 0:load:ok:1 0:m 1:load:ok:1 1:m "
			"0:unload 0:wait:5000 1:unload 1:wait:5000 stop:complete"},
		/* Each has its own memory: once on each is not twice. */
		{"out of memory on both", TWO_PASSES, "OO",
			"0:ps 1:ps 0:ps 1:ps 0:W 1:W 0:load:out_of_memory:0 0:unload 0:wait:5000 "
			"1:load:out_of_memory:0 1:unload 1:wait:5000 stop:complete"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		check_trace(&cases[i], other_urls, 2);
}

/* ---- what is in memory at the start, and whether the server tells ---- */

static void test_left_in_memory(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "left in memory", ONE_BLOCK, "", one_url, 1);
	b.w.servers[0].resident = "m";
	b.w.servers[0].other = "llama3:8b"; /* not ours to unload */
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, "ps unload ps wait:50 ps ps W ps load:ok:1 m m" END);
	assert_string_equal(b.w.last_load.other_models, "llama3:8b");
	bench_release(&b);
}

static void test_without_ps(void **state)
{
	static const char *const sweep =
		"{\"factors\":{\"model\":[\"a\",\"b\"]},\"prompt\":\"Hi.\",\"passes\":1,"
		"\"repeats\":1,\"warmups\":1,\"sentinel\":false}";
	struct bench b;

	(void)state;
	bench_init(&b, "no /api/ps", sweep, "", one_url, 1);
	b.f.servers[0].has_ps = false;
	b.w.servers[0].ps_fails = true;
	fake_world_run(&b.w, 1, NULL);
	assert_trace(
		&b, "unload unload wait:1000 W load:ok:1 m unload wait:1000 W load:ok:1 m" END);
	assert_false(b.w.last_load.read_back);
	assert_int_equal(b.w.last_load.context_length, -1);
	bench_release(&b);
}

static void test_ps_that_fails(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "/api/ps fails", ONE_BLOCK, "", one_url, 1);
	b.w.servers[0].ps_fails = true;
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, "ps unload wait:1000 ps W ps load:ok:1 m m" END);
	bench_release(&b);
}

static void test_unload_that_does_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "stuck", ONE_BLOCK, "", one_url, 1);
	b.w.servers[0].resident = "m";
	b.w.servers[0].stuck = true;
	fake_world_run(&b.w, 1, NULL);
	assert_contains(b.w.trace.s,
		"ps unload ps wait:50 ps wait:100 ps wait:200 ps wait:400 ps "
		"wait:500 ps wait:500 ps");
	assert_contains(b.w.trace.s, "wait:500 ps W ps load:ok:1 m m unload");
	assert_contains(b.w.last_load.other_models, "m (not unloaded");
	assert_in_range(b.w.now, 121 * NS_PER_S, 125 * NS_PER_S); /* twice a minute */
	bench_release(&b);
}

/* ---- the load's row, tickets, progress ---- */

static void test_load_row(void **state)
{
	const struct load *l;
	struct bench b;

	(void)state;
	bench_init(&b, "load row", TWO_BLOCKS, "", one_url, 1);
	b.w.servers[0].other = "llama3:8b";
	fake_world_run(&b.w, 3, NULL);
	l = &b.w.last_load;
	assert_string_equal(l->id, "s3-l0002");
	assert_int_equal(l->session, 3);
	assert_int_equal(l->block, b.f.plan.visits[1].block);
	assert_int_equal(l->pass, 1);
	assert_int_equal(l->phase, PHASE_MEASURE);
	assert_int_equal(l->status, STATUS_OK);
	assert_int_equal(l->load_ms_server, 500 * NS_PER_MS);
	assert_true(l->read_back);
	assert_int_equal(l->context_length, 4096);
	assert_int_equal(l->size, 500000000);
	assert_int_equal(l->size_vram, 400000000);
	assert_string_equal(l->other_models, "llama3:8b");
	assert_int_equal(l->warmups, 1);
	/* 102 ms to the first load's end, read-back, item, unload, two looks, the wait. */
	assert_int_equal(l->started_wall, (1000 + 102 + 1 + 100 + 1 + 1 + 50 + 1) * NS_PER_MS);
	bench_release(&b);
}

static void note_cell(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	uint32_t *cells = w->arg;

	(void)a;
	assert_int_equal(t->item.prompt, 0);
	assert_int_equal(t->item.concurrency, 1);
	if (w->requests < 4)
		cells[w->requests] = t->item.cell;
}

/* Warm-ups go through the cells of the block, from the one that is measured first. */
static void test_warmup_cells(void **state)
{
	uint32_t cells[4] = {99, 99, 99, 99};
	struct bench b;

	(void)state;
	bench_init(&b, "cells",
		"{\"model\":\"m\",\"factors\":{\"temperature\":[0,1]},\"prompt\":\"Hi.\","
		"\"passes\":1,\"repeats\":1,\"warmups\":3,\"sentinel\":false}",
		"", one_url, 1);
	b.w.answer = note_cell;
	b.w.arg = cells;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(cells[0], cells[3]);
	assert_int_equal(cells[1], 1 - cells[0]);
	assert_int_equal(cells[2], cells[0]);
	bench_release(&b);
}

struct limits_seen {
	double first[8];
	size_t n;
};

static void note_limits(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	struct limits_seen *seen = w->arg;

	assert_double(t->limit_connect_s, 2);
	assert_double(t->limit_stall_s, 7);
	assert_double(t->limit_total_s, 0);
	assert_in_range(seen->n, 0, 7);
	seen->first[seen->n++] = t->limit_first_s;
	if (w->requests == 0)
		a->ttft = 50 * NS_PER_S; /* the load's, not the server's habit */
	if (w->requests == 2)
		a->ttft = 2 * NS_PER_S;
	a->takes = a->ttft + NS_PER_S;
}

static void test_limits(void **state)
{
	struct limits_seen seen = {.n = 0};
	struct bench b;

	(void)state;
	bench_init(&b, "limits",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":1,"
		"\"repeats\":3,\"warmups\":2,\"sentinel\":false,\"limits\":{\"connect\":2,"
		"\"first\":5,\"first_load\":100,\"stall\":7}}",
		"", one_url, 1);
	b.w.answer = note_limits;
	b.w.arg = &seen;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(seen.n, 5);
	assert_double(seen.first[0], 100); /* pays the load */
	assert_double(seen.first[1], 5);
	assert_double(seen.first[2], 5);
	assert_double(seen.first[3], 20); /* ten times the slowest so far */
	assert_double(seen.first[4], 20);
	bench_release(&b);
}

static void note_progress(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	struct runner_progress p;

	(void)a;
	runner_progress(w->runner, &p);
	assert_int_equal(p.loading, t->load_due);
	assert_int_equal(p.loading_since, t->load_due ? w->now : NS_NONE);
	assert_int_equal(p.block, t->load.block);
	assert_int_equal(p.cell, t->item.cell);
	assert_int_equal(p.done, w->measured);
	assert_int_equal(p.total, 2);
	assert_int_equal(p.loads_planned, 5);
}

static void test_progress(void **state)
{
	struct bench b;

	(void)state;
	/* Two passes of one block, a sentinel before, between and after. */
	bench_init(&b, "progress",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\",\"passes\":2,"
		"\"repeats\":2,\"warmups\":1,\"sentinel\":true}",
		"", one_url, 1);
	b.w.answer = note_progress;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.requests, 5 + 3 * PLAN_SENTINEL_REQUESTS + 2);
	assert_int_equal(b.w.progress.done, 2);
	assert_int_equal(b.w.progress.loads_made, 5);
	assert_int_equal(b.w.progress.last_ttft, 20 * NS_PER_MS);
	assert_false(b.w.progress.loading);
	bench_release(&b);
}

/* A resume passes over what was invalid three times, so it is as good as done. */
static void test_given_up_is_done(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "given up", ONE_BLOCK, ".IIIII", one_url, 1);
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.measured, 6);
	assert_int_equal(b.w.progress.done, 2);
	assert_int_equal(b.w.progress.failed, 0);
	bench_release(&b);
}

/* What follows is under another load than what came before. */
static void test_load_after_a_crash(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "a load after a crash", ONE_BLOCK, ".e", one_url, 1);
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.load_rows, 2);
	assert_string_equal(b.w.last_load.id, "s1-l0002");
	assert_int_equal(b.w.last_load.load_ms_server, 500 * NS_PER_MS);
	assert_int_equal(b.w.last_load.context_length, 4096);
	assert_int_equal(b.w.progress.loads_made, 2);
	assert_int_equal(b.w.progress.loads_planned, 1);
	bench_release(&b);
}

/* ---- interrupts ---- */

static void test_interrupts(void **state)
{
	static const struct {
		const char *name, *sweep, *script;
		ns at_us; /* after the start */
		const char *trace;
		ns ends_us;
	} cases[] = {
		{"at once", ONE_BLOCK, "", 0, "ps stop:interrupted", 0},
		{"warm-up in flight", ONE_BLOCK, "", 50000,
			START "W grace load:ok:1 unload wait:5000 stop:interrupted", 103000},
		{"reading back", ONE_BLOCK, "", 102500,
			START "W ps load:ok:1 unload wait:5000 stop:interrupted", 103500},
		{"item in flight", ONE_BLOCK, "", 150000,
			START "W ps load:ok:1 m grace unload wait:5000 stop:interrupted", 204000},
		{"the last item in flight", ONE_BLOCK, "", 250000,
			START "W ps load:ok:1 m m grace" END, 304000},
		{"an item that would take a minute", ONE_BLOCK, ".Z", 150000,
			START "W ps load:ok:1 m grace cancel unload wait:5000 stop:interrupted",
			10151000},
		{"the last item, too slow", ONE_BLOCK, "..Z", 250000,
			START "W ps load:ok:1 m m grace cancel unload wait:5000 stop:interrupted",
			10251000},
		{"a load that would take a minute", ONE_BLOCK, "Z", 50000,
			START "W grace cancel load:cancelled:0 unload wait:5000 stop:interrupted",
			10051000},
		{"backing off", ONE_BLOCK, "C", 500000,
			START "W wait:1000 load:connect_error:0 unload wait:5000 stop:interrupted",
			501000},
		{"unloading", TWO_BLOCKS, "", 203500,
			START "W ps load:ok:1 m unload wait:5000 stop:interrupted", 204000},
		{"polling", TWO_BLOCKS, "", 230000,
			START
			"W ps load:ok:1 m unload ps wait:50 unload wait:5000 stop:interrupted",
			231000},
		{"closing", ONE_BLOCK, "", 303500, START "W ps load:ok:1 m m" END, 304000},
		{"a burst in flight", BURST, ".ZZ", 150000,
			START "W ps load:ok:1 m m grace cancel cancel unload wait:5000 "
			      "stop:interrupted",
			10151000},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		ns start = NS_PER_S;
		struct bench b;

		bench_init(&b, cases[i].name, cases[i].sweep, cases[i].script, one_url, 1);
		b.w.interrupt_at = start + cases[i].at_us * NS_PER_US;
		fake_world_run(&b.w, 1, NULL);
		assert_trace(&b, cases[i].trace);
		assert_true(b.w.progress.interrupted);
		if (b.w.now != start + cases[i].ends_us * NS_PER_US)
			fail_msg("%s: ended after %lld us", cases[i].name,
				(long long)((b.w.now - start) / NS_PER_US));
		bench_release(&b);
	}
}

/* The other server of the host is not begun, and nothing waits for the memory to be free. */
static void test_interrupt_on_a_shared_host(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "shared, interrupted", TWO_PASSES, "", shared_urls, 2);
	b.w.interrupt_at = NS_PER_S + 150 * NS_PER_MS;
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b,
		"0:ps 1:ps 0:ps 0:W 0:ps 0:load:ok:1 0:m grace 0:unload 0:wait:5000 "
		"stop:interrupted");
	bench_release(&b);
}

static void test_unload_without_answer(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "deaf", ONE_BLOCK, "", one_url, 1);
	b.w.servers[0].deaf = true;
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, START "W ps load:ok:1 m m" END);
	assert_int_equal(b.w.now, (1000 + 303 + 5000) * NS_PER_MS);
	bench_release(&b);
}

static void test_interrupt_before_start(void **state)
{
	struct event ev = {.kind = EVENT_INTERRUPT, .lane = -1};
	struct effects out = {0};
	struct bench b;

	(void)state;
	bench_init(&b, "before start", ONE_BLOCK, "", one_url, 1);
	b.w.runner = runner_new(&b.f.plan, 1, 1, NULL);
	runner_step(b.w.runner, &ev, 5, &out);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.v[0].kind, EFFECT_STOP);
	assert_int_equal(out.v[0].reason, STOP_INTERRUPTED);
	ev.kind = EVENT_START;
	runner_step(b.w.runner, &ev, 6, &out);
	assert_int_equal(out.n, 1);
	VEC_RELEASE(&out);
	bench_release(&b);
}

/* ---- the past ---- */

static void test_nothing_left(void **state)
{
	struct runner_past past;
	struct bench b;

	(void)state;
	bench_init(&b, "first", SENTINEL, "", one_url, 1);
	past = fake_ledger_past(&b.ledger);
	fake_world_run(&b.w, 1, &past);
	assert_int_equal(b.w.progress.loads_made, 3);
	fake_world_release(&b.w);
	fake_world_init(&b.w, &b.f.plan, &b.ledger);
	fake_world_run(&b.w, 2, &past);
	assert_trace(&b, "stop:complete");
	assert_int_equal(b.w.progress.done, 1);
	assert_int_equal(b.w.progress.loads_planned, 0);
	bench_release(&b);
}

/* Two rows that were out of memory, in sessions before: the block is skipped without a load. */
static void test_out_of_memory_before(void **state)
{
	struct runner_past past;
	struct bench b;

	(void)state;
	bench_init(&b, "oom before", TWO_BLOCKS, "", one_url, 1);
	b.ledger.oom_loads[b.f.plan.visits[0].block] = 2;
	past = fake_ledger_past(&b.ledger);
	fake_world_run(&b.w, 2, &past);
	assert_trace(&b, "skip " START "W ps load:ok:1 m" END);
	assert_int_equal(b.w.progress.loads_planned, 1);
	assert_int_equal(b.w.progress.done, 2);
	bench_release(&b);
}

/* They were on one server: the other is tried. */
static void test_out_of_memory_before_elsewhere(void **state)
{
	struct runner_past past;
	struct bench b;

	(void)state;
	bench_init(&b, "oom before, on one", TWO_PASSES, "", other_urls, 2);
	b.ledger.oom_loads[0] = 2;
	past = fake_ledger_past(&b.ledger);
	fake_world_run(&b.w, 2, &past);
	assert_trace(
		&b, "0:skip 1:ps 1:ps 1:W 1:ps 1:load:ok:1 1:m 1:unload 1:wait:5000 stop:complete");
	assert_int_equal(b.w.progress.loads_planned, 1);
	bench_release(&b);
}

static void test_attempts_go_on(void **state)
{
	struct runner_past past;
	const struct fake_row *row;
	struct item *items;
	struct bench b;
	size_t n;

	(void)state;
	bench_init(&b, "attempts", ONE_BLOCK, ".TT", one_url, 1);
	past = fake_ledger_past(&b.ledger);
	fake_world_run(&b.w, 1, NULL);
	fake_world_release(&b.w);
	fake_world_init(&b.w, &b.f.plan, &b.ledger);
	fake_world_run(&b.w, 2, &past); /* the ledger refuses an attempt out of turn */
	plan_items(&b.f.plan, &b.f.plan.visits[0], &items, &n);
	assert_int_equal(n, 2);
	row = fake_ledger_find(&b.ledger, items[0].run_id);
	assert_non_null(row);
	assert_int_equal(row->attempts, 2);
	assert_int_equal(row->failed, 1);
	assert_int_equal(row->good, 1);
	free(items);
	bench_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenarios),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_shared_host),
		cmocka_unit_test(test_servers_apart_work_at_once),
		cmocka_unit_test(test_left_in_memory),
		cmocka_unit_test(test_without_ps),
		cmocka_unit_test(test_ps_that_fails),
		cmocka_unit_test(test_unload_that_does_nothing),
		cmocka_unit_test(test_load_row),
		cmocka_unit_test(test_warmup_cells),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_given_up_is_done),
		cmocka_unit_test(test_load_after_a_crash),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_interrupt_on_a_shared_host),
		cmocka_unit_test(test_unload_without_answer),
		cmocka_unit_test(test_interrupt_before_start),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_out_of_memory_before),
		cmocka_unit_test(test_out_of_memory_before_elsewhere),
		cmocka_unit_test(test_attempts_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
