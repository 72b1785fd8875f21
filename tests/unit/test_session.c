/* test_session.c - rows first, then decisions; and whole runs through the real journal, killed,
 * interrupted and resumed. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fake_plan.h"
#include "session.h"
#include "table.h"
#include "unit.h"
#include "vec.h"
#include "virtual.h"

#define WALL_MINUS_MONO (1700000000 * NS_PER_S)
#define RUNS            60

static const char *const one_url[] = {"http://10.0.0.1:1"};

#define SWEEP                                                                                      \
	"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},\"prompt\":\"Hi.\","          \
	"\"passes\":1,\"repeats\":2,\"warmups\":1,\"sentinel\":false}"

/* ---- a session told its events by hand ---- */

struct seen_row {
	struct row_keys k;
	struct item item;
	struct load load;
	enum status status;
	uint64_t done_before; /* the runner's count when the row was written */
};

struct hand {
	struct fake_plan f;
	struct session s;
	struct effects out;
	ns now;
	struct {
		struct seen_row *v;
		size_t n, cap;
	} rows;
};

static void see_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct hand *h = arg;
	struct seen_row *row = VEC_PUSH(&h->rows);
	struct runner_progress p;

	runner_progress(h->s.runner, &p);
	*row = (struct seen_row){.k = *k,
		.item = *k->item,
		.load = *k->load,
		.status = s->status,
		.done_before = p.done};
}

static void hand_init(struct hand *h, const char *sweep)
{
	struct err e = ERR_INIT;

	memset(h, 0, sizeof(*h));
	h->now = NS_PER_S;
	fake_plan_make(&h->f, sweep, one_url, 1);
	assert_int_equal(session_init(&h->s, &h->f.plan, NULL, 7, WALL_MINUS_MONO, &e), 0);
	h->s.on_row = see_row;
	h->s.on_row_arg = h;
}

static void hand_release(struct hand *h)
{
	session_release(&h->s);
	fake_plan_release(&h->f);
	VEC_RELEASE(&h->out);
	VEC_RELEASE(&h->rows);
}

static int tell(struct hand *h, struct event ev)
{
	struct err e = ERR_INIT;

	h->out.n = 0;
	h->now += NS_PER_MS;
	return session_event(&h->s, &ev, h->now, &h->out, &e);
}

/* The one effect that the world is to carry out. */
static const struct effect *only(struct hand *h, enum effect_kind kind)
{
	assert_int_equal(h->out.n, 1);
	assert_int_equal(h->out.v[0].kind, kind);
	return &h->out.v[0];
}

static int respond_slept(struct hand *h, enum status status, ns slept)
{
	uint32_t ticket = only(h, EFFECT_REQUEST)->ticket;
	struct sample s;
	int rc;

	sample_init(&s);
	s.status = status;
	s.slept = slept;
	s.load = 100 * NS_PER_MS;
	s.due = s.sent = h->now;
	s.done = h->now + NS_PER_MS;
	sample_add_chunk(&s, "a", 1, s.done);
	rc = tell(h, (struct event){.kind = EVENT_RESPONSE, .ticket = ticket, .sample = &s});
	sample_release(&s);
	return rc;
}

static int respond(struct hand *h, enum status status)
{
	return respond_slept(h, status, 0);
}

static void nothing_in_memory(struct hand *h)
{
	struct ps_list ps = {.known = true};

	only(h, EFFECT_PS);
	assert_int_equal(tell(h, (struct event){.kind = EVENT_PS, .ps = &ps}), 0);
}

