/* test_wire.c - every recorded exchange with two real servers, read by read, byte by byte and in
 * pieces.  What a sample must say is worked out here from the recorded lines, by other means. */
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "facts.h"
#include "jsonx.h"
#include "reply.h"
#include "rng.h"
#include "wire.h"

static const char *const servers[] = {"v0.24.0", "v0.32.14"};

enum kind { GENERATION, OPENAI, VERSION, TAGS, SHOW, PS, OTHER };

static const struct expected {
	const char *name;
	enum kind kind;
	enum status status;
	const char *what; /* done_reason of an ok reply, else part of the error */
} table[] = {
	{"version", VERSION, STATUS_OK, ""},
	{"tags", TAGS, STATUS_OK, ""},
	{"unload-0", GENERATION, STATUS_OK, "unload"},
	{"ps-empty", PS, STATUS_OK, ""},
	{"show", SHOW, STATUS_OK, ""},
	{"show-missing", GENERATION, STATUS_MODEL_MISSING, "not found"},
	{"load-only", GENERATION, STATUS_OK, "load"},
	{"unload", GENERATION, STATUS_OK, "unload"},
	{"generate-cold", GENERATION, STATUS_OK, "length"},
	{"ps-loaded", PS, STATUS_OK, ""},
	{"generate-warm-cached", GENERATION, STATUS_OK, "length"},
	{"generate-warm-nonce", GENERATION, STATUS_OK, "length"},
	{"generate-nostream", GENERATION, STATUS_OK, "length"},
	{"generate-raw", GENERATION, STATUS_OK, "length"},
	{"generate-one", GENERATION, STATUS_OK, "length"},
	{"generate-stop", GENERATION, STATUS_OK, "stop"},
	{"generate-markup", GENERATION, STATUS_OK, "length"},
	{"generate-unicode", GENERATION, STATUS_OK, "length"},
	{"generate-200", GENERATION, STATUS_OK, "length"},
	{"generate-repeat", GENERATION, STATUS_TRUNCATED, "without done"},
	{"generate-logprobs", GENERATION, STATUS_OK, "length"},
	{"generate-num-gpu-0", GENERATION, STATUS_OK, "length"},
	{"ps-num-gpu-0", PS, STATUS_OK, ""},
	{"generate-num-gpu-99", GENERATION, STATUS_OK, "length"},
	{"ps-num-gpu-99", PS, STATUS_OK, ""},
	{"generate-num-gpu-auto", GENERATION, STATUS_OK, "length"},
	{"generate-ctx-512", GENERATION, STATUS_OK, "length"},
	{"ps-ctx-512", PS, STATUS_OK, ""},
	{"generate-ctx-40000", GENERATION, STATUS_OK, "length"},
	{"ps-ctx-40000", PS, STATUS_OK, ""},
	{"generate-truncated-prompt", GENERATION, STATUS_PROMPT_TRUNCATED, "was cut to"},
	{"generate-truncate-false", GENERATION, STATUS_PROMPT_TRUNCATED, "exceeds the"},
	{"chat", GENERATION, STATUS_OK, "length"},
	{"chat-nostream", GENERATION, STATUS_OK, "length"},
	{"bad-json", GENERATION, STATUS_HTTP_ERROR, "unexpected EOF"},
	{"bad-empty", GENERATION, STATUS_HTTP_ERROR, "missing request body"},
	{"bad-option-type", GENERATION, STATUS_HTTP_ERROR, "must be of type integer"},
	{"bad-model-type", GENERATION, STATUS_HTTP_ERROR, "cannot unmarshal number"},
	{"unknown-option", GENERATION, STATUS_OK, "length"},
	{"missing-model", GENERATION, STATUS_MODEL_MISSING, "model 'nope:1b' not found"},
	{"not-found", OTHER, STATUS_HTTP_ERROR, "404 page not found"},
	{"wrong-method", OTHER, STATUS_HTTP_ERROR, "405 method not allowed"},
	{"openai-chat", OPENAI, STATUS_OK, "length"},
	{"openai-chat-nostream", OPENAI, STATUS_OK, "length"},
	{"openai-completions", OPENAI, STATUS_OK, "length"},
	{"openai-missing-model", OPENAI, STATUS_MODEL_MISSING, "model 'nope:1b' not found"},
	{"openai-models", OPENAI, STATUS_TRUNCATED, "without done"}, /* a list, no generation */
	{"queue-first", GENERATION, STATUS_OK, "length"},
	{"queue-second", GENERATION, STATUS_OK, "length"},
	{"runner-killed", GENERATION, STATUS_SERVER_ERROR, "unexpected EOF"},
	{"after-runner-killed", GENERATION, STATUS_OK, "length"},
	{"ps-end", PS, STATUS_OK, ""},
};

