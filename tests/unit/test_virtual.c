/* test_virtual.c - the virtual world: what an answer of the model comes to under our limits, and
 * the same as the protocol makes of the same answer on the wire; then whole sweeps on random
 * machines.
 *
 * A failure names the seed: CHIMERA_SEED=N runs that one alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_ledger.h"
#include "unit.h"
#include "virtual.h"
#include "virtual_answer.h"
#include "whole.h"

#define SWEEPS 400

/* ---- answers and limits ---- */

#define S(x) ((ns)((x)*1e9))

struct answer_case {
	const char *name;
	enum sim_shape shape;
	enum sim_ending ending;
	int http_status;
	const char *text;           /* body or error */
	double tokens[4];           /* seconds; 0 ends the list */
	double ready, end;          /* seconds */
	double first, stall, total; /* limits */
	enum status status;
	double ends_at; /* 0: never */
	int64_t chunks;
};

static const struct answer_case answer_cases[] = {
	{"well", SIM_STREAM, SIM_END_CLEAN, 200, "", {2, 3, 4}, 2, 5, 10, 10, 0, STATUS_OK, 5, 3},
	{"no token", SIM_STREAM, SIM_END_CLEAN, 200, "", {0}, 5, 5, 10, 10, 0, STATUS_OK, 5, 0},
	{"first too late", SIM_STREAM, SIM_END_CLEAN, 200, "", {12}, 12, 13, 10, 10, 0,
		STATUS_TIMEOUT_FIRST, 11, -1},
	{"just in time", SIM_STREAM, SIM_END_CLEAN, 200, "", {11}, 11, 12, 10, 10, 0, STATUS_OK, 12,
		1},
	{"silence in the middle", SIM_STREAM, SIM_END_CLEAN, 200, "", {2, 8}, 2, 9, 10, 5, 0,
		STATUS_TIMEOUT_STALL, 7, 1},
	{"silence before the last line", SIM_STREAM, SIM_END_CLEAN, 200, "", {2, 3}, 2, 9, 10, 5, 0,
		STATUS_TIMEOUT_STALL, 8, 2},
	{"too long in all", SIM_STREAM, SIM_END_CLEAN, 200, "", {2, 3, 4}, 2, 5, 10, 10, 2.5,
		STATUS_TIMEOUT_TOTAL, 3.5, 2},
	{"stalls", SIM_STREAM, SIM_END_STALL, 200, "", {2, 3}, 2, 9, 10, 5, 0, STATUS_TIMEOUT_STALL,
		8, 2},
	{"stalls, total first", SIM_STREAM, SIM_END_STALL, 200, "", {2, 3}, 2, 9, 10, 5, 4,
		STATUS_TIMEOUT_TOTAL, 5, 2},
	{"stalls for ever", SIM_STREAM, SIM_END_STALL, 200, "", {2, 3}, 2, 9, 10, 0, 0, STATUS_OK,
		0, 0},
	{"no done", SIM_STREAM, SIM_END_NO_DONE, 200, "", {2, 3}, 2, 4, 10, 5, 0, STATUS_TRUNCATED,
		4, 2},
	{"error line", SIM_STREAM, SIM_END_ERROR_LINE, 200, "an error was encountered", {2, 3}, 2,
		4, 10, 5, 0, STATUS_SERVER_ERROR, 4, 2},
	{"no memory inside a 200", SIM_STREAM, SIM_END_ERROR_LINE, 200,
		"model requires more system memory (9 GiB) than is available (8 GiB)", {0}, 4, 4,
		10, 5, 0, STATUS_OUT_OF_MEMORY, 4, 0},
	{"no memory", SIM_WHOLE, SIM_END_CLEAN, 500,
		"{\"error\":\"cudaMalloc failed: out of memory\"}", {0}, 4, 4, 10, 5, 0,
		STATUS_OUT_OF_MEMORY, 4, -1},
	{"no model", SIM_WHOLE, SIM_END_CLEAN, 404, "{\"error\":\"model 'm' not found\"}", {0}, 1,
		1, 10, 5, 0, STATUS_MODEL_MISSING, 1, -1},
	{"busy", SIM_WHOLE, SIM_END_CLEAN, 503, "{\"error\":\"server busy, please try again.\"}",
		{0}, 1, 1, 10, 5, 0, STATUS_QUEUE_FULL, 1, -1},
	{"an error too late", SIM_WHOLE, SIM_END_CLEAN, 500, "{\"error\":\"x\"}", {0}, 99, 99, 10,
		5, 0, STATUS_TIMEOUT_FIRST, 11, -1},
	{"refused", SIM_REFUSE, SIM_END_CLEAN, 0, "", {0}, 1, 1, 10, 5, 0, STATUS_CONNECT_ERROR, 1,
		-1},
};