static void test_by_hand(void **state)
{
	struct hand h;

	(void)state;
	hand_init(&h, SWEEP);
	h.s.measure_as = PHASE_PROBE;
	tell(&h, (struct event){.kind = EVENT_START, .lane = -1});
	nothing_in_memory(&h);
	nothing_in_memory(&h);
	assert_int_equal(respond(&h, STATUS_OK), 0); /* the warm-up */
	nothing_in_memory(&h);                       /* no read-back, and the load's row is kept */
	assert_int_equal(respond(&h, STATUS_OK), 0);
	assert_int_equal(respond(&h, STATUS_TRUNCATED), 0);
	assert_int_equal(h.out.n, 2); /* unload and its timer */
	tell(&h, (struct event){.kind = EVENT_UNLOADED});
	assert_int_equal(only(&h, EFFECT_STOP)->reason, STOP_COMPLETE);
	assert_true(h.s.has_stopped);
	assert_int_equal(h.s.stopped, STOP_COMPLETE);

	assert_int_equal(h.rows.n, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct row_keys *k = &h.rows.v[i].k;

		assert_int_equal(k->order, i + 1);
		assert_int_equal(k->session, 7);
		assert_int_equal(k->attempt, 1);
		assert_int_equal(k->pass, 1);
		assert_int_equal(k->server, 0);
		assert_int_equal(k->phase, i == 0 ? PHASE_WARMUP : PHASE_PROBE);
		assert_int_equal(k->paid_load, i == 0);
		assert_string_equal(h.rows.v[i].load.id, "s7-l0001");
		/* The row is written before the runner knows of it. */
		assert_int_equal(h.rows.v[i].done_before, i == 2 ? 1 : 0);
	}
	assert_int_equal(h.s.warmup_rows, 1);
	assert_int_equal(h.s.count[STATUS_OK], 1);
	assert_int_equal(h.s.count[STATUS_TRUNCATED], 1);
	hand_release(&h);
}

/* The audit's verdict is in the row, and the runner acts on it. */
static void test_invalid_is_measured_again(void **state)
{
	struct hand h;

	(void)state;
	hand_init(&h, SWEEP);
	tell(&h, (struct event){.kind = EVENT_START, .lane = -1});
	nothing_in_memory(&h);
	nothing_in_memory(&h);
	respond(&h, STATUS_OK);
	nothing_in_memory(&h);
	respond_slept(&h, STATUS_OK, 10 * NS_PER_S);
	respond(&h, STATUS_OK);
	respond(&h, STATUS_OK);
	assert_int_equal(h.rows.n, 4);
	assert_int_equal(h.rows.v[1].k.validity, INVALID);
	assert_contains(h.rows.v[1].k.validity_why, "slept");
	assert_string_equal(h.rows.v[3].item.run_id, h.rows.v[1].item.run_id);
	assert_int_equal(h.rows.v[3].k.attempt, 2);
	assert_int_equal(h.rows.v[3].k.validity, VALID);
	hand_release(&h);
}

/* What one load taught the audit is not held against the next; failed rows teach it nothing. */
static void test_audit_begins_anew_with_a_load(void **state)
{
	struct hand h;

	(void)state;
	hand_init(&h,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},"
		"\"prompt\":\"Hi.\",\"passes\":2,\"repeats\":4,\"warmups\":1,"
		"\"sentinel\":false}");
	tell(&h, (struct event){.kind = EVENT_START, .lane = -1});
	nothing_in_memory(&h);
	nothing_in_memory(&h);
	respond(&h, STATUS_OK);
	nothing_in_memory(&h);
	respond(&h, STATUS_TRUNCATED);
	assert_int_equal(h.s.audit[0].nresident, 0);
	respond(&h, STATUS_OK);
	assert_int_equal(h.s.audit[0].nresident, 1);
	only(&h, EFFECT_UNLOAD);
	tell(&h, (struct event){.kind = EVENT_UNLOADED});
	nothing_in_memory(&h);
	assert_int_equal(h.s.audit[0].nresident, 1);
	respond(&h, STATUS_OK);
	assert_int_equal(h.s.audit[0].nresident, 0);
	hand_release(&h);
}

/* Skipped rows are the session's; the world sees nothing of them. */
static void test_skips(void **state)
{
	struct hand h;
	size_t skipped = 0;

	(void)state;
	hand_init(&h,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},"
		"\"prompt\":\"Hi.\",\"passes\":2,\"repeats\":4,\"sentinel\":false}");
	tell(&h, (struct event){.kind = EVENT_START, .lane = -1});
	nothing_in_memory(&h);
	nothing_in_memory(&h);
	assert_int_equal(respond(&h, STATUS_OUT_OF_MEMORY), 0);
	only(&h, EFFECT_UNLOAD);
	tell(&h, (struct event){.kind = EVENT_UNLOADED});
	nothing_in_memory(&h);
	assert_int_equal(respond(&h, STATUS_OUT_OF_MEMORY), 0);
	assert_int_equal(h.out.v[0].kind, EFFECT_UNLOAD);
	assert_int_equal(h.s.count[STATUS_SKIPPED], 4);
	for (size_t i = 0; i < h.rows.n; i++) {
		if (h.rows.v[i].status != STATUS_SKIPPED)
			continue;
		skipped++;
		assert_int_equal(h.rows.v[i].k.phase, PHASE_MEASURE);
		assert_string_equal(h.rows.v[i].load.id, "");
		assert_false(h.rows.v[i].k.paid_load);
	}
	assert_int_equal(skipped, 4);
	hand_release(&h);
}

