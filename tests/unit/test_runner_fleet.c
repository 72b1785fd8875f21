/* test_runner_fleet.c - open loop, looks, budgets and servers that go, told as traces of what the
 * schedule does (see tests/support/fake_world.h). */
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"
#include "unit.h"

#define START "ps ps "
#define AGAIN "unload ps wait:50 ps "
#define LOAD  "W ps load:ok:1 "
#define END   " unload wait:5000 stop:complete"

static const char *const one_url[] = {"a=http://10.0.0.1:1"};
static const char *const apart[] = {
	"a=http://10.0.0.1:1", "b=http://10.0.0.2:1", "c=http://10.0.0.3:1"};
static const char *const shared[] = {"a=http://10.0.0.1:1", "b=http://10.0.0.1:2"};

struct bench {
	struct fake_plan f;
	struct fake_ledger ledger;
	struct fake_world w;
};

static void bench_init(
	struct bench *b, const char *name, const char *keys, const char *const *urls, size_t nurls)
{
	struct str json = STR_INIT(4096);

	str_addf(&json, "{\"model\":\"m\",\"prompt\":\"Hi.\",\"warmups\":1,\"sentinel\":false,%s}",
		keys);
	fake_plan_make(&b->f, json.s, urls, nurls);
	fake_ledger_init(&b->ledger, &b->f.plan);
	fake_world_init(&b->w, &b->f.plan, &b->ledger);
	b->w.what = name;
	str_release(&json);
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

static size_t count_of(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
		n++;
	return n;
}

/* ---- open loop ---- */

/* Four requests, two a second; an answer takes 100 ms. */
#define RATE "\"factors\":{\"num_ctx\":[2048]},\"rate\":2,\"burst\":4,\"passes\":1,\"repeats\":1"

static void slow(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	(void)w;
	if (t->phase != PHASE_WARMUP)
		a->takes = 1200 * NS_PER_MS;
}

static void test_sent_when_due(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "due", RATE, one_url, 1);
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, START LOAD "m wait:500 m wait:500 m wait:500 m" END);
	bench_release(&b);
	/* Whatever is in flight: three at once, and no timer is set twice for the same. */
	bench_init(&b, "due, slow answers", RATE, one_url, 1);
	b.w.answer = slow;
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, START LOAD "m wait:500 m wait:500 m wait:500 m" END);
	bench_release(&b);
}

/* The nth item fails. */
struct fault {
	uint64_t at;
	enum status status;
	enum validity validity;
};

static void fail_once(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	const struct fault *f = w->arg;

	(void)t;
	if (w->requests != f->at)
		return;
	a->status = f->status;
	a->http_status = f->status == STATUS_QUEUE_FULL ? 503 : 200;
	a->validity = f->validity;
	a->error = "what the server said";
}

static void test_faults_in_a_burst(void **state)
{
	static const struct {
		const char *name;
		struct fault fault;
		const char *trace;
	} cases[] = {
		/* The clock of the burst stands while the model is loaded anew. */
		{"dies", {2, STATUS_SERVER_ERROR, VALID},
			START LOAD "m wait:500 m wait:500 " LOAD "m wait:500 m" END},
		/* No room: the others are due all the same; at leisure only after the burst. */
		{"no room", {2, STATUS_QUEUE_FULL, VALID},
			START LOAD "m wait:500 m wait:500 m wait:500 m" END},
		{"refused", {2, STATUS_CONNECT_ERROR, VALID},
			START LOAD "m wait:500 m wait:500 wait:1000 " LOAD
				   "m wait:500 m wait:500 m" END},
		/* Alone it would meet an idle server: the burst has one fewer. */
		{"invalid", {2, STATUS_OK, INVALID},
			START LOAD "m wait:500 m wait:500 m wait:500 m" END},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct bench b;

		bench_init(&b, cases[i].name, RATE, one_url, 1);
		b.w.answer = fail_once;
		b.w.arg = (void *)&cases[i].fault;
		fake_world_run(&b.w, 1, NULL);
		assert_trace(&b, cases[i].trace);
		bench_release(&b);
	}
}

