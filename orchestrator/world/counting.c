/* counting.c - the reply is judged by the protocol's own rules, as in a run. */
#include "counting.h"

#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "reply.h"
#include "request.h"

#define UNLOAD_LIMIT_S 30.0

/* Takes the count out of a reply that was read; releases it. */
static int take_count(
	const struct server_facts *server, struct reply *r, struct counting *c, struct err *e)
{
	const struct sample *s = &r->sample;
	char said[200];
	int failed = 0;

	c->tokens = s->prompt_tokens;
	if (s->status != STATUS_OK) {
		failed = err_set(e, ERR_ENV, "%s: counting the tokens of a prompt: %s: %s",
			server->url, status_name(s->status),
			err_quote(said, sizeof(said), s->error));
	} else if (c->tokens <= 0) {
		failed = err_set(e, ERR_ENV,
			"%s: does not say how many tokens a prompt has (prompt_eval_count)",
			server->url);
		err_hint(e, "leave prompt_tokens out: prompts are then sent as they are");
	}
	reply_release(r);
	return failed;
}

static int count_one(struct ask *a, struct counting *c, double limit_s, struct err *e)
{
	struct reply r;

	ask_for(a, "/api/generate", c->body, limit_s);
	reply_init(&r, REPLY_OLLAMA, c->num_ctx, c->prompt_bytes);
	if (a->status) {
		reply_status(&r, a->status);
		reply_body(&r, a->body.s, a->body.len, 1);
	}
	reply_end(&r, a->status ? REPLY_CLEAN : REPLY_NO_CONNECTION, a->status ? NULL : a->why, 1);
	return take_count(a->server, &r, c, e);
}

int counting_real(const struct server_facts *server, const char *model, struct counting *c,
	size_t n, double limit_s, struct err *e)
{
	struct str unload = STR_INIT(STR_MAX_LINE);
	struct ask a;
	int failed = 0;

	if (ask_open(&a, server, e))
		return -1;
	for (size_t i = 0; i < n && !failed; i++)
		failed = count_one(&a, &c[i], limit_s, e);
	request_unload(model, &unload);
	ask_for(&a, "/api/generate", unload.s, UNLOAD_LIMIT_S); /* keep_alive is short anyway */
	str_release(&unload);
	ask_close(&a);
	return failed;
}

int counting_virtual(const struct server_facts *server, const struct sim *sim, struct counting *c,
	size_t n, struct err *e)
{
	struct sim *twin = sim_new(sim_config_of(sim), 0);
	ns now = 0;
	int failed = 0;

	for (size_t i = 0; i < n && !failed; i++) {
		struct sim_answer a;
		struct reply r;

		sim_request(twin, "POST", "/api/generate", c[i].body, strlen(c[i].body), now, &a);
		reply_init(&r, REPLY_OLLAMA, c[i].num_ctx, c[i].prompt_bytes);
		if (a.shape == SIM_WHOLE) {
			reply_status(&r, a.http_status);
			reply_body(&r, a.body.s, a.body.len, a.ready_at);
		}
		reply_end(&r, a.shape == SIM_WHOLE ? REPLY_CLEAN : REPLY_NO_CONNECTION, NULL,
			a.ready_at);
		now = a.ready_at + NS_PER_MS;
		sim_answer_release(&a);
		failed = take_count(server, &r, &c[i], e);
	}
	sim_free(twin);
	return failed;
}