/* ---- with a journal ---- */

struct run {
	struct fake_plan f;
	struct row_schema schema;
	struct sim *sims[3];
	const char *dir;
	ns now;
	uint32_t sessions;
	enum phase measure_as;
};

static void run_init(struct run *r, const struct sim_config *c, uint64_t seed)
{
	row_schema_init(&r->schema, &r->f.sweep);
	for (size_t i = 0; i < r->f.nservers; i++)
		r->sims[i] = sim_new(c, seed + i);
	r->dir = unit_tmpdir();
	r->measure_as = PHASE_MEASURE;
	r->now = 5 * NS_PER_S;
}

static void run_release(struct run *r)
{
	for (size_t i = 0; i < r->f.nservers; i++)
		sim_free(r->sims[i]);
	fake_plan_release(&r->f);
	unit_tmpdir_remove();
}

/* One session as a command makes it.  True if it stopped complete. */
static bool run_session(struct run *r, ns interrupt_at, uint64_t die)
{
	struct virtual_options opt = {
		.start = r->now, .interrupt_at = interrupt_at, .die_after_rows = die};
	struct journal *j;
	struct session s;
	struct err e = ERR_INIT;
	bool complete;

	r->sessions++;
	if (journal_open(r->dir, r->sessions == 1 ? JOURNAL_NEW : JOURNAL_RESUME, 0, &r->schema, &j,
		    &e) ||
		session_init(&s, &r->f.plan, j, journal_last_session(j) + 1, WALL_MINUS_MONO, &e))
		fail_msg("%s", e.msg);
	s.measure_as = r->measure_as;
	if (virtual_run(&s, r->sims, &opt, &r->now, &e))
		fail_msg("%s", e.msg);
	complete = s.has_stopped && s.stopped == STOP_COMPLETE;
	session_release(&s);
	if (journal_close(j, &e))
		fail_msg("%s", e.msg);
	return complete;
}

static void read_table(const struct run *r, const char *name, struct table *t)
{
	char path[300];
	struct err e = ERR_INIT;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	if (table_read(t, path, true, NULL, 0, NULL, NULL, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t->rejected, 0);
}

static bool counts(const struct table *t, size_t row)
{
	const char *status = table_text(table_column(t, "status"), row);
	const char *validity = table_text(table_column(t, "validity"), row);
	enum status s;

	assert_true(status_from_name(status, &s));
	if (s == STATUS_OK)
		return !validity || strcmp(validity, "invalid") != 0;
	return status_is_final(s);
}

/* Rows of a run_id that count. */
static uint64_t rows_that_count(const struct table *t, const char *run_id)
{
	const struct table_column *id = table_column(t, "run_id");
	uint64_t n = 0;

	for (size_t i = 0; i < t->nrows; i++)
		n += strcmp(table_text(id, i), run_id) == 0 && counts(t, i);
	return n;
}

/* Every request of the plan has one row that counts. */
static void check_file(const struct run *r, uint64_t seed)
{
	const struct plan *p = &r->f.plan;
	struct table t;

	read_table(r, "runs.csv", &t);
	for (uint32_t v = 0; v < p->nvisits; v++) {
		struct item *items;
		size_t n;

		plan_items(p, &p->visits[v], &items, &n);
		for (size_t i = 0; i < n; i++)
			if (rows_that_count(&t, items[i].run_id) != 1)
				fail_msg("seed %llu: %s has %llu rows that count",
					(unsigned long long)seed, items[i].run_id,
					(unsigned long long)rows_that_count(&t, items[i].run_id));
		free(items);
	}
	for (size_t i = 0; i < t.nrows; i++)
		assert_double(table_num(table_column(&t, "order"), i), (double)(i + 1));
	table_release(&t);
}

static void test_killed_and_resumed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct sim_config c;
		struct run r = {0};
		struct rng rng;
		bool complete = false;

		rng_init(&rng, seed, "session");
		sim_config_default(&c);
		c.kv_kib_per_token = 100;
		c.vram_mib = 0;
		c.ram_mib = rng_below(&rng, 3) ? 65536 : 700;
		fake_plan_random(&r.f, &rng);
		run_init(&r, &c, seed);
		/* A block that does not fit needs two sessions where it has one pass on a server;
		 * the first three may be cut short. */
		while (!complete || r.sessions < 5) {
			ns at = rng_below(&rng, 2) ? r.now + (ns)rng_below(&rng, 100) * NS_PER_S
						   : NS_NONE;
			uint64_t die = rng_below(&rng, 2) ? 1 + rng_below(&rng, 30) : 0;

			if (r.sessions > 30)
				fail_msg("seed %llu: not done", (unsigned long long)seed);
			complete = r.sessions < 3 ? run_session(&r, at, die)
						  : run_session(&r, NS_NONE, 0);
		}
		check_file(&r, seed);
		run_release(&r);
	}
}