/* A server with one slot, 1 s each. */
static void one_slot(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	ns *free_at = w->arg;

	if (t->phase == PHASE_WARMUP)
		return;
	*free_at = (*free_at > w->now ? *free_at : w->now) + NS_PER_S;
	a->takes = *free_at - w->now;
}

static void test_more_than_the_server_takes(void **state)
{
	struct bench b;
	ns free_at = 0;

	(void)state;
	bench_init(&b, "too much",
		"\"factors\":{\"num_ctx\":[2048],\"rate\":[0.5,10]},\"burst\":400,\"passes\":4,"
		"\"repeats\":4",
		one_url, 1);
	b.w.answer = one_slot;
	b.w.arg = &free_at;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.progress.done, b.w.progress.total);
	/* 65 wait more than at the first answer: two bursts are broken off after 10 and more, all
	 * of the other two are skipped; nothing of the slow cell is. */
	assert_in_range(b.w.skips, 4 * 400 - 2 * 120, 4 * 400 - 2 * 70);
	assert_int_equal(b.w.measured + b.w.skips, 8 * 400);
	assert_int_equal(b.w.load_rows, 4);
	bench_release(&b);
}

static void test_room(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "room",
		"\"factors\":{\"num_ctx\":[2048]},\"rate\":100,\"burst\":50,\"passes\":1,"
		"\"repeats\":1",
		one_url, 1);
	b.w.answer = slow;
	b.w.room = 10;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.measured, 10);
	assert_int_equal(b.w.skips, 40);
	assert_contains(b.w.last_skip,
		"more than this server takes: 10 in flight after 0.100 s at 100 requests/s");
	bench_release(&b);
}

/* One server answers at once, the other never does. */
static void second_is_slow(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	(void)w;
	if (t->phase != PHASE_WARMUP && t->lane == 1)
		a->takes = 100 * NS_PER_S;
}

/* What waits at one server takes no room from another. */
static void test_room_of_each(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "room of each",
		"\"factors\":{\"num_ctx\":[2048]},\"rate\":5,\"burst\":50,\"passes\":1,"
		"\"repeats\":1,\"distribute\":\"replicate\"",
		apart, 2);
	b.w.answer = second_is_slow;
	b.w.room = 20;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.measured, 50 + 10);
	assert_int_equal(b.w.skips, 40);
	assert_contains(b.w.last_skip, "more than this server takes: 10 in flight");
	assert_null(strstr(b.w.trace.s, "0:skip"));
	bench_release(&b);
}

/* A block whose only cell was too much is not loaded any more. */
static void test_no_load_for_nothing(void **state)
{
	struct bench b;
	ns free_at = 0;

	(void)state;
	bench_init(&b, "too much, alone",
		"\"factors\":{\"num_ctx\":[2048]},\"rate\":10,\"burst\":400,\"passes\":4,"
		"\"repeats\":4",
		one_url, 1);
	b.w.answer = one_slot;
	b.w.arg = &free_at;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.load_rows, 2);
	assert_int_equal(b.w.progress.loads_planned, 2);
	assert_int_equal(b.w.progress.done, b.w.progress.total);
	bench_release(&b);
}

static void test_interrupt_between_due_items(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "interrupted", RATE, one_url, 1);
	b.w.interrupt_at = NS_PER_S + 400 * NS_PER_MS; /* nothing is in flight */
	fake_world_run(&b.w, 1, NULL);
	assert_trace(&b, START LOAD "m wait:500 unload wait:5000 stop:interrupted");
	bench_release(&b);
}

/* ---- looks ---- */

#define UNTIL                                                                                      \
	"\"factors\":{\"num_ctx\":[2048,4096,8192,16384]},\"until\":\"1%\",\"max_passes\":9,"      \
	"\"repeats\":9"

static bool enough_at(struct fake_world *w, uint32_t pass)
{
	return pass == *(uint32_t *)w->arg;
}

