/* sim_api.c - the endpoints, and the plan of one answer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define EPOCH         (1767225600 * NS_PER_S) /* 2026-01-01T00:00:00Z */
#define SAMPLING_PART 0.04                    /* of decode, not counted by servers of era 2 */
#define CONTEXT_LAG   (300 * NS_PER_US)       /* last token to final line: `context` is made */
#define FINAL_LAG     (50 * NS_PER_US)
#define CTX_STEP      256 /* a newer runner rounds its context up to this */
#define NDJSON        "application/x-ndjson"
#define RUNNER_DIED   "an error was encountered while running the model: unexpected EOF"

/* --- the machine --- */

/* Whoever filled in the config by hand: no key leaves its range. */
static void clamp_config(struct sim_config *c)
{
#define CLAMP(name, dflt, min, max, help) c->name = fmax(min, fmin(max, c->name));
	SIM_KEYS(CLAMP)
#undef CLAMP
}

struct sim *sim_new(const struct sim_config *c, uint64_t seed)
{
	struct sim *m = xcalloc(1, sizeof(*m));

	m->config = *c;
	clamp_config(&m->config);
	m->seed = seed;
	sim_noise_init(&m->noise, seed);
	sim_answers_load(&m->answers, &m->config);
	m->wall_minus_now = EPOCH;
	return m;
}

void sim_free(struct sim *m)
{
	if (!m)
		return;
	sim_runner_release(m);
	sim_plants_release(m);
	sim_answers_release(&m->answers);
	free(m);
}

const struct sim_config *sim_config_of(const struct sim *m)
{
	return &m->config;
}

void sim_set_wall(struct sim *m, ns wall_minus_now)
{
	m->wall_minus_now = wall_minus_now;
}

static ns wall_of(const struct sim *m, ns at)
{
	return at + m->wall_minus_now;
}

/* --- prompts and their limits --- */

/* The prompt as cut to fit, by the rules of the era. */
static int64_t truncated_prompt(
	const struct sim *m, const struct sim_call *c, int64_t num_ctx, int64_t tokens)
{
	int64_t keep = c->options.num_keep + 1, half;

	if (m->config.era < 3)
		return tokens > num_ctx ? num_ctx : tokens;
	if (tokens <= num_ctx - 1)
		return tokens;
	keep = keep < 0 ? 0 : keep > num_ctx ? num_ctx : keep;
	half = (num_ctx - keep) / 2;
	return num_ctx - (half > 1 ? half : 1);
}

/* Refused instead of cut, where the request says so. */
static int check_prompt(const struct sim *m, const struct sim_call *c, int64_t num_ctx,
	int64_t tokens, struct sim_answer *a)
{
	int64_t runner_ctx = (num_ctx + CTX_STEP - 1) / CTX_STEP * CTX_STEP;

	if (m->config.era < 3) {
		if (c->truncate || tokens <= num_ctx)
			return 0;
		sim_error(a, 400, "the input length exceeds the context length");
	} else if (!c->truncate) {
		if (tokens < runner_ctx)
			return 0;
		sim_error(a, 400,
			"{\"error\":{\"code\":400,\"message\":\"request (%lld tokens) exceeds the "
			"available context size (%lld tokens), try increasing it\",\"type\":"
			"\"exceed_context_size_error\",\"n_prompt_tokens\":%lld,\"n_ctx\":%lld}}",
			(long long)tokens, (long long)runner_ctx, (long long)tokens,
			(long long)runner_ctx);
	} else {
		if (c->shift || tokens <= num_ctx - 1)
			return 0;
		sim_error(a, 400,
			"the prompt is longer than the context length currently available "
			"to the model; shorten the prompt, or raise num_ctx");
	}
	a->content_type = "application/json";
	return -1;
}

/* The most tokens that may be sampled: a newer runner of this family cannot shift its context. */
static int64_t output_limit(
	const struct sim *m, const struct sim_call *c, int64_t num_ctx, int64_t prompt_tokens)
{
	int64_t limit = 10 * num_ctx;

	if (m->config.era >= 3 || !c->shift)
		limit = num_ctx - prompt_tokens;
	if (limit > SIM_MAX_OUTPUT)
		limit = SIM_MAX_OUTPUT;
	return limit > 1 ? limit : 1;
}

/* --- the plan of an answer --- */

