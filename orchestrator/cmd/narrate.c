/* narrate.c - two requests at most, each on the loop until it is over, and what came judged. */
#include "narrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "exchange.h"
#include "facts.h"
#include "jsonx.h"
#include "probe.h"

#define NUM_CTX     8192 /* the prompt has up to 3,000 tokens, and comes back at the second try */
#define NUM_PREDICT 2000 /* 400 words as JSON have 900 tokens */
#define TEMPERATURE 0.3
#define FIRST_SEED  1
#define KEEP_ALIVE  300 /* seconds: the second try should not pay for a load */

struct narrating {
	uv_loop_t uv;
	struct http *http;
	const struct narrate_spec *spec;
	const struct narrator_facts *facts;
	struct narrated *ret;
	struct server_facts server;
	struct narrator_prompt prompt;
	json_t *messages;
	struct sample sample; /* of the last request */
};

/* ---- one request ---- */

static void add_message(struct narrating *n, const char *role, const char *text, size_t len)
{
	json_t *message = json_object(), *content = json_stringn(text, len);

	jsonx_put(message, "role", json_string(role));
	jsonx_put(message, "content", content ? content : json_string(""));
	json_array_append_new(n->messages, message);
}

static void write_body(struct narrating *n, json_t *schema, int64_t seed, struct str *out)
{
	json_t *body = json_object(), *options = json_object();

	jsonx_put(options, "seed", json_integer(seed));
	jsonx_put(options, "temperature", jsonx_number(TEMPERATURE));
	jsonx_put(options, "num_ctx", json_integer(NUM_CTX));
	jsonx_put(options, "num_predict", json_integer(NUM_PREDICT));
	jsonx_put(body, "model", json_string(n->spec->model));
	jsonx_put(body, "messages", json_incref(n->messages));
	jsonx_put(body, "stream", json_true());
	if (schema)
		jsonx_put(body, "format", json_incref(schema));
	jsonx_put(body, "keep_alive", json_integer(KEEP_ALIVE));
	jsonx_put(body, "options", options);
	jsonx_dump(out, body, 0, false);
	json_decref(body);
}

static void on_done(void *arg, struct reply *reply)
{
	struct narrating *n = arg;

	n->sample = reply->sample; /* its arrays are ours now */
	sample_init(&reply->sample);
}

static ns limit_or(ns limit, ns dflt)
{
	return limit ? limit : dflt;
}

/* Sends it and waits for its end; n->sample says how it was. */
static int send_request(struct narrating *n, const struct str *body, const char *id, struct err *e)
{
	const struct narrate_limits *l = &n->spec->limits;
	char *url = xasprintf("%s/api/chat", n->server.url);
	const struct exchange_spec spec = {.url = url,
		.proxy = n->server.proxy,
		.body = body->s,
		.body_len = body->len,
		.request_id = id,
		.num_ctx = NUM_CTX,
		.prompt_bytes = n->prompt.system.len + n->prompt.user.len,
		.due = clock_mono(),
		.limits = {.connect = limit_or(l->connect, NARRATE_CONNECT),
			.first = limit_or(l->first, NARRATE_FIRST),
			.stall = limit_or(l->stall, NARRATE_STALL),
			.total = limit_or(l->total, NARRATE_TOTAL),
			.answer = NARRATOR_MAX_TEXT}};
	struct exchange *x;
	int rc = exchange_start(n->http, &spec, on_done, n, &x, e);

	if (!rc)
		uv_run(&n->uv, UV_RUN_DEFAULT);
	free(url);
	return rc;
}

/* ---- what came ---- */

static double as_ms(ns t)
{
	return t == NS_NONE ? (double)NAN : (double)t / (double)NS_PER_MS;
}

static void measure(const struct sample *s, struct narrator_try *t)
{
	t->status = status_name(s->status);
	t->prompt_tokens = s->prompt_tokens;
	t->output_tokens = s->output_tokens;
	t->load_ms = as_ms(s->load);
	t->ttft_ms = as_ms(sample_ttft(s));
	t->decode_tok_s = sample_decode_tok_s(s);
	t->total_ms = as_ms(sample_e2e(s));
}

/* True if the text stands. */
static bool judge(struct narrating *n, struct narrator_try *t)
{
	const struct sample *s = &n->sample;
	struct str text = STR_INIT(STR_MAX_LINE);

	if (s->status != STATUS_OK) {
		narrator_reason(&t->why, "the request: %s%s%s", status_name(s->status),
			s->error[0] ? ": " : "", s->error);
		return false;
	}
	if (s->text.overflowed) {
		narrator_reason(&t->why, "the text: longer than %zu KiB", NARRATOR_MAX_TEXT >> 10);
		return false;
	}
	narrator_unfold(n->facts, s->text.s, s->text.len, &text);
	t->accepted = narrator_judge(n->facts, text.s, text.len, &n->ret->said, &t->why) == 0;
	if (!t->accepted && strcmp(s->done_reason, "length") == 0)
		narrator_reason(&t->why, "the text: ended by the limit of %d tokens", NUM_PREDICT);
	str_release(&text);
	return t->accepted;
}