static void make_answer(const struct answer_case *c, struct sim_answer *a)
{
	*a = (struct sim_answer){.shape = c->shape,
		.ending = c->ending,
		.http_status = c->http_status,
		.ready_at = S(c->ready),
		.end_at = S(c->end),
		.body = STR_INIT(STR_MAX_LINE),
		.era = 3,
		.load = S(0.1),
		.prompt_eval = S(0.2),
		.eval = S(2),
		.total = S(4),
		.prompt_tokens = 7,
		.output_tokens = 3,
		.done_reason = "length"};
	while (a->ntokens < 4 && c->tokens[a->ntokens] > 0)
		a->ntokens++;
	a->token_at = xcalloc(a->ntokens + 1, sizeof(*a->token_at));
	a->token = xcalloc(a->ntokens + 1, sizeof(*a->token));
	for (size_t i = 0; i < a->ntokens; i++) {
		a->token_at[i] = S(c->tokens[i]);
		a->token[i] = "tok";
	}
	if (c->shape == SIM_STREAM)
		snprintf(a->error, sizeof(a->error), "%s", c->text);
	else
		str_add(&a->body, c->text);
}

static void check_sample(const struct answer_case *c, const struct sample *s)
{
	size_t content = c->chunks > 0 ? (size_t)c->chunks : 0;

	if (s->status != c->status || s->chunks != c->chunks || s->done != S(c->ends_at))
		if (c->status != STATUS_CONNECT_ERROR || s->status != c->status)
			fail_msg("%s: %s, %lld chunks, done at %lld: %s", c->name,
				status_name(s->status), (long long)s->chunks, (long long)s->done,
				s->error);
	assert_int_equal(s->times.n, content);
	assert_int_equal(s->first_content, content ? S(c->tokens[0]) : NS_NONE);
	assert_int_equal(s->last_content, content ? S(c->tokens[content - 1]) : NS_NONE);
	assert_int_equal(s->stamps, STAMP_VIRTUAL);
	assert_int_equal(s->output_tokens, c->status == STATUS_OK ? 3 : -1);
	assert_int_equal(s->load, c->status == STATUS_OK ? S(0.1) : NS_NONE);
	assert_string_equal(s->done_reason, c->status == STATUS_OK ? "length" : "");
	if (c->status != STATUS_OK)
		assert_true(s->error[0] != '\0');
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(answer_cases); i++) {
		const struct answer_case *c = &answer_cases[i];
		struct ticket t = {.limit_first_s = c->first,
			.limit_stall_s = c->stall,
			.limit_total_s = c->total};
		struct sim_answer a;
		struct virtual_end end;
		struct reply r;

		make_answer(c, &a);
		end = virtual_answer_end(&a, &t, S(1));
		if (end.at != (c->ends_at > 0 ? S(c->ends_at) : NS_NONE))
			fail_msg("%s: ends at %lld", c->name, (long long)end.at);
		if (c->ends_at > 0) {
			reply_init(&r, REPLY_OLLAMA, 4096, 20);
			virtual_answer_read(&a, end, &r);
			check_sample(c, &r.sample);
			reply_release(&r);
		}
		sim_answer_release(&a);
	}
}