static void test_loads_are_dated(void **state)
{
	struct sim_config c;
	struct run r = {0};
	struct table runs, loads;
	const char *first, *started;

	(void)state;
	sim_config_default(&c);
	fake_plan_make(&r.f, SWEEP, one_url, 1);
	run_init(&r, &c, 1);
	r.measure_as = PHASE_PROBE;
	assert_true(run_session(&r, NS_NONE, 0));
	read_table(&r, "loads.csv", &loads);
	read_table(&r, "runs.csv", &runs);
	assert_int_equal(loads.nrows, 1);
	assert_int_equal(runs.nrows, 3);
	/* The load was asked for when its first warm-up was sent. */
	started = table_text(table_column(&loads, "started_at"), 0);
	first = table_text(table_column(&runs, "started_at"), 0);
	assert_string_equal(started, first);
	assert_string_equal(table_text(table_column(&loads, "load_id"), 0), "s1-l0001");
	assert_string_equal(table_text(table_column(&loads, "phase"), 0), "probe");
	assert_double(table_num(table_column(&loads, "context_length"), 0), 2048);
	table_release(&loads);
	table_release(&runs);
	run_release(&r);
}

/* A disk that is full: the session says so, and the runner has not moved on. */
static void test_row_that_cannot_be_written(void **state)
{
	struct rlimit old, none;
	struct journal *j;
	struct run r = {0};
	struct sim_config c;
	struct hand h = {.now = NS_PER_S};
	struct err e = ERR_INIT;
	struct runner_progress p;

	(void)state;
	sim_config_default(&c);
	fake_plan_make(&r.f, SWEEP, one_url, 1);
	run_init(&r, &c, 1);
	assert_int_equal(journal_open(r.dir, JOURNAL_NEW, 0, &r.schema, &j, &e), 0);
	assert_int_equal(session_init(&h.s, &r.f.plan, j, 1, WALL_MINUS_MONO, &e), 0);
	tell(&h, (struct event){.kind = EVENT_START, .lane = -1});
	nothing_in_memory(&h);
	nothing_in_memory(&h);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(respond(&h, STATUS_OK), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	runner_progress(h.s.runner, &p);
	assert_true(p.loading); /* still waits for the answer */
	assert_int_equal(h.out.n, 0);
	session_release(&h.s);
	journal_close(j, NULL);
	VEC_RELEASE(&h.out);
	run_release(&r);
}

static void test_nothing_to_do(void **state)
{
	struct fake_plan f;
	struct session s;
	struct err e = ERR_INIT;

	(void)state;
	fake_plan_make(&f, SWEEP, one_url, 1);
	f.plan.nvisits = 0;
	assert_int_equal(session_init(&s, &f.plan, NULL, 1, 0, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "nothing to do");
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_invalid_is_measured_again),
		cmocka_unit_test(test_audit_begins_anew_with_a_load),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_killed_and_resumed),
		cmocka_unit_test(test_loads_are_dated),
		cmocka_unit_test(test_row_that_cannot_be_written),
		cmocka_unit_test(test_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