static bool is_reply(const struct expected *x)
{
	return x->kind == GENERATION || x->kind == OPENAI || x->kind == OTHER;
}

/* What was asked: the context, and the length of the prompt. */
static void begin(struct reply *r, const struct wire *w)
{
	json_t *request = jsonx_parse(w->request.s, w->request.len);
	const json_t *num_ctx = json_object_get(json_object_get(request, "options"), "num_ctx");
	size_t prompt = json_string_length(json_object_get(request, "prompt"));
	bool openai = strncmp(w->path, "/v1/", 4) == 0;

	reply_init(r, openai ? REPLY_OPENAI : REPLY_OLLAMA,
		json_is_integer(num_ctx) ? json_integer_value(num_ctx) : -1, prompt);
	r->sample.sent = 0;
	reply_status(r, w->http_status);
	json_decref(request);
}

static void feed_as_recorded(struct reply *r, const struct wire *w)
{
	size_t from = 0;

	begin(r, w);
	for (size_t i = 0; i < w->nreads; i++) {
		if (w->reads[i].body > from)
			reply_body(r, w->body.s + from, w->reads[i].body - from, w->reads[i].at);
		from = w->reads[i].body;
	}
	reply_end(r, REPLY_CLEAN, NULL, w->reads[w->nreads - 1].at);
}

/* In pieces of at most `most` bytes; each comes a microsecond after the one before. */
static void feed_in_pieces(struct reply *r, const struct wire *w, struct rng *rng, size_t most)
{
	ns at = 0;

	begin(r, w);
	for (size_t from = 0, n; from < w->body.len; from += n) {
		n = 1 + rng_below(rng, most);
		n = n < w->body.len - from ? n : w->body.len - from;
		reply_body(r, w->body.s + from, n, at += NS_PER_US);
	}
	reply_end(r, REPLY_CLEAN, NULL, at);
}

/* ---- the index ---- */

static const struct expected *expected(const char *name)
{
	size_t i = 0;

	while (i < COUNTOF(table) && strcmp(table[i].name, name) != 0)
		i++;
	if (i == COUNTOF(table))
		fail_msg("%s is not in the table", name);
	return &table[i];
}

static void check_status(const char *server, const char *name, int http_status)
{
	const struct expected *x = expected(name);
	struct reply r;
	struct wire w;

	wire_load(&w, server, name);
	assert_int_equal(w.http_status, http_status);
	if (is_reply(x)) {
		feed_as_recorded(&r, &w);
		if (r.sample.status != x->status)
			fail_msg("%s %s: %s: %s", server, name, status_name(r.sample.status),
				r.sample.error);
		if (x->status == STATUS_OK)
			assert_string_equal(r.sample.done_reason, x->what);
		else
			assert_contains(r.sample.error, x->what);
		reply_release(&r);
	}
	wire_release(&w);
}

static void test_every_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++)
		assert_int_equal(wire_each(servers[i], check_status), COUNTOF(table));
}

/* ---- figures ---- */

/* What a generation's lines hold, read with nothing but jansson. */
struct truth {
	json_t *last; /* the line with done */
	struct str text;
	ns arrival[1000]; /* of each line with content */
	int64_t chunks;
};

static void truth_read(struct truth *t, const struct wire *w)
{
	const char *s = w->body.s, *end = s + w->body.len;

	memset(t, 0, sizeof(*t));
	t->text = (struct str)STR_INIT(1 << 20);
	while (s < end) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		size_t len = newline ? (size_t)(newline - s) : (size_t)(end - s);
		json_t *line = json_loadb(s, len, JSON_ALLOW_NUL, NULL);
		const char *text = json_string_value(json_object_get(line, "response"));

		if (!text)
			text = json_string_value(
				json_object_get(json_object_get(line, "message"), "content"));
		if (text && *text) {
			str_add(&t->text, text);
			assert_true(t->chunks < (int64_t)COUNTOF(t->arrival));
			t->arrival[t->chunks++] = wire_arrival(w, (size_t)(s - w->body.s) + len);
		}
		if (json_is_true(json_object_get(line, "done")))
			t->last = json_incref(line);
		json_decref(line);
		s += len + 1;
	}
}

static void truth_release(struct truth *t)
{
	json_decref(t->last);
	str_release(&t->text);
}

static void check_number(const struct truth *t, const char *key, int64_t got, int64_t missing)
{
	const json_t *value = json_object_get(t->last, key);

	assert_true(got == (value ? json_integer_value(value) : missing));
}