static void test_cancel_keeps_what_came(void **state)
{
	struct answer_case c = answer_cases[0];
	struct virtual_end end = {S(3.5), REPLY_CANCEL};
	struct sim_answer a;
	struct reply r;

	(void)state;
	make_answer(&c, &a);
	reply_init(&r, REPLY_OLLAMA, 4096, 20);
	virtual_answer_read(&a, end, &r);
	c.status = STATUS_CANCELLED;
	c.chunks = 2;
	c.ends_at = 3.5;
	check_sample(&c, &r.sample);
	assert_string_equal(r.sample.text.s, "toktok");
	assert_true(virtual_was_cut(end));
	reply_release(&r);
	sim_answer_release(&a);
}

/* ---- the same as on the wire ---- */

static void read_from_wire(const struct sim_answer *a, struct reply *r)
{
	struct str line = STR_INIT(STR_MAX_LINE);

	if (a->shape == SIM_REFUSE) {
		reply_end(r, REPLY_NO_CONNECTION, NULL, a->ready_at);
		return;
	}
	reply_status(r, a->http_status);
	if (a->shape == SIM_WHOLE)
		reply_body(r, a->body.s, a->body.len, a->ready_at);
	for (size_t i = 0; a->shape == SIM_STREAM && i <= a->ntokens; i++) {
		str_reset(&line);
		sim_answer_line(a, i, 0, &line);
		reply_body(r, line.s, line.len, i < a->ntokens ? a->token_at[i] : a->end_at);
	}
	reply_end(r, REPLY_CLEAN, NULL, a->shape == SIM_STREAM ? a->end_at : a->ready_at);
	str_release(&line);
}

static void compare(const struct sample *got, const struct sample *wire, uint64_t seed)
{
	if (got->status != wire->status || strcmp(got->error, wire->error) != 0)
		fail_msg("CHIMERA_SEED=%llu: %s (%s), on the wire %s (%s)",
			(unsigned long long)seed, status_name(got->status), got->error,
			status_name(wire->status), wire->error);
	assert_int_equal(got->http_status, wire->http_status);
	assert_int_equal(got->first_content, wire->first_content);
	assert_int_equal(got->last_content, wire->last_content);
	assert_int_equal(got->done, wire->done);
	assert_int_equal(got->first_byte, wire->first_byte);
	assert_int_equal(got->load, wire->load);
	assert_int_equal(got->prompt_eval, wire->prompt_eval);
	assert_int_equal(got->eval, wire->eval);
	assert_int_equal(got->total, wire->total);
	assert_int_equal(got->prompt_tokens, wire->prompt_tokens);
	assert_int_equal(got->output_tokens, wire->output_tokens);
	assert_int_equal(got->chunks, wire->chunks);
	assert_int_equal(got->response_bytes, wire->response_bytes);
	assert_int_equal(got->times.n, wire->times.n);
	assert_string_equal(got->text.s, wire->text.s);
	assert_string_equal(got->sha256, wire->sha256);
	assert_string_equal(got->done_reason, wire->done_reason);
}

static void random_machine(struct rng *r, struct sim_config *c)
{
	sim_config_default(c);
	c->era = 1 + (double)rng_below(r, 3);
	c->num_parallel = 1 + (double)rng_below(r, 4);
	c->stop_probability = rng_below(r, 2) ? 0.05 : 0;
	c->ram_mib = rng_below(r, 4) ? 65536 : 700;
	c->kv_kib_per_token = 100;
	c->vram_mib = rng_below(r, 2) ? 0 : 12288;
}