struct plan {
	struct sim_term *term;
	ns ready, start, first, last; /* runner, slot, first token, last step */
	size_t slot;
	struct sim_script script;
};

static ns whole_us(const struct sim *m, ns t)
{
	return m->config.era >= 3 ? t / NS_PER_US * NS_PER_US : t;
}

/* When each step is over, and what the server says it took. */
static void plan_times(
	struct sim *m, const struct sim_call *c, struct plan *p, struct sim_answer *a)
{
	struct sim_term *t = p->term;
	int64_t cached = sim_text_cached(m, t, c, a->prompt_tokens);
	int64_t steps = p->script.sampled - 1;
	struct sim_draw d;
	size_t busy;
	ns prefill, decode;

	p->start = sim_runner_slot(m, t, p->ready, &p->slot, &busy);
	sim_noise_request(m, c, t, p->start, &d);
	prefill = sim_time_prefill(m, t->fraction, a->prompt_tokens - cached, busy, &d);
	decode = sim_time_decode(
		m, t->fraction, t->want.num_ctx, c->options.temperature, steps, busy, &d);
	p->first = sim_later(p->start, sim_time_overhead(m, &d) + prefill);
	p->last = sim_later(p->first, decode);
	t->warmed = true;
	sim_text_remember(m, t, c, a->prompt_tokens);
	a->load = p->ready - m->now;
	a->prompt_eval = whole_us(m, prefill);
	a->eval = whole_us(m, decode);
	if (m->config.era == 2)
		a->eval -= (ns)((double)a->eval * SAMPLING_PART);
	if (m->config.era >= 3 && a->eval < NS_PER_US)
		a->eval = NS_PER_US; /* what it says for one token */
	a->total = p->last - m->now;
}

/* The token that ends an answer by itself is counted, and never sent. */
static void plan_tokens(struct sim *m, struct plan *p, struct sim_answer *a)
{
	int64_t steps = p->script.sampled - 1;
	double gap = steps > 0 ? (double)(p->last - p->first) / (double)steps : 0;
	size_t n = (size_t)(p->script.stopped ? steps : p->script.sampled);

	a->ntokens = n;
	a->token_at = xmalloc((n + 1) * sizeof(*a->token_at));
	a->token = xmalloc((n + 1) * sizeof(*a->token));
	for (size_t i = 0; i < n; i++)
		a->token[i] = sim_text_next(&p->script);
	sim_time_tokens(m, p->first, gap, a->token_at, n);
	if (n > 1 && !p->script.stopped)
		a->token_at[n - 1] = p->last;
	a->output_tokens = p->script.sampled;
	a->done_reason = p->script.stopped ? "stop" : "length";
	a->end_at = sim_later(p->last, a->has_context ? CONTEXT_LAG : FINAL_LAG);
	a->ready_at = n > 0 ? a->token_at[0] : a->end_at;
}

/* What goes wrong in a stream.  Each kind draws from its own stream whether it is used or not.  A
 * stalled stream holds its slot for as long as the whole answer would have. */
static void plan_faults(struct sim *m, struct sim_answer *a)
{
	const struct sim_config *c = &m->config;
	bool stall = sim_fault(&m->noise.fault_stall, c->fail_stall);
	bool truncated = sim_fault(&m->noise.fault_truncated, c->fail_truncated);
	bool midstream = sim_fault(&m->noise.fault_midstream, c->fail_midstream);
	double where = rng_uniform(&m->noise.fault_where);
	size_t sent;

	if (a->shape != SIM_STREAM || a->ntokens == 0 || !(stall || truncated || midstream))
		return;
	sent = 1 + (size_t)(where * (double)a->ntokens);
	if (sent > a->ntokens)
		sent = a->ntokens;
	a->ending = midstream ? SIM_END_ERROR_LINE : truncated ? SIM_END_NO_DONE : SIM_END_STALL;
	if (a->ending != SIM_END_STALL && sent < a->ntokens)
		a->end_at = a->token_at[sent];
	a->ntokens = sent;
	if (midstream)
		snprintf(a->error, sizeof(a->error), "%s", RUNNER_DIED);
}