/* What was wrong, for the second try.  Where it is only going to choose, its own text would be in
 * the way: a small model goes on in the manner of what it sees. */
static void add_retry(struct narrating *n, const struct narrator_try *t)
{
	const struct sample *s = &n->sample;
	struct str message = STR_INIT(STR_MAX_LINE);

	if (s->status != STATUS_OK)
		return;
	if (!n->prompt.schema_again && s->text.len > 0 && s->text.len <= NARRATOR_MAX_TEXT / 8)
		add_message(n, "assistant", s->text.s, s->text.len);
	narrator_retry_message(&t->why, &message);
	add_message(n, "user", message.s, message.len);
	str_release(&message);
}

/* One try; -1 only where it could not be sent. */
static int run_try(struct narrating *n, size_t i, struct err *e)
{
	struct narrator_try *t = &n->ret->tries[i];
	struct str body = STR_INIT(STR_MAX_LINE);
	bool bound = i > 0 && n->prompt.schema_again;
	char id[40];
	int rc;

	*t = (struct narrator_try){.seed = FIRST_SEED + (int64_t)i, .bound = bound};
	n->ret->ntries = i + 1;
	snprintf(id, sizeof(id), "narrator-%zu", i + 1);
	write_body(n, bound ? n->prompt.schema_again : n->prompt.schema, t->seed, &body);
	rc = send_request(n, &body, id, e);
	str_release(&body);
	if (rc) {
		t->status = status_name(STATUS_CONNECT_ERROR);
		narrator_reason(&t->why, "the request: %s", e ? e->msg : "cannot be started");
		return -1;
	}
	measure(&n->sample, t);
	n->ret->accepted = judge(n, t);
	if (!n->ret->accepted && i + 1 < NARRATOR_TRIES)
		add_retry(n, t);
	sample_release(&n->sample);
	return 0;
}

static void say_why(struct narrated *r)
{
	const struct narrator_try *last;
	size_t more;

	if (r->accepted || r->ntries == 0)
		return;
	last = &r->tries[r->ntries - 1];
	if (last->why.n == 0)
		return;
	more = last->why.n + last->why.more - 1;
	snprintf(r->why, sizeof(r->why), "what came of the %s try was refused (%s",
		r->ntries == 1 ? "only" : "second", last->why.v[0]);
	if (more > 0)
		snprintf(r->why + strlen(r->why), sizeof(r->why) - strlen(r->why), ", and %zu more",
			more);
	snprintf(r->why + strlen(r->why), sizeof(r->why) - strlen(r->why), ")");
}

static int run_tries(struct narrating *n, struct err *e)
{
	int rc = 0;

	narrator_prompt(n->facts, &n->prompt);
	n->messages = json_array();
	add_message(n, "system", n->prompt.system.s, n->prompt.system.len);
	add_message(n, "user", n->prompt.user.s, n->prompt.user.len);
	for (size_t i = 0; !rc && !n->ret->accepted && i < NARRATOR_TRIES; i++)
		rc = run_try(n, i, e);
	say_why(n->ret);
	json_decref(n->messages);
	narrator_prompt_release(&n->prompt);
	return rc;
}

/* ---- the loop and the server ---- */

static int with_loop(struct narrating *n, struct err *e)
{
	int rc = uv_loop_init(&n->uv);

	if (rc)
		return err_set(e, ERR_ENV, "the event loop: %s", uv_strerror(rc));
	n->http = http_new(&n->uv, e);
	rc = n->http ? run_tries(n, e) : -1;
	if (n->http)
		http_close(n->http);
	uv_run(&n->uv, UV_RUN_DEFAULT);
	if (n->http)
		http_free(n->http);
	if (uv_loop_close(&n->uv))
		BUG("a handle was left open");
	return rc;
}

static int find_server(struct narrating *n, struct err *e)
{
	char *url =
		n->spec->host ? xstrdup(n->spec->host) : server_url_default(getenv("OLLAMA_HOST"));
	int rc = server_facts_init(&n->server, url, e);

	free(url);
	if (rc)
		return -1;
	server_facts_add_model(&n->server, n->spec->model);
	if (!probe_server(&n->server, e))
		return 0;
	if (!n->server.version[0] && !n->server.proxy) /* its own advice is for those who measure */
		err_hint(e, "start it with `ollama serve`, or leave --narrate out");
	return -1;
}

int narrate(const struct narrate_spec *spec, const struct narrator_facts *facts,
	struct narrated *ret, struct err *e)
{
	struct narrating n = {.spec = spec, .facts = facts, .ret = ret};
	struct err own = ERR_INIT;
	int rc;

	*ret = (struct narrated){.accepted = false};
	err_quote(ret->model, sizeof(ret->model), spec->model);
	if (narrator_can_try(facts)) {
		snprintf(ret->why, sizeof(ret->why), "%s", narrator_can_try(facts));
		return 0;
	}
	rc = find_server(&n, &own) || with_loop(&n, &own) ? -1 : 0;
	server_facts_release(&n.server);
	if (!rc)
		return 0;
	if (!ret->why[0])
		snprintf(ret->why, sizeof(ret->why), "%s", own.msg);
	if (e)
		*e = own;
	return -1;
}