static void test_same_as_on_the_wire(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct sim_config c;
		struct sim *sim;
		struct ticket no_limits = {0};
		struct rng r;

		rng_init(&r, seed, "wire");
		random_machine(&r, &c);
		c.fail_midstream = c.fail_truncated = c.fail_connect = 0.1;
		sim = sim_new(&c, seed);
		for (ns now = 0; now < S(200); now += S(20)) {
			struct str body = STR_INIT(1 << 16);
			int64_t num_ctx = 16 + (int64_t)rng_below(&r, 8000);
			struct sim_answer a;
			struct reply got, wire;

			str_addf(&body,
				"{\"model\":\"%s\",\"prompt\":\"%0*d\",\"options\":{\"num_ctx\":%"
				"lld,"
				"\"num_predict\":%u}}",
				rng_below(&r, 20) ? c.model : "nobody", (int)rng_below(&r, 3000), 7,
				(long long)num_ctx, 1 + (unsigned)rng_below(&r, 40));
			sim_request(sim, "POST", "/api/generate", body.s, body.len, now, &a);
			reply_init(&got, REPLY_OLLAMA, num_ctx, body.len);
			reply_init(&wire, REPLY_OLLAMA, num_ctx, body.len);
			virtual_answer_read(&a, virtual_answer_end(&a, &no_limits, now), &got);
			read_from_wire(&a, &wire);
			compare(&got.sample, &wire.sample, seed);
			reply_release(&got);
			reply_release(&wire);
			sim_answer_release(&a);
			str_release(&body);
		}
		sim_free(sim);
	}
}

/* ---- the probe ---- */