/* The plan as one object. */
static void make_whole(struct sim *m, ns generated, struct sim_answer *a)
{
	sim_render_whole(a, wall_of(m, generated), &a->body);
	free(a->token_at);
	free(a->token);
	a->token_at = NULL;
	a->token = NULL;
	a->ntokens = 0;
	a->shape = SIM_WHOLE;
	a->content_type = SIM_JSON;
	a->ready_at = a->end_at;
}

static void answer(
	struct sim *m, const struct sim_call *c, struct sim_term *t, ns ready, struct sim_answer *a)
{
	struct plan p = {.term = t, .ready = ready};
	int64_t num_ctx = t->want.num_ctx, tokens = sim_text_prompt_tokens(m, c);

	a->ready_at = ready;
	if (check_prompt(m, c, num_ctx, tokens, a)) {
		a->handle = sim_runner_fly(m, t, SIM_NO_SLOT, ready, ready);
		return;
	}
	a->shape = c->stream ? SIM_STREAM : SIM_WHOLE;
	a->content_type = NDJSON;
	a->has_context = !c->chat && !c->raw;
	a->prompt_tokens = truncated_prompt(m, c, num_ctx, tokens);
	sim_text_script(m, c, output_limit(m, c, num_ctx, a->prompt_tokens), &p.script);
	plan_times(m, c, &p, a);
	plan_tokens(m, &p, a);
	plan_faults(m, a);
	a->handle = sim_runner_fly(m, t, p.slot, p.start, a->end_at);
	if (!c->stream)
		make_whole(m, p.last, a);
}

/* --- generate and chat --- */

static void gibibytes(char *dst, size_t size, double bytes)
{
	snprintf(dst, size, "%.1f GiB", bytes / (1 << 30));
}

/* A load that does not fit.  The oldest servers say it inside a 200. */
static void out_of_memory(const struct sim *m, const struct sim_call *c, const struct sim_term *t,
	struct sim_answer *a)
{
	double ram = m->config.ram_mib * (1 << 20);
	char need[32], have[32];

	if ((double)t->size > ram) {
		gibibytes(need, sizeof(need), (double)t->size);
		gibibytes(have, sizeof(have), ram);
		snprintf(a->error, sizeof(a->error),
			"model requires more system memory (%s) than is available (%s)", need,
			have);
	} else {
		snprintf(a->error, sizeof(a->error),
			"%s process has terminated: exit status 1: cudaMalloc failed: out of "
			"memory",
			m->config.era >= 3 ? "llama-server" : "llama runner");
	}
	if (m->config.era >= 2 || !c->stream || c->empty) {
		sim_error(a, 500, "%s", a->error);
		return;
	}
	a->shape = SIM_STREAM;
	a->content_type = NDJSON;
	a->ending = SIM_END_ERROR_LINE;
	a->end_at = a->ready_at;
}

static void load_reply(struct sim *m, const char *reason, struct sim_answer *a)
{
	a->content_type = SIM_JSON;
	sim_render_load(a, reason, wall_of(m, a->ready_at), &a->body);
}

static bool is_unload(const struct sim *m, const struct sim_call *c)
{
	/* The oldest servers look at whole seconds. */
	ns least = m->config.era < 2 ? NS_PER_S : 1;

	return c->empty && c->has_keep_alive && c->keep_alive < least;
}

/* What is checked once the model is known, in Ollama's order. */
static int check_call(const struct sim *m, struct sim_call *c, struct sim_answer *a)
{
	if (c->raw_conflict)
		return sim_error(a, 400, "raw mode does not support template, system, or context");
	if (c->think)
		return sim_error(a, 400, "\"%s\" does not support thinking", c->model);
	if (sim_parse_options(c, a))
		return -1;
	if (sim_runner_waiting(m) >= (size_t)m->config.max_queue)
		return sim_error(a, 503,
			"server busy, please try again.  maximum pending requests exceeded");
	return 0;
}

static void generate(struct sim *m, struct sim_call *c, struct sim_answer *a)
{
	struct sim_term *t;
	size_t len;
	ns ready;

	if (!sim_model_find(m, c->model, &len)) {
		sim_error(a, 404, "model '%s' not found", c->model);
		return;
	}
	snprintf(a->model, sizeof(a->model), "%s", c->model);
	a->chat = c->chat;
	if (is_unload(m, c)) {
		sim_runner_unload(m);
		load_reply(m, "unload", a);
		return;
	}
	if (check_call(m, c, a))
		return;
	sim_plants_of(m, c);
	t = sim_runner_place(m, c, &ready);
	a->ready_at = ready;
	if (t->failed) {
		out_of_memory(m, c, t, a);
	} else if (c->empty) {
		load_reply(m, "load", a);
		a->handle = sim_runner_fly(m, t, SIM_NO_SLOT, ready, ready);
	} else {
		answer(m, c, t, ready, a);
	}
}

