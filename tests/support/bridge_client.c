/* bridge_client.c - a closed loop of exchanges. */
#include "bridge_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "exchange.h"
#include "row.h"

#define LIMIT (30 * NS_PER_S)

struct bridge {
	const struct least_load *load;
	struct bridge_result *result;
	struct http *http;
	char url[80];
	unsigned warm, started, ended, wanted;
	struct str row; /* of chunks.csv, written and dropped */
	bool failed;
	struct err error;
};

static void start_next(struct bridge *b);

static void on_done(void *arg, struct reply *reply)
{
	struct bridge *b = arg;
	const struct sample *s = &reply->sample;

	if (++b->ended == b->started)
		uv_stop(http_loop(b->http)); /* it must not wait for what is here */
	b->result->tokens += (uint64_t)s->chunks;
	str_reset(&b->row);
	chunks_encode("0123456789abcdef", 1, s, &b->row);
	if (s->status != STATUS_OK && !b->failed) {
		b->failed = true;
		err_set(&b->error, ERR_ENV, "a request ended with %s: %s", status_name(s->status),
			s->error);
	}
	if (b->started < b->wanted && !b->failed)
		start_next(b);
}

static void start_next(struct bridge *b)
{
	char id[LEAST_ID];
	const struct exchange_spec spec = {
		.url = b->url,
		.body = b->load->body,
		.body_len = strlen(b->load->body),
		.request_id = least_id(id, b->started),
		.num_ctx = -1,
		.due = clock_mono(),
		.warmed = true,
		.limits = {.connect = LIMIT, .first = LIMIT, .stall = LIMIT},
	};
	struct exchange *x;

	if (exchange_start(b->http, &spec, on_done, b, &x, &b->error))
		b->failed = true;
	else
		b->started++;
}

static void on_warm(void *arg, const struct http_answer *a)
{
	struct bridge *b = arg;

	if (a->status == 200 && ++b->warm == b->load->streams)
		uv_stop(http_loop(b->http));
}

static void warm(struct bridge *b, uv_loop_t *loop)
{
	char url[80];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/version", b->load->port);
	for (unsigned i = 0; i < b->load->streams; i++)
		if (http_call(b->http, url, NULL, NULL, 30, on_warm, b))
			BUG("a call cannot be started");
	while (b->warm < b->load->streams && uv_run(loop, UV_RUN_ONCE))
		;
	if (b->warm < b->load->streams) {
		b->failed = true;
		err_set(&b->error, ERR_ENV, "the connections cannot be opened");
	}
}

static void run(struct bridge *b, uv_loop_t *loop)
{
	ns began;

	warm(b, loop);
	began = clock_mono();
	for (unsigned i = 0; i < b->load->streams && !b->failed; i++)
		start_next(b);
	while (b->ended < b->started && uv_run(loop, UV_RUN_ONCE))
		;
	b->result->took = clock_mono() - began;
}

int bridge_run(const struct least_load *load, struct bridge_result *r, struct err *e)
{
	struct bridge b = {
		.load = load,
		.result = r,
		.wanted = load->streams * load->rounds,
		.row = STR_INIT(STR_MAX_LINE),
		.error = ERR_INIT,
	};
	uv_loop_t loop;

	*r = (struct bridge_result){0};
	snprintf(b.url, sizeof(b.url), "http://127.0.0.1:%d/api/generate", load->port);
	if (uv_loop_init(&loop))
		return err_set(e, ERR_ENV, "cannot make an event loop");
	b.http = http_new(&loop, &b.error);
	if (b.http) {
		run(&b, &loop);
		http_close(b.http);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	http_free(b.http);
	uv_loop_close(&loop);
	str_release(&b.row);
	if (b.failed || !b.http) {
		*e = b.error;
		return -1;
	}
	return 0;
}