static void test_probe(void **state)
{
	struct server_facts f;
	struct sim_config c;
	struct sim *sim;
	struct err e = ERR_INIT;

	(void)state;
	sim_config_default(&c);
	c.has_ps = 0;
	sim = sim_new(&c, 1);
	assert_int_equal(server_facts_init(&f, "http://127.0.0.1:1", &e), 0);
	server_facts_add_model(&f, "gemma3:270m");
	assert_int_equal(virtual_probe(&f, sim, &e), 0);
	assert_string_equal(f.version, c.version);
	assert_true(f.has_tags && f.has_show && !f.has_ps);
	assert_int_equal(f.models[0].layers, 18);
	assert_int_equal(f.models[0].context_train, 32768);
	assert_int_equal(strlen(f.models[0].digest), 64);
	server_facts_add_model(&f, "llama3:70b");
	assert_int_equal(virtual_probe(&f, sim, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "\"llama3:70b\" is not installed there; it has gemma3:270m");
	server_facts_release(&f);
	sim_free(sim);
}

/* ---- whole sweeps ---- */

static void whole_init(
	struct whole *w, struct rng *r, uint64_t seed, const char *what, const struct sim_config *c)
{
	memset(w, 0, sizeof(*w));
	fake_plan_random(&w->plan, r);
	whole_begin(w, seed, what, c);
}

static void each_seed(uint64_t n, void (*run)(uint64_t seed, const char *what))
{
	const char *only = getenv("CHIMERA_SEED");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : n;
	char what[40];

	for (uint64_t seed = first; seed <= last; seed++) {
		snprintf(what, sizeof(what), "CHIMERA_SEED=%llu", (unsigned long long)seed);
		run(seed, what);
	}
}

static uint32_t most_concurrency(const struct plan *p)
{
	uint32_t most = 1;

	for (uint32_t c = 0; c < p->ncells; c++)
		most = plan_concurrency(p, c) > most ? plan_concurrency(p, c) : most;
	return most;
}

static uint32_t calm(uint64_t seed, const char *what)
{
	struct sim_config c;
	struct whole w;
	struct runner_progress p;
	struct fake_count count;
	struct rng r;
	uint32_t digest;

	rng_init(&r, seed, "calm");
	random_machine(&r, &c);
	c.ram_mib = 65536;
	c.has_ps = rng_below(&r, 8) != 0;
	whole_init(&w, &r, seed, what, &c);
	assert_true(whole_run(&w, 1, NS_NONE, 0, &p));
	count = fake_ledger_count(&w.ledger, &w.plan.plan);
	if (count.done != count.planned || p.done != p.total || w.measured != p.total ||
		p.loads_made != w.plan.plan.nvisits || p.loads_planned != p.loads_made)
		fail_msg("%s: %llu of %llu done, %llu loads of %llu", what,
			(unsigned long long)count.done, (unsigned long long)count.planned,
			(unsigned long long)p.loads_made, (unsigned long long)p.loads_planned);
	assert_int_equal(w.most_together, most_concurrency(&w.plan.plan));
	for (size_t i = 0; i < w.ledger.rows.n; i++)
		assert_int_equal(w.ledger.rows.v[i].attempts, 1);
	digest = w.digest;
	whole_release(&w);
	return digest;
}

static void calm_repeats(uint64_t seed, const char *what)
{
	uint32_t digest = calm(seed, what);

	if (seed % 8 == 0)
		assert_int_equal(calm(seed, what), digest);
}

/* Killed or interrupted anywhere, then resumed: the union is the plan, nothing twice. */
static void cut_and_resumed(uint64_t seed, const char *what)
{
	struct sim_config c;
	struct whole w;
	struct runner_progress p;
	struct fake_count count;
	struct rng r;
	uint32_t session = 0;
	bool complete = false;

	rng_init(&r, seed, "cut");
	random_machine(&r, &c);
	c.ram_mib = 65536;
	whole_init(&w, &r, seed, what, &c);
	while (!complete) {
		bool die = rng_below(&r, 2);
		ns at = w.now + (ns)rng_below(&r, 120) * NS_PER_S;

		if (++session > 40)
			fail_msg("%s: not done after 40 sessions", what);
		complete = session < 4 ? whole_run(&w, session, die ? NS_NONE : at,
						 die ? 1 + rng_below(&r, 30) : 0, &p)
				       : whole_run(&w, session, NS_NONE, 0, &p);
	}
	count = fake_ledger_count(&w.ledger, &w.plan.plan);
	if (count.done != count.planned)
		fail_msg("%s: %llu of %llu done, %llu untried", what,
			(unsigned long long)count.done, (unsigned long long)count.planned,
			(unsigned long long)count.untried);
	whole_release(&w);
}

/* Anything may go wrong, and it ends; on a better day the rest of it is done. */
static void faulty(uint64_t seed, const char *what)
{
	struct sim_config c, better;
	struct whole w;
	struct runner_progress p;
	struct fake_count count;
	struct rng r;

	rng_init(&r, seed, "faulty");
	random_machine(&r, &c);
	c.ram_mib = 65536;
	better = c;
	c.fail_connect = 0.2 * rng_uniform(&r);
	c.fail_midstream = 0.2 * rng_uniform(&r);
	c.fail_truncated = 0.2 * rng_uniform(&r);
	c.fail_stall = 0.2 * rng_uniform(&r);
	whole_init(&w, &r, seed, what, &c);
	whole_run(&w, 1, NS_NONE, 0, &p);
	for (size_t i = 0; i < w.plan.nservers; i++) {
		sim_free(w.sims[i]);
		w.sims[i] = sim_new(&better, seed + i);
	}
	assert_true(whole_run(&w, 2, NS_NONE, 0, &p));
	count = fake_ledger_count(&w.ledger, &w.plan.plan);
	if (count.done != count.planned || p.done != p.total)
		fail_msg("%s: %llu of %llu done", what, (unsigned long long)count.done,
			(unsigned long long)count.planned);
	whole_release(&w);
}

static void test_calm(void **state)
{
	(void)state;
	each_seed(SWEEPS, calm_repeats);
}

static void test_cut(void **state)
{
	(void)state;
	each_seed(SWEEPS, cut_and_resumed);
}

static void test_faulty(void **state)
{
	(void)state;
	each_seed(SWEEPS, faulty);
}

/* ---- one machine ---- */

static void whole_init_as(struct whole *w, const char *sweep, const struct sim_config *c)
{
	static const char *const url[] = {"http://10.0.0.1:1"};

	memset(w, 0, sizeof(*w));
	fake_plan_make(&w->plan, sweep, url, 1);
	whole_begin(w, 1, "one machine", c);
}

static void test_out_of_memory(void **state)
{
	struct sim_config c;
	struct whole w;
	struct runner_progress p;
	uint64_t final = 0;

	(void)state;
	sim_config_default(&c);
	c.vram_mib = 0;
	c.ram_mib = 700;
	c.kv_kib_per_token = 100;
	whole_init_as(&w,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048,8192]},"
		"\"prompt\":\"Hi.\",\"passes\":4,\"repeats\":8,\"sentinel\":false}",
		&c);
	assert_true(whole_run(&w, 1, NS_NONE, 0, &p));
	for (size_t i = 0; i < w.ledger.rows.n; i++)
		final += w.ledger.rows.v[i].final;
	/* Two warm-ups that did not fit, and the 8 requests of the block, skipped. */
	assert_int_equal(final, 2 + 8);
	assert_int_equal(p.loads_made, 4);
	assert_int_equal(p.loads_planned, 6);
	assert_int_equal(fake_ledger_count(&w.ledger, &w.plan.plan).done, 16);
	assert_int_equal(p.done, p.total);
	whole_release(&w);
}