static void serve_generation(
	struct sim *m, bool chat, const char *body, size_t len, struct sim_answer *a)
{
	struct sim_call c;

	if (sim_fault(&m->noise.fault_connect, m->config.fail_connect)) {
		a->shape = SIM_REFUSE;
		return;
	}
	if (!sim_parse(&c, m, chat, body, len, a))
		generate(m, &c, a);
	sim_call_release(&c);
}

/* --- endpoints --- */

static void serve_root(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	(void)m, (void)body, (void)len;
	a->content_type = "text/plain; charset=utf-8";
	str_add(&a->body, "Ollama is running");
}

static void serve_version(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	(void)body, (void)len;
	sim_page_version(m, &a->body);
}

static void serve_tags(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	(void)body, (void)len;
	sim_page_tags(m, &a->body);
}

static void serve_ps(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	(void)body, (void)len;
	sim_page_ps(m, &a->body);
}

static void serve_show(struct sim *m, const char *body, size_t body_len, struct sim_answer *a)
{
	json_t *root = sim_parse_body(body, body_len, a);
	const char *name;
	size_t len;

	if (!root)
		return;
	name = json_string_value(json_object_get(root, "model"));
	if (!name || !*name)
		name = json_string_value(json_object_get(root, "name"));
	if (!name || !*name)
		sim_error(a, 400, "model is required");
	else if (!sim_model_find(m, name, &len))
		sim_error(a, 404, "model '%.200s' not found", name);
	else
		sim_page_show(m, name, &a->body);
	json_decref(root);
}

static void serve_generate(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	serve_generation(m, false, body, len, a);
}

static void serve_chat(struct sim *m, const char *body, size_t len, struct sim_answer *a)
{
	serve_generation(m, true, body, len, a);
}

static const struct route {
	const char *path, *method;
	void (*serve)(struct sim *m, const char *body, size_t len, struct sim_answer *a);
} routes[] = {
	{"/", "GET", serve_root},
	{"/api/version", "GET", serve_version},
	{"/api/tags", "GET", serve_tags},
	{"/api/ps", "GET", serve_ps},
	{"/api/show", "POST", serve_show},
	{"/api/generate", "POST", serve_generate},
	{"/api/chat", "POST", serve_chat},
};

static const struct route *find_route(const struct sim *m, const char *path)
{
	size_t len = strcspn(path, "?");

	for (size_t i = 0; i < COUNTOF(routes); i++) {
		const struct route *r = &routes[i];

		if (strlen(r->path) != len || memcmp(r->path, path, len) != 0)
			continue;
		if ((r->serve == serve_ps && m->config.has_ps < 1) ||
			(r->serve == serve_show && m->config.has_show < 1))
			return NULL;
		return r;
	}
	return NULL;
}

static void plain(struct sim_answer *a, int status, const char *text)
{
	a->http_status = status;
	a->content_type = "text/plain";
	str_add(&a->body, text);
}

static void advance(struct sim *m, ns now)
{
	if (!m->begun)
		m->origin = now;
	else if (now < m->now)
		BUG("sim_request goes back in time");
	m->begun = true;
	m->now = now;
	sim_runner_settle(m);
}

void sim_request(struct sim *m, const char *method, const char *path, const char *body, size_t len,
	ns now, struct sim_answer *a)
{
	const struct route *r = find_route(m, path);

	*a = (struct sim_answer){.shape = SIM_WHOLE,
		.http_status = 200,
		.content_type = SIM_JSON,
		.ready_at = now,
		.end_at = now,
		.body = STR_INIT(STR_MAX_FILE),
		.era = (int)m->config.era,
		.done_reason = ""};
	advance(m, now);
	if (!r) {
		plain(a, 404, "404 page not found");
	} else if (strcmp(method, r->method) != 0 &&
		!(strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0)) {
		plain(a, 405, "405 method not allowed");
		a->allow = r->method;
	} else {
		r->serve(m, body, len, a);
	}
}