static void check_server_figures(const struct truth *t, const struct sample *s)
{
	check_number(t, "total_duration", s->total, NS_NONE);
	check_number(t, "load_duration", s->load, NS_NONE);
	check_number(t, "prompt_eval_duration", s->prompt_eval, NS_NONE);
	check_number(t, "eval_duration", s->eval, NS_NONE);
	check_number(t, "prompt_eval_count", s->prompt_tokens, -1);
	check_number(t, "eval_count", s->output_tokens, -1);
	if (s->output_tokens >= 8) {
		double n = json_number_value(json_object_get(t->last, "eval_count"));
		double eval = json_number_value(json_object_get(t->last, "eval_duration")) / 1e9;

		assert_double(sample_decode_tok_s(s), (n - 1) / eval);
		assert_double(sample_decode_tok_s_raw(s), n / eval);
		assert_true(sample_decode_tok_s(s) > 20 && sample_decode_tok_s(s) < 200);
	} else {
		assert_double(sample_decode_tok_s(s), NAN);
	}
}

static void check_figures(const char *server, const char *name, int http_status)
{
	const struct expected *x = expected(name);
	struct truth t;
	struct reply r;
	struct wire w;

	if (x->kind != GENERATION || http_status != 200)
		return;
	wire_load(&w, server, name);
	truth_read(&t, &w);
	feed_as_recorded(&r, &w);
	assert_int_equal(r.sample.chunks, t.chunks);
	assert_string_equal(r.sample.text.s, t.text.s);
	assert_int_equal(r.sample.response_bytes, t.text.len);
	assert_int_equal(r.sample.times.n, t.chunks);
	for (int64_t i = 0; i < t.chunks; i++)
		assert_int_equal(r.sample.times.v[i], t.arrival[i]);
	if (t.chunks > 0) {
		assert_int_equal(sample_ttft(&r.sample), t.arrival[0]);
		assert_int_equal(sample_e2e(&r.sample), t.arrival[t.chunks - 1]);
	}
	check_server_figures(&t, &r.sample);
	reply_release(&r);
	truth_release(&t);
	wire_release(&w);
}

static void test_every_figure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++)
		wire_each(servers[i], check_figures);
}

/* ---- splits ---- */

static void assert_same(const struct sample *a, const struct sample *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->chunks, b->chunks);
	assert_int_equal(a->times.n, b->times.n);
	assert_int_equal(a->response_bytes, b->response_bytes);
	assert_int_equal(a->prompt_tokens, b->prompt_tokens);
	assert_int_equal(a->cached_tokens, b->cached_tokens);
	assert_int_equal(a->output_tokens, b->output_tokens);
	assert_true(a->load == b->load && a->prompt_eval == b->prompt_eval);
	assert_true(a->eval == b->eval && a->total == b->total);
	assert_string_equal(a->text.s, b->text.s);
	assert_string_equal(a->error, b->error);
	assert_string_equal(a->done_reason, b->done_reason);
	assert_string_equal(a->sha256, b->sha256);
}

static void check_splits(const char *server, const char *name, int http_status)
{
	static const size_t most[] = {1, 2, 7, 100, 1000};
	const struct expected *x = expected(name);
	struct reply recorded, split;
	struct rng rng;
	struct wire w;

	(void)http_status;
	if (!is_reply(x))
		return;
	wire_load(&w, server, name);
	feed_as_recorded(&recorded, &w);
	rng_init(&rng, 3, name);
	for (size_t i = 0; i < COUNTOF(most); i++) {
		feed_in_pieces(&split, &w, &rng, most[i]);
		assert_same(&recorded.sample, &split.sample);
		reply_release(&split);
	}
	reply_release(&recorded);
	wire_release(&w);
}

static void test_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++)
		wire_each(servers[i], check_splits);
}

/* ---- what these recordings teach ---- */

static void load_and_feed(struct reply *r, const char *server, const char *name)
{
	struct wire w;

	wire_load(&w, server, name);
	feed_as_recorded(r, &w);
	wire_release(&w);
}

static void test_one_token(void **state)
{
	struct reply r;

	(void)state;
	load_and_feed(&r, "v0.24.0", "generate-one");
	assert_true(r.sample.eval == NS_NONE);
	assert_true(sample_server_rest(&r.sample) == NS_NONE);
	assert_double(sample_decode_tok_s_raw(&r.sample), NAN);
	reply_release(&r);
	load_and_feed(&r, "v0.32.14", "generate-one");
	assert_int_equal(r.sample.eval, 1000);
	assert_double(sample_decode_tok_s_raw(&r.sample), NAN);
	assert_double(sample_tpot_ms(&r.sample), NAN);
	reply_release(&r);
}