static void test_looks(void **state)
{
	struct runner_past past;
	struct bench b;
	uint32_t pass = 0;

	(void)state;
	bench_init(&b, "looks", UNTIL, one_url, 1);
	past = fake_ledger_past(&b.ledger);
	pass = b.f.plan.looks[1];
	assert_in_range(pass, 4, 8);
	b.w.look = enough_at;
	b.w.arg = &pass;
	fake_world_run(&b.w, 1, &past);
	assert_int_equal(b.w.looks, 2);
	assert_int_equal(b.w.reason, STOP_ENOUGH);
	assert_contains(b.w.why, "after pass");
	assert_int_equal(b.w.load_rows, 4 * pass);
	assert_int_equal(b.w.progress.passes_made, pass);
	assert_int_equal(b.w.progress.passes_dropped, 9 - pass);
	/* Resumed: one look, and it is over. */
	fake_world_release(&b.w);
	fake_world_init(&b.w, &b.f.plan, &b.ledger);
	b.w.look = enough_at;
	b.w.arg = &pass;
	fake_world_run(&b.w, 2, &past);
	assert_string_equal(strstr(b.w.trace.s, "look:"), b.w.trace.s);
	assert_int_equal(count_of(b.w.trace.s, " "), 1);
	assert_int_equal(b.w.reason, STOP_ENOUGH);
	/* Nobody asks: all passes are made. */
	fake_world_release(&b.w);
	fake_world_init(&b.w, &b.f.plan, &b.ledger);
	fake_world_run(&b.w, 3, &past);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.progress.passes_made, 9);
	bench_release(&b);
}

static void test_interrupt_during_a_look(void **state)
{
	struct event start = {.kind = EVENT_START, .lane = -1};
	struct event interrupt = {.kind = EVENT_INTERRUPT, .lane = -1};
	struct event looked = {.kind = EVENT_LOOKED, .lane = -1, .enough = true};
	struct runner_past past;
	struct effects out = {0};
	struct bench b;
	uint32_t pass;

	(void)state;
	bench_init(&b, "interrupted look", UNTIL, one_url, 1);
	past = fake_ledger_past(&b.ledger);
	pass = b.f.plan.looks[0];
	b.w.look = enough_at;
	b.w.arg = &pass;
	fake_world_run(&b.w, 1, &past);
	fake_world_release(&b.w);
	fake_world_init(&b.w, &b.f.plan, &b.ledger);
	b.w.runner = runner_new(&b.f.plan, 2, 1, &past);
	runner_step(b.w.runner, &start, 1, &out);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.v[0].kind, EFFECT_LOOK);
	assert_int_equal(out.v[0].pass, pass);
	out.n = 0;
	runner_step(b.w.runner, &interrupt, 2, &out);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.v[0].kind, EFFECT_STOP);
	assert_int_equal(out.v[0].reason, STOP_INTERRUPTED);
	out.n = 0;
	runner_step(b.w.runner, &looked, 3, &out);
	assert_int_equal(out.n, 0);
	free(out.v);
	bench_release(&b);
}

/* From then on unloads take as long as they may. */
static bool enough_but_deaf(struct fake_world *w, uint32_t pass)
{
	(void)pass;
	w->servers[0].deaf = true;
	return true;
}

/* What a look finds after an interrupt comes too late, whether the lane still unloads or not. */
static void test_a_look_that_comes_too_late(void **state)
{
	static const ns takes[] = {2 * NS_PER_S, 3600 * NS_PER_S};

	(void)state;
	for (size_t i = 0; i < COUNTOF(takes); i++) {
		struct bench b;

		bench_init(&b, "late look", UNTIL, one_url, 1);
		b.w.look = enough_but_deaf;
		b.w.interrupt_look = NS_PER_S;
		b.w.look_takes = takes[i];
		fake_world_run(&b.w, 1, NULL);
		assert_int_equal(b.w.looks, 1);
		assert_int_equal(b.w.reason, STOP_INTERRUPTED);
		assert_int_equal(b.w.progress.passes_made, b.f.plan.looks[0]);
		bench_release(&b);
	}
}

/* ---- budget ---- */

#define SIX "\"factors\":{\"num_ctx\":[2048]},\"passes\":6,\"repeats\":6"