static void count_cut(void *arg, const struct row_keys *k, const struct sample *s)
{
	uint64_t *rows = arg;

	(void)k;
	assert_int_equal(s->status, STATUS_TIMEOUT_TOTAL);
	assert_true(s->chunks > 0);
	++*rows;
}

/* Answers of 20 s, cut after 3: the slot is free for the next, whose content comes in time. */
static void test_machine_knows_that_we_left(void **state)
{
	struct virtual_options opt = {.start = NS_PER_S, .interrupt_at = NS_NONE};
	struct sim_config c;
	struct whole w;
	struct session s;
	struct err e = ERR_INIT;
	uint64_t rows = 0;

	(void)state;
	sim_config_default(&c);
	c.gpu_tok_s = c.cpu_tok_s = 10;
	whole_init_as(&w,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048]},"
		"\"prompt\":\"Hi.\",\"passes\":1,\"repeats\":1,\"sentinel\":false,"
		"\"options\":{\"num_predict\":200},\"limits\":{\"total\":3}}",
		&c);
	assert_int_equal(session_init(&s, &w.plan.plan, NULL, 1, 0, &e), 0);
	s.on_row = count_cut;
	s.on_row_arg = &rows;
	assert_int_equal(virtual_run(&s, w.sims, &opt, &w.now, &e), 0);
	assert_int_equal(rows, 3); /* warm-ups; then the visit is given up */
	session_release(&s);
	whole_release(&w);
}

/* Nothing will ever happen any more: said, not waited for. */
static void test_endless_stall(void **state)
{
	struct virtual_options opt = {.start = NS_PER_S, .interrupt_at = NS_NONE};
	struct sim_config c;
	struct whole w;
	struct session s;
	struct err e = ERR_INIT;

	(void)state;
	sim_config_default(&c);
	c.fail_stall = 1;
	whole_init_as(&w,
		"{\"model\":\"gemma3:270m\",\"prompt\":\"Hi.\",\"sentinel\":false,"
		"\"factors\":{\"num_ctx\":[2048]}}",
		&c);
	w.plan.sweep.limit_stall_s = 0;
	assert_int_equal(session_init(&s, &w.plan.plan, NULL, 1, 0, &e), 0);
	assert_int_equal(virtual_run(&s, w.sims, &opt, &w.now, &e), -1);
	assert_contains(e.msg, "never answers");
	session_release(&s);
	whole_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cancel_keeps_what_came),
		cmocka_unit_test(test_same_as_on_the_wire),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_machine_knows_that_we_left),
		cmocka_unit_test(test_endless_stall),
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_faulty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