static void test_cut_prompts(void **state)
{
	struct reply r;

	(void)state;
	load_and_feed(&r, "v0.24.0", "generate-truncated-prompt");
	assert_int_equal(r.sample.prompt_tokens, 64);
	reply_release(&r);
	load_and_feed(&r, "v0.32.14", "generate-truncated-prompt");
	assert_int_equal(r.sample.prompt_tokens, 35);
	reply_release(&r);
	load_and_feed(&r, "v0.32.14", "generate-truncate-false");
	assert_string_equal(r.sample.error,
		"request (410 tokens) exceeds the available context size "
		"(256 tokens), try increasing it");
	reply_release(&r);
}

static void test_streams_have_tpot_and_held_back_text_has_none(void **state)
{
	struct reply r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++) {
		load_and_feed(&r, servers[i], "generate-200");
		assert_int_equal(r.sample.chunks, 200);
		assert_true(sample_tpot_ms(&r.sample) > 5 && sample_tpot_ms(&r.sample) < 50);
		assert_false(isnan(sample_itl_ms(&r.sample, 99, 100)));
		reply_release(&r);
		/* 14 tokens in 8 chunks: digits are held back until no stop word can begin there.
		 */
		load_and_feed(&r, servers[i], "generate-stop");
		assert_int_equal(r.sample.output_tokens, 14);
		assert_int_equal(r.sample.chunks, 8);
		assert_double(sample_tpot_ms(&r.sample), NAN);
		reply_release(&r);
	}
}

static void test_a_wait_is_no_load(void **state)
{
	struct reply r;

	(void)state;
	load_and_feed(&r, "v0.32.14", "queue-second");
	assert_int_equal(r.sample.load, 1246754360);
	assert_int_equal(
		sample_server_rest(&r.sample), 2490963809 - 1246754360 - 47853000 - 176764000);
	reply_release(&r);
}

/* ---- facts ---- */

static void check_facts(const char *server, const char *name, int http_status)
{
	const struct expected *x = expected(name);
	struct server_facts f = {0};
	struct ps_list ps = {.known = false};
	struct model_facts *m;
	struct err e = ERR_INIT;
	struct wire w;

	(void)http_status;
	wire_load(&w, server, name);
	assert_int_equal(server_facts_init(&f, "http://127.0.0.1:11434", &e), 0);
	m = server_facts_add_model(&f, "gemma3:270m");
	if (x->kind == VERSION) {
		assert_int_equal(facts_read_version(&f, w.body.s, w.body.len), 0);
		assert_string_equal(f.version, server + 1);
	} else if (x->kind == TAGS) {
		assert_int_equal(facts_read_tags(&f, w.body.s, w.body.len), 0);
		assert_int_equal(f.ninstalled, 1);
		assert_int_equal(strlen(m->digest), 64);
	} else if (x->kind == SHOW) {
		assert_int_equal(facts_read_show(m, w.body.s, w.body.len), 0);
		assert_int_equal(m->layers, 18);
		assert_int_equal(m->context_train, 32768);
		assert_false(m->vision);
	} else if (x->kind == PS) {
		assert_int_equal(facts_read_ps(&ps, w.body.s, w.body.len), 0);
		assert_true(ps.known);
		assert_int_equal(ps.n, strcmp(name, "ps-empty") == 0 ? 0 : 1);
	} else if (strcmp(name, "show-missing") == 0) {
		assert_int_equal(facts_read_show(m, w.body.s, w.body.len), -1);
		assert_int_equal(m->layers, -1);
	}
	server_facts_release(&f);
	wire_release(&w);
}

static void test_every_fact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++)
		wire_each(servers[i], check_facts);
}

static void test_contexts_in_effect(void **state)
{
	static const struct {
		const char *name;
		int64_t context;
	} cases[] = {{"ps-loaded", 2048}, {"ps-ctx-512", 512}, {"ps-ctx-40000", 32768}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(servers) * COUNTOF(cases); i++) {
		size_t c = i % COUNTOF(cases);
		struct ps_list ps = {.known = false};
		struct wire w;

		wire_load(&w, servers[i / COUNTOF(cases)], cases[c].name);
		assert_int_equal(facts_read_ps(&ps, w.body.s, w.body.len), 0);
		assert_int_equal(ps.entry[0].context_length, cases[c].context);
		assert_int_equal(ps.entry[0].size_vram, 0);
		wire_release(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status),
		cmocka_unit_test(test_every_figure),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_one_token),
		cmocka_unit_test(test_cut_prompts),
		cmocka_unit_test(test_streams_have_tpot_and_held_back_text_has_none),
		cmocka_unit_test(test_a_wait_is_no_load),
		cmocka_unit_test(test_every_fact),
		cmocka_unit_test(test_contexts_in_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