static void test_budget(void **state)
{
	static const struct {
		const char *name;
		ns ms; /* a pass takes 254 with its unload, the first 204 */
		uint32_t made;
		enum stop_reason reason;
		const char *why;
	} cases[] = {
		{"no time for a fifth", 1200, 4, STOP_BUDGET, "4 of 6 passes made, 2 dropped"},
		{"the first three are made", 600, 3, STOP_BUDGET, "3 of 6 passes made, 3 dropped"},
		{"unless it is over", 300, 2, STOP_BUDGET, "2 of 6 passes made, 4 dropped"},
		{"no time at all", 0, 0, STOP_BUDGET, "0 of 6 passes made, 6 dropped"},
		{"enough", 2000, 6, STOP_COMPLETE, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct bench b;

		bench_init(&b, cases[i].name, SIX, one_url, 1);
		b.w.budget = cases[i].ms * NS_PER_MS;
		fake_world_run(&b.w, 1, NULL);
		if (b.w.progress.passes_made != cases[i].made || b.w.reason != cases[i].reason)
			fail_msg("%s: %u passes: %s", cases[i].name, b.w.progress.passes_made,
				b.w.why);
		if (cases[i].why[0])
			assert_contains(b.w.why, cases[i].why);
		bench_release(&b);
	}
}

static void test_budget_in_a_pass(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "over in the middle",
		"\"factors\":{\"num_ctx\":[2048,4096,8192]},\"passes\":4,\"repeats\":4", one_url,
		1);
	b.w.budget = 1100 * NS_PER_MS;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_BUDGET);
	assert_contains(b.w.why, "1 of 4 passes made, pass 2 is incomplete, 2 dropped");
	bench_release(&b);
}

/* ---- the fleet ---- */

#define DEALT "\"factors\":{\"num_ctx\":[2048,4096]},\"passes\":6,\"repeats\":6"

static void check_all_done(struct bench *b)
{
	struct fake_count c = fake_ledger_count(&b->ledger, &b->f.plan);

	assert_int_equal(c.done, c.planned);
	assert_int_equal(b->w.progress.done, b->w.progress.total);
	assert_int_equal(b->w.progress.passes_incomplete + b->w.progress.passes_dropped, 0);
}

static void test_others_take_over(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "never there", DEALT, apart, 3);
	b.w.servers[1].dead_from = 0;
	b.w.servers[1].dead_until = INT64_MAX;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.progress.sick, 1);
	assert_int_equal(b.w.notes, 1);
	assert_contains(b.w.last_note, "b is set aside: no answer after 4 tries");
	check_all_done(&b);
	bench_release(&b);
}

/* Whom nobody can stand in for is given more time. */
static void test_nobody_takes_over(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "both away", DEALT, apart, 2);
	b.w.servers[0].dead_from = b.w.servers[1].dead_from = 0;
	b.w.servers[0].dead_until = b.w.servers[1].dead_until = 20 * NS_PER_S;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.notes, 0);
	check_all_done(&b);
	bench_release(&b);
}

/* The passes of a server that is away lack its part: no look can find them to be enough. */
static void test_no_look_at_half_a_pass(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "replicated, one away", UNTIL ",\"distribute\":\"replicate\"", apart, 2);
	assert_true(b.f.plan.nlooks > 0);
	b.w.look = enough_but_deaf;
	b.w.servers[1].dead_from = 0;
	b.w.servers[1].dead_until = INT64_MAX;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.looks, 0);
	assert_int_equal(b.w.reason, STOP_SERVER_GONE);
	assert_int_equal(b.w.measured, b.f.plan.requests / 2);
	bench_release(&b);
}

/* In the middle of its first pass: the rest of that one goes to one server. */
static void test_rest_of_a_pass(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "gone in a pass", DEALT, apart, 2);
	b.w.servers[1].dead_from = NS_PER_S + 220 * NS_PER_MS; /* in the second visit */
	b.w.servers[1].dead_until = INT64_MAX;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_contains(b.w.last_note, "; the rest of pass 2 goes to a and is incomplete on both");
	assert_contains(b.w.last_note, "; 2 passes nobody had begun go to others");
	check_all_done(&b);
	/* One load more than planned at most: the visit under way is loaded again. */
	assert_in_range(b.w.progress.loads_made, 12, 13);
	bench_release(&b);
}

static void test_back_again(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "back again",
		"\"factors\":{\"num_ctx\":[2048]},\"passes\":400,\"repeats\":400", apart, 2);
	b.w.servers[1].dead_from = 10 * NS_PER_S;
	b.w.servers[1].dead_until = 50 * NS_PER_S;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.progress.sick, 0);
	assert_int_equal(b.w.notes, 2);
	assert_string_equal(b.w.last_note, "b answers again and takes part");
	check_all_done(&b);
	bench_release(&b);
}

static void test_gone_for_good(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "both gone", DEALT, apart, 2);
	for (int i = 0; i < 2; i++) {
		b.w.servers[i].dead_from = 2 * NS_PER_S;
		b.w.servers[i].dead_until = INT64_MAX;
	}
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_SERVER_GONE);
	assert_contains(b.w.why, ": no answer after 6 tries");
	assert_contains(b.w.why, "of 6 passes made");
	assert_int_equal(b.w.progress.sick, 2);
	bench_release(&b);
}

/* Work that is a server's own waits for it. */
static void test_pinned(void **state)
{
	static const char *const keys[] = {
		DEALT ",\"distribute\":\"replicate\"",
		"\"factors\":{\"num_ctx\":[2048,4096],\"server\":[\"a\",\"b\"]},\"passes\":6,"
		"\"repeats\":6",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(keys); i++) {
		struct bench b;

		bench_init(&b, "pinned", keys[i], apart, 2);
		b.w.servers[1].dead_from = 0;
		b.w.servers[1].dead_until = INT64_MAX;
		fake_world_run(&b.w, 1, NULL);
		assert_int_equal(b.w.reason, STOP_SERVER_GONE);
		assert_contains(b.w.last_note, "b is set aside");
		assert_contains(b.w.last_note, "its passes wait for it");
		assert_contains(b.w.why, "0 of 6 passes made");
		assert_int_equal(b.w.measured, 12); /* all that is a's */
		bench_release(&b);
	}
}

/* On a shared host the turn goes on without it. */
static void test_shared_host(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "shared host", DEALT, shared, 2);
	b.w.servers[0].dead_from = 0;
	b.w.servers[0].dead_until = INT64_MAX;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	check_all_done(&b);
	bench_release(&b);
}

/* A server that answers, but never does the work, is not asked for ever. */
static void refuses_work(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	(void)w;
	if (t->lane != 1)
		return;
	a->status = STATUS_HTTP_ERROR;
	a->http_status = 400;
	a->ttft = NS_NONE;
	a->error = "no";
}

static void test_no_better_than_before(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "no better",
		"\"factors\":{\"num_ctx\":[2048]},\"passes\":800,\"repeats\":800", apart, 2);
	b.w.answer = refuses_work;
	fake_world_run(&b.w, 1, NULL);
	assert_int_equal(b.w.reason, STOP_COMPLETE);
	assert_int_equal(b.w.notes, 3); /* aside, back, aside */
	assert_int_equal(b.w.progress.sick, 1);
	check_all_done(&b);
	bench_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent_when_due),
		cmocka_unit_test(test_faults_in_a_burst),
		cmocka_unit_test(test_more_than_the_server_takes),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_of_each),
		cmocka_unit_test(test_no_load_for_nothing),
		cmocka_unit_test(test_interrupt_between_due_items),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_interrupt_during_a_look),
		cmocka_unit_test(test_a_look_that_comes_too_late),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_in_a_pass),
		cmocka_unit_test(test_others_take_over),
		cmocka_unit_test(test_nobody_takes_over),
		cmocka_unit_test(test_no_look_at_half_a_pass),
		cmocka_unit_test(test_rest_of_a_pass),
		cmocka_unit_test(test_back_again),
		cmocka_unit_test(test_gone_for_good),
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_shared_host),
		cmocka_unit_test(test_no_better_than_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
